"""The loss at a point as on the surface, beside the same point measured otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape.belief.plan import OWN
from landscape.belief.rounding import Rounding
from landscape.belief_record import BeliefRecord


@dataclass(frozen=True, slots=True)
class Compared:
    """One point measured twice; the accuracy is nan where there is none.

    Attributes:
        words: What is otherwise.
        own: As on the surface.
        hidden: By how much rounding alone may part the two.
    """

    kind: str
    words: str
    x: float
    y: float
    own: float
    other: float
    other_accuracy: float
    hidden: float

    @property
    def change(self) -> float:
        """How far the two are apart; inf where one of them is not finite, 0 where both are not."""
        finite = np.isfinite([self.own, self.other])
        if not finite.all():
            return np.inf if finite.any() else 0.0
        return abs(self.other - self.own)

    @property
    def is_told(self) -> bool:
        """Whether they differ by more than rounding."""
        return self.change > self.hidden


def compared_points(belief: BeliefRecord, center: float | None, rounding: Rounding) -> tuple[Compared, ...]:
    """Return what is measured of a record's comparisons, each beside the surface's own value at its point."""
    parts = belief.findings.get("comparisons") or []
    arrays, blank = belief.arrays, np.full(len(parts), np.nan)
    done = arrays.get("comparison_done", np.zeros(len(parts))) > 0
    losses, accuracies = (arrays.get(f"comparison_{name}", blank) for name in ("loss", "accuracy"))
    own = {} if center is None else {(0.0, 0.0): float(center)}
    own |= {_place(part): float(losses[n]) for n, part in enumerate(parts) if part["kind"] == OWN and done[n]}
    return tuple(
        _compared(part["kind"], part["words"], _place(part), own[_place(part)], losses[n], accuracies[n], rounding)
        for n, part in enumerate(parts)
        if part["kind"] != OWN and done[n] and _place(part) in own
    )


def _place(part: Mapping) -> tuple[float, float]:
    return float(part["x"]), float(part["y"])


def _compared(kind: str, words: str, place: tuple, own: float, other, accuracy, rounding: Rounding) -> Compared:
    own, other = float(own), float(other)
    largest = max((abs(value) for value in (own, other) if np.isfinite(value)), default=0.0)
    return Compared(kind, words, *place, own, other, float(accuracy), 2 * rounding.of(largest))


def compared_splits(center: Mapping[str, float], metric: str, rounding: Rounding) -> tuple[Compared, ...]:
    """Return train against test at the center, where the surface holds both."""
    other = metric.replace("train_", "test_", 1)
    if other == metric or metric not in center or other not in center:
        return ()
    accuracy = center.get("test_accuracy", np.nan)
    found = _compared("other split", "test samples", (0.0, 0.0), center[metric], center[other], accuracy, rounding)
    return (found,)
