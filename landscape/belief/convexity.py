"""Whether a sampled slice looks convex: no point above the chord between two others on its line."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from landscape.belief.rounding import FLOAT32, Rounding

EVEN = 1e-9  # of a step: steps that differ by less are equal


@dataclass(frozen=True, slots=True)
class Convexity:
    """What the triples of a slice say; a convex loss has no violation on any plane, but the converse does not hold.

    Attributes:
        is_convex: Whether no triple violates convexity; None where none does and some, or all, could not be looked at.
        worst: How far above its chord the worst midpoint lies, in nats a sample; 0 where none is.
        where: (x, y) of that midpoint, y being 0 on a line; None where none is.
        num_triples: Looked at, all of finite values.
        num_left_out: Triples of which a value is not finite.
    """

    is_convex: bool | None
    worst: float
    where: tuple[float, float] | None
    num_triples: int
    num_left_out: int


def convexity(
    values: np.ndarray, x: np.ndarray, y: np.ndarray | None = None, *, rounding: Rounding = FLOAT32
) -> Convexity:
    """Compare each point with the chord between any two as many steps before and after it.

    Along rows and columns, and along both diagonals where both axes are evenly spaced; at every span.

    Args:
        values: [x, y], or [x] on a line.
        x: (nx,) increasing.
        y: (ny,) increasing; None on a line.
        rounding: How far above a chord still counts as on it: its share of the largest of the three magnitudes, or what it
            is of the grid's median one where that is larger. Not of the grid's largest, beside which a wall of 1e30 would
            make anything convex.

    Raises:
        ValueError: The values' shape is not the grid's.
    """
    shape = (len(x),) if y is None else (len(x), len(y))
    x, y = np.asarray(x, np.float64), np.asarray([0.0] if y is None else y, np.float64)
    values = np.asarray(values, np.float64)
    if values.shape != shape:
        raise ValueError(f"the grid is {shape}, but the values are {values.shape}")
    return _summary(values.reshape(len(x), len(y)), x, y, rounding)


def _summary(values: np.ndarray, x: np.ndarray, y: np.ndarray, rounding: Rounding) -> Convexity:
    magnitudes = np.abs(values[np.isfinite(values)])
    floor = rounding.of(np.median(magnitudes) if len(magnitudes) else 0.0)
    worst, where, num_triples, num_left_out = 0.0, None, 0, 0
    for offset in _offsets(values.shape, _is_even(x) and _is_even(y)):
        triple = _triple(values, offset)
        finite = np.isfinite(triple).all(0)
        allowed = np.maximum(floor, rounding.share * np.abs(triple).max(0))
        above = _above_chord(triple, _share(x, y, offset), finite)
        above[~(finite & (above > allowed))] = 0.0
        num_triples, num_left_out = num_triples + int(finite.sum()), num_left_out + int((~finite).sum())
        if above.max() > worst:
            i, j = np.unravel_index(np.argmax(above), above.shape)
            worst, where = float(above[i, j]), (float(x[i + abs(offset[0])]), float(y[j + abs(offset[1])]))
    is_convex = False if where else None if num_left_out or not num_triples else True
    return Convexity(is_convex, worst, where, num_triples, num_left_out)


def _offsets(shape: tuple[int, int], with_diagonals: bool) -> Iterator[tuple[int, int]]:
    """Yield, for every direction and span that fits, the steps along x and y from a triple's first to its middle."""
    for along_x, along_y in ((1, 0), (0, 1)) + ((1, 1), (1, -1)) * with_diagonals:
        longest = min((num - 1) // 2 for num, step in zip(shape, (along_x, along_y)) if step)
        for span in range(1, longest + 1):
            yield span * along_x, span * along_y


def _is_even(axis: np.ndarray) -> bool:
    steps = np.diff(axis)
    return len(steps) > 0 and bool(np.ptp(steps) <= EVEN * steps.max())


def _triple(values: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
    """Return (3, ...): before, middle and after, at every place where the three fit."""
    (along_x, along_y), (num_x, num_y) = offset, values.shape
    parts = zip(_parts(num_x, along_x), _parts(num_y, along_y))
    return np.stack([values[part_x, part_y] for part_x, part_y in parts])


def _parts(num: int, step: int) -> list[slice]:
    """Return the slices of an axis for before, middle and after; a negative step goes down."""
    starts = [0, abs(step), 2 * abs(step)]
    return [slice(start, start + num - starts[2]) for start in (starts if step >= 0 else starts[::-1])]


def _share(x: np.ndarray, y: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
    """Return where between before and after the middle lies, as a share of the way, broadcasting over the places."""
    axis, step = (x, offset[0]) if offset[0] else (y, offset[1])
    before, middle, after = (axis[part] for part in _parts(len(axis), step))
    share = (middle - before) / (after - before)
    return share[:, None] if offset[0] else share


def _above_chord(triple: np.ndarray, share: np.ndarray, finite: np.ndarray) -> np.ndarray:
    before, middle, after = np.where(finite, triple, 0.0)
    return middle - ((1 - share) * before + share * after)
