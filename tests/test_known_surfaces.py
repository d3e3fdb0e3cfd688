"""Surfaces whose values are known: closed forms, and rescalings that leave the function as it is."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from small_models import ONE, doubles, linear, losses
from torch import nn

from landscape import RandomRule, filter_layouts, random_direction
from landscape.weights import weights_of

# (1 - w1 w2)^2, each weight a filter of its own: directions are +-|w|, and the surface does not depend on t.


def product(t: float) -> nn.Module:
    return nn.Sequential(linear([[t]]), linear([[1 / t]]))


def signs(seed: int) -> list[list[float]]:
    """Return, for x and y, the signs with which the two weights move."""
    model = product(1.0)
    drawn = [random_direction(weights_of(model), filter_layouts(model), seed=seed, axis=axis) for axis in "xy"]
    return [[float(direction[f"{layer}.weight"].sign()) for layer in (0, 1)] for direction in drawn]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("t", [1.0, 2.0, 0.1])
def test_the_product_of_two_weights_gives_its_closed_form_whatever_their_ratio(t, seed):
    x, y = np.array([-0.5, 0.0, 0.3, 1.0]), np.array([-0.2, 0.4, 0.7])
    (s1, s2), (r1, r2) = signs(seed)
    alpha, beta = np.meshgrid(x, y, indexing="ij")
    expected = (1 - (1 + s1 * alpha + r1 * beta) * (1 + s2 * alpha + r2 * beta)) ** 2
    assert np.allclose(losses(product(t), "mse", ONE, x=x, y=y, seed=seed), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("wanted, value", [([1, 1], 0.4761), ([1, -1], 0.0081)])
def test_the_product_of_two_weights_has_its_known_values_at_three_tenths(wanted, value):
    seed = next(seed for seed in range(100) if signs(seed)[0] == wanted)
    found = losses(product(2.0), "mse", ONE, x=np.array([0.0, 0.3]), y=None, seed=seed)
    assert found == pytest.approx([0, value], abs=1e-14)


def test_a_plane_of_zero_filters_is_flat():
    model = nn.Sequential(linear([[0.0]]), linear([[0.0]]))
    assert (losses(model, "mse", ONE, x="-1:1:3", y="-1:1:4") == 1).all()


# Convex and polynomial models.


def test_softmax_regression_without_weights_has_the_loss_ln_of_the_number_of_classes():
    batch = (doubles(20, 4), torch.tensor([0] * 13 + [6] * 5 + [2] * 2))
    found = losses(linear(np.zeros((7, 4)), np.zeros(7)), "cross-entropy", batch, x="-1:1:3", y="-1:2:4")
    assert found == pytest.approx(np.full((3, 4), math.log(7)), abs=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_softmax_regression_is_convex_on_every_line_of_the_grid(seed):
    batch = (doubles(30, 4, seed=1), torch.arange(30) ** 2 % 5)
    model = linear(2 * doubles(5, 4, seed=2), doubles(5, seed=3))
    found = losses(model, "cross-entropy", batch, x="-2:3:9", y="-1:4:8", seed=seed, rule=RandomRule(biases="moved"))
    for step in ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, -2)):
        for middle in np.ndindex(found.shape):
            ends = [tuple(np.add(middle, times * np.array(step))) for times in (-1, 1)]
            if all(0 <= i < 9 and 0 <= j < 8 for i, j in ends):
                assert found[middle] <= (found[ends[0]] + found[ends[1]]) / 2 + 1e-13


def test_linear_regression_is_exactly_quadratic():
    batch = (doubles(40, 3, seed=1), doubles(40, 2, seed=2))
    model = linear(doubles(2, 3, seed=3), doubles(2, seed=4))
    found = losses(model, "mse", batch, x="-1:2:7", y="-3:1:6", rule=RandomRule(biases="moved"))
    for axis in (0, 1):
        assert abs(np.diff(found, 3, axis=axis)).max() < 1e-10
        assert abs(np.diff(found, 2, axis=axis)).max() > 0.01
    assert abs(np.diff(np.diff(found, 2, axis=0), axis=1)).max() < 1e-10


@pytest.mark.parametrize(
    "first, second, value",
    [
        (np.zeros((2, 2)), np.zeros((2, 2)), 5.0),
        (np.diag([3**0.5, 0]), np.diag([3**0.5, 0]), 0.5),
        (np.diag([0.0, 1]), np.diag([0.0, 1]), 4.5),
        (np.diag([3**0.5, 1]), np.diag([3**0.5, 1]), 0.0),
        ([[1.0, -2.0], [0.5, 0.7]], [[0.3, 1.1], [-0.9, 2.0]], None),
    ],
)
def test_a_linear_network_of_two_layers_gives_its_closed_form(first, second, value):
    """.5 |W2 W1 - diag(3, 1)|^2, which is twice the mean over two samples and two outputs of the squared error."""
    model, target = nn.Sequential(linear(first), linear(second)), np.diag([3.0, 1.0])
    batch = (torch.eye(2).double(), torch.from_numpy(target))
    x, y = np.array([-1.0, 0.0, 0.5, 1.5, 2.0]), np.array([-0.5, 0.0, 0.6])
    found = 2 * losses(model, "mse", batch, x=x, y=y, seed=3)
    u, v = (random_direction(weights_of(model), filter_layouts(model), seed=3, axis=axis) for axis in "xy")
    for (i, alpha), (j, beta) in itertools.product(enumerate(x), enumerate(y)):
        w1, w2 = (
            weights_of(model)[name].numpy() + alpha * u[name].numpy() + beta * v[name].numpy()
            for name in ("0.weight", "1.weight")
        )
        assert found[i, j] == pytest.approx(0.5 * ((w2 @ w1 - target) ** 2).sum(), abs=1e-12)
    if value is not None:
        assert found[1, 1] == pytest.approx(value, abs=1e-14)


def test_a_linear_network_of_two_layers_is_a_polynomial_of_degree_four():
    model = nn.Sequential(linear(doubles(3, 2, seed=1)), linear(doubles(2, 3, seed=2)))
    found = losses(model, "mse", (doubles(9, 2, seed=3), doubles(9, 2, seed=4)), x="-1:1:7", y="-2:1:6")
    for axis in (0, 1):
        assert abs(np.diff(found, 5, axis=axis)).max() < 1e-9 < 1e-3 < abs(np.diff(found, 4, axis=axis)).max()


# Rescalings that leave the function as it is: which normalizations leave the curve as it is.


def curve(model, normalization: str) -> np.ndarray:
    batch = (doubles(25, 3, 5, 5, seed=1), torch.arange(25) ** 2 % 4)
    return losses(model, "cross-entropy", batch, x="-1:1:9", y=None, seed=2, rule=RandomRule(normalization))


def difference(first, second, normalization: str) -> float:
    return float(abs(curve(first, normalization) - curve(second, normalization)).max())


def with_batch_norm() -> nn.Module:
    torch.manual_seed(1)
    layers = [nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6, eps=1e-30), nn.ReLU()]
    layers += [nn.Conv2d(6, 4, 2), nn.BatchNorm2d(4, eps=1e-30), nn.ReLU(), nn.Flatten(), nn.Linear(16, 4)]
    model = nn.Sequential(*layers).double()
    for norm in (model[1], model[4]):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    return model


@torch.no_grad()
def with_filters_rescaled(model: nn.Module) -> nn.Module:
    model = copy.deepcopy(model)
    for conv, norm in ((model[0], model[1]), (model[3], model[4])):
        factors = torch.logspace(-1, 1.3, len(conv.weight)).double()
        conv.weight *= factors[:, None, None, None]
        norm.running_mean *= factors
        norm.running_var *= factors**2
        if conv.bias is not None:
            conv.bias *= factors
    return model


def with_relu() -> nn.Module:
    torch.manual_seed(2)
    layers = [nn.Flatten(), nn.Linear(75, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)]
    return nn.Sequential(*layers).double()


@torch.no_grad()
def with_neurons_rescaled(model: nn.Module, factors) -> nn.Module:
    model, factors = copy.deepcopy(model), torch.as_tensor(factors).double()
    model[1].weight *= factors[:, None]
    model[1].bias *= factors
    model[3].weight /= factors
    return model


@pytest.mark.parametrize("normalization", ["filter", "weight"])
def test_rescaling_batch_normalized_filters_leaves_the_curve_as_it_is(normalization):
    assert difference(with_batch_norm(), with_filters_rescaled(with_batch_norm()), normalization) < 1e-12


@pytest.mark.parametrize("normalization", ["layer", "none"])
def test_rescaling_batch_normalized_filters_changes_the_curve_of_other_normalizations(normalization):
    assert difference(with_batch_norm(), with_filters_rescaled(with_batch_norm()), normalization) > 0.1


@pytest.mark.parametrize("normalization", ["filter", "layer", "weight"])
def test_rescaling_two_layers_around_a_relu_leaves_the_curve_as_it_is(normalization):
    assert difference(with_relu(), with_neurons_rescaled(with_relu(), [10.0] * 6), normalization) < 1e-13


def test_rescaling_two_layers_around_a_relu_changes_the_curve_of_an_unnormalized_direction():
    assert difference(with_relu(), with_neurons_rescaled(with_relu(), [10.0] * 6), "none") > 0.1


FACTORS = [0.05, 0.3, 1.0, 4.0, 10.0, 30.0]


def test_rescaling_each_neuron_of_a_relu_leaves_the_curve_of_weight_normalization_as_it_is():
    assert difference(with_relu(), with_neurons_rescaled(with_relu(), FACTORS), "weight") < 1e-13


@pytest.mark.parametrize("normalization", ["filter", "layer", "none"])
def test_rescaling_each_neuron_of_a_relu_changes_the_curve_of_other_normalizations(normalization):
    assert difference(with_relu(), with_neurons_rescaled(with_relu(), FACTORS), normalization) > 0.01
