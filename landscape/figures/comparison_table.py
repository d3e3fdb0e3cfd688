"""The table of a comparison: rows of texts, scores first, then the measures, a cell a network."""

import numpy as np

from landscape.comparison import SCORED, Comparison
from landscape.figures.curvature_words import with_error
from landscape.flatness.account import UNKNOWN, Finding, Score, findings_of, scores_of
from landscape.flatness.suite import BY_KEY

Cell = dict[str, str]


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


def measure_rows(comparison: Comparison) -> list[dict]:
    """Return a row a measure: name, formula, what is sharper, what it follows, and a cell a network."""
    found = [findings_of(comparison, network) for network in comparison.networks]
    absent = comparison.origin.record.get("absent") or {}
    return [
        {
            "name": BY_KEY[key].name,
            "title": f"{BY_KEY[key].formula}, in {BY_KEY[key].unit}; of a quadratic {BY_KEY[key].second_order}; {BY_KEY[key].source}",
            "sharper": "more" if BY_KEY[key].is_sharpness else "less",
            "follows": ", ".join(BY_KEY[key].follows) or "none",
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
    bound = any("lower bound" in words for words in found.caveats)
    title = "; ".join(([f"mean of {found.num} and its standard error"] if found.num > 1 else []) + list(found.caveats))
    return {"text": f"≥ {text}" if bound else text, "title": title, "flag": "yes" if found.caveats else ""}


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
