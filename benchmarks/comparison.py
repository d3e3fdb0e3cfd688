"""Two series of measurements side by side: ratios, shares, and how far two sets of losses lie apart."""

import math
from collections.abc import Sequence
from statistics import median


def ratio_of_medians(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return median(ours) / median(theirs)


def pairwise_ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return each repetition's own ratio; what disturbed both sides of a pair is not in it."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def ratio_words(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the ratio of medians with the span of the pairwise ratios: 2.41x (2.33 to 2.47)."""
    pairs = pairwise_ratios(ours, theirs)
    return f"{ratio_of_medians(ours, theirs):.2f}x ({min(pairs):.2f} to {max(pairs):.2f})"


def share_words(shares: Sequence[float]) -> str:
    """Return the median share with its span: 95.1 % (94.7 to 95.9)."""
    return f"{100 * median(shares):.1f} % ({100 * min(shares):.1f} to {100 * max(shares):.1f})"


def largest_relative_deviation(found: Sequence[float], wanted: Sequence[float]) -> float:
    """Return max |found - wanted| / |wanted|; equal infinities or two nans do not deviate, one of them does without end."""
    return max(_relative(one, other) for one, other in zip(found, wanted, strict=True))


def log_deviations(found: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """Return |log found - log wanted| a point, by the same rule; losses are above 0."""
    return [_log_deviation(one, other) for one, other in zip(found, wanted, strict=True)]


def _relative(found: float, wanted: float) -> float:
    if _same(found, wanted):
        return 0.0
    if not (math.isfinite(found) and math.isfinite(wanted) and wanted):
        return math.inf
    return abs(found - wanted) / abs(wanted)


def _log_deviation(found: float, wanted: float) -> float:
    if _same(found, wanted):
        return 0.0
    if not (math.isfinite(found) and math.isfinite(wanted) and found > 0 and wanted > 0):
        return math.inf
    return abs(math.log(found / wanted))


def _same(found: float, wanted: float) -> bool:
    return found == wanted or (math.isnan(found) and math.isnan(wanted))
