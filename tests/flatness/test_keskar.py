"""Keskar's sharpness: of quadratics over the corners of the box, and the paper's own form."""

from itertools import product

import numpy as np
import pytest
import torch
from known_functions import BLANK, Formula, of_formula
from objectives import objective_of
from quadratics import HESSIAN, LOWEST, bowl

from landscape.flatness.keskar import keskar_sharpness


def diagonal(point, curvatures):
    curvatures, point = torch.tensor(curvatures, dtype=torch.float64), torch.tensor(point, dtype=torch.float64)
    return objective_of(Formula(lambda w: (curvatures * (w - point) ** 2).sum() / 2, point), BLANK, of_formula)


@pytest.mark.parametrize("eps", [1e-3, 5e-4, 0.1])
def test_at_zero_weights_and_loss_it_is_half_the_trace(eps):
    found = keskar_sharpness(diagonal([0.0, 0, 0, 0], [4.0, 1, 0.25, 0.5]), eps=eps)
    assert found.value == pytest.approx(100 * eps**2 / 2 * 5.75, rel=1e-12)
    assert found.start == "random" and found.has_converged


@pytest.mark.parametrize("eps", [1e-3, 0.1])
def test_larger_weights_have_larger_sides(eps):
    point, curvatures = np.array([0.5, -3, 2]), np.array([4.0, 1, 0.25])
    found = keskar_sharpness(diagonal(point, curvatures), eps=eps)
    sides = eps * (np.abs(point) + 1)
    assert found.value == pytest.approx(100 * curvatures @ sides**2 / 2, rel=1e-12)
    assert np.abs(found.offset) == pytest.approx(sides, rel=1e-12)


def test_off_a_minimum_with_couplings_it_is_the_highest_corner_and_counted_in_the_loss():
    """A convex loss is highest at a corner of the box: of 8,192."""
    objective = bowl(off=0.8)
    center, slope, eps = objective.value(), objective.gradient().vector, 0.3
    sides = eps * (np.abs(objective.weights) + 1)
    corners = np.array(list(product((-1.0, 1.0), repeat=13))) * sides
    highest = (corners @ slope + ((corners @ HESSIAN) * corners).sum(1) / 2).max()
    found = keskar_sharpness(objective, eps=eps, num_steps=50)
    assert center > LOWEST + 1
    assert 0.95 * highest < found.rise < highest * (1 + 1e-12)  # L-BFGS-B ends at a local maximum
    assert found.value == pytest.approx(100 * found.rise / (1 + center), rel=1e-14)
    objective.move_to(found.offset)
    assert objective.value() - center == pytest.approx(found.rise, rel=1e-10)
    assert (np.abs(found.offset) <= sides * (1 + 1e-12)).all()


def test_at_a_maximum_it_is_zero():
    found = keskar_sharpness(diagonal([0.5, -3.0], [-4.0, -1]), eps=0.1)
    assert found.value == found.rise == 0 and not found.offset.any() and found.start == "center"


def test_what_it_takes_is_counted():
    objective = bowl(off=0.3)
    found = keskar_sharpness(objective, eps=0.01, num_steps=2)
    assert found.num_gradients == objective.num_gradients > 4 and found.num_steps <= 2


def test_what_has_no_such_sharpness_is_refused():
    with pytest.raises(ValueError, match="^eps must be positive and finite, not -1.0$"):
        keskar_sharpness(bowl(), eps=-1.0)
    objective = objective_of(Formula(lambda w: w.sum() - 4, [1.0, 2.0]), BLANK, of_formula)
    words = "Keskar's sharpness is a share of 1 . the loss, which must be above -1, not -1.0"
    with pytest.raises(ValueError, match=f"^{words}$"):
        keskar_sharpness(objective)
