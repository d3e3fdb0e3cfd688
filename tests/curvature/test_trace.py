"""Traces by probes: exact where they can be, unbiased where not, and as sure as they say."""

import numpy as np
import pytest
from matrices import Products, symmetric

from landscape.curvature.trace import Deflation, TraceEstimate, deflated_part, probe_of_rest, sketched

NUM = 40
SPECTRUM = np.r_[30.0, 12, 7, 3, np.linspace(-1.5, 1, NUM - 4)]
MATRIX = symmetric(SPECTRUM, 2)
# Layers of unequal size, the second of two parts.
GROUPS = {"first": (slice(0, 7),), "second": (slice(7, 20), slice(33, 40)), "third": (slice(20, 33),)}
TRUE = np.array([sum(np.diag(MATRIX)[place].sum() for place in places) for places in GROUPS.values()])
NOTHING = Deflation(np.zeros((NUM, 0)), np.zeros((NUM, 0)))


def deflation(basis: np.ndarray) -> Deflation:
    return Deflation(basis, MATRIX @ basis)


def eigenvectors(num: int) -> np.ndarray:
    return np.linalg.eigh(MATRIX)[1][:, NUM - num :]


def orthonormal(num: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(9).standard_normal((NUM, num)))[0]


def estimate(known: Deflation, num: int, seed: int) -> TraceEstimate:
    random = np.random.default_rng(seed)
    signs = [np.where(random.standard_normal(NUM) < 0, -1.0, 1.0) for _ in range(num)]
    rows = [probe_of_rest(lambda vector: MATRIX @ vector, each, known, GROUPS) for each in signs]
    return TraceEstimate(deflated_part(known, GROUPS), np.array(rows).reshape(-1, len(GROUPS)))


DEFLATIONS = {"nothing": NOTHING, "eigenvectors": deflation(eigenvectors(4)), "any basis": deflation(orthonormal(6))}


def test_a_whole_basis_gives_the_trace_exactly():
    found = estimate(deflation(orthonormal(NUM)), 3, seed=0)
    assert found.exact == pytest.approx(TRUE, abs=1e-12)
    assert abs(found.probes).max() < 1e-12
    assert found.total == pytest.approx(SPECTRUM.sum(), abs=1e-12)


@pytest.mark.parametrize("known", DEFLATIONS)
def test_what_is_exact_and_the_mean_over_all_probes_are_the_trace_of_each_group(known):
    """Over all signs, signs * (A signs) has the mean diag(A)."""
    basis = DEFLATIONS[known].basis
    outside = np.eye(NUM) - basis @ basis.T
    rest = np.diag(outside @ MATRIX @ outside)
    means = [sum(rest[place].sum() for place in places) for places in GROUPS.values()]
    assert deflated_part(DEFLATIONS[known], GROUPS) + means == pytest.approx(TRUE, abs=1e-12)


@pytest.mark.parametrize("known", DEFLATIONS)
def test_probes_are_unbiased_in_total_and_by_group(known):
    found = estimate(DEFLATIONS[known], 3000, seed=1)
    assert abs(found.total - TRUE.sum()) < 3 * found.standard_error
    assert (abs(found.by_group - TRUE) < 3.5 * found.standard_errors).all()
    assert found.standard_error < 0.02 * TRUE.sum()


def test_the_scatter_of_probes_is_that_of_its_formula():
    """Var = 2 (|A|_F^2 - sum A_ii^2) for signs, of what is left outside the basis."""
    for known in DEFLATIONS.values():
        outside = np.eye(NUM) - known.basis @ known.basis.T
        rest = outside @ MATRIX @ outside
        variance = 2 * ((rest**2).sum() - (np.diag(rest) ** 2).sum())
        found = estimate(known, 3000, seed=2).probes.sum(1).var(ddof=1)
        assert found == pytest.approx(variance, rel=0.12)  # 3 standard errors of a variance of 3,000


def test_deflation_by_the_largest_eigenvectors_reduces_the_error():
    plain, deflated = (estimate(DEFLATIONS[name], 300, seed=3) for name in ("nothing", "eigenvectors"))
    assert deflated.standard_error < 0.3 * plain.standard_error
    assert (deflated.standard_errors < plain.standard_errors).all()


@pytest.mark.parametrize("known", DEFLATIONS)
def test_nineteen_of_twenty_estimates_lie_within_two_standard_errors(known):
    """About: by Student's t of 20 probes it were 93.5 %, less where probes are skewed, as those of a few large eigenvalues are."""
    found = [estimate(DEFLATIONS[known], 20, seed=seed) for seed in range(400)]
    within = np.mean([abs(each.total - TRUE.sum()) < 1.96 * each.standard_error for each in found])
    by_group = np.mean([abs(each.by_group - TRUE) < 1.96 * each.standard_errors for each in found], axis=0)
    for share in (within, *by_group):
        assert 0.87 < share < 0.97  # 400 repetitions know a share of 93 % to 1.3 %


def test_the_standard_error_is_that_of_the_mean():
    found = estimate(NOTHING, 7, seed=5)
    totals = found.probes.sum(1)
    assert found.total == pytest.approx(totals.mean()) == pytest.approx(found.by_group.sum())
    assert found.standard_error == pytest.approx(np.sqrt(((totals - totals.mean()) ** 2).sum() / 6 / 7))


def test_one_probe_tells_nothing_of_its_error_and_none_is_exact():
    assert np.isnan(estimate(NOTHING, 1, seed=0).standard_error)
    assert np.isnan(estimate(NOTHING, 1, seed=0).standard_errors).all()
    none = estimate(deflation(orthonormal(NUM)), 0, seed=0)
    assert none.standard_error == 0 and (none.standard_errors == 0).all()
    assert none.total == pytest.approx(TRUE.sum()) and none.by_group == pytest.approx(TRUE)


def test_a_probe_takes_one_product():
    operator = Products(MATRIX)
    probe_of_rest(operator, np.ones(NUM), DEFLATIONS["any basis"], GROUPS)
    assert operator.num == 1


def test_a_sketch_is_orthonormal_and_knows_its_products():
    operator = Products(MATRIX)
    found = sketched(operator, np.random.default_rng(1).standard_normal((NUM, 6)))
    assert operator.num == 12
    assert np.allclose(found.basis.T @ found.basis, np.eye(6), atol=1e-13)
    assert np.allclose(found.products, MATRIX @ found.basis, atol=1e-12)


def test_a_sketch_as_large_as_the_rank_gives_the_trace_exactly():
    matrix = symmetric(np.r_[5.0, 3, -2, np.zeros(NUM - 3)])
    found = sketched(lambda vector: matrix @ vector, np.random.default_rng(1).standard_normal((NUM, 3)))
    assert deflated_part(found, {"all": (slice(0, NUM),)}) == pytest.approx([6.0], abs=1e-12)
    rest = probe_of_rest(lambda vector: matrix @ vector, np.ones(NUM), found, GROUPS)
    assert abs(rest).max() < 1e-12


def test_a_sketch_reduces_the_error():
    known = sketched(lambda vector: MATRIX @ vector, np.random.default_rng(1).standard_normal((NUM, 8)))
    assert estimate(known, 300, seed=6).standard_error < 0.4 * estimate(NOTHING, 300, seed=6).standard_error
