"""The way down from a saddle, and how far below a minimum of the quadratic model lies."""

import numpy as np
import pytest
import torch
from known_functions import BLANK, KNOWN, Formula, chain, himmelblau, of_formula
from matrices import Products, symmetric
from objectives import classes, objective_of, split, tanh_network, whole

from landscape.curvature.escape import NUM_STEPS, escape_curve
from landscape.curvature.newton import newton_decrement


def formula(function, point):
    return objective_of(Formula(function, point), BLANK, of_formula)


def most_negative(objective) -> tuple[np.ndarray, float]:
    values, vectors = np.linalg.eigh(whole(objective))
    return vectors[:, 0], values[0]


def left(objective):
    vector, eigenvalue = most_negative(objective)
    return vector, escape_curve(objective, vector, eigenvalue, objective.gradient().vector)


def test_the_curve_from_a_known_saddle_is_its_closed_form_and_falls():
    """(1 - w1 w2)^2 at 0: (1 - s^2 / 2)^2 along (1, 1) / sqrt 2."""
    objective = objective_of(chain(0, 0)()[0], chain(0, 0)()[1], chain(0, 0)()[2])
    vector, curve = left(objective)
    assert abs(vector) == pytest.approx([0.5**0.5] * 2)
    assert curve.losses == pytest.approx((1 - curve.steps**2 / 2) ** 2, abs=1e-14)
    assert curve.losses.min() < 0.03 and curve.eigenvalue == pytest.approx(-2)
    assert curve.predicted == pytest.approx(1 - curve.steps**2, abs=1e-14) and abs(curve.slope) < 1e-15


def test_steps_are_those_of_both_sides_with_the_point_in_the_middle():
    objective = KNOWN["camel at 0"].objective()
    _, curve = left(objective)
    assert len(curve.steps) == len(curve.losses) == len(curve.predicted) == NUM_STEPS
    assert curve.steps == pytest.approx(-curve.steps[::-1]) and curve.steps[NUM_STEPS // 2] == 0
    assert curve.losses[NUM_STEPS // 2] == curve.predicted[NUM_STEPS // 2] == objective.value()
    assert (np.diff(curve.steps) > 0).all()


@pytest.mark.parametrize("name", [name for name, known in KNOWN.items() if known.kind == "indefinite"])
def test_the_loss_falls_from_every_known_saddle_by_what_the_eigenvalue_promises_at_first(name):
    objective = KNOWN[name].objective()
    vector, eigenvalue = most_negative(objective)
    curve = escape_curve(objective, vector, eigenvalue, objective.gradient().vector)
    assert curve.losses.min() < curve.losses[NUM_STEPS // 2] - 1e-3
    objective.move_to(1e-4 * vector)
    assert objective.value() - curve.losses[NUM_STEPS // 2] == pytest.approx(eigenvalue / 2 * 1e-8, rel=0.01)


def test_the_reach_is_the_first_doubling_at_which_the_loss_has_risen_again():
    """From 0.001 of weights that are short: 0.512 and 1.024 still lower the loss, whose minimum lies at sqrt 2, 2.048 does not."""
    objective = objective_of(*chain(0, 0)())
    assert left(objective)[1].steps[-1] == pytest.approx(2.048)


def test_the_first_step_is_a_thousandth_of_the_weights():
    """A slope that the loss never stops to fall along: twelve doublings."""
    objective = formula(lambda w: -(w[0] ** 2) + 0 * w[1], (0.0, 300.0))
    assert left(objective)[1].steps[-1] == pytest.approx(0.3 * 2**12)


@pytest.mark.parametrize("offset", [None, np.array([0.2, -0.1])])
def test_the_objective_ends_where_it_stood(offset):
    saddle = np.array([3.38515418, 0.07385188])
    objective = formula(himmelblau, saddle - (0 if offset is None else offset))
    objective.move_to(offset)
    before = objective.value(), objective.weights.copy()
    vector, curve = left(objective)
    assert objective.value() == before[0] and (objective.weights == before[1]).all()
    wanted = [himmelblau(torch.from_numpy(saddle + step * vector)).item() for step in curve.steps]
    assert curve.losses == pytest.approx(wanted, rel=1e-12)
    assert curve.losses.min() < 13.3 < before[0]


def test_off_a_critical_point_the_slope_is_predicted_too():
    objective = objective_of(tanh_network(), split(classes(3)))
    vector, eigenvalue = most_negative(objective)
    gradient = objective.gradient().vector
    curve = escape_curve(objective, vector, eigenvalue, gradient)
    assert curve.slope == pytest.approx(gradient @ vector) and abs(curve.slope) > 1e-4
    assert curve.predicted == pytest.approx(
        curve.losses[NUM_STEPS // 2] + curve.slope * curve.steps + eigenvalue / 2 * curve.steps**2
    )


def test_a_loss_that_is_not_defined_on_one_side_does_not_hide_the_fall_on_the_other():
    objective = formula(lambda w: -(w[0] ** 2) + 0 * torch.log(0.004 - w[0]) + w[1] ** 2, (0.0, 0.0))
    curve = escape_curve(objective, np.array([1.0, 0]), -2.0, np.zeros(2))
    assert curve.losses[0] == pytest.approx(-(4.096**2)) and np.isnan(curve.losses[-1])


MATRIX = symmetric(np.geomspace(0.02, 7, 40), 1)
GRADIENT = np.random.default_rng(0).standard_normal(40)


def test_the_newton_decrement_is_that_of_a_dense_solve():
    operator = Products(MATRIX)
    found = newton_decrement(operator, GRADIENT, tolerance=1e-10)
    assert found.value == pytest.approx(np.sqrt(GRADIENT @ np.linalg.solve(MATRIX, GRADIENT)), rel=1e-8)
    assert found.residual <= 1e-9


def test_half_the_square_of_the_decrement_is_the_fall_of_a_quadratic_loss():
    objective = KNOWN["linear regression"].objective()
    lowest = objective.value()
    objective.move_to(np.array([0.3, -1.0, 0.7, 0.2]))
    found = newton_decrement(objective.products, objective.gradient().vector, tolerance=1e-12)
    assert found.value**2 / 2 == pytest.approx(objective.value() - lowest, rel=1e-10)


def test_few_products_are_said_by_the_residual():
    operator = Products(MATRIX)
    found = newton_decrement(operator, GRADIENT, tolerance=1e-10, max_products=3)
    assert operator.num <= 5 and found.residual > 0.01
    assert found.value < np.sqrt(GRADIENT @ np.linalg.solve(MATRIX, GRADIENT))


def test_the_residual_is_that_of_the_solution_at_the_default_tolerance():
    found = newton_decrement(Products(MATRIX), GRADIENT)
    assert found.residual <= 1.1e-3
    assert found.value == pytest.approx(np.sqrt(GRADIENT @ np.linalg.solve(MATRIX, GRADIENT)), rel=1e-2)


def test_no_gradient_leaves_nothing_to_fall():
    operator = Products(MATRIX)
    found = newton_decrement(operator, np.zeros(40))
    assert (found.value, found.residual, operator.num) == (0.0, 0.0, 0)
