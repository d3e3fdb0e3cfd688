"""Curvature and asymmetry at a center, from the values sampled around it; and a mean over planes with its error."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

ROUNDING = 1e-6  # of the loss's size: what a forward pass in float32 may be off by


@dataclass(frozen=True, slots=True)
class PlaneCurvatures:
    """Second derivatives at the center over one cell, in nats a sample and squared coordinate.

    Attributes:
        along_x: None where the grid does not hold 0 with a neighbour on each side.
        along_y: Likewise; None on a line.
        mixed: Likewise on both axes.
    """

    along_x: float | None
    along_y: float | None = None
    mixed: float | None = None

    @property
    def matrix(self) -> np.ndarray | None:
        """Return the symmetric (2, 2) matrix; None where one of its entries is missing."""
        if None in (self.along_x, self.along_y, self.mixed):
            return None
        return np.array([[self.along_x, self.mixed], [self.mixed, self.along_y]])


def center_curvature(axis: np.ndarray, values: np.ndarray) -> float | None:
    """Return the second difference at 0 over one cell: [L(h) + L(-h) - 2 L(0)] / h^2.

    Where the two neighbours are not equally far it is twice the divided difference, exact for quadratics too.

    Args:
        axis: (n,) increasing coordinates.
        values: (n,) along them.

    Returns:
        nan where one of the three values is not finite; None where 0 is no coordinate, or the first or last.
    """
    center = _center_of(axis)
    if center is None:
        return None
    (before, _, after), (low, middle, high) = (
        np.asarray(array, np.float64)[center - 1 : center + 2] for array in (axis, values)
    )
    with np.errstate(invalid="ignore"):
        return _finite(2 * ((high - middle) / after - (low - middle) / before) / (after - before))


def plane_curvatures(x: np.ndarray, y: np.ndarray | None, values: np.ndarray) -> PlaneCurvatures:
    """Return the second derivatives at (0, 0): along each axis, and the mixed one of the four corner neighbours.

    Args:
        x: (nx,) increasing.
        y: (ny,) increasing; None on a line.
        values: [x, y], or [x] on a line.

    Returns:
        Exact for quadratics on any axes; nan where a value is not finite, None where the grid lacks a neighbour.
    """
    if y is None:
        return PlaneCurvatures(center_curvature(x, values))
    row, column = _index_of_zero(y), _index_of_zero(x)
    return PlaneCurvatures(
        None if row is None else center_curvature(x, values[:, row]),
        None if column is None else center_curvature(y, values[column]),
        _mixed(x, y, values),
    )


def _mixed(x: np.ndarray, y: np.ndarray, values: np.ndarray) -> float | None:
    i, j = _center_of(x), _center_of(y)
    if i is None or j is None:
        return None
    (low, left), (right, high) = np.asarray(values, np.float64)[i - 1 : i + 2 : 2, j - 1 : j + 2 : 2]
    with np.errstate(invalid="ignore"):
        return _finite((high - right - left + low) / ((x[i + 1] - x[i - 1]) * (y[j + 1] - y[j - 1])))


def _index_of_zero(axis: np.ndarray) -> int | None:
    found = np.flatnonzero(np.asarray(axis) == 0)
    return int(found[0]) if len(found) else None


def _center_of(axis: np.ndarray) -> int | None:
    """Return the index of 0 where it has a neighbour on each side."""
    center = _index_of_zero(axis)
    return center if center is not None and 0 < center < len(axis) - 1 else None


def _finite(number: float) -> float:
    return float(number) if np.isfinite(number) else np.nan


def asymmetry(axis: np.ndarray, values: np.ndarray) -> float | None:
    """Return how much one side of the center differs from the other, as a share of how far both rise or fall.

    The integral of |L(a) - L(-a)| over that of |L(a) + L(-a) - 2 L(0)|, over 0 < a up to the nearer end of the axis,
    L being linear between samples: 0 for an even function, 1 where one side alone moves; nothing bounds it, since a
    slope adds to the first integral only.

    Args:
        axis: (n,) increasing coordinates.
        values: (n,) along them, through the center.

    Returns:
        nan where a value in the range is not finite, or the second integral is rounding, at most a millionth of that
        of |L(a)| + |L(-a)|; None where 0 is no coordinate, or the first or last.

    Source: He, Huang and Yuan 2019, Asymmetric Valleys: Beyond Sharp and Flat Local Minima, arXiv:1902.00744, for why
    it matters; the formula is ours.
    """
    center = _center_of(axis)
    if center is None:
        return None
    axis, values = np.asarray(axis, np.float64), np.asarray(values, np.float64)
    radius = min(-axis[0], axis[-1])
    distance = np.unique(np.abs(np.append(axis[np.abs(axis) <= radius], 0.0)))
    right, left = np.interp(distance, axis, values), np.interp(-distance, axis, values)
    if not np.isfinite([right, left]).all():
        return np.nan
    uneven = _integral_of_magnitude(distance, right - left)
    risen = _integral_of_magnitude(distance, right + left - 2 * values[center])
    size = _integral_of_magnitude(distance, right) + _integral_of_magnitude(distance, left)
    return uneven / risen if risen > ROUNDING * size else np.nan


def _integral_of_magnitude(at: np.ndarray, values: np.ndarray) -> float:
    """Integrate |f| for an f linear between samples, whose sign may change between them."""
    first, last = np.abs(values[:-1]), np.abs(values[1:])
    total = np.where(first + last > 0, first + last, 1.0)
    crosses = values[:-1] * values[1:] < 0
    means = np.where(crosses, (first**2 + last**2) / total, first + last) / 2
    return float((means * np.diff(at)).sum())


def mean_and_error(values: Iterable[float | None]) -> tuple[float, float, int]:
    """Return the mean of the finite values, its standard error, and how many they are.

    None, nan and inf are not counted. The error is the sample deviation over the root of the count; nan of fewer than
    two values, as the mean is of none.
    """
    numbers = np.array(list(values), np.float64)
    numbers = numbers[np.isfinite(numbers)]
    num = len(numbers)
    mean = float(numbers.mean()) if num else np.nan
    error = float(numbers.std(ddof=1) / np.sqrt(num)) if num > 1 else np.nan
    return mean, error, num
