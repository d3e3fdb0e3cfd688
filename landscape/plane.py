"""A plane of weight space: a center and one or two directions."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscape.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """center + (alpha u + beta v); without v, a line.

    Attributes:
        center, u, v: Same names and shapes; u and v need be neither unit nor orthogonal.
    """

    center: Weights
    u: Weights
    v: Weights | None = None

    @property
    def directions(self) -> list[Weights]:
        """One an axis."""
        return [self.u] if self.v is None else [self.u, self.v]

    @property
    def cosine(self) -> float | None:
        """Between the two directions; None on a line, or where one is zero."""
        lengths = 0.0 if self.v is None else (_dot(self.u, self.u) * _dot(self.v, self.v)) ** 0.5
        return _dot(self.u, self.v) / lengths if lengths else None

    @property
    def gram(self) -> np.ndarray:
        """The inner products of the directions, one row and column each, in float64."""
        return np.array([[_dot(first, second) for second in self.directions] for first in self.directions])

    def tensor_at(self, name: str, alpha: float, beta: float) -> Tensor:
        """Return one tensor of the point; the two steps are summed first, so that signs and swaps are exact to the bit."""
        step = self.u[name] * alpha
        if self.v is not None:
            step = step + self.v[name] * beta
        return self.center[name] + step

    def at(self, alpha: float, beta: float = 0.0) -> dict[str, Tensor]:
        """Return the weights at a point."""
        return {name: self.tensor_at(name, alpha, beta) for name in self.center}

    def coordinates(self, weights: Weights) -> tuple[tuple[float, ...], float]:
        """Project weights onto the plane by least squares, through the Gram matrix of its directions.

        Returns:
            One coordinate a direction, and the L2 distance from the plane.
        """
        directions = self.directions
        offset = {name: weights[name].double() - self.center[name].double() for name in self.center}
        right = np.array([_dot(direction, offset) for direction in directions])
        found = np.linalg.lstsq(self.gram, right, rcond=None)[0]
        residual = 0.0
        for name in self.center:
            rest = offset[name]
            for coordinate, direction in zip(found, directions):
                rest = rest - float(coordinate) * direction[name].double()
            residual += float(torch.sum(rest * rest))
        return tuple(float(value) for value in found), residual**0.5


def _dot(first: Weights, second: Weights) -> float:
    return sum(float((first[name].double() * second[name].double()).sum()) for name in first)
