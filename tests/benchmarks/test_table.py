import math

import pytest

from benchmarks.comparison import (
    largest_relative_deviation,
    log_deviations,
    pairwise_ratios,
    ratio_of_medians,
    ratio_words,
    share_words,
)
from benchmarks.table import Row, markdown


def test_the_table_has_a_row_a_finding_and_a_word_for_each_verdict():
    rows = [
        Row("speed | of one", "100", "250", "2.50x", "2x", True),
        Row("another", "", "3 s", "", "under 1 s", False),
        Row("to be read", "", "7", "", "", None),
    ]
    lines = markdown(rows).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.replace(r"\|", "/").strip("|").split("|")] for line in lines]
    assert cells[0] == ["what", "baseline or ideal", "measured", "ratio or share", "reach", "reached?"]
    assert all(set(cell) == {"-"} for cell in cells[1])
    assert cells[2:] == [
        ["speed / of one", "100", "250", "2.50x", "2x", "yes"],
        ["another", "-", "3 s", "-", "under 1 s", "no"],
        ["to be read", "-", "7", "-", "-", "-"],
    ]


def test_a_ratio_is_that_of_medians_with_the_span_of_its_pairs():
    ours, theirs = [250.0, 90.0, 240.0], [100.0, 50.0, 96.0]
    assert pairwise_ratios(ours, theirs) == [2.5, 1.8, 2.5]
    assert ratio_of_medians(ours, theirs) == 2.5
    assert ratio_words(ours, theirs) == "2.50x (1.80 to 2.50)"
    with pytest.raises(ValueError, match="zip"):
        pairwise_ratios(ours, theirs[:2])


def test_a_share_is_the_median_with_its_span():
    assert share_words([0.94, 0.951, 0.97]) == "95.1 % (94.0 to 97.0)"


@pytest.mark.parametrize(
    ("found", "wanted", "deviation"),
    [
        ([1.0, 2.0 + 3e-6, 5.0], [1.0, 2.0, 5.0], 1.5e-6),
        ([math.inf, math.nan, 4.0], [math.inf, math.nan, 5.0], 0.2),
        ([math.inf], [1e9], math.inf),
        ([1.0], [math.nan], math.inf),
        ([math.nan], [1.0], math.inf),
        ([1.0], [math.inf], math.inf),
        ([1.0], [0.0], math.inf),
    ],
)
def test_the_largest_deviation_forgives_equal_holes_and_nothing_else(found, wanted, deviation):
    assert largest_relative_deviation(found, wanted) == pytest.approx(deviation)


def test_log_deviations_are_those_of_each_point():
    found = log_deviations([math.e, 2.0, math.inf, math.inf, math.nan], [1.0, 4.0, math.inf, 3.0, 1.0])
    assert found == pytest.approx([1.0, math.log(2), 0.0, math.inf, math.inf])
