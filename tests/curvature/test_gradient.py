"""The mean gradient and its standard error: what chance makes of it with so many samples."""

from functools import cache

import numpy as np
import pytest
import torch
from objectives import classes, close, objective_of, split, tanh_network
from small_models import doubles, linear
from torch.nn import functional

from landscape.curvature.objective import FEWEST_CHUNKS
from landscape.curvature.point import WITHIN_CHANCE
from landscape.curvature.sums import SKETCH, sketch
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


def test_one_chunk_tells_nothing_of_the_standard_error_and_the_excess():
    found = chunked((11,)).gradient()
    assert np.isnan(found.standard_error) and np.isnan(found.excess)


@pytest.mark.parametrize("sizes", [(1,) * 11, (2, 1, 1, 1, 3, 1, 1, 1)], ids=str)
def test_the_excess_is_the_sum_over_pairs_of_chunks_over_its_standard_deviation(sizes):
    """Sums of chunks a, b: of sum a.b over ordered pairs the variance is, with zero means, 2 sum E[(a.b)^2]."""
    parts = np.split(gradients_of_samples(), np.cumsum(sizes)[:-1])
    sums = [part.sum(0) for part in parts]
    pairs = [a @ b for i, a in enumerate(sums) for j, b in enumerate(sums) if i != j]
    wanted = sum(pairs) / np.sqrt(2 * sum(pair**2 for pair in pairs))
    assert chunked(sizes).gradient().excess == pytest.approx(wanted, rel=1e-12)


def test_the_excess_counts_weight_decay_as_a_part_of_every_samples_gradient():
    decayed = objective_of(tanh_network(), split(SAMPLES, (1,) * 11), weight_decay=0.5)
    gradients = gradients_of_samples() + 0.5 * decayed.weights
    products = gradients @ gradients.T
    np.fill_diagonal(products, 0)
    wanted = products.sum() / np.sqrt(2 * (products**2).sum())
    assert decayed.gradient().excess == pytest.approx(wanted, rel=1e-12)


def test_equal_samples_are_far_above_chance_unless_they_are_too_few_to_tell():
    for num in (2, 3, 7, 8, 12):
        inputs = torch.ones(num, 1, dtype=torch.float64)
        found = objective_of(linear([[3.0]]), split((inputs, -inputs), (1,) * num), mse).gradient()
        assert found.norm == pytest.approx(8) and found.standard_error == 0
        assert found.excess == pytest.approx(np.sqrt(num * (num - 1) / 2))
        assert found.has_chunks_enough == (num >= FEWEST_CHUNKS) and (
            found.excess > WITHIN_CHANCE or num < FEWEST_CHUNKS
        )


def test_chunks_without_a_gradient_have_no_excess():
    inputs = torch.zeros(11, 3, dtype=torch.float64)
    found = objective_of(linear([[1.0, 2, 3]]), split((inputs, inputs[:, :1]), (2, 1) * 3 + (1, 1)), mse).gradient()
    assert found.norm == found.standard_error == 0 and np.isnan(found.excess)


def test_weight_decay_scatters_nothing():
    plain, decayed = (
        objective_of(tanh_network(), split(SAMPLES, (4, 5, 2)), weight_decay=decay).gradient() for decay in (0.0, 0.5)
    )
    assert plain.standard_error == decayed.standard_error and plain.norm != decayed.norm


@cache
def drawn_gradients(num_inputs: int) -> np.ndarray:
    """Return lengths, standard errors and excesses of the gradients that sets of samples give at the whole population's minimum.

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
    return np.array([(each.norm, each.standard_error, each.excess) for each in found]).T


def test_at_a_critical_point_of_the_population_samples_give_a_gradient_as_long_as_its_standard_error():
    norms, errors, _ = drawn_gradients(3)
    squares = norms**2
    assert abs(squares.mean() - (errors**2).mean()) < 3 * squares.std(ddof=1) / np.sqrt(NUM_SETS)


@pytest.mark.parametrize("num_inputs", [1, 3])
def test_chance_alone_brings_an_excess_of_two_in_about_one_of_twenty_cases(num_inputs):
    """Whether all gradients lie on one line, or not."""
    share = (drawn_gradients(num_inputs)[2] > WITHIN_CHANCE).mean()
    assert 0.05 - 3 * np.sqrt(0.05 * 0.95 / NUM_SETS) < share < 0.05 + 3 * np.sqrt(0.05 * 0.95 / NUM_SETS)


def test_off_the_minimum_the_excess_grows():
    inputs, targets = doubles(200, 3, seed=1) + 0.4, doubles(200, 1, seed=3)
    solution = torch.linalg.lstsq(inputs, targets).solution.T
    batches = split((inputs, targets), (5, 3) * 25)
    found = [objective_of(linear(solution + step), batches, mse).gradient().excess for step in (0.0, 0.1, 0.5)]
    assert found[0] < 0 < WITHIN_CHANCE < found[1] < found[2]


def test_long_vectors_are_shortened_so_that_inner_products_stay_the_same_on_average():
    """Count sketch: unbiased over its random places and signs; of one sketch, a standard deviation of |a||b| / 64 or so."""
    random = np.random.default_rng(3)
    rows = random.standard_normal((12, 30_000)) + 0.05 * np.linspace(-1, 2, 30_000)
    short = np.array([sketch(row) for row in rows])
    assert short.shape == (12, SKETCH)
    lengths = np.linalg.norm(rows, axis=1)
    errors = (short @ short.T - rows @ rows.T) / np.outer(lengths, lengths)
    assert abs(errors).max() < 5 * np.sqrt(2 / SKETCH) and abs(errors.mean()) < 0.01
    assert np.allclose(sketch(2 * rows[0] - rows[1]), 2 * short[0] - short[1])


def test_short_vectors_are_left_as_they_are():
    vector = np.random.default_rng(0).standard_normal(SKETCH)
    assert np.array_equal(sketch(vector), vector)
