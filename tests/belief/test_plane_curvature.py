"""Curvature and asymmetry at a center, against closed forms."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from landscape.belief.plane_curvature import asymmetry, center_curvature, center_step, index_of_zero, mean_and_error
from landscape.belief.rounding import BY_PRECISION, rounding_of

X, Y = np.array([-0.5, -0.2, 0.0, 0.1, 0.6, 0.9]), np.array([-0.3, 0.0, 0.4, 0.5])
EVEN = np.linspace(-0.75, 1.0, 8)  # 0.25 apart, exactly 0 at the fourth


def quadratic(x, y) -> np.ndarray:
    x, y = np.meshgrid(x, y, indexing="ij")
    return 0.9 + 0.3 * x - 0.7 * y + (5 * x**2 + 2 * -1.5 * x * y + 2 * y**2) / 2


def test_a_quadratics_curvature_comes_out_on_uneven_axes():
    values = quadratic(X, Y)
    assert center_curvature(X, values[:, index_of_zero(Y)]) == pytest.approx(5.0, rel=1e-12)
    assert center_curvature(Y, values[index_of_zero(X)]) == pytest.approx(2.0, rel=1e-12)


def test_mirroring_changes_no_curvature():
    values = np.exp(X) + X**3
    assert center_curvature(-X[::-1], values[::-1]) == pytest.approx(center_curvature(X, values))


def test_the_step_is_that_to_the_next_points():
    assert center_step(EVEN) == 0.25 and center_step(X) == pytest.approx(0.15)  # 0.2 and 0.1
    assert center_step(X + 0.01) is center_step(X[2:]) is center_step(X[:3]) is None


def test_on_even_axes_it_is_the_second_difference():
    values = np.exp(EVEN) + EVEN**3
    assert EVEN[3] == 0
    assert center_curvature(EVEN, values) == pytest.approx((values[4] + values[2] - 2 * values[3]) / 0.25**2, rel=1e-12)


def test_the_second_difference_converges_to_the_derivative_with_the_square_of_the_step():
    errors = [abs(center_curvature(h * EVEN, np.exp(2 * h * EVEN)) - 4) for h in (1, 0.5, 0.25)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05) and errors[1] / errors[2] == pytest.approx(4, rel=0.02)


def test_without_0_or_a_neighbour_there_is_no_curvature():
    values = 3 * X**2 + X
    assert center_curvature(X, values) == pytest.approx(6.0)
    assert center_curvature(X + 0.01, values) is None and index_of_zero(X + 0.01) is None
    assert center_curvature(X[:3], values[:3]) is center_curvature(X[2:], values[2:]) is None


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_makes_the_curvature_unknown(hole):
    values = 3 * X**2 + X
    values[0] = hole
    assert center_curvature(X, values) == pytest.approx(6.0)
    values[1] = hole
    assert math.isnan(center_curvature(X, values))


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


@pytest.mark.parametrize("precision", BY_PRECISION)
@pytest.mark.parametrize("level", [0.0, 2.0])
def test_an_asymmetry_of_rounding_alone_is_unknown(precision, level):
    rounding = rounding_of(precision)
    noise = np.random.default_rng(3).uniform(-1, 1, len(EVEN)) * rounding.of(level)
    assert math.isnan(asymmetry(EVEN, level + noise, rounding=rounding))
    assert asymmetry(EVEN, level + noise + 20 * EVEN**2, rounding=rounding) < 0.05


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
