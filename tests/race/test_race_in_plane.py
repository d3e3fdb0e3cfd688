"""Optimizers in a plane of a network's weights, against the same arithmetic done by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.curvature.objective import Objective
from landscape.curvature.sums import SampleSums
from landscape.directions import random_directions
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem
from landscape.race.critical import critical_points
from landscape.race.derivatives import derivatives_at
from landscape.race.in_plane import loss_in_plane
from landscape.race.run import run_from


@pytest.fixture(scope="module")
def network():
    """A small smooth network in float64, its samples in two unequal batches, and a plane of it."""
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    inputs, targets = torch.randn(11, 3, dtype=torch.float64) + 0.4, torch.arange(11) ** 2 % 3
    problem = Problem(model, cross_entropy, {}, precision="float64")
    drawn = random_directions(problem.center, filter_layouts(model), seed=2, axes=("x", "y"))
    objective = Objective(SampleSums(problem, [(inputs[:7], targets[:7]), (inputs[7:], targets[7:])]))
    return model, (inputs, targets), objective, Plane(problem.center, *drawn)


def by_hand(network, a, b):
    """The loss at a place of the plane by one forward pass over all samples, in one batch."""
    model, (inputs, targets), _, plane = network
    weights = {
        name: w + a * plane.directions[0][name] + b * plane.directions[1][name] for name, w in plane.center.items()
    }
    return nn.functional.cross_entropy(torch.func.functional_call(model, weights, (inputs,)), targets)


def test_value_gradient_and_hessian_are_those_of_one_forward_pass(network):
    _, _, objective, plane = network
    places = np.array([[0.3, -0.7], [0.0, 0.2]])
    found = derivatives_at(loss_in_plane(objective, plane), places)
    for n, place in enumerate(torch.from_numpy(places)):

        def of(place):
            return by_hand(network, place[0], place[1])

        assert found.values[n] == pytest.approx(of(place).item(), rel=1e-12)
        assert found.gradients[n] == pytest.approx(torch.func.grad(of)(place).numpy(), rel=1e-9)
        assert found.hessians[n] == pytest.approx(torch.func.hessian(of)(place).numpy(), rel=1e-9)


def test_adam_in_the_plane_goes_as_it_does_on_the_coordinates_alone(network):
    _, _, objective, plane = network
    ours, losses, *_ = run_from(loss_in_plane(objective, plane), "adam", (0.6, -0.5), rate=0.05, steps=12)
    theirs, wanted, *_ = run_from(lambda a, b: by_hand(network, a, b), "adam", (0.6, -0.5), rate=0.05, steps=12)
    assert ours == pytest.approx(theirs, rel=1e-9) and losses == pytest.approx(wanted, rel=1e-10)
    assert losses[12] < losses[0]


@pytest.mark.slow
def test_critical_points_of_the_plane_are_found_from_few_starts(network):
    _, _, objective, plane = network
    frame = (-2.0, 2.0, -2.0, 1.7)
    ours = critical_points(loss_in_plane(objective, plane), frame, starts_a_side=2, most_steps=9)
    theirs = critical_points(lambda a, b: by_hand(network, a, b), frame, starts_a_side=2, most_steps=9)
    assert ours and all(min(np.hypot(*(point.place - one.place)) for one in theirs) < 1e-6 for point in ours)
