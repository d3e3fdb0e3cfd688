"""A network's loss in a plane of its weights as a function of two coordinates, which torch's optimizers can follow."""

import numpy as np
import torch
from torch import Tensor

from landscape.curvature.in_plane import flat_directions
from landscape.curvature.objective import Objective
from landscape.plane import Plane
from landscape.race.courses import Function


def loss_in_plane(objective: Objective, plane: Plane) -> Function:
    """Return the loss at center + a d1 + b d2 as a function of (a, b), twice differentiable.

    Its gradient is the weights' gradient times the directions: what an optimizer feels that can't leave the plane.
    """
    directions = flat_directions(plane, objective.layout)

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return _Value.apply(objective, directions, torch.stack([a, b]))

    return loss


def _stand(objective: Objective, directions: np.ndarray, place: Tensor) -> None:
    """Move there, unless it stands there already: what was kept for products there would be lost."""
    offset = directions @ place.detach().numpy()
    if objective.offset is None or not np.array_equal(objective.offset, offset):
        objective.move_to(offset)


class _Value(torch.autograd.Function):
    @staticmethod
    def forward(context, objective: Objective, directions: np.ndarray, place: Tensor) -> Tensor:
        context.save_for_backward(place)
        context.of = objective, directions
        _stand(objective, directions, place)
        return torch.tensor(objective.value(), dtype=torch.float64)

    @staticmethod
    def backward(context, above: Tensor):
        return None, None, above * _Gradient.apply(*context.of, *context.saved_tensors)


class _Gradient(torch.autograd.Function):
    @staticmethod
    def forward(context, objective: Objective, directions: np.ndarray, place: Tensor) -> Tensor:
        context.save_for_backward(place)
        context.of = objective, directions
        _stand(objective, directions, place)
        with torch.enable_grad():  # which torch turns off in here
            return torch.from_numpy(objective.gradient().vector @ directions)

    @staticmethod
    def backward(context, above: Tensor):
        objective, directions = context.of
        _stand(objective, directions, *context.saved_tensors)
        with torch.enable_grad():
            product = objective.products(directions @ above.detach().numpy())
        return None, None, torch.from_numpy(product @ directions)
