"""Whether a surface's center is a minimum, in sentences: by the Hessian and the gradient, or else by random directions."""

from collections.abc import Mapping

import numpy as np

from landscape.belief.account import Account
from landscape.figures.belief_numbers import NOT_TOLD, begun, figure, interval, noun, quantity, share_words

DOWNWARD = ("indefinite", "negative")  # kinds of Hessian
NO_MINIMUM = "no minimum"  # stands in the sentences that prove or show it, and in no other
NOT_CRITICAL = "not a critical point"


def point_sentences(account: Account) -> list[str]:
    """Say whether the point can be a minimum; the first sentence is the answer."""
    found = account.hessian
    if found is None:
        return [_without_hessian(account)]
    if not np.isfinite(found["smallest"]):
        return ["The Hessian's smallest eigenvalue is not finite.", _gradient(found)]
    kind, verdict = (found.get("hessian") or {}).get("kind"), found.get("verdict") or ""
    smallest = f"{found['smallest']:.3g} (residual {_residual(found['smallest_residual'])})"
    if kind in DOWNWARD:
        return [f"The Hessian has an eigenvalue of {smallest}: the point is {NO_MINIMUM}.", _seen(account)]
    said = f"The Hessian's smallest eigenvalue is {smallest}"
    if kind == "positive" and verdict.startswith("a minimum"):
        within = " within sampling error" if "sampling error" in verdict else ""
        said = f"{said}, and the gradient is zero{within}: a minimum, within what can be told."
    elif kind == "positive":
        said = f"{said}: no direction curves downward at the center."
    elif kind == "degenerate":
        said = f"{said}, zero within what can be told: second derivatives do not decide."
    else:
        said = f"The smallest eigenvalue of the Hessian that was found is {smallest}; lower ones may exist."
    return [said, _gradient(found), _yet_lower(account)]


def _residual(value: float) -> str:
    return f"{value:.1g}" if np.isfinite(value) else "not known"


def _gradient(found: Mapping) -> str:
    """Say, where the point is not critical, what the gradient shows."""
    if not (found.get("verdict") or "").startswith(NOT_CRITICAL):
        return ""
    norm, chance = (found.get(name) for name in ("gradient_norm", "gradient_error"))
    if norm is None or not np.isfinite(norm):
        return "The gradient is not zero: the loss falls along it."
    is_compared = chance is not None and found.get("gradient_excess", 0.0) is not None
    if not is_compared or not norm > chance:  # also where the samples' scatter is nan
        return f"The gradient's length is {figure(norm)}, and the samples are too few to compare it with chance."
    return (
        f"The gradient is not zero: the loss falls along it. Its length is {figure(norm)}, "
        f"where chance brings {figure(chance)} with these samples."
    )


def _seen(account: Account) -> str:
    """Say how many random planes, or directions, show a descent that the Hessian has."""
    fresh = account.fresh
    if fresh is None:
        return ""
    share = fresh.planes or fresh.directions or (fresh.lower if fresh.is_told else None)
    if share is None:
        return ""
    what = "planes" if share is fresh.planes else "directions"
    return (
        f"{begun(share_words(share))} random {what} {'shows' if share.count < 2 else 'show'} it; "
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
        return f"{words}: the point is {NO_MINIMUM}."
    if fresh is not None and fresh.lower is not None and fresh.lower.count:
        words = f"Along {share_words(fresh.lower)} random directions the {quantity(account)} curves downward"
        scale = f"over a step of {fresh.step:g}, so that one end lies below the center"
        return f"{words} {scale}: at this scale the center is {NO_MINIMUM}."
    open_question = "whether the center is a minimum was not measured"
    if fresh is not None and not fresh.is_told:
        words = (
            f"The curvatures of {fresh.differences.num} random directions over a step of {fresh.step:g} are {NOT_TOLD}"
        )
        return f"{words}: {open_question}."
    if fresh is not None and fresh.lower is not None:
        words = f"None of {fresh.lower.num} random directions curves downward over a step of {fresh.step:g}"
        return f"{words}; others may: {open_question}."
    return f"{begun(open_question)}: a random {noun(account)} can show a way down, and never exclude one."
