"""The minimum between samples: exact for quadratics, and what keeps it from being refined."""

import numpy as np
import pytest
from scipy.optimize import minimize

from landscape.belief.rounding import BY_PRECISION
from landscape.flatness.minimum import Minimum, minimum_on_grid, value_between

X = np.array([-0.9, -0.55, -0.3, -0.1, 0.0, 0.2, 0.35, 0.8, 1.1])
Y = np.array([-0.4, -0.25, 0.0, 0.1, 0.3, 0.45])
MATRIX = np.array([[4.0, 1.1], [1.1, 2.0]])


def on_plane(formula) -> np.ndarray:
    return formula(*np.meshgrid(X, Y, indexing="ij"))


def bowl(at, matrix=MATRIX, lowest: float = 0.3) -> np.ndarray:
    def formula(x, y):
        away = np.stack([x - at[0], y - at[1]])
        return lowest + np.einsum("ixy,ij,jxy->xy", away, matrix, away) / 2

    return on_plane(formula)


@pytest.mark.parametrize("at", [(-0.42, 0.17), (0.26, -0.13), (-0.1, 0.1)])
def test_a_quadratics_minimum_comes_out_on_an_uneven_grid(at):
    found = minimum_on_grid(X, Y, bowl(at))
    assert found.is_refined and not found.is_on_frame
    assert found.at == pytest.approx(at, abs=1e-12) and found.value == pytest.approx(0.3, abs=1e-12)


def test_on_a_line_a_parabolas_minimum_comes_out():
    found = minimum_on_grid(X, None, 0.3 + 3 * (X - 0.26) ** 2)
    assert found.is_refined and found.at == pytest.approx((0.26,), abs=1e-12) and found.value == pytest.approx(0.3)


@pytest.mark.parametrize("at", [(0.13, 0.21), (0.843, 1.19)])  # the second within the frame's last cell
def test_a_skewed_valleys_minimum_comes_out_though_its_lowest_sample_lies_cells_away(at):
    axis, along = np.linspace(-1, 1.2, 12), np.array([0.8, 0.6])
    matrix = 40 * np.eye(2) - 39.6 * np.outer(along, along)  # eigenvalues 40 and 0.4
    x, y = np.meshgrid(axis, axis, indexing="ij")
    away = np.stack([x - at[0], y - at[1]], -1)
    values = np.einsum("xyi,ij,xyj->xy", away, matrix, away) / 2
    lowest = np.array(np.unravel_index(values.argmin(), values.shape))
    assert (np.abs(axis[lowest] - at) > 0.2).any()  # a cell and more
    found = minimum_on_grid(axis, axis, values)
    assert found.is_refined and found.at == pytest.approx(at, abs=1e-10)


def test_finer_grids_come_closer_with_the_cube_of_the_step():
    def formula(x, y):
        return np.exp(x) - 1.3 * x + np.cosh(1.5 * y - 0.3) + 0.4 * x * y

    wanted = minimize(lambda at: formula(*at), [0.3, 0.1], tol=1e-14).x
    errors = []
    for num in (13, 49):  # a quarter of the step
        x, y = np.linspace(-0.7, 1.1, num), np.linspace(-0.5, 0.6, num)
        found = minimum_on_grid(x, y, formula(*np.meshgrid(x, y, indexing="ij")))
        errors.append(np.linalg.norm(np.subtract(found.at, wanted)))
    assert errors[0] < 0.02 and errors[1] < errors[0] / 8


def test_a_lowest_sample_on_the_frame_is_said_and_not_refined():
    values = bowl((1.3, 0.1))
    assert minimum_on_grid(X, Y, values) == Minimum((1.1, 0.3), values[-1, 4], True, False)
    line = minimum_on_grid(X, None, X)
    assert line == Minimum((-0.9,), -0.9, True, False)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_no_minimum_and_keep_a_neighbour_from_being_refined(hole):
    values = bowl((-0.42, 0.17))
    values[0, 0] = hole
    assert minimum_on_grid(X, Y, values).is_refined
    values[2, 4] = hole
    found = minimum_on_grid(X, Y, values)
    assert not found.is_refined and not found.is_on_frame and found.value == values[2, 3]


def test_without_a_finite_value_there_is_no_minimum():
    assert minimum_on_grid(X, Y, np.full((9, 6), np.nan)) is None


def test_what_curves_by_less_than_rounding_and_plateaus_stay_at_a_sample_the_nearest_to_the_center():
    plateau = np.full((9, 6), 0.7)
    assert minimum_on_grid(X, Y, plateau) == Minimum((0.0, 0.0), 0.7, False, False)
    faint = bowl((-0.42, 0.17), 1e-5 * MATRIX)
    assert not minimum_on_grid(X, Y, faint).is_refined
    assert minimum_on_grid(X, Y, faint, rounding=BY_PRECISION["float64"]).at == pytest.approx((-0.42, 0.17), abs=1e-6)


def test_a_sample_lower_than_any_quadratic_around_it_stays_the_minimum():
    values = bowl((-0.42, 0.17))
    low = np.unravel_index(values.argmin(), values.shape)
    assert minimum_on_grid(X, Y, values).is_refined
    values[low] -= 1
    assert minimum_on_grid(X, Y, values) == Minimum((X[low[0]], Y[low[1]]), values[low], False, False)


def test_between_samples_a_quadratics_value_comes_out_and_at_a_sample_its_own():
    axes, values = [X, Y], bowl((0.26, -0.13))
    for point in ((0.21, -0.07), (1.05, 0.44), (-0.9, -0.3)):
        away = np.subtract(point, (0.26, -0.13))
        assert value_between(axes, values, point) == pytest.approx(0.3 + away @ MATRIX @ away / 2, abs=1e-12)
    values[3, 2] = 7.0
    assert value_between(axes, values, (-0.1, 0.0)) == 7
    assert np.isnan(value_between(axes, values, (1.2, 0.0)))
    values[3, 2] = np.inf
    assert np.isnan(value_between(axes, values, (-0.15, 0.05)))


def test_another_grids_values_are_refused():
    with pytest.raises(ValueError) as error:
        minimum_on_grid(X, Y, np.zeros((6, 9)))
    assert str(error.value) == "the grid is (9, 6), but the values are (6, 9)"
