"""What kind of point weights are: two answers, kept apart - the Hessian's class, and whether the point is critical at all."""

from dataclasses import dataclass

import numpy as np

ROUNDING = {"float32": 1e-6, "float64": 1e-14}  # of the largest eigenvalue: products are no better than that
WITHIN_CHANCE = 2.0  # standard deviations that |gradient|^2 may lie above what chance brings
CLASSES = {
    "positive": "positive definite",
    "negative": "negative definite",
    "indefinite": "indefinite",
    "degenerate": "degenerate",
    "undecided": "undecided",
}


@dataclass(frozen=True, slots=True)
class HessianClass:
    """The answer to: which signs do the Hessian's eigenvalues have?

    Attributes:
        kind: A key of `CLASSES`.
        tolerance: What counts as zero: the smallest eigenvalue's residual, or rounding where that is larger.
        evidence: One sentence with the figures.
    """

    kind: str
    tolerance: float
    evidence: str


def hessian_class(
    largest: float, smallest: float, *, residuals: tuple[float, float], converged: bool, scale: float, precision: str
) -> HessianClass:
    """Judge by the ends of the spectrum.

    A Rayleigh quotient lies within the spectrum, so that one of each sign proves the Hessian indefinite, converged or not;
    that no other sign exists rests on convergence.

    Args:
        residuals: Of the largest and of the smallest.
    """
    rounding = ROUNDING[precision] * scale
    tolerance = max(residuals[1], rounding)
    words = f"largest eigenvalue {largest:.4g} (residual {residuals[0]:.1g}), smallest {smallest:.4g} (residual {residuals[1]:.1g})"
    if largest > rounding and smallest < -rounding:
        return HessianClass(
            "indefinite", tolerance, f"{words}: the loss curves upward along one and downward along the other"
        )
    if not converged:
        return HessianClass("undecided", tolerance, f"{words}, not converged: others may lie beyond them")
    if smallest > tolerance:
        return HessianClass("positive", tolerance, f"{words}: the loss curves upward along all directions")
    if largest < -max(residuals[0], rounding):
        return HessianClass("negative", tolerance, f"{words}: the loss curves downward along all directions")
    return HessianClass("degenerate", tolerance, f"{words}: an end of the spectrum is zero within {tolerance:.1g}")


@dataclass(frozen=True, slots=True)
class Criticality:
    """The answer to: is the gradient zero?

    Attributes:
        kind: "critical" (zero to rounding), "critical within sampling error", or "not critical".
        evidence: One sentence with the figures.
    """

    kind: str
    evidence: str


def criticality(
    norm: float, standard_error: float, excess: float, *, scale: float, weights_norm: float, precision: str
) -> Criticality:
    """Judge the gradient's length.

    To rounding means: no longer than what a relative error of 1e-5 (float32) or 1e-10 (float64) of the weights would make of
    the largest curvature.

    Args:
        standard_error, excess: As of `Gradient`; nan where they are not known.
        scale: The largest magnitude of an eigenvalue.
    """
    rounding = {"float32": 1e-5, "float64": 1e-10}[precision] * max(scale, 1e-30) * max(weights_norm, 1.0)
    if norm <= rounding:
        return Criticality("critical", f"the gradient's length {norm:.3g} is zero to rounding ({rounding:.1g})")
    if not np.isfinite(excess):
        return Criticality("not critical", f"the gradient's length is {norm:.3g}, and its samples do not scatter")
    words = (
        f"the gradient's length is {norm:.3g}, where chance alone brings {standard_error:.3g} with these samples; "
        f"its square lies {excess:.2g} standard deviations above that"
    )
    if excess <= WITHIN_CHANCE:
        return Criticality("critical within sampling error", words)
    return Criticality("not critical", words)


def verdict(hessian: HessianClass, critical: Criticality) -> str:
    """Return both answers as one name: minimum, maximum and saddle are kinds of critical points only."""
    named = {
        "positive": "a minimum",
        "negative": "a maximum",
        "indefinite": "a saddle",
        "degenerate": "a degenerate critical point: second derivatives do not decide",
        "undecided": "a critical point of undecided kind",
    }
    if critical.kind == "not critical":
        return f"not a critical point; the Hessian there is {CLASSES[hessian.kind]}"
    within = "" if critical.kind == "critical" else ", within sampling error"
    return f"{named[hessian.kind]}{within}"
