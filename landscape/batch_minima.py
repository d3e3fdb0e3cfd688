"""Where surfaces of batches have their minima in the plane, how these scatter, and what all samples lose there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.batch_losses import BatchLosses
from landscape.grid import Grid

MOST_MOVES = 10
FLAT = 1e-8  # of the largest curvature: what is flatter has no minimum but a line of them, or one made of rounding


@dataclass(frozen=True, slots=True)
class Minimum:
    """The lowest place of one surface.

    Attributes:
        place: Its coordinates, one an axis.
        value: There.
        is_on_frame: Whether the lowest point of the grid lies at its edge, so that the surface may go on falling beyond.
    """

    place: tuple[float, ...]
    value: float
    is_on_frame: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """Minima of batches of one size.

    Attributes:
        minima: One a batch; None where no point of its surface is finite.
        excess: By how much the loss over all samples lies higher there than at its own minimum; nan where unknown.
        mean, deviation: Of the minima, one number an axis; the deviation is that of a sample, nan for a single one.
        share_on_frame: Of the minima.
    """

    minima: tuple[Minimum | None, ...]
    excess: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    share_on_frame: float


def minimum_of(grid: Grid, values: np.ndarray) -> Minimum | None:
    """Return the minimum of the parabola through a point and its neighbours, or else the grid's lowest point.

    The parabola is laid about the lowest point and moved to where its own minimum lies, until that is between the points that it
    goes through and no higher than any point: exact for quadratics, however narrow. Where that does not come about, as where
    the surface falls to the frame, lies flat or has a hole, the lowest point stays, of several the one nearest to the center.

    Args:
        values: (nx, ny), or (nx,) on a line.
    """
    finite = np.isfinite(values)
    if not finite.any():
        return None
    axes = _axes(grid)
    least = float(values[finite].min())
    lowest = min(np.argwhere(values == least), key=lambda found: sum(axis[at] ** 2 for axis, at in zip(axes, found)))
    place = _between(axes, values, lowest)
    if place is not None:
        value = value_at(grid, values, place)
        if value <= least:
            return Minimum(tuple(place.tolist()), value, False)
    is_on_frame = any(at in (0, len(axis) - 1) for axis, at in zip(axes, lowest))
    return Minimum(tuple(float(axis[at]) for axis, at in zip(axes, lowest)), least, is_on_frame)


def value_at(grid: Grid, values: np.ndarray, place: Sequence[float]) -> float:
    """Return the value at any place by parabolas through the three nearest points of each axis: exact for quadratics."""
    axes = _axes(grid)
    index = _inner(axes, [int(np.argmin(np.abs(axis - at))) for axis, at in zip(axes, place)])
    found = _parabola(axes, values, index)
    for axis, at, coordinate in zip(axes, index, place):
        with np.errstate(invalid="ignore", over="ignore"):
            found = np.power(coordinate - axis[at], np.arange(len(found))) @ found
    return float(found)


def scatter_of(batches: BatchLosses, grid: Grid, size: int) -> Scatter:
    """Return the minima of batches of one size, and how they scatter.

    Args:
        grid: Of one plane.
    """
    lowest = minimum_of(grid, batches.whole)
    minima = tuple(minimum_of(grid, losses) for losses in batches.losses[size])
    excess = tuple(
        # Never below: where parabolas of neighbouring points meet, one may dip under the lowest.
        np.nan
        if found is None or lowest is None
        else max(0.0, value_at(grid, batches.whole, found.place) - lowest.value)
        for found in minima
    )
    known = [found for found in minima if found is not None]
    if not known:
        nothing = (np.nan,) * len(grid.axes)
        return Scatter(minima, excess, nothing, nothing, np.nan)
    places = np.array([found.place for found in known])
    deviation = places.std(axis=0, ddof=1) if len(known) > 1 else np.full(places.shape[1], np.nan)
    share = float(np.mean([found.is_on_frame for found in known]))
    return Scatter(minima, excess, tuple(places.mean(axis=0).tolist()), tuple(deviation.tolist()), share)


def _axes(grid: Grid) -> list[np.ndarray]:
    return [getattr(grid, name) for name in grid.axes]


def _inner(axes: Sequence[np.ndarray], index: Sequence[int]) -> list[int]:
    """Return the nearest point that has neighbours on all sides."""
    return [min(max(int(at), 1), max(1, len(axis) - 2)) for axis, at in zip(axes, index)]


def _between(axes: Sequence[np.ndarray], values: np.ndarray, lowest: Sequence[int]) -> np.ndarray | None:
    """Return the minimum of a parabola that lies between the points which the parabola goes through; None where none does."""
    if min(map(len, axes)) < 3:
        return None
    index = _inner(axes, lowest)
    for _ in range(MOST_MOVES):
        step = _step_to_minimum(_parabola(axes, values, index))
        if step is None:
            return None
        place = np.array([axis[at] for axis, at in zip(axes, index)]) + step
        if all(axis[at - 1] <= coordinate <= axis[at + 1] for axis, at, coordinate in zip(axes, index, place)):
            return place
        moved = _inner(axes, [int(np.argmin(np.abs(axis - at))) for axis, at in zip(axes, place)])
        if moved == index:
            return None
        index = moved
    return None


def _parabola(axes: Sequence[np.ndarray], values: np.ndarray, index: Sequence[int]) -> np.ndarray:
    """Return the coefficients, by powers of the distances from a point, of the polynomial through it and its neighbours."""
    found = values[tuple(slice(max(at - 1, 0), at + 2) for at in index)]
    for along, (axis, at) in enumerate(zip(axes, index)):
        distances = axis[max(at - 1, 0) : at + 2] - axis[at]
        inverse = np.linalg.inv(np.vander(distances, increasing=True))
        with np.errstate(
            invalid="ignore", over="ignore"
        ):  # beside a hole, or where the loss overflows: not finite, as it is
            found = np.moveaxis(np.tensordot(inverse, found, axes=(1, along)), 0, along)
    return found


def _step_to_minimum(coefficients: np.ndarray) -> np.ndarray | None:
    """Return the way to the minimum of a parabola; None where it has none."""
    num = coefficients.ndim
    units = np.eye(num, dtype=int)
    gradient = np.array([coefficients[tuple(unit)] for unit in units])
    hessian = np.array(
        [
            [coefficients[tuple(one + other)] * (2 if same else 1) for other, same in zip(units, row)]
            for one, row in zip(units, np.eye(num, dtype=bool))
        ]
    )
    if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
        return None
    curvatures = np.linalg.eigvalsh(hessian)
    if not curvatures[0] > FLAT * curvatures[-1]:
        return None
    return -np.linalg.solve(hessian, gradient)
