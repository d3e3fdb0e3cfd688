"""The minimum of sampled values, between the samples: that of the parabola through a sample and its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.belief.rounding import FLOAT32, Rounding

MOST_MOVES = 10  # a narrow, skewed valley's lowest sample may be many cells from its minimum


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where sampled values are lowest.

    Attributes:
        at: Its coordinates: two in a plane, one on a line.
        value: There: by the parabola where it is refined, else the lowest sample; never above that.
        is_on_frame: Whether it is a sample on the frame, so that the surface may go on falling outside.
        is_refined: Whether a parabola places it between the samples.
    """

    at: tuple[float, ...]
    value: float
    is_on_frame: bool
    is_refined: bool


@dataclass(frozen=True, slots=True, eq=False)
class Parabola:
    """The polynomial through a sample and its neighbours, of second order along each axis.

    Attributes:
        around: By axis, the coordinates that it goes through: three, or two where there are no more.
        origin, steps: Offsets are counted from the one, in units of the other.
        level: At the origin.
        coefficients: By powers of the offset along each axis; of what lies above the level, which keeps the digits of a
            small valley far from zero.
        highest: The largest magnitude of the samples.
    """

    around: tuple[np.ndarray, ...]
    origin: np.ndarray
    steps: np.ndarray
    level: float
    coefficients: np.ndarray
    highest: float

    def value(self, point: Sequence[float]) -> float:
        found = self.coefficients
        for offset in (np.asarray(point) - self.origin) / self.steps:
            found = offset ** np.arange(len(found)) @ found
        return float(self.level + found)

    def lowest(self, rounding: Rounding) -> np.ndarray | None:
        """Return the minimum of its terms up to second order; None where these do not curve up by more than rounding over a cell."""
        units = np.eye(self.coefficients.ndim, dtype=int)
        slope = np.array([self.coefficients[tuple(unit)] for unit in units])
        hessian = np.array([[self.coefficients[tuple(one + other)] for other in units] for one in units]) * (1 + units)
        if not np.linalg.eigvalsh(hessian)[0] > 4 * rounding.of(self.highest):
            return None
        return self.origin - self.steps * np.linalg.solve(hessian, slope)

    def holds(self, point: Sequence[float]) -> bool:
        """Tell whether a point lies among the samples."""
        return all(axis[0] <= at <= axis[-1] for axis, at in zip(self.around, point))


def minimum_on_grid(
    x: np.ndarray, y: np.ndarray | None, values: np.ndarray, *, rounding: Rounding = FLOAT32
) -> Minimum | None:
    """Find the lowest of the finite samples, and the minimum of a parabola near it.

    The parabola is laid through the lowest sample and its neighbours, and again around the sample nearest to where its own
    minimum lies, until that is among the samples that it goes through: a quadratic's minimum comes out exactly, however
    narrow its valley. Where that does not come about, as where the surface falls to the frame, lies flat or has a hole, or
    where it leads above the lowest sample, this stays; of equal ones that nearest to the center.

    Args:
        x: (nx,) increasing.
        y: (ny,) increasing; None on a line.
        values: [x, y], or [x] on a line; nan where not measured.
        rounding: Of the values; what curves up by less is not refined.

    Returns:
        None where no value is finite.

    Raises:
        ValueError: The values' shape is not the grid's.
    """
    axes, values = _checked(x, y, values)
    if not np.isfinite(values).any():
        return None
    lowest = _lowest_sample(axes, values)
    value = float(values[lowest])
    at = _walked(axes, values, lowest, rounding)
    there = np.nan if at is None else _between(axes, values, at)
    if there <= value + 4 * rounding.of(value):
        return Minimum(tuple(map(float, at)), min(there, value), False, True)
    is_on_frame = any(place in (0, len(axis) - 1) for place, axis in zip(lowest, axes))
    return Minimum(tuple(float(axis[place]) for axis, place in zip(axes, lowest)), value, is_on_frame, False)


def value_between(x: np.ndarray, y: np.ndarray | None, values: np.ndarray, point: Sequence[float]) -> float:
    """Return the value of the parabola around the sample nearest to a point: at samples their own, of quadratics exact.

    Args:
        x, y, values: As of `minimum_on_grid`.

    Returns:
        nan outside the frame, and where one of the samples that it takes is not finite, unless the point is another sample.

    Raises:
        ValueError: The values' shape is not the grid's.
    """
    return _between(*_checked(x, y, values), point)


def _checked(x: np.ndarray, y: np.ndarray | None, values: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return axes and values in float64."""
    axes = [np.asarray(axis, np.float64) for axis in (x, y) if axis is not None]
    values = np.asarray(values, np.float64)
    shape = tuple(map(len, axes))
    if values.shape != shape:
        raise ValueError(f"the grid is {shape}, but the values are {values.shape}")
    return axes, values


def _lowest_sample(axes: list[np.ndarray], values: np.ndarray) -> tuple[int, ...]:
    places = np.argwhere(values == values[np.isfinite(values)].min())
    distances = sum(axis[places[:, number]] ** 2 for number, axis in enumerate(axes))
    return tuple(map(int, places[np.argmin(distances)]))


def _between(axes: list[np.ndarray], values: np.ndarray, point: Sequence[float]) -> float:
    if any(not axis[0] <= at <= axis[-1] for axis, at in zip(axes, point)):
        return np.nan
    nearest = _nearest(axes, point)
    if all(axis[place] == at for axis, place, at in zip(axes, nearest, point)):
        return float(values[nearest])
    fit = _parabola(axes, values, _inside(axes, nearest))
    return np.nan if fit is None else fit.value(point)


def _walked(
    axes: list[np.ndarray], values: np.ndarray, lowest: tuple[int, ...], rounding: Rounding
) -> np.ndarray | None:
    """Return the minimum of a parabola that lies among its samples; None where the way from the lowest sample leads to none."""
    if min(map(len, axes)) < 3:
        return None
    place = _inside(axes, lowest)
    for _ in range(MOST_MOVES):
        fit = _parabola(axes, values, place)
        at = None if fit is None else fit.lowest(rounding)
        if at is None or fit.holds(at):
            return at
        before, place = place, _inside(axes, _nearest(axes, at))
        if place == before:
            return None
    return None


def _parabola(axes: list[np.ndarray], values: np.ndarray, place: tuple[int, ...]) -> Parabola | None:
    """Return the parabola around a sample; None where it, or one that it goes through, is not finite."""
    near = tuple(slice(max(each - 1, 0), each + 2) for each in place)
    samples, around = values[near], tuple(axis[part] for axis, part in zip(axes, near))
    origin = np.array([axis[each] for axis, each in zip(axes, place)])
    steps = np.array([np.ptp(axis) / (len(axis) - 1) for axis in around])
    with np.errstate(invalid="ignore", over="ignore"):
        found = samples - values[place]
        for number, axis in enumerate(around):
            powers = np.vander((axis - origin[number]) / steps[number], increasing=True)
            found = np.moveaxis(np.tensordot(np.linalg.inv(powers), found, axes=(1, number)), 0, number)
    if not np.isfinite(found).all():
        return None
    return Parabola(around, origin, steps, float(values[place]), found, float(np.abs(samples).max()))


def _nearest(axes: list[np.ndarray], point: Sequence[float]) -> tuple[int, ...]:
    return tuple(int(np.abs(axis - at).argmin()) for axis, at in zip(axes, point))


def _inside(axes: list[np.ndarray], place: tuple[int, ...]) -> tuple[int, ...]:
    """Return the place itself, or that next to it which is not on the frame."""
    return tuple(min(max(each, 1), max(1, len(axis) - 2)) for each, axis in zip(place, axes))
