"""The loss at a point as on the surface, beside the same point measured otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape.belief.plan import OWN
from landscape.belief_record import BeliefRecord


@dataclass(frozen=True, slots=True)
class Compared:
    """One point measured twice; the accuracy is nan where there is none.

    Attributes:
        words: What is otherwise.
        own: As on the surface.
    """

    kind: str
    words: str
    x: float
    y: float
    own: float
    other: float
    other_accuracy: float


def compared_points(belief: BeliefRecord, center: float | None) -> tuple[Compared, ...]:
    """Return what is measured of a record's comparisons, each beside the surface's own value at its point."""
    parts = belief.findings.get("comparisons") or []
    arrays, blank = belief.arrays, np.full(len(parts), np.nan)
    done = arrays.get("comparison_done", np.zeros(len(parts))) > 0
    losses, accuracies = (arrays.get(f"comparison_{name}", blank) for name in ("loss", "accuracy"))
    own = {} if center is None else {(0.0, 0.0): float(center)}
    own |= {_place(part): float(losses[n]) for n, part in enumerate(parts) if part["kind"] == OWN and done[n]}
    return tuple(
        Compared(part["kind"], part["words"], *_place(part), own[_place(part)], float(losses[n]), float(accuracies[n]))
        for n, part in enumerate(parts)
        if part["kind"] != OWN and done[n] and _place(part) in own
    )


def _place(part: Mapping) -> tuple[float, float]:
    return float(part["x"]), float(part["y"])


def compared_splits(center: Mapping[str, float], metric: str) -> tuple[Compared, ...]:
    """Return train against test at the center, where the surface holds both."""
    other = metric.replace("train_", "test_", 1)
    if other == metric or metric not in center or other not in center:
        return ()
    accuracy = center.get("test_accuracy", np.nan)
    return (Compared("other split", "test samples", 0.0, 0.0, center[metric], center[other], accuracy),)
