"""Hessians that are known in closed form, or to many digits, through the whole way from a model to a verdict."""

import numpy as np
import pytest
from known_functions import KNOWN, Known
from matrices import drawing
from objectives import hessian_by_torch

from landscape.curvature.dense import dense_eigenpairs, dense_hessian
from landscape.curvature.eigenpairs import Eigenpairs, extreme_eigenpairs
from landscape.curvature.objective import Objective
from landscape.curvature.point import CLASSES, criticality, hessian_class, verdict

NAMES = {
    "positive": "a minimum",
    "negative": "a maximum",
    "indefinite": "a saddle",
    "degenerate": "a degenerate critical point: second derivatives do not decide",
}
NOT_CRITICAL = {"softmax regression, balanced", "softmax regression, not balanced"}


def judged(objective: Objective, pairs: Eigenpairs) -> str:
    gradient = objective.gradient()
    hessian = hessian_class(
        pairs.values[0],
        pairs.values[-1],
        residuals=(pairs.residuals[0], pairs.residuals[-1]),
        converged=bool(pairs.converged[0] and pairs.converged[-1]),
        scale=pairs.scale,
        precision="float64",
    )
    critical = criticality(
        gradient.norm,
        gradient.standard_error,
        gradient.excess,
        scale=pairs.scale,
        weights_norm=float(np.linalg.norm(objective.weights)),
        precision="float64",
    )
    return verdict(hessian, critical)


def expected_verdict(name: str, known: Known) -> str:
    if name in NOT_CRITICAL:
        return f"not a critical point; the Hessian there is {CLASSES[known.kind]}"
    return NAMES[known.kind]


def close_to(known: Known) -> object:
    """To 1e-8 where a closed form is known, else to the digits of the table."""
    tolerance = 1e-8 if known.digits == 8 else 0.51 * 10.0**-known.digits
    return lambda values: pytest.approx(values, rel=1e-8 if known.digits == 8 else 0, abs=tolerance)


@pytest.mark.parametrize("name", KNOWN)
def test_a_dense_hessian_has_the_known_spectrum_and_verdict(name):
    known, approximately = KNOWN[name], close_to(KNOWN[name])
    objective = known.objective()
    matrix = dense_hessian(objective.products, objective.dim)
    spectrum, pairs = dense_eigenpairs(matrix, num_largest=1, num_smallest=objective.dim - 1, tolerance=0.01)
    assert spectrum == approximately(known.eigenvalues)
    assert objective.value() == pytest.approx(known.value, rel=1e-10, abs=1e-10)
    assert judged(objective, pairs) == expected_verdict(name, known)


@pytest.mark.parametrize("name", KNOWN)
def test_lanczos_finds_the_known_ends_and_the_same_verdict(name):
    known, approximately = KNOWN[name], close_to(KNOWN[name])
    objective = known.objective()
    pairs = extreme_eigenpairs(
        objective.products,
        objective.dim,
        num_largest=1,
        num_smallest=objective.dim - 1,
        draw=drawing(objective.dim),
        tolerance=1e-8,
    )
    assert pairs.converged.all()
    assert pairs.values[::-1] == approximately(known.eigenvalues)
    assert judged(objective, pairs) == expected_verdict(name, known)


@pytest.mark.parametrize("name", [name for name, known in KNOWN.items() if known.digits < 8])
def test_digits_beyond_the_tables_are_torchs(name):
    model, batches, _ = KNOWN[name].build()
    objective = KNOWN[name].objective()
    wanted = hessian_by_torch(model, (batches[0][0], None), lambda outputs, _: outputs.mean())
    assert np.allclose(dense_hessian(objective.products, 2), wanted, rtol=1e-11, atol=1e-11)


def test_critical_points_of_the_camel_count_to_one():
    """On the plane, where the function grows without end: minima - saddles + maxima = 1."""
    kinds = [known.kind for name, known in KNOWN.items() if name.startswith("camel")]
    found = kinds.count("positive"), kinds.count("indefinite"), kinds.count("negative")
    assert found == (6, 7, 2)


@pytest.mark.parametrize("name", ["softmax regression, balanced", "softmax regression, not balanced"])
def test_softmax_regression_has_its_known_trace(name):
    objective = KNOWN[name].objective()
    model, batches, _ = KNOWN[name].build()
    num_classes, inputs = len(model.weight), np.concatenate([batch[0].numpy() for batch in batches])
    wanted = (num_classes - 1) / num_classes * (inputs**2).sum() / len(inputs)
    assert np.trace(objective.products(np.eye(objective.dim))) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("step", [0.3, -1.7])
def test_a_regressions_hessian_is_the_same_everywhere(step):
    objective = KNOWN["linear regression"].objective()
    before = objective.products(np.eye(objective.dim))
    objective.move_to(np.full(objective.dim, step))
    assert np.allclose(objective.products(np.eye(objective.dim)), before, rtol=1e-13)
