"""Worst-case sharpness in a ball: of quadratics the largest eigenvalue, of what is given the best, and never too much."""

import numpy as np
import pytest
import torch
from known_functions import BLANK, Formula, of_formula
from objectives import classes, hessian_by_torch, objective_of, split, tanh_network
from quadratics import HESSIAN, SPECTRUM, Quadratic, bowl, scale_by

from landscape.flatness.ascent import ball_sharpness
from landscape.flatness.scales import filter_lengths, magnitudes, ones
from landscape.weights import weights_of

RHO = 0.4
MODEL = Quadratic(HESSIAN, 0.0)
SCALES = {
    "SAM": lambda: np.ones(13),
    "elementwise": lambda: magnitudes(bowl().layout, weights_of(MODEL)),
    "by filter": lambda: scale_by(filter_lengths, MODEL, bowl()),
    "by filter, biases too": lambda: scale_by(filter_lengths, MODEL, bowl(), biases="moved"),
}


def worst_of_quadratic(hessian: np.ndarray, slope: np.ndarray, rho: float) -> float:
    """Return max g'e + e'He / 2 over |e| <= rho, by bisecting Lagrange's multiplier of the ball over dense eigenvectors."""
    values, vectors = np.linalg.eigh(hessian)
    along = vectors.T @ slope
    low, high = values[-1], values[-1] + np.linalg.norm(slope) / rho + 1
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.linalg.norm(along / (middle - values)) > rho else (low, middle)
    at = along / (high - values)
    return float(along @ at + values @ at**2 / 2)


@pytest.mark.parametrize("kind", SCALES)
def test_at_a_quadratics_minimum_it_is_half_the_largest_eigenvalue_of_tht(kind):
    scale, objective = SCALES[kind](), bowl()
    found = ball_sharpness(objective, scale, rho=RHO, num_steps=60, tolerance=1e-3)
    largest = np.linalg.eigvalsh(scale[:, None] * HESSIAN * scale)[-1]
    assert found.value == pytest.approx(RHO**2 / 2 * largest, rel=1e-5)
    assert found.value <= RHO**2 / 2 * largest * (1 + 1e-13)
    assert found.start == "random" and found.has_converged and 2 < found.num_steps < 60


@pytest.mark.parametrize("kind", SCALES)
def test_off_the_minimum_it_is_the_balls_highest_point(kind):
    scale, objective = SCALES[kind](), bowl(off=0.8)
    found = ball_sharpness(objective, scale, rho=RHO, num_steps=60, tolerance=1e-3)
    slope = scale * objective.gradient().vector
    wanted = worst_of_quadratic(scale[:, None] * HESSIAN * scale, slope, RHO)
    assert wanted > 1.1 * RHO * np.linalg.norm(slope) > 0  # second order tells
    assert found.value == pytest.approx(wanted, rel=1e-5) and found.value <= wanted * (1 + 1e-13)
    assert found.start in ("gradient", "random") and found.has_converged
    objective.move_to(found.offset)
    assert objective.value() - bowl(off=0.8).value() == pytest.approx(found.value, rel=1e-12)
    assert np.linalg.norm(found.offset[scale > 0] / scale[scale > 0]) <= RHO * (1 + 1e-13)
    assert not found.offset[scale == 0].any()


def test_the_worst_of_a_quadratic_is_not_below_any_point_of_a_dense_sample():
    slope, random = np.linspace(-1, 2, 13), np.random.default_rng(0)
    points = random.standard_normal((20000, 13))
    points *= RHO / np.linalg.norm(points, axis=1, keepdims=True)
    values = points @ slope + ((points @ HESSIAN) * points).sum(1) / 2
    assert 0.8 * (worst := worst_of_quadratic(HESSIAN, slope, RHO)) < values.max() < worst


def test_a_given_eigenvector_is_where_the_ascent_starts_and_ends():
    vector = np.linalg.eigh(HESSIAN)[1][:, -1]
    found = ball_sharpness(bowl(), np.ones(13), rho=RHO, along=[vector], num_steps=1)
    assert found.start == "given 1" and found.has_converged and found.num_steps == 0
    assert found.value == pytest.approx(RHO**2 / 2 * SPECTRUM[0], rel=1e-12)
    assert found.rises["given 1"] == found.value > found.rises["random"]
    assert abs(found.offset @ vector) == pytest.approx(RHO, rel=1e-12)


def test_of_two_opposite_starts_the_higher_is_taken():
    objective = objective_of(Formula(lambda w: w[0] ** 3 - w[1] ** 2, [0.0, 0.0]), BLANK, of_formula)
    found = ball_sharpness(objective, np.ones(2), rho=0.5, along=[np.array([-2.0, 0.0])])
    assert found.rises["given 1"] == pytest.approx(0.125, rel=1e-3) and found.offset == pytest.approx(
        [0.5, 0], abs=0.02
    )


def test_it_is_found_inside_the_ball_too_and_never_below_zero():
    hill = objective_of(Formula(lambda w: -((w[0] - 1) ** 2) - w[1] ** 2, [0.8, 0.1]), BLANK, of_formula)
    found = ball_sharpness(hill, np.ones(2), rho=3.0, num_steps=60)
    assert found.value == pytest.approx(0.05, rel=1e-2) and found.has_converged
    top = objective_of(Formula(lambda w: -(w**2).sum(), [0.0, 0.0]), BLANK, of_formula)
    found = ball_sharpness(top, np.ones(2), rho=3.0, num_steps=3)
    assert found.value == 0 and found.start == "center" and not found.offset.any()


def test_with_few_steps_it_is_less_and_says_that_it_has_not_converged():
    found = [ball_sharpness(bowl(), np.ones(13), rho=RHO, num_steps=num, tolerance=1e-3) for num in (1, 3, 60)]
    values = [each.value for each in found]
    assert values == sorted(values) and values[0] < values[2]
    assert [each.has_converged for each in found] == [False, False, True]


def test_what_it_takes_is_counted():
    objective, calls = bowl(off=0.5), []
    value = objective.value
    objective.value = lambda: calls.append(0) or value()
    found = ball_sharpness(objective, np.ones(13), rho=RHO, num_steps=7, tolerance=1e-9)
    assert found.num_losses == len(calls) and found.num_gradients == objective.num_gradients == 1 + 2 * 7


def test_of_a_network_it_is_first_and_second_order_of_a_small_ball():
    samples, model = classes(3, num=11), tanh_network()
    objective = objective_of(model, split(samples, (8, 3)))
    hessian, slope = hessian_by_torch(model, samples), objective.gradient().vector
    left = []
    for rho in (0.02, 0.01):
        found = ball_sharpness(objective, ones(objective.layout), rho=rho, num_steps=40, tolerance=1e-4)
        left.append(found.value - worst_of_quadratic(hessian, slope, rho))
    assert abs(left[0]) < 1e-3 * found.value and left[0] / left[1] == pytest.approx(8, rel=0.1)


def test_where_the_loss_overflows_it_is_infinite():
    objective = objective_of(Formula(lambda w: torch.exp(1e4 * w.square().sum()), [0.1, 0.0]), BLANK, of_formula)
    found = ball_sharpness(objective, np.ones(2), rho=1.0)
    assert found.value == np.inf and not found.has_converged


def test_a_loss_without_any_slope_is_flat():
    objective = objective_of(Formula(lambda w: 0 * w.sum() + 3, [0.1, 0.0]), BLANK, of_formula)
    found = ball_sharpness(objective, np.ones(2), rho=1.0)
    assert found.value == 0 and found.start == "center" and set(found.rises) == {"random"}


def test_a_radius_of_nothing_is_refused():
    with pytest.raises(ValueError, match="^rho must be a positive, finite length, not 0.0$"):
        ball_sharpness(bowl(), np.ones(13), rho=0.0)
