"""What one plane's samples say: how each axis curves at the center, the flat region, and whether the slice looks convex."""

from dataclasses import dataclass

import numpy as np

from landscape.belief.convexity import Convexity, convexity
from landscape.belief.flat_region import FlatRegion, flat_region
from landscape.belief.plane_curvature import asymmetry, center_curvature, center_step, index_of_zero
from landscape.belief.rounding import Rounding
from landscape.surface import NOT_DONE, Surface


@dataclass(frozen=True, slots=True)
class AlongAxis:
    """What a slice says along one axis through the center.

    Attributes:
        step: From the center to the next points; None where the grid does not hold it between two.
        curvature: Over that step; None likewise, nan where a value is not finite.
        hidden: How large rounding alone may make the curvature; nan where that is not known.
        asymmetry: None or nan where not known.
    """

    step: float | None
    curvature: float | None
    hidden: float
    asymmetry: float | None

    @property
    def sign(self) -> int | None:
        """1, -1, or 0 within rounding; None where the curvature is not known."""
        if self.curvature is None or not np.isfinite([self.curvature, self.hidden]).all():
            return None
        return int(np.sign(self.curvature)) if abs(self.curvature) > self.hidden else 0


@dataclass(frozen=True, slots=True)
class PlaneAccount:
    """What one plane's samples say.

    Attributes:
        axes: In their order.
        flat: None where the grid does not hold the center.
        is_drowned: Whether the values differ by so little that rounding could hide or make any shape.
    """

    axes: tuple[AlongAxis, ...]
    flat: FlatRegion | None
    convexity: Convexity
    is_drowned: bool

    @property
    def signs(self) -> tuple[int | None, ...]:
        return tuple(axis.sign for axis in self.axes)

    @property
    def looks_convex(self) -> bool | None:
        """Whether nothing violates convexity, where there is something to look at; None where it can't be told."""
        if self.convexity.worst > 0:
            return False
        return None if self.is_drowned or not self.convexity.num_triples else True

    @property
    def mean_curvature(self) -> float:
        """The mean over the axes; nan where one is not known."""
        return mean_of([axis.curvature for axis in self.axes])

    @property
    def mean_asymmetry(self) -> float:
        return mean_of([axis.asymmetry for axis in self.axes])


def mean_of(values) -> float:
    """Return the mean; nan where a value is None or nan."""
    return float(np.mean([np.nan if value is None else value for value in values]))


def plane_account(plane: Surface, metric: str, center: float | None, eps: float, rounding: Rounding) -> PlaneAccount:
    """Work out what a plane's samples say.

    Args:
        center: The metric at the center; None where only the grid can hold it.
        eps: What counts as flat.
    """
    x, y, values = plane.grid.x, plane.grid.y, np.where(plane.done != NOT_DONE, plane.values[metric], np.nan)
    i, j = (None if axis is None else index_of_zero(axis) for axis in (x, y))
    if center is None and i is not None:
        center = values[i] if y is None else values[i, j] if j is not None else None
    slices = [(x, values if y is None else None if j is None else values[:, j])]
    slices += [] if y is None else [(y, None if i is None else values[i])]
    axes = tuple(_along(axis, through, center, rounding) for axis, through in slices)
    flat = None if center is None else flat_region(x, y, values, center, eps)
    return PlaneAccount(axes, flat, convexity(values, x, y, rounding=rounding), _is_drowned(values, rounding))


def _along(axis: np.ndarray, values: np.ndarray | None, center: float | None, rounding: Rounding) -> AlongAxis:
    """Look at a slice through the center; `values` are None where the grid holds none."""
    step = center_step(axis)
    if step is None or values is None:
        return AlongAxis(step, None, np.nan, None)
    place = index_of_zero(axis)
    nearest = min(axis[place] - axis[place - 1], axis[place + 1] - axis[place])
    is_known = center is not None and np.isfinite(center)
    hidden = 4 * rounding.of(float(center)) / nearest**2 if is_known else np.nan
    return AlongAxis(step, center_curvature(axis, values), hidden, asymmetry(axis, values, rounding=rounding))


def _is_drowned(values: np.ndarray, rounding: Rounding) -> bool:
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and bool(np.ptp(finite) <= 4 * rounding.of(float(np.median(np.abs(finite)))))
