"""What a page says of how far a surface is to be believed: sentences, and the figures they rest on."""

import numpy as np

from landscape.belief.account import Account, Compared, account_of
from landscape.belief.shares import Share, gaussian_words
from landscape.figures.belief_words import interval, pair, sentences, share_words
from landscape.surface import Surface

Row = tuple[str, str, str]


def belief_panel(surface: Surface) -> dict | None:
    """Return sentences, rows of (what, value, meaning), and what was not measured; None where nothing is sampled.

    Returns:
        {"sentences": [text], "rows": [[what, value, meaning]], "missing": [text]}.
    """
    if not surface.is_complete:
        return None
    account = account_of(surface)
    rows = [
        *_plane_rows(account),
        *_direction_rows(account),
        *_fresh_rows(account),
        *_hessian_rows(account),
        *_compared_rows(account),
        *_point_rows(surface, account),
    ]
    return {"sentences": sentences(account), "rows": [list(row) for row in rows], "missing": list(account.missing)}


def _plane_rows(account: Account) -> list[Row]:
    over = _over(account)
    rows = []
    if account.curvature.num:
        rows.append(("curvature over a cell", pair(account.curvature), f"second difference at the center{over}"))
    if account.flat_size.num:
        clipped = [plane.flat for plane in account.planes if plane.flat is not None and plane.flat.is_clipped]
        words = sorted({word for region in clipped for word in region.clipped_by})
        said = {"frame": "touches the frame: a lower bound", "cells": "fewer than ten cells: coarse"}
        clip = f"; clipped ({'; '.join(said[word] for word in words)})" if clipped else ""
        name = "flat area" if account.num_axes == 2 else "flat length"
        meaning = f"the connected region within {account.eps:g} nat above the center{over}{clip}"
        rows.append((name, pair(account.flat_size), meaning))
    if account.asymmetry.num:
        rows.append(("asymmetry", pair(account.asymmetry), f"0: both sides alike; 1: one side alone rises{over}"))
    for number, plane in enumerate(account.planes, 1):
        name = "convex" if len(account.planes) == 1 else f"convex, {number}"
        if len(account.planes) == 1:
            worst = plane.convexity.worst
            value = {True: "no violation", None: "no violation where finite", False: f"violated by {worst:.3g}"}
            rows.append(
                (name, value[plane.convexity.is_convex], f"{plane.convexity.num_triples:,} triples of points on lines")
            )
    return rows


def _over(account: Account) -> str:
    num, noun = len(account.planes), "planes" if account.num_axes == 2 else "lines"
    return f"; mean over {num} {noun} and its standard error" if num > 1 else ""


def _direction_rows(account: Account) -> list[Row]:
    if not account.cosines:
        return []
    worst = max(account.cosines, key=abs)
    of = f"the largest of {len(account.cosines)} pairs" if len(account.cosines) > 1 else "between the two directions"
    bound = f"; chance stays below {account.cosine_bound:.2g}" if account.cosine_bound else ""
    return [("cosine", f"{worst:.4f}", f"{of}{bound}")]


def _fresh_rows(account: Account) -> list[Row]:
    fresh = account.fresh
    if fresh is None:
        return []
    num = fresh.differences.num
    rows = [
        (
            "curvature of fresh directions",
            pair(fresh.differences),
            f"second differences over ±{fresh.step:g}, {num} directions",
        )
    ]
    if fresh.tau is not None:
        rows += [
            (
                "τ = E d'Hd",
                pair(fresh.tau),
                f"{fresh.tau.num} products with the Hessian; what a filter-normalized picture shows",
            ),
            ("its deviation", f"{fresh.tau.deviation:.3g}", "from one random direction to the next"),
            (
                "loss against Hessian",
                f"{100 * fresh.kinks:+.0f} %",
                "median of second difference over d'Hd; far from 0 with kinks",
            ),
        ]
    rows.append(_share_row("directions that curve downward", fresh.directions, fresh))
    if fresh.planes is not None:
        rows.append(_share_row("planes that show a descent", fresh.planes, fresh))
    return rows


def _share_row(name: str, share: Share, fresh) -> Row:
    meaning = f"95 % interval {interval(share)}"
    if fresh.tau is not None and "directions" in name and np.isfinite(fresh.tau.deviation):
        meaning += f"; {gaussian_words(fresh.tau.mean, fresh.tau.deviation)}"
    return name, share_words(share, "")[:-1], meaning


def _hessian_rows(account: Account) -> list[Row]:
    rows = []
    if account.hessian is not None:
        found = account.hessian
        for name in ("largest", "smallest"):
            unsure = "" if found[f"{name}_converged"] else ", not converged"
            value = f"{found[name]:.4g}"
            rows.append(
                (
                    f"{name} eigenvalue",
                    value,
                    f"residual {found[f'{name}_residual']:.1g}{unsure}; {found['num_samples']:,} samples",
                )
            )
    if account.plane_eigenvalues:
        low, high = (
            min(pair[0] for pair in account.plane_eigenvalues),
            max(pair[1] for pair in account.plane_eigenvalues),
        )
        what = "of the plane" if account.num_axes == 2 else "of the line"
        rows.append(
            (
                f"curvatures {what}",
                f"{low:.3g} to {high:.3g}",
                "by the Hessian in unit directions; between its smallest and largest eigenvalue",
            )
        )
    return rows


def _compared_rows(account: Account) -> list[Row]:
    return [_compared_row(found, account) for found in account.compared]


def _compared_row(found: Compared, account: Account) -> Row:
    where = (
        "center"
        if not (found.x or found.y)
        else f"({found.x:.3g}, {found.y:.3g})"
        if account.num_axes == 2
        else f"{found.x:.3g}"
    )
    accuracy = f"; accuracy {found.other_accuracy:.1%}" if np.isfinite(found.other_accuracy) else ""
    names = {"norm statistics": "norm statistics", "second subset": "other samples", "other split": "other split"}
    return f"{names[found.kind]}, {where}", f"{found.other:.4g}, not {found.own:.4g}", f"{found.words}{accuracy}"


def _point_rows(surface: Surface, account: Account) -> list[Row]:
    bad = {name: num for name, num in account.num_non_finite.items() if num}
    words = ", ".join(f"{num} of {name.replace('_', ' ')}" for name, num in bad.items()) or "none"
    measured = f"{surface.num_done:,} of {surface.grid.num_points:,}"
    return [("points not finite", words, "grey on the page"), ("points measured", measured, "none interpolated")]
