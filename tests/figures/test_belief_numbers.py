"""Numbers in sentences of belief: words, intervals, figures."""

import numpy as np
import pytest
from scipy.stats import binomtest

from landscape.belief.shares import Share
from landscape.figures.belief_numbers import figure, interval, share_words, spelled


@pytest.mark.parametrize(
    "count, num, words",
    [(0, 30, "0 to 12 %"), (30, 30, "88 to 100 %"), (1, 60, "0.042 to 8.9 %"), (59, 60, "91 to 100 %")],
)
def test_intervals_are_never_narrower_than_they_are(count, num, words):
    ends = binomtest(count, num).proportion_ci(0.95, "exact")
    assert interval(Share(count, num, ends.low, ends.high)) == words


def test_numbers_have_words():
    assert [spelled(num) for num in (1, 12, 13, 1024)] == ["one", "twelve", "13", "1,024"]
    assert share_words(Share(0, 30, 0.0, 0.1)) == "none of 30" and figure(np.inf) == figure(np.nan) == "not finite"
