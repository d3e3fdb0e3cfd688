"""Half-widths of a sampled line: how far, on either side of the center, the loss stays within a tolerance of the center's."""

from dataclasses import dataclass

import numpy as np

from landscape.belief.flat_region import reach
from landscape.belief.plan import FLAT_WITHIN


@dataclass(frozen=True, slots=True)
class HalfWidth:
    """One side of a line.

    Attributes:
        distance: To the first crossing of the center's loss plus eps, in the coordinate's unit; inf where the line ends
            before.
        is_clipped: Whether it does.
        touches_non_finite: Whether what comes next is no number; the distance is that of the last finite sample.
    """

    distance: float
    is_clipped: bool
    touches_non_finite: bool


def half_widths(
    x: np.ndarray, values: np.ndarray, center_value: float, eps: float = FLAT_WITHIN
) -> tuple[HalfWidth, HalfWidth]:
    """Return the half-widths on the negative and on the positive side of 0.

    Between samples the loss is taken as linear, and at 0 it is the center's, whether or not 0 is a coordinate. Of a
    quadratic mu x^2 / 2 the distance is sqrt(2 eps / mu), less up to h^2 / (8 distance) where samples lie h apart.

    Args:
        x: (n,) increasing coordinates.
        values: (n,) losses in nats a sample; nan where not measured.
        center_value: The loss at 0, finite.
        eps: In the same unit.

    Raises:
        ValueError: `eps` is not positive and finite, the center's loss is not finite, or the shapes differ.
    """
    x, values = np.asarray(x, np.float64), np.asarray(values, np.float64)
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be a positive, finite loss, not {eps!r}")
    if not np.isfinite(center_value):
        raise ValueError(f"the loss at the center must be finite, not {center_value!r}")
    if x.shape != values.shape or x.ndim != 1:
        raise ValueError(f"the line is {x.shape}, but the values are {values.shape}")
    raised = values - center_value
    before, behind = x < 0, x > 0
    return _side(-x[before][::-1], raised[before][::-1], eps), _side(x[behind], raised[behind], eps)


def _side(distance: np.ndarray, raised: np.ndarray, eps: float) -> HalfWidth:
    distance, raised = np.append(0.0, distance), np.append(0.0, raised)
    is_finite = np.isfinite(raised)
    above = np.flatnonzero(~is_finite | (raised > eps))
    if not len(above):
        return HalfWidth(np.inf, True, False)
    first = above[0]
    if not is_finite[first]:
        return HalfWidth(float(distance[first - 1]), False, True)
    return HalfWidth(reach(distance[: first + 1], raised[: first + 1], eps), False, False)
