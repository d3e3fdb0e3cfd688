"""Numbers of how far a surface can be believed, as words."""

from collections.abc import Sequence

import numpy as np

from landscape.belief.account import Account
from landscape.belief.fresh import Estimate
from landscape.belief.shares import Share
from landscape.figures.curvature_words import with_error

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NOT_TOLD = "not told from rounding"


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


def along_axes(texts: Sequence[str]) -> str:
    """Return what holds of each axis."""
    return " and ".join(f"{text} along {axis}" for axis, text in zip("xy", texts))


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


def flat_within(account: Account) -> str:
    """Return how far above the center still counts as flat."""
    return f"within {account.eps:g}{' nat' if account.is_nats else ''} above the center"


def noun(account: Account, num: int = 1) -> str:
    return ("plane" if account.num_axes == 2 else "line") + "s" * (num != 1)


def begun(words: str) -> str:
    return words[:1].upper() + words[1:]
