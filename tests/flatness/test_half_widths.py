"""Half-widths of a line: closed forms of quadratics, either side by itself, and what ends a line."""

import numpy as np
import pytest

from landscape.belief.flat_region import flat_region
from landscape.flatness.half_widths import HalfWidth, half_widths

LOWEST = 0.7
X = np.linspace(-0.7, 1.1, 37)


def lopsided(x: np.ndarray) -> np.ndarray:
    return LOWEST + np.where(x < 0, 3.0, 0.9) * x**2 / 2


@pytest.mark.parametrize("eps", [0.1, 0.03])
def test_of_a_quadratic_each_side_is_its_closed_form_less_what_interpolation_takes(eps):
    x = np.linspace(-1, 1.3, 116)
    found = half_widths(x, lopsided(x), LOWEST, eps)
    for side, curvature in zip(found, (3.0, 0.9)):
        wanted = np.sqrt(2 * eps / curvature)
        assert 0 <= wanted - side.distance <= (x[1] - x[0]) ** 2 / 8 / side.distance
        assert not side.is_clipped and not side.touches_non_finite


def test_uneven_lines_and_lines_without_0_give_the_same():
    uneven = np.sinh(np.linspace(-2, 2.2, 170)) / 3
    assert 0 not in uneven
    left, right = half_widths(uneven, lopsided(uneven), LOWEST)
    assert left.distance == pytest.approx(np.sqrt(0.2 / 3), rel=3e-3)
    assert right.distance == pytest.approx(np.sqrt(0.2 / 0.9), rel=3e-3)


def test_the_first_crossing_counts_and_not_what_lies_beyond():
    values = np.array([3.0, 0.5, 2, 0, 1, 0, 4])
    left, right = half_widths(np.arange(-3.0, 4), values, 0.0, 0.6)
    assert (left.distance, right.distance) == pytest.approx((0.3, 0.6), rel=1e-14)


def test_together_they_are_the_length_of_the_flat_region():
    left, right = half_widths(X, lopsided(X), LOWEST, 0.05)
    assert left.distance + right.distance == pytest.approx(
        flat_region(X, None, lopsided(X), LOWEST, 0.05).area, rel=1e-14
    )


def test_a_line_that_ends_before_the_crossing_says_so_on_its_side_alone():
    left, right = half_widths(X, lopsided(X), LOWEST, 0.6)
    assert left.distance < 0.7 and not left.is_clipped
    assert right == HalfWidth(np.inf, True, False)
    assert half_widths(X[X >= 0], lopsided(X[X >= 0]), LOWEST, 0.1)[0] == HalfWidth(np.inf, True, False)


def test_a_crossing_at_the_last_sample_is_not_seen_and_one_before_it_is():
    values = np.array([0.0, 1, 2])
    assert half_widths(np.array([0.0, 1, 2]), values, 0.0, 2.0)[1].is_clipped
    assert half_widths(np.array([0.0, 1, 2]), values, 0.0, 1.99)[1].distance == pytest.approx(1.99, rel=1e-14)


@pytest.mark.parametrize("wall", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_ends_the_line_at_the_last_finite_sample(wall):
    values = np.where(X > 0.2, wall, LOWEST)
    last = X[X <= 0.2].max()
    assert half_widths(X, values, LOWEST) == (HalfWidth(np.inf, True, False), HalfWidth(last, False, True))
    assert half_widths(X, np.full_like(X, wall), LOWEST)[0] == HalfWidth(0.0, False, True)


@pytest.mark.parametrize("wall", [1e30, 1e308])
def test_a_wall_of_numbers_is_a_crossing(wall):
    found = half_widths(X, np.where(X > 0.2, wall, LOWEST), LOWEST)[1]
    assert found.distance == pytest.approx(X[X <= 0.2].max(), rel=1e-9) and not found.touches_non_finite


def test_mirroring_swaps_the_sides_and_a_unit_of_the_loss_changes_nothing():
    found = half_widths(X, lopsided(X), LOWEST, 0.05)
    assert half_widths(-X[::-1], lopsided(X)[::-1], LOWEST, 0.05) == found[::-1]
    scaled = half_widths(2 * X, 50 * lopsided(X) + 3, 50 * LOWEST + 3, 2.5)
    assert [side.distance for side in scaled] == pytest.approx([2 * side.distance for side in found], rel=1e-12)


@pytest.mark.parametrize(
    "given, words",
    [
        ((X, X, 0.0, 0.0), "eps must be a positive, finite loss, not 0.0"),
        ((X, X, np.nan, 0.1), "the loss at the center must be finite, not nan"),
        ((X, X[1:], 0.0, 0.1), r"the line is \(37,\), but the values are \(36,\)"),
    ],
    ids=["eps", "center", "shapes"],
)
def test_what_is_no_line_is_refused(given, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        half_widths(*given)
