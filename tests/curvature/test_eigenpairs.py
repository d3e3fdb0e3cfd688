"""Extreme eigenpairs of matrices whose spectra are known, against numpy's dense and scipy's sparse solvers."""

import re

import numpy as np
import pytest
from matrices import Products, drawing, symmetric
from scipy.sparse.linalg import LinearOperator, eigsh

from landscape.curvature.dense import dense_eigenpairs, dense_hessian
from landscape.curvature.eigenpairs import Eigenpairs, extreme_eigenpairs

NUM = 160
RANDOM = np.random.default_rng(4)
SPECTRA = {
    "all negative": -np.linspace(0.5, 7, NUM),
    "all positive": np.geomspace(0.3, 9, NUM),
    "barely indefinite": np.r_[-0.01, np.linspace(0.02, 10, NUM - 1)],
    "barely indefinite, a bulk at zero": np.r_[-0.01, 1e-3 * abs(RANDOM.standard_normal(NUM - 6)), 10, 8, 6, 3, 2],
    "a network's": np.r_[-0.03 * abs(RANDOM.standard_normal(80)) ** 3, np.exp(2 * RANDOM.standard_normal(80) - 5)],
    "clustered": np.r_[5 + 1e-3 * np.arange(4), np.linspace(-1, 1, NUM - 7), -3, -3.001, -3.0015],
    "9 and 3 copies": np.r_[np.full(9, 5.0), np.linspace(-1, 4, NUM - 12), np.full(3, -2.0)],
    "100, 50, 30, 20, 10": np.r_[100, 50, 30, 20, 10, np.linspace(-1, 1, NUM - 5)],
    "of rank one": np.r_[3.0, np.zeros(NUM - 1)],
    "one number": np.full(NUM, -2.0),
    "zero": np.zeros(NUM),
}
LARGEST, SMALLEST = 5, 3


def search(operator, dim: int, *, seed: int = 0, **options) -> Eigenpairs:
    options = {"num_largest": LARGEST, "num_smallest": SMALLEST, **options}
    return extreme_eigenpairs(operator, dim, draw=drawing(dim, seed), **options)


def ends(values: np.ndarray) -> np.ndarray:
    ascending = np.sort(values)
    return np.r_[ascending[::-1][:LARGEST], ascending[SMALLEST - 1 :: -1]]


def allowed(values: np.ndarray, scale: float, tolerance: float = 0.01) -> np.ndarray:
    return tolerance * np.maximum(abs(values), 0.01 * scale) + 1e-13 * scale


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SPECTRA)
def test_the_ends_of_the_spectrum_are_found_to_the_tolerance(name, seed):
    matrix = symmetric(SPECTRA[name], seed)
    found, wanted = search(Products(matrix), NUM, seed=seed), ends(SPECTRA[name])
    assert found.converged.all() and found.num_largest == LARGEST
    assert (abs(found.values - wanted) <= allowed(wanted, abs(wanted).max())).all()
    assert found.scale == pytest.approx(abs(wanted).max(), rel=0.01)


@pytest.mark.parametrize("name", SPECTRA)
def test_a_finer_tolerance_finds_ten_digits(name):
    matrix = symmetric(SPECTRA[name])
    found = search(Products(matrix), NUM, tolerance=1e-6, max_products=2000)
    wanted = np.linalg.eigvalsh(matrix)
    assert found.converged.all()
    assert (abs(found.values - ends(wanted)) <= 1e-10 * abs(wanted).max()).all()  # errors are squares of residuals


@pytest.mark.parametrize("name", ["all negative", "barely indefinite", "a network's", "100, 50, 30, 20, 10"])
def test_scipy_finds_the_same(name):
    matrix = symmetric(SPECTRA[name], 1)
    found = search(Products(matrix), NUM, tolerance=1e-6, max_products=2000)
    operator = LinearOperator(matrix.shape, matvec=lambda vector: matrix @ vector, dtype=float)
    start = drawing(NUM, 5)(0)
    largest = eigsh(operator, LARGEST, which="LA", v0=start, return_eigenvectors=False)
    smallest = eigsh(operator, SMALLEST, which="SA", v0=start, return_eigenvectors=False)
    wanted = np.r_[np.sort(largest)[::-1], np.sort(smallest)[::-1]]
    assert found.values == pytest.approx(wanted, rel=1e-9, abs=1e-10 * found.scale)


@pytest.mark.parametrize("copies", [1, 2, 9])
def test_each_copy_of_a_repeated_eigenvalue_is_found_once(copies):
    spectrum = np.r_[np.full(copies, 5.0), np.linspace(-1, 4, NUM - copies)]
    found = search(Products(symmetric(spectrum)), NUM, num_largest=copies + 1, num_smallest=1)
    assert (abs(found.values - 5) < 0.05).sum() == copies
    assert abs(found.values[copies] - 4) < 0.05


@pytest.mark.parametrize("name", SPECTRA)
def test_vectors_are_orthonormal_and_residuals_and_products_are_true(name):
    matrix = symmetric(SPECTRA[name])
    found = search(Products(matrix), NUM)
    assert np.allclose(found.vectors.T @ found.vectors, np.eye(LARGEST + SMALLEST), atol=1e-12)
    assert np.allclose(found.products, matrix @ found.vectors, atol=1e-13 * max(found.scale, 1))
    residuals = np.linalg.norm(matrix @ found.vectors - found.vectors * found.values, axis=0)
    assert np.allclose(found.residuals, residuals, atol=1e-12 * max(found.scale, 1))
    assert np.allclose(found.values, (found.vectors * (matrix @ found.vectors)).sum(0), atol=1e-12 * found.scale)


@pytest.mark.parametrize("name", ["all negative", "barely indefinite", "9 and 3 copies"])
def test_few_products_are_said_not_to_be_enough_and_each_residual_still_bounds_its_error(name):
    spectrum = SPECTRA[name]
    operator = Products(symmetric(spectrum))
    found = search(operator, NUM, max_products=12)
    assert not found.converged.all()
    assert (abs(found.values[:, None] - spectrum).min(1) <= found.residuals + 1e-12).all()
    assert (found.converged == (found.residuals <= allowed(found.values, found.scale) - 1e-13 * found.scale)).all()


def test_an_end_that_is_denser_than_the_tolerance_is_said_not_to_be_found():
    """Twenty eigenvalues below a thousandth of the largest: products alone do not tell them apart."""
    spectrum = np.geomspace(1e-3, 9, NUM)
    found = search(Products(symmetric(spectrum)), NUM)
    assert found.converged[:LARGEST].all() and not found.converged[LARGEST:].all()
    assert (abs(found.values[:, None] - spectrum).min(1) <= found.residuals + 1e-12).all()


def test_fewer_products_than_eigenvalues_give_as_many_as_there_are():
    found = search(Products(symmetric(SPECTRA["all positive"])), NUM, max_products=4)
    assert len(found.values) == found.num_largest == 4 and not found.converged.all()
    assert (np.diff(found.values) < 0).all()


def test_products_are_counted():
    for options in ({}, {"max_products": 50}, {"max_products": 4}, {"tolerance": 1e-6}):
        operator = Products(symmetric(SPECTRA["all negative"]))
        found = search(operator, NUM, **options)
        assert found.num_products == operator.num
        assert operator.num <= options.get("max_products", 300) + LARGEST + SMALLEST


def test_no_search_ends_unconverged_with_products_left():
    """The residuals that a search is judged by miss what going on from a new vector left behind; those measured do not."""
    for seed in range(30):
        spectrum = np.r_[5 + 1e-3 * np.arange(4), np.linspace(-1, 1, 393), -3, -3.001, -3.0015]
        spectrum = spectrum if seed % 2 else np.r_[100, 50, 30, 20, 10, np.linspace(-1, 1, 395)]
        found = search(_diagonal(spectrum), 400, seed=seed)
        assert found.converged.all() or found.num_products >= 300


def _diagonal(spectrum: np.ndarray):
    return lambda vector: spectrum * vector


def test_one_sign_of_the_whole_spectrum_is_not_missed_however_small_the_other_is():
    """One eigenvalue of -1e-3 of the largest, among 2,000 around zero that are smaller yet."""
    for seed in range(3):
        random = np.random.default_rng(seed)
        spectrum = np.r_[-0.01, 1e-3 * abs(random.standard_normal(1994)), 10, 8, 6, 3, 2]
        found = search(_diagonal(spectrum), 2000, seed=seed)
        assert found.converged.all() and found.values[-1] == pytest.approx(-0.01, abs=1e-3)


@pytest.mark.parametrize("name", ["all negative", "9 and 3 copies", "100, 50, 30, 20, 10"])
def test_a_search_that_was_stopped_goes_on_to_the_same_bits(name):
    matrix, states = symmetric(SPECTRA[name]), []
    never_stopped = search(Products(matrix), NUM, save=lambda state: states.append(_copied(state)))
    assert len(states) >= 2
    for place, state in enumerate(states):
        later = []
        resumed = search(Products(matrix), NUM, state=state, save=lambda state: later.append(_copied(state)))
        assert len(later) == len(states) - place - 1
        for field in ("values", "vectors", "products", "residuals", "converged", "num_products", "scale"):
            assert np.array_equal(getattr(resumed, field), getattr(never_stopped, field)), field
        assert all(
            np.array_equal(one[key], other[key]) for one, other in zip(later, states[place + 1 :]) for key in one
        )


def _copied(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    assert all(array.dtype == np.float64 for array in state.values())
    return {name: array.copy() for name, array in state.items()}


def test_a_search_that_ran_out_of_products_goes_on_with_more():
    matrix, states = symmetric(SPECTRA["all negative"]), []
    assert not search(Products(matrix), NUM, max_products=60, tolerance=1e-6, save=states.append).converged.all()
    operator = Products(matrix)
    found = search(operator, NUM, max_products=2000, tolerance=1e-6, state=states[-1])
    assert found.converged.all() and operator.num < found.num_products


@pytest.mark.parametrize("dim, largest, smallest", [(8, 5, 3), (1, 1, 0), (2, 1, 1), (11, 3, 1)])
def test_a_small_matrix_is_solved_whole(dim, largest, smallest):
    spectrum = np.linspace(-3, 5, dim) + 0.1
    matrix = symmetric(spectrum)
    found = search(Products(matrix), dim, num_largest=largest, num_smallest=smallest)
    wanted = np.r_[spectrum[::-1][:largest], spectrum[:smallest][::-1]]
    assert found.values == pytest.approx(wanted, abs=1e-12) and found.converged.all()


def test_more_eigenvalues_than_there_are_are_refused():
    sentence = "8 eigenvalues were asked for, of a Hessian that has 7"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        search(Products(np.eye(7)), 7)


def test_products_in_float32_converge_to_their_own_precision():
    matrix = symmetric(SPECTRA["9 and 3 copies"]).astype(np.float32)
    found = search(lambda vector: (matrix @ vector.astype(np.float32)).astype(np.float64), NUM, tolerance=1e-4)
    assert found.converged.all()
    assert (abs(found.values - ends(SPECTRA["9 and 3 copies"])) < 1e-4).all()


def test_progress_is_told_at_every_product():
    told = []
    search(Products(symmetric(SPECTRA["of rank one"])), NUM, progress=told.append)
    assert told[:2] == ["eigenvalues: 1 products", "eigenvalues: 2 products"]


def test_a_dense_hessian_is_made_of_its_columns_and_symmetric():
    matrix, told = symmetric(np.linspace(-1, 2, 70)), []
    skewed = matrix + 1e-9 * np.random.default_rng(0).standard_normal(matrix.shape)
    found = dense_hessian(lambda columns: skewed @ columns, 70, progress=told.append)
    assert np.array_equal(found, found.T) and np.allclose(found, (skewed + skewed.T) / 2, rtol=0, atol=1e-16)
    assert told == [f"dense Hessian: {stop} of 70 columns" for stop in (32, 64, 70)]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_products_that_are_not_finite_are_refused(wrong):
    sentence = (
        "a product with the Hessian is not finite: the loss overflows, or has no second derivative there; "
        "look at other weights"
    )
    matrix = symmetric(SPECTRA["clustered"])
    matrix[3, 5] = wrong
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        search(Products(matrix), NUM)
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        dense_hessian(lambda columns: matrix @ columns, NUM)


def test_a_hessian_too_large_to_hold_is_refused():
    sentence = "a dense Hessian of 20001 parameters is too large (at most 20000); choose fewer by --parameters, or leave --dense out"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        dense_hessian(lambda columns: columns, 20001)


@pytest.mark.parametrize("largest, smallest", [(5, 3), (200, 3), (NUM - 1, 3), (2, 0)])
def test_dense_eigenpairs_are_the_ends_of_the_whole_spectrum(largest, smallest):
    matrix = symmetric(SPECTRA["clustered"])
    spectrum, pairs = dense_eigenpairs(matrix, num_largest=largest, num_smallest=smallest, tolerance=0.01)
    ascending = np.sort(SPECTRA["clustered"])
    assert spectrum == pytest.approx(ascending, abs=1e-12)
    wanted = np.r_[ascending[::-1][:largest], ascending[: min(smallest, max(0, NUM - largest))][::-1]]
    assert pairs.values == pytest.approx(wanted, abs=1e-12) and pairs.num_largest == min(largest, NUM)
    assert pairs.converged.all() and (pairs.residuals < 1e-12).all()
    assert np.allclose(pairs.products, matrix @ pairs.vectors) and pairs.scale == pytest.approx(5.003)


def test_lanczos_and_the_dense_solver_agree():
    matrix = symmetric(SPECTRA["a network's"])
    found = search(Products(matrix), NUM, tolerance=1e-6, max_products=2000)
    pairs = dense_eigenpairs(matrix, num_largest=LARGEST, num_smallest=SMALLEST, tolerance=0.01)[1]
    assert found.values == pytest.approx(pairs.values, abs=1e-10 * pairs.scale)
    for ours, dense in zip(found.vectors.T, pairs.vectors.T):
        assert abs(ours @ dense) == pytest.approx(1, abs=1e-6)
