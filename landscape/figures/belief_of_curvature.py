"""How far the curvature of a picture can be believed, in sentences: over planes, over its cells, and beside the Hessian."""

from collections.abc import Sequence

import numpy as np

from landscape.belief.account import Account
from landscape.belief.cells import PARTED
from landscape.belief.fresh import Estimate
from landscape.belief.shares import chance_difference
from landscape.figures.belief_numbers import (
    NOT_TOLD,
    along_axes,
    begun,
    figure,
    noun,
    pair,
    quantity,
    spelled,
    spelled_share,
)

NO_CENTER = "the grid does not hold the center between its points (take a range around 0 with an odd number of points)"
NOT_FINITE = "finite values beside the center are missing"


def curvature_sentences(account: Account) -> list[str]:
    """Say how planes differ, what their cells make of it, and where the Hessian does not describe the loss."""
    return [_planes(account), _cells(account), _kinks(account)]


def curvature_text(account: Account) -> str:
    """Return the curvature over a cell, a mean over axes that curve the same way."""
    if not account.is_curvature_told:
        return NOT_TOLD
    if account.is_saddle_shaped:
        return along_axes([pair(found) for found in account.curvatures])
    return pair(account.curvature)


def hessian_text(account: Account) -> str:
    """Return d'Hd along the planes' directions likewise."""
    signs = {np.sign(found.mean) for found in account.hessians_along}
    if account.is_saddle_shaped or {-1.0, 1.0} <= signs:
        return along_axes([pair(found) for found in account.hessians_along])
    return pair(account.hessian_along)


def steps_text(account: Account, mark: str = "") -> str:
    """Return how large the cells beside the center are; along both axes where that differs."""
    return f" and {mark}".join(dict.fromkeys(f"{step:.3g}" for step in account.steps))


def why_unknown(account: Account) -> str:
    """Say why there is no curvature over a cell."""
    missing = any(axis.curvature is None for plane in account.planes for axis in plane.axes)
    return NO_CENTER if missing else NOT_FINITE


def _planes(account: Account) -> str:
    """Say the curvature's spread over planes, which a difference between networks must exceed."""
    over, fresh, num = account.curvature, account.fresh, len(account.planes)
    if over.num >= 2:
        of = begun(spelled_share(over.num, num) if over.num < num else spelled(num))
        cells = f"over cells of {steps_text(account)}"
        if not account.is_curvature_told:
            return f"{of} {noun(account, num)}: the curvature {cells} is {NOT_TOLD}."
        spread = account.curvatures if account.is_saddle_shaped else [over]
        differ = _must_differ(spread, account.hidden_curvature)
        return f"{of} {noun(account, num)}: curvature {curvature_text(account)} {cells}{differ}."
    if fresh is not None and fresh.differences.num >= 2:
        found = fresh.differences
        of = f"{begun(spelled(found.num))} random directions"
        if not fresh.is_told:
            return f"{of}: the curvature over steps of {fresh.step:g} is {NOT_TOLD}."
        hidden = fresh.hidden if np.isfinite(fresh.hidden) else 0.0
        return (
            f"{of}: curvature {pair(found)} over steps of {fresh.step:g}, with a deviation of {found.deviation:.2g} "
            f"from one to the next{_must_differ([found], hidden)}."
        )
    if num > 1:
        return f"How much the {spelled(num)} {noun(account, num)} differ in curvature is not known: {why_unknown(account)}."
    return f"This is one {noun(account)}: how much another would differ was not measured." if account.is_random else ""


def _must_differ(spread: Sequence[Estimate], hidden: float) -> str:
    """Say by how much a second network's mean of as many must differ; each axis for itself where two are given."""
    limits = [max(chance_difference(found.error, found.num), hidden) for found in spread]
    if not all(limit > 0 for limit in limits):
        return ""
    texts = [f"{limit:.2g}" for limit in limits]
    more = texts[0] if len(texts) == 1 else along_axes(texts)
    return f"; a second network must differ by more than {more} (95 %)"


def _cells(account: Account) -> str:
    """Say where the picture's curvature is not the center's."""
    of, fresh = account.cells_part_from, account.fresh
    if of is None:
        return ""
    other = f"the Hessian along the same directions says {hessian_text(account)}"
    if of == "differences":
        small = figure(fresh.differences.mean) if fresh.is_told else f"at most {fresh.hidden:.2g}"
        other = f"random directions over steps of {fresh.step:g} say {small}"
    return (
        f"Over cells of {steps_text(account)} the {quantity(account)} curves by {curvature_text(account)} where {other}: "
        "the picture's curvature is that of its cells, not the center's."
    )


def _kinks(account: Account) -> str:
    fresh = account.fresh
    if fresh is None or fresh.parting is None or fresh.parting < PARTED:
        return ""
    return (
        f"Over steps of {fresh.step:g} the {quantity(account)} curves by {figure(fresh.differences.mean)} on average where "
        f"the Hessian says {figure(fresh.tau.mean)}, and direction by direction they differ by {100 * fresh.parting:.0f} %: "
        "kinks of ReLU or higher derivatives, which the Hessian does not see."
    )
