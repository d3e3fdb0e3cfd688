"""Leaves an objective's center for a measure's sake, and comes back to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from landscape.curvature.layout import FlatLayout
from landscape.curvature.objective import Objective
from landscape.directions import gaussian


@contextmanager
def excursion(objective: Objective) -> Iterator[None]:
    """Let a measure begin at the center and move about; afterwards, failed or not, the objective stands at the center."""
    _return(objective)
    try:
        yield
    finally:
        _return(objective)


def _return(objective: Objective) -> None:
    if objective.offset is not None:  # a move gives up graphs that are kept for products
        objective.move_to(None)


def center_loss(objective: Objective) -> float:
    """Return the loss where an excursion begins.

    Raises:
        ValueError: It is not finite.
    """
    found = objective.value()
    if not np.isfinite(found):
        raise ValueError(f"the loss at the center is {found!r}, and flatness is counted from it; look at other weights")
    return found


def loss_at(objective: Objective, offset: np.ndarray) -> float:
    """Move, and return the loss there."""
    objective.move_to(offset)
    return objective.value()


def drawn(layout: FlatLayout, seed: int, purpose: str, number: int) -> np.ndarray:
    """Return (dim,) standard normal numbers, each parameter's from a stream of its own.

    The same on every rank, and for every network with a parameter of this name and shape.
    """
    parts = [
        gaussian(shape, seed, f"flatness {purpose} {number}", name).reshape(-1) for name, shape in layout.shapes.items()
    ]
    return np.concatenate([np.zeros(0), *parts])
