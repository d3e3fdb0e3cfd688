"""Barriers against closed forms."""

import re

import numpy as np
import pytest

from landscape.barrier import barrier

ALPHA = np.linspace(-0.25, 1.25, 31)
ALPHA[5], ALPHA[25] = 0.0, 1.0
DOUBLE_WELL = (1 - (1 - 2 * ALPHA) ** 2) ** 2  # (1 - w1 w2)^2 from (1, 1) to (-1, -1)


def test_a_double_well_rises_to_the_saddle_between_its_minima():
    found = barrier(ALPHA, DOUBLE_WELL)
    assert (found.height, found.rise) == (pytest.approx(1, abs=1e-12), pytest.approx(1, abs=1e-12))
    assert found.at == found.rise_at == pytest.approx(0.5) and (found.num_points, found.num_not_finite) == (21, 0)


@pytest.mark.parametrize("least", [-3.0, 0.0, 0.4, 1.7])
def test_a_quadratic_has_no_barrier(least):
    found = barrier(ALPHA, 2.5 * (ALPHA - least) ** 2 + 0.3)
    assert (found.height, found.at, found.rise, found.rise_at) == (0.0, None, 0.0, None)
    assert found.peak == pytest.approx(2.5 * max(least**2, (1 - least) ** 2) + 0.3)


def test_a_straight_line_has_none_but_rounding():
    assert 0 <= barrier(ALPHA, 0.1 + 0.7 * ALPHA).height < 1e-15


def test_a_quartic_on_a_slope_rises_above_its_chord_by_more_than_above_its_higher_end():
    alpha = np.linspace(0, 1, 101)
    found = barrier(alpha, 16 * alpha**2 * (1 - alpha) ** 2 + 0.5 * alpha)
    assert (found.height, found.at, found.peak) == (pytest.approx(1), 0.5, pytest.approx(1.25))
    # 64 a^3 - 96 a^2 + 32 a + 0.5 = 0 at the top; the root between the ends near the middle
    roots = np.roots([64, -96, 32, 0.5])
    top = roots[(roots > 0.4) & (roots < 0.7)][0].real
    assert found.rise_at == pytest.approx(top, abs=0.01)
    assert found.rise == pytest.approx(16 * top**2 * (1 - top) ** 2 + 0.5 * top - 0.5, abs=1e-3)


def test_what_lies_beyond_the_ends_does_not_count():
    values = np.where((ALPHA < 0) | (ALPHA > 1), 1e9, DOUBLE_WELL)
    assert barrier(ALPHA, values) == barrier(ALPHA, DOUBLE_WELL)


def test_the_way_back_has_the_same_barrier():
    values = DOUBLE_WELL + 0.2 * ALPHA + 0.05 * np.sin(9 * ALPHA)
    there, back = barrier(ALPHA, values), barrier(1 - ALPHA[::-1], values[::-1])
    assert back.height == pytest.approx(there.height, rel=1e-12) and back.at == pytest.approx(1 - there.at)


def test_an_infinite_point_is_a_barrier_without_end_and_nan_is_left_out():
    values = DOUBLE_WELL.copy()
    values[15], values[16] = np.nan, 0.9
    found = barrier(ALPHA, values)
    assert found.num_not_finite == 1 and found.height == pytest.approx(DOUBLE_WELL[14])
    values[12] = np.inf
    found = barrier(ALPHA, values)
    assert (found.height, found.at, found.num_not_finite) == (np.inf, pytest.approx(0.35), 2)


@pytest.mark.parametrize("place", [5, 25])
def test_an_end_that_is_not_finite_leaves_the_barrier_unknown(place):
    values = DOUBLE_WELL.copy()
    values[place] = np.inf
    found = barrier(ALPHA, values)
    assert np.isnan(found.height) and np.isnan(found.rise) and found.at is None and found.num_not_finite == 1


def test_both_ends_are_needed():
    wanted = "a barrier needs the points 0 and 1, where the two networks are, among its coordinates"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        barrier(ALPHA[:25], DOUBLE_WELL[:25])
