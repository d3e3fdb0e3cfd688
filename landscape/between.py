"""What the lines between networks show: each network's own metrics at the ends, and the barriers between."""

from dataclasses import dataclass

import numpy as np

from landscape.barrier import Barrier, barrier
from landscape.surface import Surface

Ends = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LineBetween:
    """One line.

    Attributes:
        ends: Letters of the networks at 0 and at 1.
        distance: L2, between their parameters.
        barriers: By metric; an accuracy's is that of the error, 1 less the accuracy.
    """

    ends: Ends
    distance: float
    barriers: dict[str, Barrier]


def is_between(surface: Surface) -> bool:
    """Tell whether a surface holds the lines of `landscape between`."""
    return "lines" in surface.origin.record and surface.grid.y is None


def metrics_of_networks(surface: Surface) -> dict[str, dict[str, float]]:
    """Return each network's own metrics by its letter, from an end of a line that leads from it or to it.

    Args:
        surface: Lines of which all points are measured.
    """
    columns = [int(np.flatnonzero(surface.grid.x == at)[0]) for at in (0.0, 1.0)]
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(surface.origin.record["lines"]):
        for letter, column in zip(line["ends"], columns):
            here = {metric: float(array[number, column]) for metric, array in surface.values.items()}
            found.setdefault(letter, here)
    return {letter: found[letter] for letter in sorted(found)}


def lines_between(surface: Surface) -> list[LineBetween]:
    """Return each line with its barriers.

    Args:
        surface: Lines of which all points are measured.
    """
    found = []
    for number, line in enumerate(surface.origin.record["lines"]):
        barriers = {
            metric: barrier(surface.grid.x, less_is_better(metric, array[number]))
            for metric, array in surface.values.items()
        }
        found.append(LineBetween(tuple(line["ends"]), line["distance"], barriers))
    return found


def less_is_better(metric: str, values: np.ndarray) -> np.ndarray:
    """Return a loss as it is, and an accuracy as the error that it leaves."""
    return 1.0 - values if metric.endswith("accuracy") else values
