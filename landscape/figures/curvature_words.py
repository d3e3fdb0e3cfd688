"""What was found out about a Hessian, in words and rows; what was not measured is said to be so."""

from collections.abc import Mapping

import numpy as np

from landscape.curvature.point import CLASSES
from landscape.curvature_record import CurvatureRecord
from landscape.figures.facts import plan_facts

NOT_MEASURED = "not measured"
STAGE_WORDS = {
    "gradient": "gradient",
    "eigenvalues": "eigenvalues",
    "trace": "trace",
    "density": "density",
    "shares": "shares of eigenvalues",
    "newton": "Newton decrement",
    "escape": "way out of a saddle",
}
UNSOLVED = 0.01  # a Newton step's residual above which it is said not to have converged


def number(value: float | None) -> str:
    """Return a number's text, or that it was not measured."""
    return NOT_MEASURED if value is None else f"{value:.4g}"


def with_error(value: float | None, error: float | None) -> str:
    """Return a number with its standard error; 0 is an exact number's, None or nan one that is not known: "?"."""
    if value is None:
        return NOT_MEASURED
    if error is None or not np.isfinite(error):
        return f"{value:.4g} ± ?"
    return " ± ".join(_rounded(value, error)) if error > 0 else f"{value:.4g}"


def share(value: float, error: float | None, *, out_of: int | None = None) -> str:
    """Return a share in per cent with its standard error.

    Args:
        out_of: Where the share is exact, of how many, to be given as a number too.
    """
    value = float(np.clip(value, 0.0, 1.0)) if abs(value) > 1e-12 else 0.0
    text = f"{100 * value:.4g}%"
    if 0 < 1 - value < 5e-5:
        text = "more than 99.99%"
    if out_of is not None:
        return f"{round(value * out_of):,} of {out_of:,} ({text})"
    if error is None or not np.isfinite(error):
        return f"{text} ± ?"
    return "% ± ".join(_rounded(100 * value, 100 * error)) + "%" if error > 1e-12 else text


def counted(num: int, noun: str) -> str:
    """Return a number of things: 1 probe, 20 probes."""
    return f"{num:,} {noun}" + "s" * (num != 1)


def loss_name(record: CurvatureRecord) -> str:
    """Return which loss it is whose Hessian was looked at."""
    splits = record.origin.identity.get("splits") or []
    decay = " with weight decay" if record.origin.identity.get("weight_decay") else ""
    return f"{splits[0]} loss{decay}" if splits else f"loss{decay}"


def answers(record: CurvatureRecord) -> list[tuple[str, str, str]]:
    """Return (question, answer, evidence): which signs the eigenvalues have, and whether the gradient is zero."""
    hessian, critical = record.findings.get("hessian"), record.findings.get("critical")
    return [
        (
            "The Hessian",
            CLASSES.get(hessian["kind"], hessian["kind"]) if hessian else NOT_MEASURED,
            hessian["evidence"] if hessian else "no eigenvalues were found yet",
        ),
        (
            "The gradient",
            critical["kind"] if critical else NOT_MEASURED,
            critical["evidence"] if critical else "it is judged beside the largest eigenvalue, which was not found yet",
        ),
    ]


def verdict(record: CurvatureRecord) -> str:
    """Return both answers as one name."""
    found = record.findings.get("verdict")
    return found[:1].upper() + found[1:] if found else "Not judged yet: the eigenvalues were not measured"


def point_rows(record: CurvatureRecord) -> list[tuple[str, str]]:
    """Return (what, value) rows: loss, gradient, how many samples and parameters, and what is missing."""
    found = record.findings
    effort = NOT_MEASURED
    if "num_products" in found:
        effort = f"{counted(found['num_products'], 'Hessian product')}, {found['seconds']:.3g} s"
    rows = [
        (loss_name(record), number(found.get("loss"))),
        ("gradient's length", number(found.get("gradient_norm"))),
        ("what chance brings", _error_words(found)),
        ("weights' length", number(found.get("weights_norm"))),
        ("samples", _count(found.get("num_samples"))),
        ("parameters", _count(found.get("num_parameters"))),
        ("effort", effort),
    ]
    if missing := missing_stages(record):
        rows.append((f"{NOT_MEASURED} yet", ", ".join(missing)))
    return rows


def missing_stages(record: CurvatureRecord) -> list[str]:
    """Return the stages that are not done, in words, and which are so in part."""
    begun = {"trace": "trace_rest", "density": "density_node"}
    return [
        words + " (done in part)" * (begun.get(stage) in record.arrays)
        for stage, words in STAGE_WORDS.items()
        if stage not in record.stages
    ]


def origin_rows(record: CurvatureRecord) -> list[tuple[str, str]]:
    """Return (what, value) rows: model, data, settings, machine."""
    identity, more = record.origin.identity, {**record.origin.circumstance, **record.origin.record}
    rows = plan_facts(record.origin)
    if "parameters" in identity:
        rows.append(("parameters", ", ".join(identity["parameters"]) or "all"))
    if identity.get("weight_decay"):
        rows.append(("weight decay", f"{identity['weight_decay']:g}, in loss, gradient and Hessian"))
    settings = {name: value for name, value in (identity.get("analysis") or {}).items() if value is not None}
    words = [f"{name.replace('_', ' ')} {value}" for name, value in settings.items() if name != "precision"]
    rows += [("analysis", ", ".join(words))] * bool(words)
    rows += [(name, str(more[name])) for name in ("device", "torch", "hosts", "ranks", "command") if more.get(name)]
    return rows + [("note", str(note)) for note in more.get("notes") or []]


def newton_words(record: CurvatureRecord) -> str:
    """Say how far below the minimum of the quadratic model lies, or why there is none."""
    found = record.findings
    if "newton" not in record.stages:
        return f"Newton decrement: {NOT_MEASURED}, the analysis has not come to it."
    if not found.get("newton"):
        if found["hessian"]["kind"] == "undecided":
            return f"Newton decrement: {NOT_MEASURED}, since it is undecided whether the Hessian is positive definite."
        kind = CLASSES.get(found["hessian"]["kind"], found["hessian"]["kind"])
        return f"Newton decrement: there is none, since the quadratic model has a minimum only where the Hessian is positive definite; here it is {kind}."
    value, residual = found["newton"]["value"], found["newton"]["residual"]
    words = f"Newton decrement {value:.4g}: the minimum of the quadratic model lies {value**2 / 2:.4g} below the loss {found['loss']:.4g}"
    if residual > UNSOLVED:
        return f"{words}, or lower: the step has not converged (residual {residual:.2g} of the gradient)."
    return f"{words}." if residual == 0 else f"{words} (residual {residual:.2g} of the gradient)."


def condition_words(record: CurvatureRecord) -> str:
    """Say the condition number, or why there is none, and that stiffness is another matter than a saddle."""
    apart = "Stiffness, a large ratio between curvatures, slows training too, and is not a saddle."
    hessian, ratio = record.findings.get("hessian"), record.findings.get("condition_number")
    if hessian is None:
        return f"Condition number: {NOT_MEASURED}. {apart}"
    if ratio is not None:
        return f"Condition number {ratio:.4g}, the largest eigenvalue over the smallest. {apart}"
    if hessian["kind"] == "undecided":
        return f"Condition number: not known, since it is undecided whether the Hessian is positive definite. {apart}"
    kind = CLASSES.get(hessian["kind"], hessian["kind"])
    return f"Condition number: there is none, since the Hessian is {kind}, not positive definite. {apart}"


def escape_words(record: CurvatureRecord) -> str:
    """Say how much the loss falls along the most negative eigenvector, or why nothing was measured there."""
    found, arrays = record.findings, record.arrays
    if "escape_loss" not in arrays:
        if "escape" in record.stages:
            return "There is no way out to measure: the smallest eigenvalue is not below zero beyond rounding."
        return f"The loss along the most negative eigenvector: {NOT_MEASURED}, the analysis has not come to it."
    losses, here = arrays["escape_loss"], found["loss"]
    slope = (
        f"Slope {found['escape']['slope']:.3g} and eigenvalue {found['escape']['eigenvalue']:.4g} make the dashed line."
    )
    if not np.isfinite(losses).any() or not np.nanmin(losses) < here:
        return f"Along it the loss does not fall below {here:.4g}. {slope}"
    lowest = int(np.nanargmin(losses))
    step, fall = arrays["escape_length"][lowest], here - losses[lowest]
    part = f", {fall / abs(here):.1%} of it" if here else ""
    far = f", {abs(step) / found['weights_norm']:.2%} of the weights' length" if found.get("weights_norm") else ""
    sure = "" if arrays["eigenvalue_converged"][-1] else " The eigenvector has not converged."
    return f"The loss falls from {here:.4g} to {losses[lowest]:.4g} (by {fall:.4g}{part}) after a step of {step:.3g}{far}. {slope}{sure}"


def _rounded(value: float, error: float) -> tuple[str, str]:
    """Return a number and its error to the error's second digit, unless that takes too many."""
    places = 1 - int(np.floor(np.log10(error)))
    if places > 6 or abs(value) >= 1e6:
        return f"{value:.4g}", f"{error:.2g}"
    return tuple(f"{round(number, places):.{max(places, 0)}f}" for number in (value, error))


def _count(value: int | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,}"


def _error_words(found: Mapping) -> str:
    if "gradient_norm" not in found:
        return NOT_MEASURED
    error = found.get("gradient_error")
    return "not known: it takes two chunks of samples or more" if error is None else number(error)
