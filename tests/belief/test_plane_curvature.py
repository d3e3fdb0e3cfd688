"""Curvature and asymmetry at a center, against closed forms."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from landscape.belief.plane_curvature import (
    PlaneCurvatures,
    asymmetry,
    center_curvature,
    mean_and_error,
    plane_curvatures,
)

X, Y = np.array([-0.5, -0.2, 0.0, 0.1, 0.6, 0.9]), np.array([-0.3, 0.0, 0.4, 0.5])
EVEN = np.linspace(-0.75, 1.0, 8)  # 0.25 apart, exactly 0 at the fourth


def quadratic(x, y) -> np.ndarray:
    x, y = np.meshgrid(x, y, indexing="ij")
    return 0.9 + 0.3 * x - 0.7 * y + (5 * x**2 + 2 * -1.5 * x * y + 2 * y**2) / 2


def test_a_quadratics_hessian_comes_out_on_uneven_axes():
    found = plane_curvatures(X, Y, quadratic(X, Y))
    np.testing.assert_allclose(found.matrix, [[5.0, -1.5], [-1.5, 2.0]], rtol=1e-12)
    assert (found.along_x, found.along_y, found.mixed) == pytest.approx((5.0, 2.0, -1.5))


def test_transposing_swaps_the_axes_and_mirroring_turns_the_mixed_term():
    values = quadratic(X, Y) + np.add.outer(X**3, Y**4)
    found = plane_curvatures(X, Y, values)
    swapped, mirrored = plane_curvatures(Y, X, values.T), plane_curvatures(-X[::-1], Y, values[::-1])
    assert (swapped.along_x, swapped.along_y, swapped.mixed) == pytest.approx(
        (found.along_y, found.along_x, found.mixed)
    )
    assert (mirrored.along_x, mirrored.along_y, mirrored.mixed) == pytest.approx(
        (found.along_x, found.along_y, -found.mixed)
    )


def test_on_even_axes_it_is_the_second_difference():
    values = np.exp(EVEN) + EVEN**3
    assert EVEN[3] == 0
    assert center_curvature(EVEN, values) == pytest.approx((values[4] + values[2] - 2 * values[3]) / 0.25**2, rel=1e-12)


def test_the_second_difference_converges_to_the_derivative_with_the_square_of_the_step():
    errors = [abs(center_curvature(h * EVEN, np.exp(2 * h * EVEN)) - 4) for h in (1, 0.5, 0.25)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05) and errors[1] / errors[2] == pytest.approx(4, rel=0.02)


def test_a_line_has_the_curvature_along_it_alone():
    found = plane_curvatures(X, None, 3 * X**2 + X)
    assert found == PlaneCurvatures(pytest.approx(6.0), None, None) and found.matrix is None


def test_without_0_or_a_neighbour_there_is_no_curvature():
    values = quadratic(X, Y)
    assert plane_curvatures(X + 0.01, Y, values) == PlaneCurvatures(None, None, None)
    assert plane_curvatures(X[2:], Y, values[2:]) == PlaneCurvatures(None, pytest.approx(2.0), None)
    assert plane_curvatures(X, Y[:2], values[:, :2]) == PlaneCurvatures(pytest.approx(5.0), None, None)
    assert center_curvature(X[:3], values[:3, 1]) is center_curvature(X[3:], values[3:, 1]) is None


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_makes_its_own_curvature_unknown(hole):
    values = quadratic(X, Y)
    values[1, 1] = hole
    found = plane_curvatures(X, Y, values)
    assert math.isnan(found.along_x) and (found.along_y, found.mixed) == pytest.approx((2.0, -1.5))
    values[3, 2] = hole
    assert math.isnan(plane_curvatures(X, Y, values).mixed)


@pytest.mark.parametrize("function", [np.abs, np.cos, lambda a: a**4 - a**2, lambda a: 1 / (0.1 + a**2)])
def test_an_even_function_has_no_asymmetry(function):
    axis = np.linspace(-1, 1, 41)
    assert asymmetry(axis, function(axis)) == pytest.approx(0, abs=1e-12)
    assert asymmetry(axis[:38], function(axis[:38])) == pytest.approx(0, abs=1e-12)


def test_where_one_side_alone_moves_it_is_one():
    assert asymmetry(EVEN, 2 + np.maximum(EVEN, 0)) == pytest.approx(1)
    assert asymmetry(-EVEN[::-1], 2 + 7 * np.maximum(EVEN, 0)[::-1]) == pytest.approx(1)


def test_it_is_the_ratio_of_the_two_integrals_over_the_range_that_both_sides_have():
    def loss(a):
        return 0.4 + 0.3 * a - a**2 + 2 * a**3 + 2 * a**4

    uneven = quad(lambda a: abs(loss(a) - loss(-a)), 0, 0.8, limit=200)[0]
    risen = quad(lambda a: abs(loss(a) + loss(-a) - 2 * loss(0)), 0, 0.8, points=[math.sqrt(0.5)])[0]
    axis = np.append(-np.geomspace(0.8, 1e-3, 300), [0, *np.linspace(0.004, 1.3, 325)])
    assert asymmetry(axis, loss(axis)) == pytest.approx(uneven / risen, rel=1e-3)
    assert asymmetry(-axis[::-1], loss(axis)[::-1]) == pytest.approx(uneven / risen, rel=1e-3)


def test_between_samples_a_change_of_sign_is_integrated_exactly():
    axis = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    values = np.array([3.0, 0.0, 0.0, 2.0, 0.0])  # L(a) - L(-a): 0, 2, -3; the sum: 0, 2, 3
    assert asymmetry(axis, values) == pytest.approx((1 + (4 + 9) / (2 * 5)) / (1 + 2.5))


def test_a_unit_or_a_constant_of_the_loss_and_the_coordinates_length_change_no_asymmetry():
    values = np.exp(EVEN)
    found = asymmetry(EVEN, values)
    assert found == pytest.approx(asymmetry(EVEN, 30 * values + 2)) == pytest.approx(asymmetry(5 * EVEN, values))
    assert found > 1  # the slope at the center counts


def test_without_a_rise_to_compare_with_the_asymmetry_is_unknown():
    assert math.isnan(asymmetry(EVEN, 0.3 + 0.2 * EVEN)) and math.isnan(asymmetry(EVEN, np.full(8, 0.3)))
    rounded = (0.3 + 0.2 * EVEN).astype(np.float32).astype(np.float64)
    assert (rounded + np.interp(-EVEN, EVEN, rounded) - 2 * rounded[3])[2] != 0
    assert math.isnan(asymmetry(EVEN, rounded))


def test_what_is_not_finite_makes_it_unknown_within_the_range_alone():
    values = 1 + EVEN**2
    values[7] = np.inf
    assert asymmetry(EVEN, values) == pytest.approx(0)
    values[6] = np.nan
    assert math.isnan(asymmetry(EVEN, values))


def test_without_0_and_two_sides_there_is_no_asymmetry():
    assert asymmetry(EVEN + 0.1, EVEN) is asymmetry(EVEN[3:], EVEN[3:]) is asymmetry(EVEN[:4], EVEN[:4]) is None


def test_the_mean_is_of_the_finite_values_with_its_standard_error():
    mean, error, num = mean_and_error([2.0, None, 4.0, np.nan, 9.0, np.inf])
    assert (mean, error, num) == pytest.approx((5.0, math.sqrt((9 + 1 + 16) / 2 / 3), 3))
    mean, error, num = mean_and_error(iter([7.0]))
    assert mean == 7 and math.isnan(error) and num == 1
    mean, error, num = mean_and_error([])
    assert math.isnan(mean) and math.isnan(error) and num == 0
