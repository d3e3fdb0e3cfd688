"""Curvature and asymmetry at a center, from the values sampled around it; and a mean over planes with its error."""

from collections.abc import Iterable

import numpy as np

from landscape.belief.rounding import FLOAT32, Rounding


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


def center_step(axis: np.ndarray) -> float | None:
    """Return the h of that difference, of unequal steps the mean; None where 0 is no coordinate, or the first or last."""
    center = _center_of(axis)
    return None if center is None else float(axis[center + 1] - axis[center - 1]) / 2


def index_of_zero(axis: np.ndarray) -> int | None:
    """Return where an axis holds the center; None where it does not."""
    found = np.flatnonzero(np.asarray(axis) == 0)
    return int(found[0]) if len(found) else None


def _center_of(axis: np.ndarray) -> int | None:
    """Return the index of 0 where it has a neighbour on each side."""
    center = index_of_zero(axis)
    return center if center is not None and 0 < center < len(axis) - 1 else None


def _finite(number: float) -> float:
    return float(number) if np.isfinite(number) else np.nan


def asymmetry(axis: np.ndarray, values: np.ndarray, *, rounding: Rounding = FLOAT32) -> float | None:
    """Return how much one side of the center differs from the other, as a share of how far both rise or fall.

    The integral of |L(a) - L(-a)| over that of |L(a) + L(-a) - 2 L(0)|, over 0 < a up to the nearer end of the axis,
    L being linear between samples: 0 for an even function, 1 where one side alone moves; nothing bounds it, since a
    slope adds to the first integral only.

    Args:
        axis: (n,) increasing coordinates.
        values: (n,) along them, through the center.
        rounding: Of the values.

    Returns:
        nan where a value in the range is not finite, or rounding could make the second integral; None where 0 is no
        coordinate, or the first or last.

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
    hidden = max(2 * rounding.share * size, 4 * rounding.floor * radius)  # |L(a)| + |L(-a)| + 2 |L(0)| is about 2 size
    return uneven / risen if risen > hidden else np.nan


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
