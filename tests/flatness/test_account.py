"""What a comparison's numbers say: means with errors, what tells networks apart, and which measures call which flatter."""

from dataclasses import replace

import numpy as np
import pytest
from comparisons import comparison, network, without_measures
from scipy import stats

from landscape.flatness.account import Finding, correlations_of, findings_of, scores_of, shift_of, told_apart, votes_of
from landscape.origin import Origin


def test_surfaces_and_trials_give_means_and_standard_errors():
    known = network("a", 3.0)
    found = findings_of(comparison(known), known)
    factors = 3.0 * np.array([1.0, 1.1, 0.9])
    areas = 2 * np.pi * 0.1 / np.sqrt(2 * factors * 4 * factors)
    assert found["flat_area"].value == pytest.approx(areas.mean(), rel=0.05)
    assert found["flat_area"].error == pytest.approx(areas.std(ddof=1) / 3**0.5, rel=0.1)
    assert found["half_width"].value == pytest.approx(np.sqrt(0.1 / factors).mean(), rel=0.02)
    assert found["cell_curvature"].value == pytest.approx(2 * factors.mean(), rel=1e-6)
    assert found["tau"] == Finding(pytest.approx(3.0), pytest.approx(0.3 / 3**0.5), 3)
    assert found["sam"] == Finding(3.0, pytest.approx(np.nan, nan_ok=True), is_bound=True)
    assert found["largest_eigenvalue"] == Finding(3.0, pytest.approx(np.nan, nan_ok=True), caveats=("residual 0.01",))


def test_what_is_not_measured_is_not_known():
    known = without_measures(network("a"))
    found = findings_of(comparison(known), known)
    assert found["flat_area"].is_known and not any(found[key].is_known for key in ("tau", "sam", "average"))


def test_a_flat_region_or_a_side_that_reaches_the_frame_is_a_lower_bound():
    known = network("a", 0.05)
    found = findings_of(comparison(known), known)
    assert found["flat_area"].is_bound and found["half_width"].is_bound
    assert found["half_width"].caveats == ("6 of 6 sides reach the line's end, or what is not finite",)
    assert found["half_width"].value == pytest.approx(0.75)  # the mean of 0.5 and 1


def test_trials_that_are_not_finite_leave_no_mean():
    known = network("a", average=np.inf)
    found = findings_of(comparison(known), known)["average"]
    assert not found.is_known and found.caveats == ("3 of 3 are not finite",)


@pytest.mark.parametrize(("first", "second"), [(3, 3), (3, 40), (12, 5)])
def test_two_means_are_told_apart_as_by_welchs_test(first, second):
    random = np.random.Generator(np.random.Philox(key=first + second))
    outcomes = set()
    for gap in (0.0, 0.5, 1.0, 2.0, 4.0, 8.0):
        one, other = random.normal(0, 1, first), random.normal(gap, 2, second)
        pair = [Finding(a.mean(), a.std(ddof=1) / len(a) ** 0.5, len(a)) for a in (one, other)]
        outcome = told_apart(*pair)
        assert outcome == (stats.ttest_ind(one, other, equal_var=False).pvalue < 0.05)
        outcomes.add(outcome)
    assert outcomes == {True, False}


def test_without_an_error_nothing_is_told_apart():
    assert told_apart(Finding(1.0), Finding(9.0, 0.1, 5)) is None
    assert told_apart(Finding(1.0, 0.0), Finding(9.0, 0.0)) is True
    assert told_apart(Finding(1.0, 0.0), Finding(1.0 + 1e-9, 0.0)) is False


def test_an_error_that_came_with_a_number_is_taken_as_known():
    for gap, is_told in ((1.9, False), (2.0, True)):
        assert told_apart(Finding(1.0, 0.6), Finding(1.0 + gap, 0.8)) is is_told


def test_coarse_areas_and_bounds_that_may_close_the_gap_are_not_judged():
    low, high = Finding(1.0, 0.01, 5), Finding(9.0, 0.1, 5)
    assert told_apart(low, replace(high, is_bound=True)) is True
    assert told_apart(replace(low, is_bound=True), high) is None
    assert told_apart(low, replace(high, is_coarse=True)) is None


def test_directions_that_do_not_move_a_network_tell_nothing_of_it():
    known = network("a")
    still = Origin(
        known.planes.origin.identity, {}, {**known.planes.origin.record, "direction_report": {"norms": [0.0, 0.0]}}
    )
    known = replace(known, planes=replace(known.planes, origin=still), lines=replace(known.lines, origin=still))
    found = findings_of(comparison(known), known)
    for key in ("flat_area", "half_width", "cell_curvature"):
        assert not found[key].is_known and found[key].caveats == ("the directions do not move this network",)


def test_measures_vote_by_what_they_call_sharp():
    pair = network("a", 1.0), network("b", 4.0, average=1.05)
    both = comparison(*pair)
    votes = votes_of(*(findings_of(both, each) for each in pair))
    assert votes.first == ("flat_area", "half_width", "cell_curvature", "tau")
    assert (votes.second, votes.untold, votes.without) == ((), ("average",), ("sam", "largest_eigenvalue"))
    assert votes_of(*(findings_of(both, each) for each in pair[::-1])).second == votes.first


def test_the_shift_is_that_between_the_two_bowls():
    found = shift_of(network("a", 2.0))
    assert found.length == pytest.approx(np.hypot(0.1, 0.2), rel=1e-9)
    assert found.rise == pytest.approx(2.0 * (0.01 + 2 * 0.04), rel=1e-9)


def test_five_networks_are_ranked_against_their_errors_and_copies_are_left_out():
    accuracies = (0.9, 0.8, 0.85, 0.7, 0.6)
    networks = [
        network(name, sharpness, test=test) for name, sharpness, test in zip("abcde", (1, 2, 3, 4, 5), accuracies)
    ]
    four = comparison(*networks[:4], network("copy", 9.0), rescaled={"copy": {"of": "a", "kind": "layers"}})
    assert correlations_of(four) is None
    found = correlations_of(comparison(*networks))
    assert found["tau"].tau == pytest.approx(0.8) and found["flat_area"].tau == pytest.approx(-0.8)


def test_data_without_test_samples_have_no_test_score():
    known = network("a")
    values = {**known.scores.values, "num_samples": [10_000, 0]}
    known = replace(known, scores=replace(known.scores, values=values))
    assert list(scores_of(known)) == ["train"]
