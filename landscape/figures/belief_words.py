"""How far a surface can be believed, in sentences; each says figures of its account and nothing else."""

import numpy as np

from landscape.belief.account import Account, Compared, Estimate
from landscape.belief.shares import Share
from landscape.figures.curvature_words import with_error

NOTABLE = 0.1  # of a loss: what differs by less goes without a sentence
PARTED = 0.2  # of d'Hd: from where on the Hessian does not describe the surface
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NO_MINIMUM = ("indefinite", "negative")


def sentences(account: Account) -> list[str]:
    """Return what is to be known before a picture is believed, the weightiest first."""
    found = [
        _shape(account),
        _hessian(account),
        _planes(account),
        _kinks(account),
        *_compared(account),
        _cosine(account),
        _flat(account),
        _holes(account),
    ]
    return [sentence for sentence in found if sentence]


def spelled(num: int) -> str:
    """Return a number in words up to twelve."""
    return NUMBERS[num] if num < len(NUMBERS) else f"{num:,}"


def pair(estimate: Estimate) -> str:
    """Return a mean with its standard error; of one value, the value alone."""
    return f"{estimate.mean:.4g}" if estimate.num < 2 else with_error(estimate.mean, estimate.error)


def share_words(share: Share, what: str) -> str:
    """Return "3 of 30 random planes", with none said as such."""
    return f"none of {share.num} {what}" if not share.count else f"{share.count} of {share.num} {what}"


def interval(share: Share) -> str:
    return f"{100 * share.low:.2g} to {100 * share.high:.2g} %"


def _noun(account: Account, num: int = 1) -> str:
    return ("plane" if account.num_axes == 2 else "line") + "s" * (num != 1)


def _shape(account: Account) -> str:
    """Say whether the slices look convex."""
    num, kinds = len(account.planes), [plane.convexity.is_convex for plane in account.planes]
    convex = kinds.count(True)
    if num == 1 and kinds[0]:
        return "This slice looks convex."
    if num == 1 and kinds[0] is None:
        return "Where this slice is finite, it looks convex."
    if convex == num:
        return f"All {spelled(num)} slices look convex."
    worst = max(account.planes, key=lambda plane: plane.convexity.worst).convexity
    if worst.where is None:
        return f"Where they are finite, all {spelled(num)} slices look convex."
    bump = f"at {_place(account, worst.where)} the loss lies {worst.worst:.3g} above a chord"
    if num == 1:
        return f"This slice is not convex: {bump}."
    return f"{convex} of {num} slices look convex; in another, {bump}."


def _place(account: Account, where: tuple[float, float]) -> str:
    return f"({where[0]:.3g}, {where[1]:.3g})" if account.num_axes == 2 else f"{where[0]:.3g}"


def _hessian(account: Account) -> str:
    """Say what the Hessian's ends tell of the point, and whether random planes show it."""
    found = account.hessian
    if found is None:
        if account.level is None:
            return ""
        return f"Whether the center is a minimum is not known: a random {_noun(account)} can prove a saddle and never exclude one."
    kind = (found.get("hessian") or {}).get("kind")
    smallest = f"{found['smallest']:.3g} (residual {found['smallest_residual']:.1g})"
    if kind in NO_MINIMUM:
        said = f"The Hessian has an eigenvalue of {smallest}: the point is no minimum."
        return f"{said} {_seen(account)}".rstrip()
    if kind == "positive":
        return f"The Hessian's smallest eigenvalue is {smallest}: no direction curves downward at the center."
    if kind == "degenerate":
        return f"The Hessian's smallest eigenvalue is {smallest}, zero within what can be told: second derivatives do not decide."
    return f"The Hessian's smallest eigenvalue was not found to converge: {smallest}; lower ones may exist."


def _seen(account: Account) -> str:
    """Say how many random planes show a descent that the Hessian has."""
    fresh = account.fresh
    if fresh is None:
        return ""
    share, noun = fresh.directions, "random directions"
    if fresh.planes is not None:
        share, noun = fresh.planes, "random planes"
    words = share_words(share, noun)
    return f"{words[0].upper()}{words[1:]} {'shows' if share.count < 2 else 'show'} it (with 95 % confidence {interval(share)} do)."


def _planes(account: Account) -> str:
    """Say the curvature's spread over planes, which a difference between networks must exceed."""
    over, fresh = account.curvature, account.fresh
    if over.num >= 2:
        return (
            f"{spelled(over.num).capitalize()} {_noun(account, 2)}: curvature {pair(over)}; "
            "a second network must differ by more than that."
        )
    if fresh is not None and fresh.differences.num >= 2:
        found = fresh.differences
        return (
            f"{spelled(found.num).capitalize()} fresh random directions: curvature {pair(found)} at the center, one from the "
            f"next by {found.deviation:.2g}; a second network must differ by more than the error."
        )
    return f"This is one {_noun(account)}: how much another would differ was not measured."


def _kinks(account: Account) -> str:
    fresh = account.fresh
    if fresh is None or fresh.kinks is None or abs(fresh.kinks) < PARTED or not np.isfinite(fresh.kinks):
        return ""
    way = "above" if fresh.kinks > 0 else "below"
    return (
        f"Over steps of {fresh.step:g} the loss curves {_ratio(1 + fresh.kinks)} what the Hessian says (median, {way} it): kinks of ReLU "
        "or higher derivatives, so that the Hessian does not describe this picture."
    )


def _ratio(ratio: float) -> str:
    return f"{ratio:.2g} times"


def _compared(account: Account) -> list[str]:
    """Say what changes by a tenth or more when it is measured otherwise; of each kind, the larger change."""
    largest: dict[str, Compared] = {}
    for found in account.compared:
        if _change(found) >= _change(largest.get(found.kind, found)):
            largest[found.kind] = found
    return [_otherwise(account, found) for found in largest.values() if _change(found) >= NOTABLE]


def _change(found: Compared) -> float:
    if not np.isfinite([found.own, found.other]).all():
        return np.inf
    size = max(abs(found.own), abs(found.other))
    return abs(found.other - found.own) / size if size else 0.0


def _otherwise(account: Account, found: Compared) -> str:
    where = "at the center" if not (found.x or found.y) else f"at {_place(account, (found.x, found.y))}"
    by = {
        "norm statistics": f"With norm statistics {found.words}",
        "second subset": f"On {found.words}",
        "other split": f"On {found.words}",
    }[found.kind]
    return f"{by}, the loss {where} is {found.other:.3g} instead of {found.own:.3g}."


def _cosine(account: Account) -> str:
    if account.cosine_bound is None:
        return ""
    worst = max(account.cosines, key=abs, default=0.0)
    if abs(worst) <= account.cosine_bound:
        return ""
    return (
        f"The cosine between two directions is {worst:.3g}, where chance gives at most {account.cosine_bound:.2g}: "
        "they are not independent."
    )


def _flat(account: Account) -> str:
    regions = [plane.flat for plane in account.planes if plane.flat is not None]
    framed = sum(region.touches_frame for region in regions)
    coarse = sum(region.is_coarse for region in regions)
    if not framed and not coarse:
        return ""
    of = f" in {framed or coarse} of {len(regions)} {_noun(account, 2)}" if len(regions) > 1 else ""
    if framed:
        return f"The region within {account.eps:g} nat of the center reaches the frame{of}: it is larger than what is shown."
    return f"The region within {account.eps:g} nat of the center spans fewer than ten cells{of}: take a narrower range, or more points."


def _holes(account: Account) -> str:
    worst = account.num_non_finite.get(account.metric, 0)
    if not worst:
        return ""
    return f"{worst:,} {'point is' if worst == 1 else 'points are'} not finite, and left grey."
