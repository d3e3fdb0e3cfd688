"""How far along a direction is worth looking: a range found from a few points, the same for any number of ranks."""

import math
from collections.abc import Sequence

import numpy as np

from landscape.grid import Grid
from landscape.surface import NOT_DONE, Surface, empty_surface
from landscape.sweep.askers import Asker, Index

LADDER = (0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
WHERE_NEVER_REACHED = 1.0


def level_worth_reaching(center: float, constant_answer: float | None) -> float:
    """Return the loss at which a picture may end: ten times the center's, and that of an answer that knows no input."""
    tenfold = 10 * center if center > 0 else center + max(1.0, abs(center))
    return max(tenfold, constant_answer or tenfold)


def probing_surface(metrics: list[str]) -> Surface:
    """Return an empty line through the center at all distances of the ladder, to both sides."""
    return empty_surface(Grid(np.array([*(-distance for distance in reversed(LADDER)), *LADDER])), metrics)


def bisection(metric: str, level: float) -> Asker:
    """Return an asker that closes in on the shortest distance where a metric, mean of both sides, reaches a level."""

    def ask(surface: Surface) -> Sequence[Index]:
        low, high = -1, len(LADDER)
        while high - low > 1:
            middle = (low + high) // 2
            pair = _pair(middle)
            if any(surface.done[index] == NOT_DONE for index in pair):
                return pair
            low, high = (low, middle) if _reaches(surface, metric, level, pair) else (middle, high)
        return ()

    return ask


def distance_reached(surface: Surface, metric: str, level: float) -> float | None:
    """Return the shortest measured distance at which a metric reached the level; None if none did."""
    for step, distance in enumerate(LADDER):
        pair = _pair(step)
        if all(surface.done[index] != NOT_DONE for index in pair) and _reaches(surface, metric, level, pair):
            return distance
    return None


def _pair(step: int) -> list[Index]:
    return [(len(LADDER) - 1 - step,), (len(LADDER) + step,)]


def _reaches(surface: Surface, metric: str, level: float, pair: list[Index]) -> bool:
    values = [float(surface.values[metric][index]) for index in pair]
    return any(not math.isfinite(value) for value in values) or sum(values) / 2 >= level
