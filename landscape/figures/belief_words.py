"""How far a surface can be believed, in sentences; each says figures of its account and nothing else."""

import numpy as np

from landscape.belief.account import Account
from landscape.belief.compared import Compared
from landscape.figures.belief_numbers import begun, figure, flat_within, noun, place, quantity, spelled, spelled_share
from landscape.figures.belief_of_curvature import curvature_sentences
from landscape.figures.belief_of_point import NO_MINIMUM, point_sentences

NOTABLE = 0.1  # of a loss: what differs by less goes without a sentence
WAYS = {1: "upward", -1: "downward"}


def sentences(account: Account) -> list[str]:
    """Return what is to be known before a picture is believed, the weightiest first."""
    found = [
        _unfinished(account),
        _shape(account),
        _at_center(account),
        *point_sentences(account),
        *curvature_sentences(account),
        *_compared(account),
        _cosine(account),
        *_flat(account),
        _holes(account),
    ]
    return [sentence for sentence in found if sentence]


def headline(said: list[str]) -> str:
    """Return, of all sentences, the one to be known if no other is: that the point is no minimum, or else the first."""
    return next((sentence for sentence in said if NO_MINIMUM in sentence), said[0])


def _unfinished(account: Account) -> str:
    """Say what an interrupted run has of what the other sentences rest on."""
    nouns = {
        "fresh": f"random {'planes' if account.num_axes == 2 else 'directions'}",
        "comparison": "other measurements",
    }
    left = [part for part in account.parts if part.kind in nouns and not part.is_done]
    of = ", ".join(f"{part.num_done} of {part.num} {nouns[part.kind]}" for part in left)
    return f"Not all was measured yet: {of}." if of else ""


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
        return f"{begun(of)}; of the others it can't be told."
    bump = f"at {place(account, *worst.where)} the {quantity(account)} lies {worst.worst:.3g} above a chord"
    if num == 1:
        return f"This slice is not convex: {bump}."
    return f"{begun(of)}; in {'another' if convex else 'one'}, {bump}."


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


def _compared(account: Account) -> list[str]:
    """Say what changes by a tenth or more when it is measured otherwise; of each kind, the larger change.

    Another split is not said to differ where other samples of the same one differ as much.
    """
    by_samples = {(found.x, found.y): found.change for found in account.compared if found.kind == "second subset"}
    largest: dict[str, Compared] = {}
    for found in account.compared:
        if found.kind == "other split" and found.change <= by_samples.get((found.x, found.y), -1.0):
            continue
        if found.is_told and (found.kind not in largest or _share(found) > _share(largest[found.kind])):
            largest[found.kind] = found
    return [_otherwise(account, found) for found in largest.values() if _share(found) >= NOTABLE]


def _share(found: Compared) -> float:
    size = max(abs(found.own), abs(found.other))
    return found.change / size if np.isfinite(found.change) and size else found.change


def _otherwise(account: Account, found: Compared) -> str:
    at = f"the {quantity(account)} at {place(account, found.x, found.y)}"
    if found.kind == "second subset":
        return f"{found.words} alone change {at} from {figure(found.own)} to {figure(found.other)}."
    by = f"With norm statistics {found.words}" if found.kind == "norm statistics" else f"On {found.words}"
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
    what = f"The region {flat_within(account)}"

    def said(num: int, words: str, advice: str) -> str:
        of = f" in {spelled_share(num, len(regions))} {noun(account, 2)}" if len(regions) > 1 else ""
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
