import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.directions import RandomRule, random_direction
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem
from landscape.weights import weights_of

POINTS = [(0.3, -0.7), (-1.0, 0.2), (0.9, 0.9), (0.1, 0.0)]


def network() -> nn.Module:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.Linear(20, 4)).eval()
    with torch.no_grad():
        model[1].running_mean.normal_()
        model[1].running_var.uniform_(0.5, 2)
    return model


def batches() -> list:
    random = torch.Generator().manual_seed(6)
    return [(torch.randn(size, 2, 4, 4, generator=random), torch.arange(size) % 4) for size in (8, 8, 3)]


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem(network(), cross_entropy, {"train": batches()})


@pytest.fixture(scope="module")
def plane() -> Plane:
    model = network()
    center, layouts, rule = weights_of(model), filter_layouts(model), RandomRule(biases="moved")
    return Plane(center, *(random_direction(center, layouts, seed=1, axis=axis, rule=rule) for axis in "xy"))


def loss(problem: Problem, plane: Plane, alpha: float, beta: float = 0.0) -> float:
    return problem.measure(plane.at(alpha, beta))["train_loss"]


def times(direction, factor: float) -> dict[str, torch.Tensor]:
    return {name: factor * tensor for name, tensor in direction.items()}


def plain_loss(model: nn.Module) -> float:
    """Return the mean loss as a few lines of torch give it: each sample's in float32, summed in float64."""
    with torch.no_grad():
        losses = [functional.cross_entropy(model(inputs), targets, reduction="none") for inputs, targets in batches()]
    return float(torch.cat(losses).double().mean())


def test_the_point_zero_is_the_center_to_the_bit(plane):
    assert all(torch.equal(tensor, plane.center[name]) for name, tensor in plane.at(0.0, 0.0).items())


def test_the_loss_at_zero_is_the_models_own_to_the_bit(problem, plane):
    assert loss(problem, plane, 0.0, 0.0) == problem.measure(weights_of(network()))["train_loss"]
    # The sums of a batch are taken in another order here, so that the last digits of float64 may differ.
    assert loss(problem, plane, 0.0, 0.0) == pytest.approx(plain_loss(network()), rel=1e-14)


def test_the_loss_at_a_point_is_that_of_a_model_with_those_weights(problem, plane):
    model = network()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter += 0.3 * plane.u[name] - 0.7 * plane.v[name]
    assert loss(problem, plane, 0.3, -0.7) == pytest.approx(plain_loss(model), rel=1e-6)  # float32 weights
    assert abs(loss(problem, plane, 0.3, -0.7) - loss(problem, plane, -0.7, 0.3)) > 0.01


@pytest.mark.parametrize("alpha, beta", POINTS)
def test_a_directions_sign_mirrors_its_axis_to_the_bit(problem, plane, alpha, beta):
    mirrored = Plane(plane.center, times(plane.u, -1), plane.v)
    assert loss(problem, mirrored, -alpha, beta) == loss(problem, plane, alpha, beta)


@pytest.mark.parametrize("alpha, beta", POINTS)
def test_swapped_axes_transpose_to_the_bit(problem, plane, alpha, beta):
    swapped = Plane(plane.center, plane.v, plane.u)
    assert all(torch.equal(tensor, plane.at(alpha, beta)[name]) for name, tensor in swapped.at(beta, alpha).items())
    assert loss(problem, swapped, beta, alpha) == loss(problem, plane, alpha, beta)


@pytest.mark.parametrize("factor", [8.0, 0.25])
def test_a_direction_times_a_power_of_two_stretches_its_axis_to_the_bit(problem, plane, factor):
    stretched = Plane(plane.center, times(plane.u, factor), plane.v)
    for alpha, beta in POINTS:
        assert loss(problem, stretched, alpha, beta) == loss(problem, plane, factor * alpha, beta)


def test_the_row_at_beta_zero_is_the_curve_to_the_bit(problem, plane):
    line = Plane(plane.center, plane.u)
    for alpha in np.linspace(-1, 1, 9):
        assert loss(problem, line, float(alpha)) == loss(problem, plane, float(alpha), 0.0)


def skew_plane() -> Plane:
    """Return a plane whose directions are far from orthogonal (cosine .96) and of lengths 11 and 0.3."""
    random = torch.Generator().manual_seed(4)
    center, u, rest = (
        {"a": torch.randn(3, 4, generator=random).double(), "b": torch.randn(5, generator=random).double()}
        for _ in range(3)
    )
    return Plane(center, times(u, 3.0), {name: 0.1 * u[name] + 0.02 * rest[name] for name in u})


def test_projecting_a_point_of_the_plane_gives_its_coordinates():
    for alpha, beta in POINTS:
        coordinates, distance = skew_plane().coordinates(skew_plane().at(alpha, beta))
        assert coordinates == pytest.approx((alpha, beta), abs=1e-12)
        assert distance < 1e-12


def test_projecting_a_point_off_the_plane_gives_the_nearest_point_and_its_distance():
    plane = skew_plane()
    matrix = np.stack(
        [np.concatenate([part.numpy().ravel() for part in side.values()]) for side in (plane.u, plane.v)], 1
    )
    offset = np.random.default_rng(1).normal(size=17)
    expected, squares, _, _ = np.linalg.lstsq(matrix, offset, rcond=None)
    there = {
        "a": plane.center["a"] + torch.from_numpy(offset[:12]).reshape(3, 4),
        "b": plane.center["b"] + torch.from_numpy(offset[12:]),
    }
    coordinates, distance = plane.coordinates(there)
    assert coordinates == pytest.approx(tuple(expected), rel=1e-9)
    assert distance == pytest.approx(float(squares[0]) ** 0.5, rel=1e-12)


def test_projecting_onto_a_line_gives_one_coordinate():
    line = Plane(skew_plane().center, skew_plane().u)
    coordinates, distance = line.coordinates(line.at(-0.4))
    assert coordinates == pytest.approx((-0.4,), abs=1e-14) and distance < 1e-13


def test_float32_weights_are_projected_in_float64(plane):
    coordinates, distance = plane.coordinates(plane.at(0.3, -0.7))
    assert coordinates == pytest.approx((0.3, -0.7), abs=1e-6)  # the point itself is rounded to float32
    assert distance < 1e-5
