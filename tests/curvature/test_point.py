"""Two answers about a point: the signs of its Hessian, and whether its gradient is zero."""

import numpy as np
import pytest

from landscape.curvature.point import CLASSES, Criticality, HessianClass, criticality, hessian_class, verdict


def judged(
    largest, smallest, *, residuals=(1e-6, 1e-6), converged=True, scale=None, precision="float32"
) -> HessianClass:
    scale = max(abs(largest), abs(smallest)) if scale is None else scale
    return hessian_class(largest, smallest, residuals=residuals, converged=converged, scale=scale, precision=precision)


@pytest.mark.parametrize(
    "largest, smallest, kind",
    [
        (10, 0.5, "positive"),
        (-0.5, -10, "negative"),
        (10, -0.5, "indefinite"),
        (0.5, -10, "indefinite"),
        (10, -0.01, "indefinite"),
        (10, 0, "degenerate"),
        (10, 1e-7, "degenerate"),
        (10, -1e-7, "degenerate"),
        (0, -10, "degenerate"),
        (1e-7, -10, "degenerate"),
        (0, 0, "degenerate"),
    ],
)
def test_a_class_follows_the_signs_of_both_ends(largest, smallest, kind):
    assert judged(largest, smallest).kind == kind


@pytest.mark.parametrize("largest, smallest", [(10, 0.5), (-0.5, -10), (10, 0), (0, 0)])
def test_one_sign_alone_decides_nothing_before_convergence(largest, smallest):
    assert judged(largest, smallest, converged=False, residuals=(3.0, 3.0)).kind == "undecided"


def test_two_signs_decide_before_convergence():
    """Both are values that the quadratic form takes: no other eigenvalue can take that back."""
    assert judged(10, -0.5, converged=False, residuals=(3.0, 3.0)).kind == "indefinite"


def test_a_value_within_its_residual_of_zero_is_no_sign():
    assert judged(10, 0.05, residuals=(0.1, 0.06)).kind == "degenerate"
    assert judged(10, 0.07, residuals=(0.1, 0.06)).kind == "positive"
    assert judged(-0.05, -10, residuals=(0.06, 0.01)).kind == "degenerate"
    assert judged(-0.07, -10, residuals=(0.06, 0.01)).kind == "negative"


@pytest.mark.parametrize("precision, rounding", [("float32", 1e-6), ("float64", 1e-10)])
def test_rounding_is_no_sign(precision, rounding):
    """Of the largest magnitude, which need not be at one of the two ends that are judged."""
    for scale in (1.0, 1000.0):
        beyond, within = 2 * rounding * scale, 0.5 * rounding * scale
        options = {"residuals": (0.0, 0.0), "scale": scale, "precision": precision}
        assert judged(scale, -beyond, **options).kind == judged(beyond, -scale, **options).kind == "indefinite"
        assert judged(scale, -within, **options).kind == judged(within, -scale, **options).kind == "degenerate"
        assert judged(scale, beyond, **options).kind == "positive"
        assert judged(-beyond, -scale, **options).kind == "negative"


def test_what_counts_as_zero_is_the_residual_or_rounding():
    assert judged(10, 0.5, residuals=(0.2, 0.1)).tolerance == 0.1
    assert judged(10, 0.5, residuals=(0.2, 1e-9)).tolerance == pytest.approx(1e-5)


@pytest.mark.parametrize(
    "given, sentence",
    [
        (judged(10, 0.5), "the loss curves upward along all directions"),
        (judged(-0.5, -10), "the loss curves downward along all directions"),
        (judged(10, -0.5), "the loss curves upward along one and downward along the other"),
        (judged(10, 0), "an end of the spectrum is zero within 1e-05"),
    ],
)
def test_the_evidence_holds_the_figures(given, sentence):
    figures, _, words = given.evidence.rpartition(": ")
    assert words == sentence
    assert figures.startswith("largest eigenvalue ") and "(residual 1e-06), smallest " in figures


def test_the_evidence_of_an_undecided_hessian_says_why():
    assert judged(10, 0.5, converged=False, residuals=(0.3, 2.0)).evidence == (
        "largest eigenvalue 10 (residual 0.3), smallest 0.5 (residual 2), not converged: others may lie beyond them"
    )


def slope(norm, excess=3.0, *, error=0.5, scale=4.0, weights_norm=20.0, precision="float32") -> Criticality:
    return criticality(norm, error, excess, scale=scale, weights_norm=weights_norm, precision=precision)


@pytest.mark.parametrize(
    "norm, excess, kind",
    [
        (0.0, 0.5, "critical"),
        (0.0, np.nan, "critical"),
        (7.9e-5, 9.0, "critical"),
        (8.1e-5, 9.0, "not critical"),
        (0.5, -1.0, "critical within sampling error"),
        (0.5, 1.99, "critical within sampling error"),
        (0.5, 2.01, "not critical"),
        (0.5, np.nan, "not critical"),
    ],
)
def test_a_gradient_is_zero_to_rounding_within_chance_or_not(norm, excess, kind):
    """Rounding: 1e-6 of weights of length 20, times a curvature of 4."""
    assert slope(norm, excess).kind == kind


def test_float64_rounds_finer():
    assert slope(7.9e-9, precision="float64").kind == "critical"
    assert slope(8.1e-9, precision="float64").kind == "not critical"


def test_short_weights_count_as_of_length_one():
    assert slope(3.9e-6, weights_norm=1e-9).kind == "critical"
    assert slope(4.1e-6, weights_norm=1e-9).kind == "not critical"


def test_the_evidence_of_a_gradient_holds_the_figures():
    assert slope(1e-5).evidence == "the gradient's length 1e-05 is zero to rounding (8e-05)"
    assert slope(0.6, 3.25, error=0.25).evidence == (
        "the gradient's length is 0.6, where chance alone brings 0.25 with these samples; "
        "its square lies 3.2 standard deviations above that"
    )
    assert slope(0.6, np.nan).evidence == (
        "the gradient's length is 0.6, and the samples are too few to compare it with chance"
    )


@pytest.mark.parametrize(
    "kind, name",
    [
        ("positive", "a minimum"),
        ("negative", "a maximum"),
        ("indefinite", "a saddle"),
        ("degenerate", "a degenerate critical point: second derivatives do not decide"),
        ("undecided", "a critical point of undecided kind"),
    ],
)
def test_a_verdict_names_critical_points_only(kind, name):
    hessian = HessianClass(kind, 0.0, "")
    assert verdict(hessian, Criticality("critical", "")) == name
    assert verdict(hessian, Criticality("critical within sampling error", "")) == f"{name}, within sampling error"
    assert verdict(hessian, Criticality("not critical", "")) == (
        f"not a critical point; the Hessian there is {CLASSES[kind]}"
    )
