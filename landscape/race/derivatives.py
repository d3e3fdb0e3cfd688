"""A function of two weights and its first two derivatives, at many places at once."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import grad, jacfwd, vmap

from landscape.race.courses import Function


@dataclass(frozen=True, slots=True, eq=False)
class Derivatives:
    """At n places.

    Attributes:
        values: (n,).
        gradients: (n, 2).
        hessians: (n, 2, 2).
    """

    values: np.ndarray
    gradients: np.ndarray
    hessians: np.ndarray


def values_at(function: Function, places: np.ndarray) -> np.ndarray:
    """Return the function's values, (n,) at places (n, 2); nan and inf are values."""

    def of(place: Tensor) -> Tensor:
        return function(place[0], place[1])

    return _over(of, of, places)


def derivatives_at(function: Function, places: np.ndarray) -> Derivatives:
    """Return value, gradient and Hessian at places (n, 2), by automatic differentiation in float64."""
    return Derivatives(values_at(function, places), *slopes_at(function, places))


def slopes_at(function: Function, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return gradients (n, 2) and Hessians (n, 2, 2)."""

    def of(place: Tensor) -> Tensor:
        return function(place[0], place[1])

    def with_gradient(place: Tensor) -> tuple[Tensor, Tensor]:
        gradient = grad(of)(place)
        return gradient, gradient

    def together(place: Tensor) -> Tensor:
        rows, gradient = jacfwd(with_gradient, has_aux=True)(place)
        return torch.cat([gradient, rows.flatten()])

    def alone(place: Tensor) -> Tensor:
        place = place.clone().requires_grad_()
        value = of(place) + 0 * place.square().sum()  # the same, and twice differentiable though it be linear
        (gradient,) = torch.autograd.grad(value, place, create_graph=True)
        rows = [torch.autograd.grad(part, place, retain_graph=True)[0] for part in gradient]
        return torch.cat([gradient.detach(), *rows])

    found = _over(together, alone, places)
    return found[:, :2], found[:, 2:].reshape(-1, 2, 2)


def _over(together, alone, places: np.ndarray) -> np.ndarray:
    """Return a quantity at each place: of all at once, or one by one where the function decides by its arguments' values."""
    given = torch.from_numpy(np.ascontiguousarray(places, np.float64))
    try:
        with torch.no_grad():
            found = vmap(together)(given)
    except (RuntimeError, ValueError):
        found = torch.stack([alone(place) for place in given])
    return found.detach().numpy()
