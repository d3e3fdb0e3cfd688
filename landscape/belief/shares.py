"""What chance explains: shares with exact intervals or by the Gaussian approximation, and differences of two means."""

from dataclasses import dataclass

from scipy.special import betaincinv, ndtr, stdtrit

FEWEST = 1e-3  # beyond, the Gaussian's tail is a claim about the approximation rather than about directions


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `num`, and the interval that holds the true share with the confidence asked for, or more."""

    count: int
    num: int
    low: float
    high: float


def binomial_interval(count: int, num: int, confidence: float = 0.95) -> Share:
    """Return a share with its exact two-sided interval.

    Raises:
        ValueError: `count` is not of 0 to `num`, `num` is 0, or `confidence` is not between 0 and 1.

    Source: Clopper and Pearson 1934, Biometrika 26(4), by quantiles of the beta distribution.
    """
    if not (num >= 1 and 0 <= count <= num):
        raise ValueError(f"a share needs a count from 0 to a number of 1 or more, not {count} of {num}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence!r}")
    tail = (1 - confidence) / 2
    low = float(betaincinv(count, num - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, num - count, 1 - tail)) if count < num else 1.0
    return Share(count, num, low, high)


def gaussian_share(mean: float, deviation: float) -> float:
    """Return the share below zero of a Gaussian; of a deviation of 0, whether the mean is below zero.

    For the curvatures of random directions by their exact mean and deviation: how many of them show a descent.

    Raises:
        ValueError: One is not finite, or the deviation is negative.
    """
    if not (abs(mean) < float("inf") and 0 <= deviation < float("inf")):
        raise ValueError(
            f"mean and deviation must be finite and the latter not negative, not {mean!r} and {deviation!r}"
        )
    if deviation == 0:
        return float(mean < 0)
    return float(ndtr(-mean / deviation))


def gaussian_words(mean: float, deviation: float) -> str:
    """Say that share in words; never less than "less than 1 in 1,000", nor more than "more than 999 in 1,000"."""
    share = gaussian_share(mean, deviation)
    said = f"about {100 * share:.1f} %"
    if share < FEWEST:
        said = "less than 1 in 1,000"
    elif share > 1 - FEWEST:
        said = "more than 999 in 1,000"
    return f"{said} by the Gaussian approximation"


def chance_difference(error: float, num: int, confidence: float = 0.95) -> float:
    """Return how far a second mean of `num` values, drawn alike, differs from a first by chance.

    Args:
        error: The standard error of the first.

    Returns:
        error sqrt(2) times the quantile of Student's t of num - 1 degrees of freedom; nan of fewer than two values.
    """
    return float(stdtrit(num - 1, (1 + confidence) / 2) * 2**0.5 * error) if num > 1 else float("nan")
