"""Exact moments of filter-normalized directions in a real network, whose filters differ in size and in length."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from landscape.directions import random_direction, report
from landscape.filters import filter_layouts

NUM_PAIRS = 1500


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Return layers with filters of 8, 6, 12 and 5 numbers, one of them zero, beside biases and a norm."""
    network = nn.Sequential(
        nn.Conv2d(2, 3, 2),
        nn.BatchNorm2d(3),
        nn.ConvTranspose2d(3, 2, (1, 2)),
        nn.Conv2d(2, 2, (2, 3)),
        nn.Linear(5, 3),
    ).double()
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw, dtype=torch.float64))
        network[0].weight *= torch.tensor([0.2, 1.5, 0.7])[:, None, None, None]
        network[2].weight[:, 1] *= 2
        network[4].weight[1] = 0
    return network


@pytest.fixture(scope="module")
def weights(network) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in network.named_parameters()}


@pytest.fixture(scope="module")
def pairs(network, weights) -> np.ndarray:
    """Return (pairs, 2, dim): the flat directions x and y of as many seeds."""
    layouts = filter_layouts(network)
    return np.array(
        [[flat(random_direction(weights, layouts, seed=seed, axis=axis)) for axis in "xy"] for seed in range(NUM_PAIRS)]
    )


@pytest.fixture(scope="module")
def filters(network) -> list[tuple[np.ndarray, float]]:
    """Return, a filter, where its numbers lie in the flat weights, and the square of its length: counted by hand."""
    found, first = [], 0
    for name, parameter in network.named_parameters():
        places = np.arange(first, first + parameter.numel()).reshape(parameter.shape)
        first += parameter.numel()
        if name in ("0.weight", "2.weight", "3.weight", "4.weight"):
            by_filter = np.moveaxis(places, 1 if name == "2.weight" else 0, 0)
            found += [place.ravel() for place in by_filter]
    center = flat(dict(network.named_parameters()))
    return [(place, float((center[place] ** 2).sum())) for place in found]


@pytest.fixture(scope="module")
def hessian(pairs) -> np.ndarray:
    dim = pairs.shape[2]
    draw = np.random.default_rng(11).normal(size=(dim, dim))
    return (draw + draw.T) / 2 + 0.2 * np.eye(dim)


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors.values()])


def scale_of(filters, dim: int) -> np.ndarray:
    """Return the diagonal of S: |w_f|^2 / n_f at a filter's numbers, 0 where nothing moves."""
    scale = np.zeros(dim)
    for place, square in filters:
        scale[place] = square / len(place)
    return scale


def exact_variance(filters, hessian: np.ndarray) -> float:
    """Return Var[d'Hd]: what a Gaussian of covariance S has, less what fixed lengths take away within each filter."""
    scale = scale_of(filters, len(hessian))
    variance = 2 * float((np.outer(scale, scale) * hessian**2).sum())
    for place, square in filters:
        num, block = len(place), hessian[np.ix_(place, place)]
        whole, trace = (block**2).sum(), np.trace(block)
        variance -= 2 * (square / num) ** 2 * whole
        variance += 2 * square**2 * (whole / (num * (num + 2)) - trace**2 / (num**2 * (num + 2)))
    return variance


def assert_mean_is(values: np.ndarray, expected: float) -> None:
    """Compare within four standard errors: a right tool fails once in 16,000 draws, and these draws are fixed."""
    assert values.mean() == pytest.approx(expected, abs=4 * values.std(ddof=1) / math.sqrt(len(values)))


def test_filters_have_the_lengths_of_those_they_move_and_nothing_else_moves(pairs, filters):
    for place, square in filters:
        np.testing.assert_allclose((pairs[:, :, place] ** 2).sum(2), square, rtol=1e-12)
    still = np.setdiff1d(np.arange(pairs.shape[2]), np.concatenate([place for place, _ in filters]))
    assert len(still) == 3 + 3 + 3 + 2 + 2 + 3 and not pairs[:, :, still].any()


def test_the_cosine_has_mean_0_and_the_variance_that_the_report_expects(network, weights, pairs, filters):
    squares = np.array([square for _, square in filters])
    expected = sum(square**2 / len(place) for place, square in filters) / squares.sum() ** 2
    cosines = (pairs[:, 0] * pairs[:, 1]).sum(1) / squares.sum()
    assert_mean_is(cosines, 0.0)
    assert_mean_is(cosines**2, expected)
    layouts = filter_layouts(network)
    directions = [random_direction(weights, layouts, seed=1, axis=axis) for axis in "xy"]
    assert report(weights, directions, layouts).expected_cosine == pytest.approx(math.sqrt(expected), rel=1e-12)


def test_a_directions_covariance_is_s(pairs, filters):
    scale = scale_of(filters, pairs.shape[2])
    numbers = pairs.reshape(-1, pairs.shape[2])
    errors = numbers.T @ numbers / len(numbers) - np.diag(scale)
    allowed = np.sqrt(np.outer(scale, scale) * 3 / len(numbers))  # a number's fourth moment is at most the Gaussian's
    assert (np.abs(errors) <= 5 * allowed + 1e-12).all()  # five, of 1,600 pairs of numbers


def test_the_mean_curvature_along_a_direction_is_the_trace_of_sh(pairs, filters, hessian):
    scale = scale_of(filters, len(hessian))
    for axis in (0, 1):
        assert_mean_is(curvatures(pairs[:, axis], hessian), float(scale @ np.diag(hessian)))


def test_the_curvature_along_a_direction_has_its_exact_variance(pairs, filters, hessian):
    found = curvatures(pairs.reshape(-1, pairs.shape[2]), hessian)
    scale = scale_of(filters, len(hessian))
    exact = exact_variance(filters, hessian)
    assert_mean_is((found - scale @ np.diag(hessian)) ** 2, exact)
    assert exact < 2 * float((np.outer(scale, scale) * hessian**2).sum())


def test_of_a_block_the_variance_is_less_than_a_gaussians(pairs, filters):
    within = np.zeros((pairs.shape[2],) * 2)
    for place, _ in filters:
        within[np.ix_(place, place)] = np.diag(np.linspace(0.5, 1.5, len(place)))
    found = curvatures(pairs.reshape(-1, pairs.shape[2]), within)
    exact = exact_variance(filters, within)
    scale = scale_of(filters, len(within))
    assert_mean_is((found - scale @ np.diag(within)) ** 2, exact)
    assert exact < 0.15 * 2 * float((np.outer(scale, scale) * within**2).sum())


def test_two_directions_have_no_curvature_in_common(pairs, hessian):
    assert_mean_is(np.einsum("ni,ij,nj->n", pairs[:, 0], hessian, pairs[:, 1], optimize=True), 0.0)


def curvatures(directions: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    return ((directions @ hessian) * directions).sum(1)
