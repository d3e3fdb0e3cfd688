"""How far a surface can be believed, in sentences; each says figures of its account and nothing else."""

import numpy as np

from landscape.belief.account import Account
from landscape.belief.compared import Compared
from landscape.belief.fresh import Estimate
from landscape.belief.shares import Share, chance_difference
from landscape.figures.curvature_words import with_error

NOTABLE = 0.1  # of a loss: what differs by less goes without a sentence
PARTED = 0.2  # of d'Hd: from where on the Hessian does not describe the surface
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NO_MINIMUM = ("indefinite", "negative")
WAYS = {1: "upward", -1: "downward"}


def sentences(account: Account) -> list[str]:
    """Return what is to be known before a picture is believed, the weightiest first."""
    found = [
        _shape(account),
        _at_center(account),
        *_minimum(account),
        _planes(account),
        _kinks(account),
        *_compared(account),
        _cosine(account),
        *_flat(account),
        _holes(account),
    ]
    return [sentence for sentence in found if sentence]


def spelled(num: int) -> str:
    """Return a number in words up to twelve."""
    return NUMBERS[num] if num < len(NUMBERS) else f"{num:,}"


def figure(value: float, digits: int = 3) -> str:
    """Return a number's text, or that it is not finite."""
    return f"{value:.{digits}g}" if np.isfinite(value) else "not finite"


def spelled_share(num: int, of: int) -> str:
    return f"{spelled(num) if num else 'none'} of {spelled(of)}"


def pair(estimate: Estimate) -> str:
    """Return a mean with its standard error; of one value, the value alone."""
    return figure(estimate.mean, 4) if estimate.num < 2 else with_error(estimate.mean, estimate.error)


def share_words(share: Share) -> str:
    """Return "3 of 30", with none said as such."""
    return f"{share.count or 'none'} of {share.num}"


def interval(share: Share) -> str:
    """Return the interval of a share in per cent, never rounded up to what it is not."""
    low, high = (100 * bound for bound in (share.low, share.high))
    return f"{_percent(np.floor(low) if low >= 10 else low)} to {_percent(np.ceil(high) if high >= 10 else high)} %"


def _percent(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def place(account: Account, x: float, y: float) -> str:
    """Return a point's coordinates, or that it is the center."""
    if not (x or y):
        return "the center"
    return f"({x:.3g}, {y:.3g})" if account.num_axes == 2 else f"{x:.3g}"


def quantity(account: Account) -> str:
    """Return what is on the surface, without its split."""
    return account.metric.partition("_")[2].replace("_", " ") or account.metric


def _noun(account: Account, num: int = 1) -> str:
    return ("plane" if account.num_axes == 2 else "line") + "s" * (num != 1)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _shape(account: Account) -> str:
    """Say whether the slices look convex."""
    num, looks = len(account.planes), [plane.looks_convex for plane in account.planes]
    convex = looks.count(True)
    slices = {1: "This slice", 2: "Both slices"}.get(num, f"All {spelled(num)} slices")
    if looks.count(None) == num:
        words = f"Whether {slices[:1].lower()}{slices[1:]} {'is' if num == 1 else 'are'} convex can't be told"
        drowned = all(plane.is_drowned for plane in account.planes)
        why = (
            "the values differ by no more than rounding may"
            if drowned
            else "no three finite values lie evenly on a line"
        )
        return f"{words}: {why}."
    if convex == num:
        finite = "" if all(plane.convexity.is_convex for plane in account.planes) else ", where finite"
        return f"{slices} look{'s' if num == 1 else ''} convex{finite}."
    of = f"{spelled_share(convex, num)} slices look{'s' * (convex < 2)} convex"
    worst = max((plane.convexity for plane in account.planes), key=lambda each: each.worst)
    if worst.where is None:
        return f"{_begun(of)}; of the others it can't be told."
    bump = f"at {place(account, *worst.where)} the {quantity(account)} lies {worst.worst:.3g} above a chord"
    if num == 1:
        return f"This slice is not convex: {bump}."
    return f"{_begun(of)}; in {'another' if convex else 'one'}, {bump}."


def _at_center(account: Account) -> str:
    """Say, where slices are not convex, which way they curve at the center."""
    signs = [sign for plane in account.planes for sign in plane.signs]
    known = [sign for sign in signs if sign is not None]
    if not any(known) or False not in [plane.looks_convex for plane in account.planes]:
        return ""
    if len(signs) == 1:
        return f"Over the cells beside the center it curves {WAYS[known[0]]}."
    if len(account.planes) > 1:
        num, noun = known.count(1), "axes" if account.num_axes == 2 else "lines"
        return (
            f"Over the cells beside the center {spelled_share(num, len(known))} {noun} curve{'s' * (num < 2)} upward."
        )
    along = {
        way: " and ".join(axis for axis, sign in zip("xy", signs) if sign == number) for number, way in WAYS.items()
    }
    said = " and ".join(f"{way} along {axes}" for way, axes in along.items() if axes)
    return f"Over the cells beside the center it curves {said}."


def _minimum(account: Account) -> list[str]:
    """Say whether the point can be a minimum, by the Hessian or else by fresh directions."""
    found = account.hessian
    if found is None:
        return [_without_hessian(account)]
    kind = (found.get("hessian") or {}).get("kind")
    if not np.isfinite(found["smallest"]):
        return ["The Hessian's smallest eigenvalue is not finite."]
    smallest = f"{found['smallest']:.3g} (residual {_residual(found['smallest_residual'])})"
    if kind in NO_MINIMUM:
        return [f"The Hessian has an eigenvalue of {smallest}: the point is no minimum.", _seen(account)]
    said = f"The Hessian's smallest eigenvalue is {smallest}"
    if kind == "positive":
        return [f"{said}: no direction curves downward at the center.", _yet_lower(account)]
    if kind == "degenerate":
        return [f"{said}, zero within what can be told: second derivatives do not decide.", _yet_lower(account)]
    return [f"The smallest eigenvalue of the Hessian that was found is {smallest}; lower ones may exist."]


def _residual(value: float) -> str:
    return f"{value:.1g}" if np.isfinite(value) else "not known"


def _seen(account: Account) -> str:
    """Say how many random planes, or directions, show a descent that the Hessian has."""
    fresh = account.fresh
    if fresh is None:
        return ""
    share = fresh.planes or fresh.directions or fresh.lower
    if share is None:
        return ""
    noun = "planes" if share is fresh.planes else "directions"
    return (
        f"{_begun(share_words(share))} random {noun} {'shows' if share.count < 2 else 'show'} it; "
        f"of all, {interval(share)} do (95 % confidence)."
    )


def _yet_lower(account: Account) -> str:
    lower = account.fresh and account.fresh.lower
    if not lower or not lower.count:
        return ""
    curves = "curves" if lower.count == 1 else "curve"
    return f"Yet over a step of {account.fresh.step:g}, {share_words(lower)} random directions {curves} downward."


def _without_hessian(account: Account) -> str:
    fresh = account.fresh
    if account.level is None:
        return ""
    if fresh is not None and fresh.directions is not None and fresh.directions.count:
        words = f"By the Hessian the {quantity(account)} curves downward along {share_words(fresh.directions)} random directions"
        return f"{words}: the point is no minimum."
    if fresh is not None and fresh.lower is not None and fresh.lower.count:
        words = f"Along {share_words(fresh.lower)} random directions the {quantity(account)} curves downward"
        scale = f"over a step of {fresh.step:g}, so that one end lies below the center"
        return f"{words} {scale}: at this scale the center is no minimum."
    open_question = "whether the center is a minimum was not measured"
    if fresh is not None and fresh.lower is not None:
        words = f"None of {fresh.lower.num} random directions curves downward over a step of {fresh.step:g}"
        return f"{words}; others may: {open_question}."
    return f"{_begun(open_question)}: a random {_noun(account)} can show a way down, and never exclude one."


def _planes(account: Account) -> str:
    """Say the curvature's spread over planes, which a difference between networks must exceed."""
    over, fresh, num = account.curvature, account.fresh, len(account.planes)
    if over.num >= 2:
        of = spelled_share(over.num, num) if over.num < num else spelled(num)
        return f"{_begun(of)} {_noun(account, num)}: curvature {pair(over)}; a second network must differ by more than that.{_by_chance(over)}"
    if fresh is not None and fresh.differences.num >= 2:
        found = fresh.differences
        return (
            f"{_begun(spelled(found.num))} random directions: curvature {pair(found)} at the center, with a deviation of "
            f"{found.deviation:.2g} from one to the next; a second network must differ by more than the error.{_by_chance(found)}"
        )
    if num > 1:
        return f"How much the {spelled(num)} {_noun(account, num)} differ in curvature is not known: finite values beside the center are missing."
    return f"This is one {_noun(account)}: how much another would differ was not measured."


def _by_chance(found: Estimate) -> str:
    by = chance_difference(found.error, found.num)
    return f" By chance two such means of one network differ by up to {by:.2g} (95 %)." if by > 0 else ""


def _kinks(account: Account) -> str:
    fresh = account.fresh
    if fresh is None or fresh.parting is None or fresh.parting < PARTED:
        return ""
    return (
        f"Over steps of {fresh.step:g} the {quantity(account)} curves by {figure(fresh.differences.mean)} on average where "
        f"the Hessian says {figure(fresh.tau.mean)}, and direction by direction they differ by {100 * fresh.parting:.0f} %: "
        "kinks of ReLU or higher derivatives, which the Hessian does not see."
    )


def _compared(account: Account) -> list[str]:
    """Say what changes by a tenth or more when it is measured otherwise; of each kind, the larger change."""
    largest: dict[str, Compared] = {}
    for found in account.compared:
        if found.kind not in largest or _change(found) > _change(largest[found.kind]):
            largest[found.kind] = found
    return [_otherwise(account, found) for found in largest.values() if _change(found) >= NOTABLE]


def _change(found: Compared) -> float:
    finite = np.isfinite([found.own, found.other])
    if not finite.all():
        return np.inf if finite.any() else 0.0
    size = max(abs(found.own), abs(found.other))
    return abs(found.other - found.own) / size if size else 0.0


def _otherwise(account: Account, found: Compared) -> str:
    by = f"With norm statistics {found.words}" if found.kind == "norm statistics" else f"On {found.words}"
    at = f"the {quantity(account)} at {place(account, found.x, found.y)}"
    return f"{by}, {at} is {figure(found.other)} instead of {figure(found.own)}."


def _cosine(account: Account) -> str:
    worst = max(account.cosines, key=abs, default=0.0)
    if account.cosine_bound is None or abs(worst) <= account.cosine_bound:
        return ""
    return (
        f"The cosine between two directions is {worst:.3g}, where chance stays within ±{account.cosine_bound:.2g}: "
        "they are not independent."
    )


def _flat(account: Account) -> list[str]:
    """Say where the frame or the cells, rather than the loss, decide the flat region."""
    regions = [plane.flat for plane in account.planes if plane.flat is not None]
    what = f"The region within {account.eps:g} nat of the center"

    def said(num: int, words: str, advice: str) -> str:
        of = f" in {spelled_share(num, len(regions))} {_noun(account, 2)}" if len(regions) > 1 else ""
        return f"{what} {words}{of}: {advice}." if num else ""

    return [
        said(
            sum(region.touches_frame for region in regions), "reaches the frame", "it may be larger than what is shown"
        ),
        said(
            sum(region.is_coarse for region in regions),
            "spans fewer than ten cells",
            "take a narrower range, or more points",
        ),
        said(
            sum(region.touches_non_finite for region in regions),
            "borders on points that are not finite",
            "it may be larger than what is counted",
        ),
    ]


def _holes(account: Account) -> str:
    num = account.num_non_finite.get(account.metric, 0)
    return f"{num:,} {'point is' if num == 1 else 'points are'} not finite, and left grey." if num else ""
