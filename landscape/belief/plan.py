"""What is measured beside a surface, and how many evaluations of its points that costs; nothing here depends on time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.grid import Grid

LEVELS = ("quick", "full", "off")
QUICK_SHARE = 0.1  # of the surface's points
NUM_FULL = 30  # fresh planes: sixty directions
FEWEST_FRESH = 3  # planes, of which a spread can be told at all
FLAT_WITHIN = 0.1  # nats
# Of second differences, in lengths of the direction: rounding over its square stays below a thousandth of the loss.
STEPS = {"float32": 0.02, "float64": 1e-3}
CORNER = 0.3  # a coordinate; of the way to the farther side of a frame that does not hold it
OWN = "own"
# How a point may be measured otherwise, in order of what it tells; what it costs in evaluations.
COSTS = {OWN: 1, "norm statistics": 4, "second subset": 1, "other split": 1}
# Evaluations that a new plane, or a new way to measure, takes before its first: about as long as a pass over 300 samples,
# measured on vgg56 (drawing and folding 0.85 million weights: 91 ms; a pass over 60 digits: 19 ms).
SAMPLES_OF_SET_UP = 300


@dataclass(frozen=True, slots=True)
class Comparison:
    """A point of the surface's plane, measured in another way.

    Attributes:
        kind: A key of `COSTS`.
    """

    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class BeliefPlan:
    """What is to be measured.

    Attributes:
        comparisons: In their order.
        num_fresh: Fresh planes, each of as many directions as the surface has axes.
        step: Of their second differences; None where rounding forbids them.
        has_products: Whether products with the Hessian are taken, along fresh directions and the surface's own.
        num_evaluations: Of points; products are not among them.
    """

    comparisons: tuple[Comparison, ...]
    num_fresh: int
    step: float | None
    has_products: bool
    num_evaluations: int


def belief_plan(
    level: str,
    grid: Grid,
    kinds: Sequence[str],
    *,
    num_samples: int,
    precision: str,
    is_differentiable: bool,
    is_random: bool,
) -> BeliefPlan:
    """Choose what fits: at the level quick, a tenth of the grid's points; at full, everything.

    Args:
        kinds: Ways to measure otherwise that this run has, of `COSTS`.
        num_samples: Of an evaluation, over all splits.
        precision: Of the run; second differences need one of `STEPS`.
        is_differentiable: Whether the loss measured is the one that products differentiate.
        is_random: Whether the surface's directions are random, so that fresh ones are like them.
    """
    left = float("inf") if level == "full" else int(QUICK_SHARE * grid.num_points)
    whole, set_up = left, -(-SAMPLES_OF_SET_UP // num_samples)
    corner = (*(_corner(axis) for axis in (grid.x, grid.y) if axis is not None), 0.0)[:2]
    comparisons: list[Comparison] = []
    for kind in (kind for kind in COSTS if kind in kinds):
        places = [corner] if kind == "norm statistics" else [(0.0, 0.0), corner]
        cost = set_up + COSTS[kind] * len(places) + (0 if comparisons else COSTS[OWN])
        if cost > left:
            continue
        comparisons += [] if comparisons else [Comparison(OWN, *corner)]
        comparisons += [Comparison(kind, *place) for place in places]
        left -= cost
    step = STEPS.get(precision)
    each = 2 * len(grid.axes)
    num_fresh = 0
    if step is not None and is_random:
        num_fresh = NUM_FULL if level == "full" else min(NUM_FULL, int(left // (set_up + each)))
        num_fresh = num_fresh if num_fresh >= FEWEST_FRESH else 0
    spent = sum(COSTS[comparison.kind] for comparison in comparisons) + num_fresh * each
    assert level == "full" or spent <= whole
    return BeliefPlan(tuple(comparisons), num_fresh, step, level == "full" and is_differentiable, spent)


def _corner(axis: np.ndarray) -> float:
    """Return the coordinate at which a point is measured otherwise; within the frame, where the center lies beside it."""
    if axis[0] <= CORNER <= axis[-1]:
        return CORNER
    farther = axis[-1] if axis[-1] >= -axis[0] else axis[0]
    return float(np.clip(CORNER * farther, axis[0], axis[-1]))
