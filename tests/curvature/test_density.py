"""Stochastic Lanczos quadrature: exact moments, and a distribution of eigenvalues as sure as it says."""

import numpy as np
import pytest
from matrices import Products, drawing, symmetric

from landscape.curvature.density import Quadrature, quadrature_row

NUM = 150
# A third near zero, more above than below, a few far away; gaps that are wider than what 40 steps resolve.
SPECTRUM = np.r_[
    np.linspace(-0.02, 0.02, 50), np.linspace(0.9, 2.5, 65), np.linspace(-2, -1.1, 30), 6.0, 7.5, 9.0, 12.0, -5.0
]
MATRIX = symmetric(SPECTRUM, 3)


def quadrature(num_probes: int, num_steps: int, matrix: np.ndarray = MATRIX, seed: int = 0) -> Quadrature:
    draw = drawing(len(matrix), seed)
    rows = [quadrature_row(lambda vector: matrix @ vector, draw(each), num_steps) for each in range(num_probes)]
    return Quadrature(*(np.array(part) for part in zip(*rows)))


@pytest.mark.parametrize("num_steps", [1, 2, 6])
def test_moments_are_exact_up_to_twice_the_steps_less_one(num_steps):
    start = drawing(NUM)(4)
    nodes, weights = quadrature_row(lambda vector: MATRIX @ vector, start, num_steps)
    unit = start / np.linalg.norm(start)
    for degree in range(2 * num_steps + 1):
        wanted = unit @ np.linalg.matrix_power(MATRIX, degree) @ unit
        error = abs(weights @ nodes**degree - wanted) / 12.0**degree
        assert error < 1e-12 if degree < 2 * num_steps else error > 1e-9, degree


def test_as_many_steps_as_dimensions_find_every_eigenvalue_with_its_share_of_the_probe():
    values = np.array([-3.0, -1, -0.2, 0.5, 1.7, 4])
    matrix, start = symmetric(values), drawing(6)(0)
    nodes, weights = quadrature_row(lambda vector: matrix @ vector, start, 10)
    assert nodes == pytest.approx(values, abs=1e-12)
    shares = (np.linalg.eigh(matrix)[1].T @ start) ** 2
    assert weights == pytest.approx(shares / shares.sum(), abs=1e-12)


def test_the_cumulative_distribution_is_that_of_the_eigenvalues():
    found, gaps = quadrature(30, 40), np.array([-3.0, -0.5, 0.4, 4.0, 8.2])
    rows = np.array([[(w * (n <= gap)).sum() for gap in gaps] for n, w in zip(found.nodes, found.weights)])
    wanted = np.array([(SPECTRUM <= gap).mean() for gap in gaps])
    errors = rows.std(0, ddof=1) / np.sqrt(30)
    assert (abs(rows.mean(0) - wanted) < 3.5 * errors).all() and (errors < 0.02).all()


def test_the_smoothed_density_is_that_of_the_dense_spectrum():
    found, width = quadrature(30, 60), 0.4
    at = np.linspace(-7, 14, 85)
    wanted = np.exp(-(((at[:, None] - SPECTRUM) / width) ** 2) / 2).mean(1) / (width * np.sqrt(2 * np.pi))
    density, errors = found.smoothed(at, width)
    assert (abs(density - wanted) < 4 * errors + 1e-6).all()
    assert abs(density - wanted).max() < 0.06 * wanted.max()
    fine = np.linspace(-9, 16, 2001)
    assert found.smoothed(fine, width)[0].sum() * (fine[1] - fine[0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_shares_above_within_and_below_are_within_their_errors(seed):
    found = quadrature(12, 40, seed=seed)
    tolerance = max(found.resolution, 0.05)
    assert tolerance < 0.9
    shares, errors = found.shares(tolerance)
    wanted = [(SPECTRUM > tolerance).mean(), (abs(SPECTRUM) <= tolerance).mean(), (SPECTRUM < -tolerance).mean()]
    assert (abs(shares - wanted) < 4 * errors).all()
    assert shares.sum() == pytest.approx(1, abs=1e-14) and (errors < 0.03).all()


def test_an_eigenvalue_on_the_tolerance_is_within_it():
    found = Quadrature(np.array([[-0.5, 0.5, 2.0]]), np.array([[0.25, 0.25, 0.5]]))
    assert found.shares(0.5)[0] == pytest.approx([0.5, 0.5, 0])
    assert found.shares(0.49)[0] == pytest.approx([0.75, 0, 0.25])


@pytest.mark.parametrize("values", [[2.5], [0.0], [-1.0, 3.0], [-2.0, 0.0, 0.5, 4.0]], ids=str)
def test_a_spectrum_of_few_values_ends_the_search_early_and_is_exact(values):
    spectrum = np.repeat(values, 60 // len(values))
    operator, start = Products(symmetric(spectrum)), drawing(60)(1)
    nodes, weights = quadrature_row(operator, start, 25)
    assert nodes.shape == weights.shape == (25,) and operator.num == len(values)
    assert nodes[: len(values)] == pytest.approx(values, abs=1e-12) and (weights[len(values) :] == 0).all()
    assert (nodes[len(values) :] == nodes[len(values) - 1]).all() and weights.sum() == pytest.approx(1, abs=1e-14)
    basis = np.linalg.eigh(operator.matrix)[1]
    share = [((basis[:, abs(spectrum - value) < 1e-9].T @ start) ** 2).sum() / (start @ start) for value in values]
    assert weights[: len(values)] == pytest.approx(share, abs=1e-12)


def test_the_resolution_is_half_the_distance_of_nodes_around_zero():
    weights = np.full((2, 4), 0.25)
    found = Quadrature(np.array([[-3.0, -0.4, 0.8, 5.0], [-4.0, -1.0, 0.1, 0.5]]), weights)
    assert found.resolution == pytest.approx(max((2.6 + 1.2) / 4, (1.1 + 0.4) / 4))


def test_nodes_that_fill_up_a_row_do_not_count_for_the_resolution():
    found = Quadrature(np.array([[0.5, 2.5, 2.5, 2.5]]), np.array([[0.4, 0.6, 0, 0]]))
    assert found.resolution == pytest.approx(1.0)
    assert Quadrature(np.full((1, 3), 2.5), np.array([[1.0, 0, 0]])).resolution == 0


def test_one_probe_tells_nothing_of_its_error():
    found = quadrature(1, 10)
    assert found.num_probes == 1 and np.isnan(found.shares(0.1)[1]).all()
    assert np.isnan(found.smoothed(np.zeros(3), 0.1)[1]).all()


def test_errors_fall_with_the_root_of_the_number_of_probes():
    few, many = quadrature(10, 20).shares(0.5)[1], quadrature(160, 20, seed=1).shares(0.5)[1]
    assert few / many == pytest.approx(np.full(3, 4.0), rel=0.6)  # 10 probes know their scatter to 25 %
