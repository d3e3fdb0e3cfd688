"""The flat region around a center: how far the loss stays within a tolerance of the center's own."""

from dataclasses import dataclass

import numpy as np
from contourpy import FillType, contour_generator

from landscape.belief.plan import FLAT_WITHIN

FEWEST_CELLS = 10
SAME_PLACE = 1e-9  # of an axis's length, and of an area: rounding of interpolated vertices
PART_OF_A_TURN = 1e-6  # turns: far above the rounding of a sum of angles, below any angle that a cell spans
HUGE = 1e300  # stands for what is not finite; a crossing on the way to it lies at the finite point to the last bit


@dataclass(frozen=True, slots=True)
class FlatRegion:
    """The connected region {loss <= center's + eps} that holds the center, within the frame.

    Attributes:
        area: In products of the two coordinates' units; on a line a length.
        touches_frame: Whether it reaches the frame, so that the area is a lower bound.
        touches_non_finite: Whether a point that is not finite, or not measured, bounds it; the area ends at the
            finite points before.
        num_cells: The area in median cells of the grid.
    """

    area: float
    touches_frame: bool
    touches_non_finite: bool
    num_cells: float

    @property
    def is_coarse(self) -> bool:
        """Whether it spans too few cells for its area to be known."""
        return self.num_cells < FEWEST_CELLS

    @property
    def clipped_by(self) -> tuple[str, ...]:
        """Say what clips it: "frame" where it reaches that, "cells" where it spans fewer than ten."""
        return ("frame",) * self.touches_frame + ("cells",) * self.is_coarse


def flat_region(
    x: np.ndarray, y: np.ndarray | None, values: np.ndarray, center_value: float, eps: float = FLAT_WITHIN
) -> FlatRegion | None:
    """Return the region around (0, 0) where the loss is at most the center's plus eps.

    Its contour crosses cell edges where the linear interpolation between their ends does. Where 0 is no coordinate of
    an axis, a row interpolated there is added; if the loss so found at the center is above the level, the area is 0.
    Holes are subtracted, other regions are left out, and a point that is not finite is never inside.

    Args:
        x: (nx,) increasing.
        y: (ny,) increasing; None on a line.
        values: [x, y], or [x] on a line; nan where not measured.
        center_value: The loss at the center, in nats a sample.
        eps: In the same unit.

    Returns:
        None where the frame does not hold the center, or the loss there is not finite.

    Raises:
        ValueError: `eps` is not positive and finite, or the values' shape is not the grid's.

    Source: Hochreiter and Schmidhuber 1997, Flat Minima, Neural Computation 9(1), for the connected region; its area
    on a plane is ours.
    """
    axes = [np.asarray(axis, np.float64) for axis in (x, y) if axis is not None]
    values = np.asarray(values, np.float64)
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be a positive, finite loss, not {eps!r}")
    shape = tuple(map(len, axes))
    if values.shape != shape:
        raise ValueError(f"the grid is {shape}, but the values are {values.shape}")
    if not np.isfinite(center_value) or any(axis[0] > 0 or axis[-1] < 0 for axis in axes):
        return None
    cell = np.median(np.diff(axes[0]) if y is None else np.multiply.outer(*map(np.diff, axes)))
    raised = values - center_value
    for number in range(len(axes)):
        axes[number], raised = _with_center(axes[number], raised, number)
    return _around_center(axes, raised, eps, float(cell))


def _with_center(axis: np.ndarray, values: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Insert the coordinate 0 with values interpolated linearly, where the axis does not hold it."""
    after = int(np.searchsorted(axis, 0.0))
    if axis[after] == 0:
        return axis, values
    share = -axis[after - 1] / (axis[after] - axis[after - 1])
    before, behind = values.take(after - 1, number), values.take(after, number)
    with np.errstate(invalid="ignore"):
        between = (1 - share) * before + share * behind
    return np.insert(axis, after, 0.0), np.insert(values, after, between, number)


def _around_center(axes: list[np.ndarray], raised: np.ndarray, eps: float, cell: float) -> FlatRegion | None:
    """Measure the region; `axes` hold 0, and `raised` is the loss above the center's own."""
    at_center = raised[tuple(int(np.searchsorted(axis, 0.0)) for axis in axes)]
    if not np.isfinite(at_center):
        return None
    if at_center > eps:
        return FlatRegion(0.0, False, False, 0.0)
    measure = _length if len(axes) == 1 else _area
    size, touches_frame = measure(axes, _filled(raised, HUGE), eps)
    if_low, _ = measure(
        axes, _filled(raised, -HUGE), eps
    )  # larger only where what is not finite lies beside the region
    return FlatRegion(size, touches_frame, if_low > (1 + SAME_PLACE) * size, size / cell)


def _filled(raised: np.ndarray, stand_in: float) -> np.ndarray:
    return np.where(np.isfinite(raised), raised, stand_in)


def _length(axes: list[np.ndarray], raised: np.ndarray, level: float) -> tuple[float, bool]:
    """Return the length of the interval around 0, and whether it reaches an end of the line."""
    (axis,) = axes
    center = int(np.searchsorted(axis, 0.0))
    right = reach(axis[center:], raised[center:], level)
    left = reach(-axis[center::-1], raised[center::-1], level)
    return right + left, bool(right == axis[-1] or left == -axis[0])


def reach(distance: np.ndarray, raised: np.ndarray, level: float) -> float:
    """Return the first distance at which a piecewise linear function goes above the level, or the last."""
    above = np.flatnonzero(raised > level)
    if not len(above):
        return float(distance[-1])
    behind = above[0]
    share = (level - raised[behind - 1]) / (raised[behind] - raised[behind - 1])
    return float(distance[behind - 1] + share * (distance[behind] - distance[behind - 1]))


def _area(axes: list[np.ndarray], raised: np.ndarray, level: float) -> tuple[float, bool]:
    """Return the area of the polygons that hold the center, and whether one reaches the frame.

    Several do where they meet in the center alone, between points that are not finite.
    """
    x, y = axes
    contours = contour_generator(x, y, raised.T, fill_type=FillType.OuterOffset)
    polygons = zip(*contours.filled(-10 * HUGE, level))
    holding = [rings for rings in (_rings(*polygon) for polygon in polygons) if _hold_center(rings)]
    area = sum(_signed_area(ring) for rings in holding for ring in rings)
    return float(area), any(_touches_frame(rings[0], x, y) for rings in holding)


def _rings(points: np.ndarray, offsets: np.ndarray) -> list[np.ndarray]:
    """Return closed rings: the outer one counterclockwise, then the holes clockwise."""
    return np.split(points, offsets[1:-1])


def _hold_center(rings: list[np.ndarray]) -> bool:
    """Tell whether (0, 0) is in a polygon or on its edge, and not within a hole."""
    outer, *holes = map(_turns, rings)
    return outer > PART_OF_A_TURN and all(turns < 1 - PART_OF_A_TURN for turns in holes)


def _turns(ring: np.ndarray) -> float:
    """Return how often a ring goes around (0, 0): 1 inside, 0 outside, between the two on its edge."""
    (x, y), (next_x, next_y) = ring[:-1].T, ring[1:].T
    angles = np.arctan2(x * next_y - y * next_x, x * next_x + y * next_y)
    return abs(angles.sum()) / (2 * np.pi)


def _signed_area(ring: np.ndarray) -> float:
    (x, y), (next_x, next_y) = ring[:-1].T, ring[1:].T
    return (x * next_y - y * next_x).sum() / 2


def _touches_frame(ring: np.ndarray, x: np.ndarray, y: np.ndarray) -> bool:
    for at, axis in zip(ring.T, (x, y)):
        margin = SAME_PLACE * (axis[-1] - axis[0])
        if at.min() <= axis[0] + margin or at.max() >= axis[-1] - margin:
            return True
    return False
