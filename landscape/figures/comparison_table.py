"""The table of a comparison: rows of texts, scores first, then the measures, a cell a network."""

import numpy as np

from landscape.belief.plan import FLAT_WITHIN
from landscape.comparison import SCORED, Comparison
from landscape.figures.curvature_words import with_error
from landscape.flatness.account import (
    UNKNOWN,
    Finding,
    Score,
    correlations_of,
    findings_of,
    scores_of,
    shift_of,
)
from landscape.flatness.measure import RESCALINGS
from landscape.flatness.shift import MeanShift
from landscape.flatness.suite import BY_KEY

Cell = dict[str, str]
# How directions are normalized -> the rescalings that leave what lies along them alone.
FOLLOWED = {"filter": ("filters", "layers"), "layer": ("layers",), "weight": RESCALINGS, "none": ()}


def score_rows(comparison: Comparison) -> list[dict]:
    """Return rows of how the networks fit their training samples and the others, and the gap between."""
    scores = [scores_of(network) for network in comparison.networks]
    rows = []
    for split in SCORED:
        for name in ("loss", "accuracy"):
            cells = [_score_cell(score.get(split), name) for score in scores]
            if any(cell["text"] != "–" for cell in cells):
                rows.append({"name": f"{split} {name}", "title": _samples(scores, split), "cells": cells})
    for name in ("loss", "accuracy"):
        cells = [_gap_cell(score, name) for score in scores]
        if any(cell["text"] != "–" for cell in cells):
            rows.append({"name": f"gap in {name}", "title": "between training and test samples", "cells": cells})
    return rows


def shift_rows(comparison: Comparison) -> list[dict]:
    """Return rows of how far the minimum moves from training to test samples, and what that costs; none of one split."""
    found = [shift_of(network) for network in comparison.networks]
    if None in found:
        return []
    return [
        {
            "name": "shift of the minimum",
            "title": "from the training to the test surface, in the plane, in filter-normalized lengths",
            "cells": [_shift_cell(shift, "length") for shift in found],
        },
        {
            "name": "rise it costs",
            "title": "test loss at the training minimum, less that at the test surface's own, in the plane",
            "cells": [_shift_cell(shift, "rise") for shift in found],
        },
    ]


def _shift_cell(shift: MeanShift, name: str) -> Cell:
    if not shift.num:
        return {"text": "–", "title": "of no plane are both minima inside the frame"}
    title = f"mean of {shift.num} planes and its standard error"
    if shift.num_clipped:
        title += f"; of {shift.num_clipped} more a minimum lies on the frame"
    return {"text": with_error(getattr(shift, name), getattr(shift, f"{name}_error")), "title": title}


def measure_rows(comparison: Comparison) -> list[dict]:
    """Return a row a measure: name, formula, what is sharper, what it follows, and a cell a network.

    From five networks on a row has Kendall's tau with the test error too.
    """
    found = [findings_of(comparison, network) for network in comparison.networks]
    absent = comparison.origin.record.get("absent") or {}
    eps = comparison.origin.record.get("flat_within") or FLAT_WITHIN
    correlations = correlations_of(comparison)
    return [
        {
            "name": BY_KEY[key].name + (f" within {eps:g}" if BY_KEY[key].is_within else ""),
            "title": f"{BY_KEY[key].formula}, in {BY_KEY[key].unit}; of a quadratic {BY_KEY[key].second_order}; {BY_KEY[key].source}",
            "sharper": "more" if BY_KEY[key].is_sharpness else "less",
            "follows": _follows(comparison, key),
            **({"kendall": _kendall(correlations.get(key))} if correlations is not None else {}),
            "cells": [
                measure_cell(each.get(key, UNKNOWN), (absent.get(name) or {}).get(key))
                for name, each in zip(comparison.names, found)
            ],
        }
        for key in found[0]
    ]


def measure_cell(found: Finding, why_absent: str | None = None) -> Cell:
    """Return a measure's text, and what is to be known of it."""
    if not found.is_known:
        return {"text": "–", "title": why_absent or "; ".join(found.caveats) or "not measured"}
    text = with_error(found.value, found.error) if np.isfinite(found.error) else f"{found.value:.3g}"
    said = [*(("coarse",) if found.is_coarse else ()), *(words for words in found.caveats if words == "not converged")]
    title = [f"mean of {found.num} and its standard error"] if found.num > 1 else []
    title += ["a lower bound"] if found.is_bound else []
    title += ["spans fewer than ten cells of the grid"] if found.is_coarse else []
    bound, remark = "≥ " if found.is_bound else "", f" ({', '.join(said)})" if said else ""
    return {"text": f"{bound}{text}{remark}", "title": "; ".join([*title, *found.caveats])}


def _follows(comparison: Comparison, key: str) -> str:
    """Say which rescalings leave a measure alone, as far as theory tells for the directions that it was taken along."""
    rule = comparison.origin.record.get("normalization", "filter")
    if BY_KEY[key].is_along_directions and rule not in FOLLOWED:
        return "not known"
    follows = FOLLOWED[rule] if BY_KEY[key].is_along_directions else BY_KEY[key].follows
    return ", ".join(follows) or "none"


def _kendall(found) -> Cell:
    if found is None:
        return {"text": "–", "title": "known of fewer than five networks, or the same for all"}
    p = f"p {found.p:.2g}" + ("" if found.is_exact else ", by the normal approximation, since there are ties")
    left_out = f"; {found.num_left_out} left out" if found.num_left_out else ""
    text = f"{found.tau:.2f} ({found.low:.2f} to {found.high:.2f})"
    return {"text": text, "title": f"{found.num} networks; 95 % interval; {p}{left_out}"}


def _score_cell(score: Score | None, name: str) -> Cell:
    value = getattr(score, name) if score else np.nan
    if not np.isfinite(value):
        return {"text": "–", "title": "not measured"}
    if name == "loss":
        return {"text": f"{value:.4g}", "title": f"{score.num_samples:,} samples"}
    error = np.sqrt(value * (1 - value) / score.num_samples)
    return {"text": f"{value:.2%}", "title": f"{score.num_samples:,} samples; standard error {100 * error:.2g} points"}


def _gap_cell(scores: dict[str, Score], name: str) -> Cell:
    values = [getattr(scores[split], name) if split in scores else np.nan for split in SCORED]
    if not np.isfinite(values).all():
        return {"text": "–", "title": "not measured"}
    gap = values[1] - values[0]
    return {"text": f"{100 * gap:+.2f} points" if name == "accuracy" else f"{gap:+.4g}", "title": "test less train"}


def _samples(scores: list[dict[str, Score]], split: str) -> str:
    nums = {score[split].num_samples for score in scores if split in score}
    return f"at the trained weights, over {', '.join(f'{num:,}' for num in sorted(nums))} samples"
