"""Why flat may help: how far the minimum moves from the training to the test surface, and the rise of the loss that it costs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from landscape.belief.plane_curvature import mean_and_error
from landscape.belief.rounding import FLOAT32, Rounding
from landscape.flatness.minimum import Minimum, minimum_on_grid, value_between


@dataclass(frozen=True, slots=True)
class Shift:
    """Where two surfaces over one grid have their minima.

    Attributes:
        vector: From the training minimum to that of the test surface, in coordinates.
        rise: The test loss at the training minimum less that at the test minimum; nan where values that it needs are not
            finite. Of quadratics s' M s / 2, with the shift s and the test surface's curvature M: the sharper, the more
            the same shift costs.
        rise_at_center: The test loss at the center, the trained weights, less that at the test minimum; nan where the frame
            does not hold the center.
    """

    train_minimum: Minimum
    test_minimum: Minimum
    vector: tuple[float, ...]
    rise: float
    rise_at_center: float

    @property
    def length(self) -> float:
        """Of the vector, in the coordinates' unit."""
        return float(np.linalg.norm(self.vector))

    @property
    def is_clipped(self) -> bool:
        """Whether one of the minima is on the frame, so that it may lie outside."""
        return self.train_minimum.is_on_frame or self.test_minimum.is_on_frame


@dataclass(frozen=True, slots=True)
class MeanShift:
    """Means over planes, each with its standard error; nan where fewer than two planes tell it.

    Attributes:
        num: Planes that are counted in length and rise: those with both minima inside the frame.
        num_clipped: Planes with one on the frame.
        num_unknown: Planes without a finite value of one of the two surfaces.
    """

    length: float
    length_error: float
    rise: float
    rise_error: float
    rise_at_center: float
    rise_at_center_error: float
    num: int
    num_clipped: int
    num_unknown: int


def shift_between(
    train: np.ndarray, test: np.ndarray, x: np.ndarray, y: np.ndarray | None = None, *, rounding: Rounding = FLOAT32
) -> Shift | None:
    """Find both surfaces' minima, and what the way between them costs on the test surface.

    Both minima are those within the sampled plane, and not the weights' own: a plane shows a part of the shift. Few samples
    shift a minimum by chance, whichever split they are of; two halves of one split show by how much.

    Args:
        train: [x, y], or [x] on a line: a loss over the grid.
        test: The same loss of other samples, over the same grid.
        x: (nx,) increasing.
        y: (ny,) increasing; None on a line.
        rounding: Of the values.

    Returns:
        None where one of them has no finite value.

    Raises:
        ValueError: The values' shape is not the grid's.

    Source: the picture is that of Keskar et al. 2017, arXiv:1609.04836, figure 1; measuring it on a plane is ours.
    """
    minima = [minimum_on_grid(x, y, values, rounding=rounding) for values in (train, test)]
    if None in minima:
        return None
    before, behind = minima
    return Shift(
        before,
        behind,
        tuple(to - start for start, to in zip(before.at, behind.at)),
        value_between(x, y, test, before.at) - behind.value,
        value_between(x, y, test, (0.0,) * len(before.at)) - behind.value,
    )


def mean_shift(shifts: Iterable[Shift | None]) -> MeanShift:
    """Put planes together; those of which a minimum is on the frame are counted apart, since neither length nor rise is known.

    So the means are those of planes whose frame shows both minima, and lie below the true ones where many don't.
    """
    shifts = list(shifts)
    found = [shift for shift in shifts if shift is not None]
    known = [shift for shift in found if not shift.is_clipped]
    columns = ([getattr(shift, name) for shift in known] for name in ("length", "rise", "rise_at_center"))
    numbers = [number for column in columns for number in mean_and_error(column)[:2]]
    return MeanShift(*numbers, len(known), len(found) - len(known), len(shifts) - len(found))
