"""The minimum of sampled values, between the samples: a quadratic fitted around the lowest of them."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from landscape.belief.rounding import FLOAT32, Rounding

FURTHER = 2  # fits: a skewed valley's lowest sample may be some cells from the nearest to its minimum


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where sampled values are lowest.

    Attributes:
        at: Its coordinates: two in a plane, one on a line.
        value: There: by the fit where it is refined, else the lowest sample.
        is_on_frame: Whether the lowest sample lies on the frame, so that the surface may go on falling outside.
        is_refined: Whether a quadratic places it between the samples.
    """

    at: tuple[float, ...]
    value: float
    is_on_frame: bool
    is_refined: bool


@dataclass(frozen=True, slots=True, eq=False)
class LocalQuadratic:
    """constant + slope t + t' hessian t / 2, t being the offset from `origin` in `steps`.

    Attributes:
        reach: By axis, the least and largest t of the samples that it was fitted to.
    """

    origin: np.ndarray
    steps: np.ndarray
    reach: np.ndarray
    constant: float
    slope: np.ndarray
    hessian: np.ndarray

    def value(self, point: np.ndarray) -> float:
        t = (point - self.origin) / self.steps
        return float(self.constant + self.slope @ t + t @ self.hessian @ t / 2)

    def lowest(self, hidden: float) -> np.ndarray | None:
        """Return its minimum; None where it does not curve up by more than `hidden` over a cell, whatever the direction."""
        if not np.linalg.eigvalsh(self.hessian)[0] > hidden:
            return None
        return self.origin - self.steps * np.linalg.solve(self.hessian, self.slope)

    def holds(self, point: np.ndarray) -> bool:
        """Tell whether a point lies among the samples."""
        t = (point - self.origin) / self.steps
        return bool((self.reach[:, 0] <= t).all() and (t <= self.reach[:, 1]).all())


def minimum_on_grid(
    x: np.ndarray, y: np.ndarray | None, values: np.ndarray, *, rounding: Rounding = FLOAT32
) -> Minimum | None:
    """Find the lowest of the finite samples, and the minimum of the quadratic fitted around it.

    The fit is that of least squares to a sample and its neighbours, nine in a plane, three on a line; a quadratic's minimum
    comes out exactly. Where it leads out of the nine, a second fit is made around the sample nearest to where it leads. A fit
    whose minimum is above the lowest sample is not taken. Of equal samples that nearest to the center counts.

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
    axes, values = checked(x, y, values)
    if not np.isfinite(values).any():
        return None
    lowest = _lowest_sample(axes, values)
    value = float(values[lowest])
    is_on_frame = any(place in (0, len(axis) - 1) for place, axis in zip(lowest, axes))
    refined = None if is_on_frame else _refined(axes, values, lowest, 4 * rounding.of(value))
    at, value = refined or (tuple(float(axis[place]) for axis, place in zip(axes, lowest)), value)
    return Minimum(at, value, is_on_frame, refined is not None)


def value_between(axes: list[np.ndarray], values: np.ndarray, point: tuple[float, ...]) -> float:
    """Return a sample, or the value of the quadratic fitted around the one nearest to a point; nan outside the frame.

    Nan, too, where one of the samples that it takes is not finite.
    """
    if any(not axis[0] <= at <= axis[-1] for axis, at in zip(axes, point)):
        return np.nan
    nearest = _nearest(axes, point)
    if all(axis[place] == at for axis, place, at in zip(axes, nearest, point)):
        return float(values[nearest])
    fit = local_quadratic(axes, values, _inside(axes, nearest))
    return np.nan if fit is None else fit.value(np.array(point))


def local_quadratic(axes: list[np.ndarray], values: np.ndarray, place: tuple[int, ...]) -> LocalQuadratic | None:
    """Fit a quadratic to a sample and its neighbours; None on the frame, and where one of them is not finite."""
    if any(not 0 < each < len(axis) - 1 for each, axis in zip(place, axes)):
        return None
    near = values[tuple(slice(each - 1, each + 2) for each in place)]
    if not np.isfinite(near).all():
        return None
    around = np.array([axis[each - 1 : each + 2] for each, axis in zip(place, axes)])
    origin, steps = around[:, 1], (around[:, 2] - around[:, 0]) / 2
    offsets = (around - origin[:, None]) / steps[:, None]
    dim = len(axes)
    firsts, seconds = np.triu_indices(dim)
    t = np.array(list(product(*offsets)))
    columns = np.column_stack([np.ones(len(t)), t, t[:, firsts] * t[:, seconds]])
    level = near[(1,) * dim]  # taken off, so that a small valley far from zero keeps its digits
    found = np.linalg.lstsq(columns, (near - level).reshape(-1), rcond=None)[0]
    upper = np.zeros((dim, dim))
    upper[firsts, seconds] = found[1 + dim :]
    return LocalQuadratic(origin, steps, offsets[:, [0, 2]], level + found[0], found[1 : 1 + dim], upper + upper.T)


def checked(x: np.ndarray, y: np.ndarray | None, values: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return axes and values in float64.

    Raises:
        ValueError: The values' shape is not the grid's.
    """
    axes = [np.asarray(axis, np.float64) for axis in (x, y) if axis is not None]
    values = np.asarray(values, np.float64)
    shape = tuple(map(len, axes))
    if values.shape != shape:
        raise ValueError(f"the grid is {shape}, but the values are {values.shape}")
    return axes, values


def _lowest_sample(axes: list[np.ndarray], values: np.ndarray) -> tuple[int, ...]:
    low = values[np.isfinite(values)].min()
    places = np.argwhere(values == low)
    distances = sum(axis[places[:, number]] ** 2 for number, axis in enumerate(axes))
    return tuple(map(int, places[np.argmin(distances)]))


def _refined(axes, values: np.ndarray, place: tuple[int, ...], hidden: float) -> tuple[tuple[float, ...], float] | None:
    low = values[place]
    for _ in range(FURTHER):
        fit = local_quadratic(axes, values, place)
        at = None if fit is None else fit.lowest(hidden)
        if at is None:
            return None
        if fit.holds(at):
            value = fit.value(at)
            return (tuple(map(float, at)), value) if value <= low + hidden else None
        place = _inside(axes, _nearest(axes, at))
    return None


def _nearest(axes: list[np.ndarray], point) -> tuple[int, ...]:
    return tuple(int(np.abs(axis - at).argmin()) for axis, at in zip(axes, point))


def _inside(axes: list[np.ndarray], place: tuple[int, ...]) -> tuple[int, ...]:
    """Return the place itself, or that next to it which is not on the frame."""
    return tuple(min(max(each, 1), len(axis) - 2) for each, axis in zip(place, axes))
