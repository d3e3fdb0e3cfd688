"""What a page says of how far a surface is to be believed: sentences, and the figures they rest on."""

import numpy as np

from landscape.belief.account import Account, account_of
from landscape.belief.compared import Compared
from landscape.belief.shares import gaussian_words
from landscape.figures.belief_numbers import NOT_TOLD, figure, flat_within, interval, pair, place, share_words
from landscape.figures.belief_of_curvature import curvature_text, hessian_text, steps_text, why_unknown
from landscape.figures.belief_words import headline, sentences
from landscape.surface import Surface

Row = tuple[str, str, str]
CLIPPED = {"frame": "reaches the frame: a lower bound", "cells": "fewer than ten cells: coarse"}
OTHERWISE = {"norm statistics": "norm statistics", "second subset": "other samples", "other split": "other split"}


def belief_panel(surface: Surface) -> dict | None:
    """Return sentences, rows of (what, value, meaning), and what was not measured; None where the surface is unfinished.

    What lies between several networks, or around a path, has no center that the surroundings of one network would be told from: None too.

    Returns:
        {"headline": the sentence that stands where there is room for one, "sentences": [text], "rows": [[what, value, meaning]], "missing": [text]}.
    """
    if not surface.is_complete or {"networks", "path"} & set(surface.origin.record):
        return None
    account = account_of(surface)
    rows = [
        *_plane_rows(account),
        *_direction_rows(account),
        *_fresh_rows(account),
        *_hessian_rows(account),
        *(_compared_row(found, account) for found in account.compared),
        *_point_rows(surface, account),
    ]
    said = sentences(account)
    return {
        "headline": headline(said),
        "sentences": said,
        "rows": [list(row) for row in rows],
        "missing": list(account.missing),
    }


def _plane_rows(account: Account) -> list[Row]:
    over = _over(account)
    rows = _curvature_rows(account, over)
    if account.flat_size.num:
        name = "flat area" if account.num_axes == 2 else "flat length"
        meaning = f"the connected region {flat_within(account)}{over}{_clipped(account)}"
        rows.append((name, pair(account.flat_size), meaning))
    if account.asymmetry.num:
        rows.append(("asymmetry", pair(account.asymmetry), f"0: both sides alike; 1: one side alone rises{over}"))
    return [*rows, _convexity_row(account)]


def _curvature_rows(account: Account, over: str) -> list[Row]:
    """Return the curvature over a cell, and the center's own along the same directions."""
    if not account.curvature.num:
        rows = [("curvature over a cell", "not known", why_unknown(account))]
    else:
        cells = "; that of the cells, not of the center" if account.cells_part_from else ""
        meaning = f"second difference at the center{over}{cells}"
        rows = [(f"curvature over ±{steps_text(account, '±')}", curvature_text(account), meaning)]
    if account.hessian_along.num:
        meaning = f"d'Hd at the center, without a step{over}"
        rows.append(("by the Hessian along the same directions", hessian_text(account), meaning))
    return rows


def _over(account: Account) -> str:
    num, noun = len(account.planes), "planes" if account.num_axes == 2 else "lines"
    return f"; mean over {num} {noun} and its standard error" if num > 1 else ""


def _clipped(account: Account) -> str:
    regions = [plane.flat for plane in account.planes if plane.flat is not None]
    words = sorted({word for region in regions for word in region.clipped_by})
    return f"; {'; '.join(CLIPPED[word] for word in words)}" if words else ""


def _convexity_row(account: Account) -> Row:
    found = [plane.convexity for plane in account.planes]
    num_triples, worst = sum(each.num_triples for each in found), max(each.worst for each in found)
    value = "no violation" if any(plane.looks_convex for plane in account.planes) else "not known"
    if worst > 0:
        bad = sum(each.worst > 0 for each in found)
        value = f"violated by {worst:.3g}" + (f", in {bad} of {len(found)}" if len(found) > 1 else "")
    left_out = sum(each.num_left_out for each in found)
    said = f", {left_out:,} more are not finite" if left_out else ""
    return "convex", value, f"{num_triples:,} triples of points on lines{said}"


def _direction_rows(account: Account) -> list[Row]:
    if not account.cosines:
        return []
    worst = max(account.cosines, key=abs)
    of = f"the largest of {len(account.cosines)} pairs" if len(account.cosines) > 1 else "between the two directions"
    bound = f"; chance stays within ±{account.cosine_bound:.2g}" if account.cosine_bound is not None else ""
    return [("cosine", f"{worst:.4f}", f"{of}{bound}")]


def _fresh_rows(account: Account) -> list[Row]:
    fresh = account.fresh
    if fresh is None:
        return []
    left_out = f", {fresh.num_left_out} more are not finite" if fresh.num_left_out else ""
    meaning = f"second differences over ±{fresh.step:g}, {fresh.differences.num} random directions{left_out}"
    rows = [("curvature of random directions", pair(fresh.differences) if fresh.is_told else NOT_TOLD, meaning)]
    if fresh.lower is not None and (fresh.is_told or fresh.lower.count):
        rows.append(
            ("directions that curve downward", share_words(fresh.lower), f"95 % interval {interval(fresh.lower)}")
        )
    return [*rows, *_product_rows(fresh)]


def _product_rows(fresh) -> list[Row]:
    """Return what products with the Hessian along fresh directions say."""
    if fresh.tau is None:
        return []
    meaning = f"{fresh.tau.num} products with the Hessian along random directions: what their pictures show on average"
    rows = [
        ("τ = E d'Hd", pair(fresh.tau), meaning),
        ("its deviation", figure(fresh.tau.deviation), "from one random direction to the next"),
    ]
    if fresh.parting is not None:
        meaning = "how far second differences lie from d'Hd, beyond rounding; large with kinks of ReLU"
        rows.append(("loss against Hessian", f"{100 * fresh.parting:.0f} %", meaning))
    if fresh.directions is not None:
        meaning = f"95 % interval {interval(fresh.directions)}"
        if np.isfinite(fresh.tau.deviation):
            meaning += f"; {gaussian_words(fresh.tau.mean, fresh.tau.deviation)}"
        rows.append(("directions with d'Hd < 0", share_words(fresh.directions), meaning))
    if fresh.planes is not None:
        meaning = f"by the Hessian in the plane; 95 % interval {interval(fresh.planes)}"
        rows.append(("planes that show a descent", share_words(fresh.planes), meaning))
    return rows


def _hessian_rows(account: Account) -> list[Row]:
    rows, found = [], account.hessian
    for name in ("largest", "smallest") if found is not None else ():
        unsure = "" if found.get(f"{name}_converged") else ", not converged"
        samples = f"; {found['num_samples']:,} samples" if found.get("num_samples") else ""
        meaning = f"residual {figure(found[f'{name}_residual'], 1)}{unsure}{samples}"
        rows.append((f"{name} eigenvalue", figure(found[name], 4), meaning))
    if found is not None and found.get("verdict"):
        rows.append(("kind of point", found["verdict"], "by the gradient and the Hessian's eigenvalues"))
    if account.plane_eigenvalues:
        rows.append(_plane_eigenvalues_row(account))
    return rows


def _plane_eigenvalues_row(account: Account) -> Row:
    low = min(smaller for smaller, _ in account.plane_eigenvalues)
    high = max(larger for _, larger in account.plane_eigenvalues)
    noun, num = "plane" if account.num_axes == 2 else "line", len(account.plane_eigenvalues)
    meaning = "by the Hessian along unit directions"
    if account.hessian is not None:
        ends = account.hessian["smallest"], account.hessian["largest"]
        margin = 1e-3 * max(map(abs, ends)) + sum(
            account.hessian[f"{name}_residual"] for name in ("smallest", "largest")
        )
        within = ends[0] - margin <= low and high <= ends[1] + margin
        meaning += ", within the Hessian's own ends" if within else "; beyond the ends that were found"
    lengths = [value for along in account.squared_lengths for value in along if np.isfinite(value)]
    between = " to ".join(dict.fromkeys(figure(value) for value in (min(lengths), max(lengths))))
    meaning += f"; times |d|² ({between}, the directions' squared length) they are the picture's"
    return f"curvatures of the {noun}{'s' * (num > 1)}", f"{figure(low)} to {figure(high)}", meaning


def _compared_row(found: Compared, account: Account) -> Row:
    accuracy = f"; accuracy {found.other_accuracy:.1%}" if np.isfinite(found.other_accuracy) else ""
    where = place(account, found.x, found.y).removeprefix("the ")
    value = f"{figure(found.other, 4)}, not {figure(found.own, 4)}"
    if not found.is_told and np.isfinite(found.own):
        value = f"{figure(found.other, 4)} and {figure(found.own, 4)}: {NOT_TOLD}"
    return f"{OTHERWISE[found.kind]}, {where}", value, f"{found.words}{accuracy}"


def _point_rows(surface: Surface, account: Account) -> list[Row]:
    bad = {name: num for name, num in account.num_non_finite.items() if num}
    words = ", ".join(f"{num:,} of {name.replace('_', ' ')}" for name, num in bad.items()) or "none"
    measured = f"{surface.num_done:,} of {surface.grid.num_points:,}"
    return [("points not finite", words, "grey on the page"), ("points measured", measured, "none interpolated")]
