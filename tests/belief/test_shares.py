"""Exact intervals of counted shares, the share below zero of a Gaussian, and how far two means differ by chance."""

import re

import numpy as np
import pytest
from scipy.stats import binom, binomtest, f, norm

from landscape.belief.shares import binomial_interval, chance_difference, gaussian_share, gaussian_words


@pytest.mark.parametrize("count, num", [(0, 1), (1, 1), (0, 40), (40, 40), (1, 17), (7, 20), (300, 1000), (999, 1000)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_interval_is_scipys_exact_one(count, num, confidence):
    found = binomial_interval(count, num, confidence)
    wanted = binomtest(count, num).proportion_ci(confidence, method="exact")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9, abs=1e-12)
    assert (found.count, found.num) == (count, num)
    assert 0 <= found.low <= count / num <= found.high <= 1


@pytest.mark.parametrize("true", [0.003, 0.1, 0.37, 0.5, 0.99])
@pytest.mark.parametrize("num", [3, 25])
def test_the_interval_holds_the_true_share_as_often_as_promised(num, true):
    held = [count for count in range(num + 1) if _holds(binomial_interval(count, num, 0.9), true)]
    assert binom.pmf(held, num, true).sum() >= 0.9


def _holds(share, true: float) -> bool:
    return share.low <= true <= share.high


def test_swapping_hits_and_misses_mirrors_the_interval():
    hits, misses = binomial_interval(3, 14), binomial_interval(11, 14)
    assert (hits.low, hits.high) == pytest.approx((1 - misses.high, 1 - misses.low))


@pytest.mark.parametrize("count, num", [(-1, 5), (6, 5), (0, 0)])
def test_a_count_that_is_none_is_refused(count, num):
    message = f"a share needs a count from 0 to a number of 1 or more, not {count} of {num}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        binomial_interval(count, num)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, np.nan])
def test_a_confidence_that_is_none_is_refused(confidence):
    with pytest.raises(ValueError, match=f"^{re.escape(f'confidence must be between 0 and 1, not {confidence!r}')}$"):
        binomial_interval(1, 2, confidence)


def test_the_gaussian_share_is_its_distribution_function_at_zero():
    for mean, deviation in ((0.7, 0.5), (-3.0, 2.0), (0.0, 4.0), (20.0, 1.0)):
        assert gaussian_share(mean, deviation) == pytest.approx(norm(mean, deviation).cdf(0), rel=1e-12)
    assert gaussian_share(0.7, 0.5) + gaussian_share(-0.7, 0.5) == pytest.approx(1)
    assert [gaussian_share(mean, 0.0) for mean in (-1.0, 0.0, 1.0)] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("num_negative", [450, 470, 500, 530])
def test_of_uniform_directions_across_a_saddle_the_gaussian_share_is_nearly_the_exact_one(num_negative):
    dim = 1000  # eigenvalues +1 and -1: along a direction negative where chi2(positive) < chi2(negative)
    num_positive = dim - num_negative
    exact = f.cdf(num_negative / num_positive, num_positive, num_negative)
    mean = (num_positive - num_negative) / dim
    deviation = np.sqrt(2 * (dim - dim * mean**2) / (dim * (dim + 2)))
    assert gaussian_share(mean, deviation) == pytest.approx(exact, rel=0.03)


def test_words_give_per_cent_and_never_a_far_tail():
    approximation = "by the Gaussian approximation"
    assert gaussian_words(1.468, 1.0) == f"about 7.1 % {approximation}"
    assert gaussian_words(0.0, 2.0) == f"about 50.0 % {approximation}"
    assert gaussian_words(3.0, 1.0) == f"about 0.1 % {approximation}"
    assert gaussian_words(-3.0, 1.0) == f"about 99.9 % {approximation}"
    assert gaussian_words(3.1, 1.0) == gaussian_words(40.0, 1.0) == f"less than 1 in 1,000 {approximation}"
    assert gaussian_words(-3.1, 1.0) == gaussian_words(-1.0, 0.0) == f"more than 999 in 1,000 {approximation}"


@pytest.mark.parametrize("mean, deviation", [(np.nan, 1.0), (1.0, np.inf), (1.0, -0.1), (-np.inf, 1.0), (0.0, np.nan)])
def test_moments_that_are_none_are_refused(mean, deviation):
    message = f"mean and deviation must be finite and the latter not negative, not {mean!r} and {deviation!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        gaussian_share(mean, deviation)


@pytest.mark.parametrize("num", [2, 3, 10])
def test_a_second_mean_lies_farther_from_the_first_in_one_of_twenty_draws(num):
    draws = np.random.default_rng(3).normal(2.0, 1.5, (20_000, 2, num))
    errors = draws[:, 0].std(1, ddof=1) / np.sqrt(num)
    beyond = np.abs(np.diff(draws.mean(2))[:, 0]) > [chance_difference(error, num) for error in errors]
    assert beyond.mean() == pytest.approx(0.05, abs=0.007)  # four standard errors of a share of 20,000 draws


def test_a_single_value_tells_no_difference_from_chance():
    assert np.isnan(chance_difference(0.5, 1)) and chance_difference(0.0, 4) == 0.0
