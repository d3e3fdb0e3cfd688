"""The mean gradient and its standard error: what chance makes of it with so many samples."""

from functools import cache

import numpy as np
import pytest
import torch
from objectives import classes, close, objective_of, split, tanh_network
from small_models import doubles, linear
from torch.nn import functional

from landscape.curvature.point import WITHIN_CHANCE
from landscape.problem.losses import mse

SAMPLES = classes(3, num=11)
NUM_SETS = 150


def gradients_of_samples() -> np.ndarray:
    """Return each sample's own gradient, (samples, dim), by torch one after the other."""
    model, found = tanh_network(), []
    for inputs, target in zip(*SAMPLES):
        loss = functional.cross_entropy(model(inputs[None]), target[None])
        found.append(torch.cat([part.reshape(-1) for part in torch.autograd.grad(loss, list(model.parameters()))]))
    return torch.stack(found).numpy()


def chunked(sizes, samples=SAMPLES):
    return objective_of(tanh_network(), split(samples, (8, 3)), chunks=split(samples, sizes))


@pytest.mark.parametrize("sizes", [(11,), (1,) * 11, (4, 1, 6)], ids=str)
def test_the_gradient_is_the_mean_of_the_samples(sizes):
    gradient, wanted = chunked(sizes).gradient(), gradients_of_samples().mean(0)
    assert close(gradient.vector, wanted, 1e-13)
    assert gradient.norm == pytest.approx(np.linalg.norm(wanted), rel=1e-13)


def test_the_standard_error_is_that_of_the_samples_covariance():
    covariance = np.cov(gradients_of_samples(), rowvar=False)
    wanted = np.sqrt(np.trace(covariance) / 11)
    assert chunked((1,) * 11).gradient().standard_error == pytest.approx(wanted, rel=1e-12)


def test_unequal_chunks_estimate_the_same_standard_error_without_bias():
    """Over all orders of the samples, the mean of its square is that of single samples exactly; here over 60 orders."""
    wanted = np.trace(np.cov(gradients_of_samples(), rowvar=False)) / 11
    orders = [torch.from_numpy(np.random.default_rng(seed).permutation(11)) for seed in range(60)]
    found = [chunked((5, 1, 3, 2), tuple(part[order] for part in SAMPLES)).gradient() for order in orders]
    squares = np.array([gradient.standard_error**2 for gradient in found])
    assert abs(squares.mean() - wanted) < 3 * squares.std(ddof=1) / np.sqrt(60)
    assert squares.std() > 0.1 * wanted


def test_one_chunk_tells_nothing_of_the_standard_error():
    assert np.isnan(chunked((11,)).gradient().standard_error)


def test_weight_decay_scatters_nothing():
    plain, decayed = (
        objective_of(tanh_network(), split(SAMPLES, (4, 5, 2)), weight_decay=decay).gradient() for decay in (0.0, 0.5)
    )
    assert plain.standard_error == decayed.standard_error and plain.norm != decayed.norm


@cache
def drawn_gradients(num_inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return lengths and standard errors of the gradients that sets of samples give at the whole population's minimum.

    The population are 300 samples of a linear regression, with noise of unequal size.
    """
    inputs = doubles(300, num_inputs, seed=1) + 0.4
    targets = inputs @ doubles(num_inputs, 1, seed=2) + inputs[:, :1].abs() * doubles(300, 1, seed=3)
    solution, found = torch.linalg.lstsq(inputs, targets).solution, []
    for seed in range(NUM_SETS):
        drawn = torch.from_numpy(np.random.default_rng(seed).integers(0, 300, 40))
        found.append(
            objective_of(linear(solution.T), split((inputs[drawn], targets[drawn]), (5, 3) * 5), mse).gradient()
        )
    return np.array([each.norm for each in found]), np.array([each.standard_error for each in found])


def test_at_a_critical_point_of_the_population_samples_give_a_gradient_as_long_as_its_standard_error():
    norms, errors = drawn_gradients(3)
    squares = norms**2
    assert abs(squares.mean() - (errors**2).mean()) < 3 * squares.std(ddof=1) / np.sqrt(NUM_SETS)


@pytest.mark.parametrize("num_inputs", [1, 3])
def test_chance_alone_rarely_brings_twice_the_standard_error(num_inputs):
    """19 of 20 sets of samples stay below 1.96 standard errors where all gradients lie on a line, more where they do not."""
    norms, errors = drawn_gradients(num_inputs)
    share = (norms <= WITHIN_CHANCE * errors).mean()
    assert share >= 0.92 - 3 * np.sqrt(0.05 * 0.95 / NUM_SETS)  # 10 chunks: by Student's t 91.8 %, on a line
    if num_inputs == 1:
        assert share <= 0.98
