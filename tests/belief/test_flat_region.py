"""The flat region around a center: closed forms, a slow count, and what must not change it."""

import math
import re

import numpy as np
import pytest
from scipy.ndimage import label

from landscape.belief.flat_region import FlatRegion, flat_region

M = np.array([[4.0, 1.0], [1.0, 2.0]])
ELLIPSE = 2 * math.pi * 0.1 / math.sqrt(7)  # of {p M p / 2 <= 0.1}
X, Y = np.linspace(-0.7, 1.1, 37), np.linspace(-1.2, 0.8, 51)  # off-center, not square, 0 on both
MINIMUM = 0.7


def quadratic(x, y) -> np.ndarray:
    x, y = np.meshgrid(x, y, indexing="ij")
    return MINIMUM + (M[0, 0] * x**2 + 2 * M[0, 1] * x * y + M[1, 1] * y**2) / 2


def hilly(x=X, y=Y, seed=3) -> np.ndarray:
    """Return a sum of waves with several basins and peaks, lowest at none of the symmetric places."""
    draw = np.random.default_rng(seed)
    x, y = np.meshgrid(x, y, indexing="ij")
    waves = [(draw.normal(), *draw.normal(0, 4, 2), draw.uniform(0, 6)) for _ in range(6)]
    return sum(height * np.sin(along_x * x + along_y * y + phase) for height, along_x, along_y, phase in waves)


def center_of(values, x=X, y=Y) -> float:
    return values[np.argmin(np.abs(x)), np.argmin(np.abs(y))]


def slow_area(x, y, values, level, parts=12) -> float:
    """Count the centers of small squares below the level, in the component of the center, by bilinear interpolation."""

    def fine(axis):
        return (np.linspace(axis[:-1], axis[1:], 2 * parts + 1)[1::2]).T.ravel()

    fine_x, fine_y = fine(x), fine(y)
    along = np.array([np.interp(fine_x, x, column) for column in values.T]).T
    inside = np.array([np.interp(fine_y, y, row) for row in along]) <= level
    pieces, _ = label(inside)
    own = pieces[np.argmin(np.abs(fine_x)), np.argmin(np.abs(fine_y))]
    assert own
    sizes = np.multiply.outer(np.repeat(np.diff(x), parts), np.repeat(np.diff(y), parts)) / parts**2
    return float(sizes[pieces == own].sum())


def test_a_quadratics_area_converges_to_its_ellipse_with_the_square_of_the_step():
    errors = []
    for num in (21, 41, 81, 161):
        x, y = np.linspace(-1, 1, num), np.linspace(-0.9, 1.1, num)
        found = flat_region(x, y, quadratic(x, y), MINIMUM)
        errors.append(ELLIPSE - found.area)
        assert not found.clipped_by and not found.touches_non_finite
    assert ELLIPSE == pytest.approx(0.237482, abs=5e-7)
    assert errors[-1] == pytest.approx(0, abs=1e-3 * ELLIPSE)
    assert all(before > 3 * after > 0 for before, after in zip(errors, errors[1:]))


def test_uneven_axes_and_axes_without_0_give_the_same_ellipse():
    uneven = np.sinh(np.linspace(-2, 2.2, 90)) / 3
    even = np.linspace(-0.983, 1.2, 140)
    assert 0 not in uneven and 0 not in even
    found = flat_region(uneven, even, quadratic(uneven, even), MINIMUM)
    assert found.area == pytest.approx(ELLIPSE, rel=3e-3)
    assert found.num_cells == pytest.approx(
        found.area / np.median([dx * dy for dx in np.diff(uneven) for dy in np.diff(even)])
    )


@pytest.mark.parametrize("eps", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_area_is_that_of_a_slow_count(seed, eps):
    values = hilly(seed=seed)
    center = center_of(values)
    found = flat_region(X, Y, values, center, eps)
    # chords and bilinear patches differ in the cells of the boundary only
    assert found.area == pytest.approx(slow_area(X, Y, values, center + eps), rel=0.02, abs=2e-3)


def test_other_regions_do_not_count():
    x, y = np.linspace(-1, 4, 101), np.linspace(-1, 1.2, 89)
    alone = flat_region(x, y, quadratic(x, y), MINIMUM)
    second = np.minimum(quadratic(x, y), quadratic(x - 2.5, y) - 3)
    ring = np.where(np.abs(np.hypot.outer(x, y) - 0.9) < 0.1, MINIMUM - 1, quadratic(x, y))
    assert flat_region(x, y, second, MINIMUM).area == pytest.approx(alone.area, rel=1e-12)
    assert flat_region(x, y, ring, MINIMUM).area == pytest.approx(alone.area, rel=1e-12)


def test_a_hole_is_subtracted_and_an_island_in_it_left_out():
    x, y = np.linspace(-1, 1.1, 106), np.linspace(-1.1, 1, 106)
    beside = np.hypot(x[:, None] - 0.4, y[None] - 0.1)
    values = np.maximum(np.hypot.outer(x, y) - 0.8, 0.08 - np.abs(beside - 0.17))
    center = 0.08 - abs(math.hypot(0.4, 0.1) - 0.17)
    found = flat_region(x, y, values, center, -center)
    assert found.area == pytest.approx(math.pi * (0.8**2 - 0.25**2), rel=5e-3)
    assert not found.clipped_by


def test_a_center_on_an_island_has_the_island_alone():
    x, y = np.linspace(-1, 1.1, 106), np.linspace(-1.1, 1, 106)
    distance = np.hypot.outer(x, y)
    values = np.minimum(distance, np.abs(distance - 0.8) + 0.01)
    assert flat_region(x, y, values, 0.0, 0.25).area == pytest.approx(math.pi * 0.25**2, rel=5e-3)


def test_a_region_that_reaches_the_frame_ends_there_and_says_so():
    values = 3 * X[:, None] + 0 * Y
    found = flat_region(X, Y, values, 0.0, 0.6)
    assert found.area == pytest.approx((0.2 + 0.7) * 2.0, rel=1e-12)
    assert found.touches_frame and found.clipped_by == ("frame",)


@pytest.mark.parametrize("normal", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_each_side_of_the_frame_is_noticed(normal):
    x, y = np.linspace(-0.5, 0.6, 23), np.linspace(-0.7, 0.5, 25)
    bowl = 10 * np.hypot.outer(x, y)
    beyond = np.add.outer(normal[0] * x, normal[1] * y) > 0
    assert flat_region(x, y, np.where(beyond, 0.0, bowl), 0.0).touches_frame
    assert not flat_region(x, y, bowl, 0.0).touches_frame


def test_a_center_on_the_corner_of_the_frame_has_its_quarter():
    x, y = np.linspace(0, 1, 81), np.linspace(-1, 0, 91)
    found = flat_region(x, y, np.hypot.outer(x, y), 0.0, 0.5)
    assert found.area == pytest.approx(math.pi / 16, rel=1e-3) and found.touches_frame


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_transposing_and_mirroring_change_nothing(seed):
    values = hilly(seed=seed)
    values[np.random.default_rng(seed).random(values.shape) < 0.05] = np.nan
    center = hilly(seed=seed)[14, 30]
    values[14, 30] = center
    assert (X[14], Y[30]) == pytest.approx((0, 0), abs=1e-12)
    x, y = X - X[14], Y - Y[30]
    found = flat_region(x, y, values, center, 0.7)
    others = [
        flat_region(y, x, values.T, center, 0.7),
        flat_region(-x[::-1], y, values[::-1], center, 0.7),
        flat_region(x, -y[::-1], values[:, ::-1], center, 0.7),
    ]
    for other in others:
        assert (other.area, other.num_cells) == pytest.approx((found.area, found.num_cells), rel=1e-9)
        assert (other.touches_frame, other.touches_non_finite) == (found.touches_frame, found.touches_non_finite)


def test_a_unit_or_a_constant_of_the_loss_changes_nothing_and_coordinates_scale_the_area():
    values = hilly()
    center = center_of(values)
    found = flat_region(X, Y, values, center, 0.7)
    scaled = flat_region(X, Y, 50 * values + 3, 50 * center + 3, 35)
    assert scaled.area == pytest.approx(found.area, rel=1e-9)
    wide = flat_region(3 * X, 0.5 * Y, values, center, 0.7)
    assert (wide.area, wide.num_cells) == pytest.approx((1.5 * found.area, found.num_cells), rel=1e-9)


@pytest.mark.parametrize("wall", [1e30, 1e308, np.inf, -np.inf, np.nan])
def test_a_wall_beside_the_region_changes_nothing(wall):
    values = quadratic(X, Y)
    far = values > MINIMUM + 0.6
    found = flat_region(X, Y, np.where(far, wall, values), MINIMUM)
    assert found == flat_region(X, Y, values, MINIMUM)


@pytest.mark.parametrize("wall", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_bounds_the_region_at_the_last_finite_points(wall):
    x, y = np.linspace(-1, 1, 21), np.linspace(-1, 1, 41)
    values = np.zeros((21, 41))
    values[13:], values[:, 30:] = wall, wall  # finite up to x = 0.2, y = 0.45
    found = flat_region(x, y, values, 0.0)
    assert found.area == pytest.approx(1.2 * 1.45, rel=1e-12)
    assert found.touches_non_finite and found.touches_frame


def test_a_single_unfinished_point_takes_the_four_triangles_that_it_belongs_to():
    values = np.minimum(100 * np.maximum(np.hypot.outer(X, Y) - 0.5, 0), 1.0)
    whole = flat_region(X, Y, values, 0.0)
    values[16, 33] = np.nan
    holed = flat_region(X, Y, values, 0.0)
    cell = (X[1] - X[0]) * (Y[1] - Y[0])
    assert holed.area == pytest.approx(whole.area - 2 * cell, rel=1e-12)
    assert holed.touches_non_finite and not whole.touches_non_finite


def test_a_center_alone_among_unfinished_points_has_no_area():
    values = np.full((len(X), len(Y)), np.nan)
    values[14, 30] = 0.3
    assert flat_region(X - X[14], Y - Y[30], values, 0.3) == FlatRegion(0.0, False, True, 0.0)


def test_a_line_that_is_piecewise_linear_is_exact():
    x = np.array([-2.0, -0.5, 0.25, 1.0, 3.0])  # at 0 the interpolated loss is 1.0 + 2/3 * 0.03
    values = np.array([2.0, 1.0, 1.03, 1.08, 5.08])
    found = flat_region(x, None, values, 1.02, 0.1)
    assert found.area == pytest.approx((1.0 + 0.02) - (-0.5 - 0.12 * 1.5), rel=1e-12)
    assert found.num_cells == pytest.approx(found.area / 1.125)
    assert found.clipped_by == ("cells",)


def test_a_quadratic_line_has_its_two_half_widths():
    x = np.linspace(-0.4, 1.3, 1701)
    found = flat_region(x, None, 0.2 + 9 * x**2 / 2, 0.2, 0.05)
    half = math.sqrt(2 * 0.05 / 9)
    assert found.area == pytest.approx(2 * half, abs=0.001**2 / (4 * half))  # a chord's error over the slope, twice
    assert not found.clipped_by


def test_a_line_ends_at_its_frame_at_another_rise_or_at_what_is_not_finite():
    x = np.linspace(-1, 2, 31)
    low = np.zeros(31)
    whole = flat_region(x, None, low, 0.0)
    assert whole.area == pytest.approx(3) and whole.touches_frame and not whole.touches_non_finite
    low[25], low[2] = np.nan, 1e30  # x = 1.5 and -0.8
    found = flat_region(x, None, low, 0.0)
    assert found.area == pytest.approx(1.4 + 0.7, rel=1e-12)
    assert found.touches_non_finite and not found.touches_frame and found.clipped_by == ()
    mirrored = flat_region(-x[::-1], None, low[::-1], 0.0)
    assert mirrored.area == pytest.approx(found.area) and mirrored.touches_non_finite


def test_a_center_below_its_interpolated_neighbours_spans_nothing():
    x, y = np.array([-0.5, 0.5, 1.5]), np.array([-1.0, 0.0, 0.5])
    found = flat_region(x, y, np.ones((3, 3)), 0.2)
    assert found == FlatRegion(0.0, False, False, 0.0)
    assert found.clipped_by == ("cells",)
    assert flat_region(x, None, np.array([0.2, 1.0, 0.2]), 0.1, 0.4) == found


def test_a_point_exactly_at_the_level_is_inside():
    ridge = np.array([9.0, 0.0, 0.125, 0.0, 9.0])
    assert flat_region(np.arange(-1.0, 4.0), None, ridge, 0.0, 0.125).area == pytest.approx(2 + 2 * 0.125 / 9)
    x, y = np.arange(-1.0, 4.0), np.arange(-1.0, 2.0)
    values = np.where(np.abs(y) > 0, 9.0, ridge[:, None])
    beyond = flat_region(x, y, values, 0.0, 0.125 * (1 - 1e-9))
    assert flat_region(x, y, values, 0.0, 0.125).area == pytest.approx(2 * beyond.area, rel=1e-6)


def test_without_a_finite_center_within_the_frame_nothing_is_said():
    values = quadratic(X, Y)
    assert flat_region(X + 2, Y, values, MINIMUM) is flat_region(X, Y - 3, values, MINIMUM) is None
    assert flat_region(X + 2, None, values[:, 0], MINIMUM) is None
    assert flat_region(X, Y, values, np.nan) is flat_region(X, Y, values, np.inf) is None
    values[14, 30] = np.nan
    assert flat_region(X - X[14], Y - Y[30], values, MINIMUM) is None


def test_fewer_than_ten_cells_are_coarse():
    x = np.linspace(-1, 1, 21)
    assert flat_region(x, None, np.abs(x), 0.0, 0.49).clipped_by == ("cells",)
    assert flat_region(x, None, np.abs(x), 0.0, 0.51).clipped_by == ()
    assert flat_region(x[8:], None, np.abs(x[8:]), 0.0, 0.3).clipped_by == ("frame", "cells")


@pytest.mark.parametrize("eps", [0.0, -0.1, math.inf, math.nan])
def test_a_tolerance_that_is_none_is_refused(eps):
    with pytest.raises(ValueError, match=f"^eps must be a positive, finite loss, not {re.escape(repr(eps))}$"):
        flat_region(X, Y, quadratic(X, Y), MINIMUM, eps)


def test_values_of_another_shape_are_refused():
    message = "the grid is (37, 51), but the values are (51, 37)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        flat_region(X, Y, quadratic(X, Y).T, MINIMUM)


@pytest.mark.parametrize("cells, share", [(10, 0.88), (50, 0.97)])
def test_a_region_of_few_cells_is_found_somewhat_too_small(cells, share):
    random, found = np.random.default_rng(6), []
    axis = np.arange(-12.0, 13.0)
    for _ in range(100):
        turn, ratio = random.uniform(0, np.pi), random.uniform(1, 3)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = rotation @ np.diag([ratio, 1 / ratio]) @ rotation.T * 0.2 * np.pi / cells  # area 2 pi 0.1 / sqrt(det)
        x, y = np.meshgrid(axis, axis, indexing="ij")
        values = (matrix[0, 0] * x**2 + 2 * matrix[0, 1] * x * y + matrix[1, 1] * y**2) / 2
        found.append(flat_region(axis, axis, values, 0.0, 0.1).area / cells)
    assert np.mean(found) == pytest.approx(share, abs=0.015)
