"""Kendall's tau with its interval: against counting, and by how often the interval holds what it should."""

from itertools import combinations, permutations

import numpy as np
import pytest
from scipy.optimize import bisect

from landscape.flatness.rank_correlation import RankCorrelation, rank_correlation

ERRORS = np.array([0.081, 0.094, 0.12, 0.3, 0.31, 0.7])


def counted_tau(first, second) -> float:
    """Return tau-b pair by pair."""
    concordant = discordant = only_first = only_second = 0
    for one, other in combinations(range(len(first)), 2):
        signs = np.sign(first[one] - first[other]), np.sign(second[one] - second[other])
        concordant += signs[0] * signs[1] > 0
        discordant += signs[0] * signs[1] < 0
        only_first += signs[0] != 0 and signs[1] == 0
        only_second += signs[1] != 0 and signs[0] == 0
    untied = concordant + discordant
    return (concordant - discordant) / np.sqrt((untied + only_first) * (untied + only_second))


def orders(num: int) -> np.ndarray:
    """Return tau of each order of `num` with the identity."""
    return np.array([counted_tau(range(num), order) for order in permutations(range(num))])


def drawn(num: int, tau: float, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a sample from the bivariate normal of a tau: its correlation is sin(pi tau / 2)."""
    first, other = draw.standard_normal((2, num))
    correlation = np.sin(np.pi * tau / 2)
    return first, correlation * first + np.sqrt(1 - correlation**2) * other


@pytest.mark.parametrize("seed", range(6))
def test_tau_is_counted_pair_by_pair_ties_too(seed):
    draw = np.random.default_rng(seed)
    measures, errors = draw.integers(0, 5, 9), draw.integers(0, 4 + 5 * seed, 9)
    assert rank_correlation(measures, errors).tau == pytest.approx(counted_tau(measures, errors), abs=1e-12)


@pytest.mark.parametrize("num", [5, 6, 7])
def test_p_is_the_share_of_orders_that_agree_or_disagree_as_much_and_goes_with_the_interval(num):
    taus = orders(num)
    for seed in range(12):
        found = rank_correlation(*drawn(num, 0.7, np.random.default_rng(seed)))
        assert found.is_exact and found.p == pytest.approx(np.mean(np.abs(taus) > abs(found.tau) - 1e-9))
        assert (found.low > 0 or found.high < 0) == (found.p < 0.05)


@pytest.mark.parametrize(("order", "confidence"), [((1, 0, 2, 4, 3), 0.95), ((2, 0, 4, 5, 1, 3), 0.8)])
def test_the_interval_is_where_weighed_orders_make_so_large_or_so_small_a_tau_rare(order, confidence):
    num = len(order)
    taus = orders(num)
    found = rank_correlation(range(num), order, confidence=confidence)

    def weighed(expected: float) -> np.ndarray:
        """Return probabilities of orders that expect a tau, each pair's discordance weighing the same."""

        def shares(steepness: float) -> np.ndarray:
            weights = np.exp(steepness * taus)
            return weights / weights.sum()

        return shares(bisect(lambda at: shares(at) @ taus - expected, -60, 60, xtol=1e-13))

    tail = (1 - confidence) / 2
    assert weighed(found.low)[taus > found.tau - 1e-9].sum() == pytest.approx(tail, abs=1e-8)
    assert weighed(found.high)[taus < found.tau + 1e-9].sum() == pytest.approx(tail, abs=1e-8)


def test_of_five_networks_even_equal_ranks_leave_most_of_the_upper_half_open():
    found = rank_correlation(ERRORS[:5], ERRORS[:5])
    assert (found.tau, found.high) == (1, 1) and 0 < found.low < 0.25 and found.p == pytest.approx(2 / 120)
    widths = [rank_correlation(range(5), order) for order in permutations(range(5))]
    assert min(each.high - each.low for each in widths) > 0.75
    assert max(each.high - each.low for each in widths) > 1.3


def test_each_order_of_ranks_is_held_by_its_own_interval():
    for order in permutations(range(5)):
        found = rank_correlation(range(5), order)
        assert -1 <= found.low <= found.tau <= found.high <= 1


def test_a_measure_turned_round_turns_the_interval_round():
    measures = np.array([3.0, 1.0, 2.0, 9.0, 4.0, 7.0])
    found, turned = rank_correlation(measures, ERRORS), rank_correlation(-measures, ERRORS)
    assert (turned.tau, turned.p) == (-found.tau, found.p)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_what_keeps_the_order_changes_nothing_and_inf_is_above_all():
    measures = np.array([3.0, 1.0, 2.0, 9.0, 4.0, 7.0])
    found = rank_correlation(measures, ERRORS)
    assert rank_correlation(np.exp(measures), np.log(ERRORS)) == rank_correlation(ERRORS, measures) == found
    assert rank_correlation(np.where(measures == 9, np.inf, measures), ERRORS) == found


def test_more_networks_narrow_the_interval_and_more_confidence_widens_it():
    few, many = (rank_correlation(np.arange(num), np.arange(num) ^ 1) for num in (6, 24))
    assert many.high - many.low < (few.high - few.low) / 2
    sure = rank_correlation(np.arange(6), np.arange(6) ^ 1, confidence=0.99)
    assert sure.low < few.low and sure.high > few.high


def test_ties_widen_the_interval_and_p_is_no_longer_counted():
    tied = rank_correlation([1, 2, 2, 4, 5, 6], ERRORS)
    whole = rank_correlation([1, 2, 3, 4, 5, 6], ERRORS)
    swapped = rank_correlation([1, 3, 2, 4, 5, 6], ERRORS)
    assert not tied.is_exact and swapped.tau < tied.tau < whole.tau
    assert (tied.low, tied.high) == (swapped.low, whole.high)


def test_a_network_without_a_number_is_left_out_and_counted():
    found = rank_correlation([*ERRORS, np.nan, 1.0], [*ERRORS, 0.5, np.nan])
    assert found == RankCorrelation(1.0, found.low, 1.0, pytest.approx(2 / 720), True, 6, 2)
    assert found.low == rank_correlation(ERRORS, ERRORS).low


def test_fewer_than_five_networks_or_equal_numbers_have_no_tau():
    assert rank_correlation(ERRORS[:4], ERRORS[:4]) is None
    assert rank_correlation([*ERRORS[:4], np.nan], ERRORS[:5]) is None
    assert rank_correlation(np.ones(6), ERRORS) is rank_correlation(ERRORS, np.ones(6)) is None


@pytest.mark.parametrize("tau", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("num", [5, 12])
def test_it_holds_the_tau_of_normal_samples_as_often_as_promised_and_not_always(num, tau):
    draw = np.random.default_rng(11)
    held = [found.low <= tau <= found.high for found in (rank_correlation(*drawn(num, tau, draw)) for _ in range(600))]
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / 600) < np.mean(held) < 1  # three standard errors of 600


def test_mistakes_are_refused():
    with pytest.raises(ValueError) as error:
        rank_correlation(ERRORS, ERRORS[:5])
    assert str(error.value) == "each network has a measure and an error, but there are 6 and 5"
    with pytest.raises(ValueError) as error:
        rank_correlation(ERRORS, ERRORS, confidence=95)
    assert str(error.value) == "confidence must be between 0 and 1, not 95"
