"""How the minima of surfaces of batches scatter in the plane, and what all samples lose there."""

from dataclasses import dataclass

import numpy as np

from landscape.batch_losses import BatchLosses
from landscape.belief.rounding import BY_PRECISION
from landscape.flatness.minimum import Minimum, minimum_on_grid, value_between
from landscape.grid import Grid


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
    """Return the minimum of one batch's surface, or that of all samples.

    It is placed between the points whatever the run's precision: minima that stay at points would scatter by whole cells.

    Args:
        grid: Of one plane.
        values: (nx, ny), or (nx,) on a line.
    """
    return minimum_on_grid(grid.x, grid.y, values, rounding=BY_PRECISION["float64"])


def scatter_of(batches: BatchLosses, grid: Grid, size: int) -> Scatter:
    """Return the minima of batches of one size, and how they scatter.

    Args:
        grid: Of one plane.
    """
    lowest, *minima = (minimum_of(grid, values) for values in (batches.whole, *batches.losses[size]))
    excess = tuple(
        np.nan
        if found is None or lowest is None
        # Never below: where parabolas of neighbouring points meet, one may dip under the lowest.
        else float(np.maximum(0.0, value_between(grid.x, grid.y, batches.whole, found.at) - lowest.value))
        for found in minima
    )
    known = [found for found in minima if found is not None]
    if not known:
        nothing = (np.nan,) * len(grid.axes)
        return Scatter(tuple(minima), excess, nothing, nothing, np.nan)
    places = np.array([found.at for found in known])
    deviation = places.std(axis=0, ddof=1) if len(known) > 1 else np.full(places.shape[1], np.nan)
    share = float(np.mean([found.is_on_frame for found in known]))
    return Scatter(tuple(minima), excess, tuple(places.mean(axis=0).tolist()), tuple(deviation.tolist()), share)
