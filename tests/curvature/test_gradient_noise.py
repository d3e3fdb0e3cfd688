"""The noise of batches' gradients, against dense gradients of single samples and against every batch there is."""

from itertools import combinations

import numpy as np
import pytest
import torch
from objectives import classes, split, sums_of
from small_models import doubles, linear
from torch import nn
from torch.nn import functional

from landscape.gradient_noise import GradientNoise
from landscape.problem.losses import mse


def noise_of(gradients: np.ndarray) -> GradientNoise:
    """Return the two numbers from one gradient a row."""
    mean = gradients.mean(axis=0)
    return GradientNoise(float(mean @ mean), float(((gradients - mean) ** 2).sum(1).mean()), len(gradients))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_the_spread_is_that_over_every_batch_that_can_be_drawn(size):
    gradients = np.random.default_rng(4).normal(size=(7, 5)) + 0.3
    mean = gradients.mean(axis=0)
    drawn = np.array([gradients[list(chosen)].mean(axis=0) for chosen in combinations(range(7), size)])
    found = noise_of(gradients)
    assert found.spread(size) ** 2 == pytest.approx(((drawn - mean) ** 2).sum(1).mean(), abs=1e-14)
    squared = (drawn**2).sum(1).mean()
    assert found.mean_square + found.spread(size) ** 2 == pytest.approx(squared, rel=1e-12)
    assert found.norm == pytest.approx(np.linalg.norm(mean), rel=1e-14)


def test_what_chance_adds_to_the_mean_gradients_square_is_taken_away_on_average():
    random = np.random.default_rng(0)
    true = np.array([0.5, -0.2, 0.1])
    found = [noise_of(true + random.normal(size=(9, 3))).beyond_chance for _ in range(4000)]
    assert np.mean(found) == pytest.approx(true @ true, abs=4 * np.std(found) / np.sqrt(4000))


def test_regressions_noise_is_that_of_residual_times_input():
    inputs, targets, weight = doubles(11, 4, seed=1) + 0.2, doubles(11, 1, seed=2), doubles(1, 4, seed=3)
    sums = sums_of(linear(weight), [], mse, chunks=list(zip(inputs.split(1), targets.split(1))))
    residuals = (inputs @ weight.T - targets).numpy()
    wanted = noise_of(2 * residuals * inputs.numpy())
    found = sums.gradient_noise()
    assert (found.mean_square, found.trace) == pytest.approx((wanted.mean_square, wanted.trace), rel=1e-12)
    assert found.num_samples == 11 and found.scale == pytest.approx(wanted.trace / wanted.mean_square)


def test_a_networks_noise_is_that_of_dense_gradients_of_single_samples():
    torch.manual_seed(2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 3)).double().eval()
    inputs, targets = classes(3, 2, 2)
    each = []
    for one, target in zip(inputs.split(1), targets.split(1)):
        found = torch.autograd.grad(functional.cross_entropy(model(one), target), list(model.parameters()))
        each.append(torch.cat([part.flatten() for part in found]).numpy())
    wanted = noise_of(np.array(each))
    found = sums_of(model, [], chunks=split((inputs, targets), [1] * len(targets))).gradient_noise()
    assert (found.mean_square, found.trace) == pytest.approx((wanted.mean_square, wanted.trace), rel=1e-10)


def test_chunks_of_more_than_one_sample_are_refused():
    with pytest.raises(ValueError, match="^a chunk counts 4 samples, where each must be one$"):
        sums_of(linear(doubles(3, 2)), [], chunks=split(classes(2))).gradient_noise()
