"""Where networks lie: on the line through two of them, in the plane through three, and beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.plane import Plane
from landscape.weights import Weights

FLATTEST = 1e-6  # a height or distance, in lengths of the first side, that rounding of the weights may give


def shares_on_line(alpha: float, _beta: float = 0.0) -> tuple[float, float]:
    """Return what each of two networks contributes to a point: the first alone at 0, the second alone at 1."""
    return 1.0 - alpha, alpha


@dataclass(frozen=True, slots=True)
class Triangle:
    """Three networks in their plane, in true proportions: at (0, 0), (1, 0) and (x, y), in lengths of the first side.

    Attributes:
        x, y: The third network's place; y is above 0.
        side: L2 distance of the second network from the first, which is the unit of both axes.
    """

    x: float
    y: float
    side: float

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        return (0.0, 0.0), (1.0, 0.0), (self.x, self.y)

    def shares(self, alpha: float, beta: float) -> tuple[float, float, float]:
        """Return what each network contributes to a point; at a corner, that one alone, to the bit."""
        third = beta / self.y
        second = alpha - third * self.x
        return 1.0 - second - third, second, third


def triangle_of(first: Weights, second: Weights, third: Weights) -> Triangle | None:
    """Measure the triangle of three networks; None where they lie along one line.

    Args:
        first, second, third: Parameters by name, in float64.
    """
    side = {name: second[name] - first[name] for name in first}
    length = float(sum((tensor * tensor).sum() for tensor in side.values())) ** 0.5
    (x,), distance = Plane(first, side).coordinates(third)
    y = distance / length
    return Triangle(x, y, length) if y > FLATTEST * max(1.0, abs(x)) else None


def place_of(
    weights: Weights, triangle: Triangle, corners: tuple[Weights, Weights, Weights]
) -> tuple[float, float, float]:
    """Project weights onto the plane of a triangle by least squares.

    Args:
        corners: The three networks' parameters, in float64.

    Returns:
        (alpha, beta, distance): coordinates in the plane, and the L2 distance from it, 0 where that is rounding.
    """
    first, *others = corners
    sides = [{name: other[name] - first[name] for name in first} for other in others]
    (second, third), distance = Plane(first, *sides).coordinates(weights)
    off = distance if distance > FLATTEST * triangle.side else 0.0
    return second + third * triangle.x, third * triangle.y, off


def axes_around(places: Sequence[tuple[float, float]], num_points: int, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates of a square in true proportions around places in a plane, all of them points of the grid.

    Args:
        num_points: Along each side, evenly; a coordinate of a place takes the place of those next to it.
        margin: Around the places, as a share of the larger of their extents.
    """
    columns = [np.array(column) for column in zip(*places)]
    half = max(np.ptp(column) for column in columns) * (0.5 + margin)
    middles = [(column.min() + column.max()) / 2 for column in columns]
    x, y = (
        _through(np.linspace(middle - half, middle + half, num_points), column)
        for middle, column in zip(middles, columns)
    )
    return x, y


def _through(axis: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Put wanted coordinates into an even axis, in place of its own that lie nearer than half a step; its ends stay."""
    step, wanted = axis[1] - axis[0], np.unique(wanted)
    away = np.abs(axis[:, None] - wanted[None, :]).min(axis=1)
    nearest = np.full(len(axis), 0.5)
    nearest[[0, -1]] = 1e-9
    return np.sort(np.concatenate([axis[away > nearest * step], wanted]))
