"""How high a loss rises on the straight line between two networks."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Barrier:
    """The highest that a line's measured points between its ends rise, by two references.

    Attributes:
        height: Above the straight line from one end's value to the other's; 0 where no point lies above it, inf where a
            point is infinite, nan where an end is not finite.
        at: Where that is; None where no point lies above.
        peak: The value itself there; that of the higher end where no point lies above.
        rise: Above the higher end.
        rise_at: Likewise.
        num_points: Measured points from one end to the other, both included.
        num_not_finite: How many of them are inf or nan; nan is left out of the maximum.
    """

    height: float
    at: float | None
    peak: float
    rise: float
    rise_at: float | None
    num_points: int
    num_not_finite: int


def barrier(alpha: np.ndarray, values: np.ndarray) -> Barrier:
    """Return the barrier of a line whose ends lie at 0 and 1; points beyond them are left out.

    Args:
        alpha: (n,) increasing coordinates, among them 0 and 1.
        values: (n,) a loss, or another number of which less is better.

    Raises:
        ValueError: 0 or 1 is not among the coordinates.

    Source: Frankle et al. 2020, arXiv:1912.05671, section 2 (the rise above the mean of the ends); Entezari et al. 2022,
    arXiv:2110.06296, section 2 (above the line through the ends, as here).
    """
    alpha, values = np.asarray(alpha, np.float64), np.asarray(values, np.float64)
    if not {0.0, 1.0} <= set(alpha.tolist()):
        raise ValueError("a barrier needs the points 0 and 1, where the two networks are, among its coordinates")
    inside = (alpha >= 0) & (alpha <= 1)
    alpha, values = alpha[inside], values[inside]
    first, last = values[0], values[-1]
    num_not_finite = int((~np.isfinite(values)).sum())
    if not (np.isfinite(first) and np.isfinite(last)):
        return Barrier(np.nan, None, np.nan, np.nan, None, len(alpha), num_not_finite)
    # Each end's own chord is its value to the bit, so that a line without a barrier has 0 and not its rounding.
    chord = first + alpha * (last - first)
    chord[-1] = last
    height, at = _highest(alpha, values - chord)
    rise, rise_at = _highest(alpha, values - max(first, last))
    peak = max(first, last) if at is None else float(values[alpha == at][0])
    return Barrier(height, at, float(peak), rise, rise_at, len(alpha), num_not_finite)


def _highest(alpha: np.ndarray, above: np.ndarray) -> tuple[float, float | None]:
    """Return the largest of numbers above 0 and where it is; 0 and None where there is none."""
    place = int(np.nanargmax(above))
    height = float(above[place])
    return (height, float(alpha[place])) if height > 0 else (0.0, None)
