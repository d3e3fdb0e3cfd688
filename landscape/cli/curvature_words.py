"""What `landscape curvature` says: its plan with an estimate of time, and its findings."""

import time

import numpy as np

from landscape.cli.progress import duration
from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_words import UNSOLVED
from landscape.origin import Origin


def plan_lines(origin: Origin, settings, objective, done: CurvatureRecord) -> list[str]:
    """Measure one gradient and two products, and return lines on what will be done and how long it takes.

    Args:
        done: What an earlier run left.
    """
    began = time.perf_counter()
    objective.gradient()
    gradient_s = time.perf_counter() - began
    vector = np.ones(objective.dim) / np.sqrt(objective.dim)
    objective.products(vector)  # the first lays out graphs that later ones use again
    began = time.perf_counter()
    objective.products(vector)
    product_s = time.perf_counter() - began
    record, analysis = origin.record, settings.analysis
    already = int(done.findings.get("num_products") or 0)
    least, most = (max(0, count - already) for count in analysis.num_products(objective.dim))
    data = next(iter(record["data"].values()))
    kind = "dense" if analysis.is_dense(objective.dim) else "by products"
    part = f", those named {', '.join(settings.parameters)}" if settings.parameters else ""
    decay = f", with weight decay {settings.weight_decay:g}" if settings.weight_decay else ""
    lengths = [duration(count * product_s) for count in (least, most)]
    return [
        f"model: {record['model']}, {record['checkpoint']}",
        f"data: {data}, {settings.splits[0]}",
        f"Hessian of {record['loss']}{decay}: {objective.dim} parameters{part}, {kind}, {settings.precision}, "
        f"norms with stored statistics",
        f"a gradient takes {gradient_s:.3g} s, a product {product_s:.3g} s; {least} to {most} products: "
        f"about {' to '.join(dict.fromkeys(lengths))}",
    ]


def result_lines(record: CurvatureRecord) -> list[str]:
    """Return lines on what was found."""
    found, arrays = record.findings, record.arrays
    error = found["gradient_error"]
    known = "" if error is None else f", standard error {error:.3g}"
    lines = [
        f"loss {found['loss']:.6g}, gradient {found['gradient_norm']:.4g}{known}, over {found['num_samples']} samples",
        f"Hessian: {found['hessian']['kind']}; {found['hessian']['evidence']}",
        f"gradient: {found['critical']['kind']}; {found['critical']['evidence']}",
        f"this is {found['verdict']}",
    ]
    rows = zip(arrays["eigenvalue"], arrays["eigenvalue_residual"], arrays["eigenvalue_converged"])
    words = [
        f"{value:.5g}" + ("" if converged else f" (not converged, residual {residual:.1g})")
        for value, residual, converged in rows
    ]
    num = found["num_largest"]
    lines.append(f"largest eigenvalues: {', '.join(words[:num])}")
    lines.append(f"smallest eigenvalues: {', '.join(words[num:]) or 'none beside those'}")
    if found.get("condition_number"):
        lines.append(f"condition number {found['condition_number']:.4g}: stiffness slows too, and is not a saddle")
    if "trace" in found:
        error = found["trace_error"]
        sure = " (exact)" if error == 0 else " +- ?" if error is None else f" +- {error:.2g}"
        lines.append(f"trace {found['trace']:.5g}{sure}")
    if shares := found.get("shares"):
        how = "exact" if shares["exact"] else "from the density"
        lines.append(
            f"shares of eigenvalues above, within and below {shares['tolerance']:.2g}: "
            f"{shares['above']:.2%}, {shares['within']:.2%}, {shares['below']:.2%} ({how})"
        )
    if newton := found.get("newton"):
        lines.append(
            f"Newton decrement {newton['value']:.4g}: a quadratic model falls by {newton['value'] ** 2 / 2:.4g} more"
            + (
                f", or further (not converged, residual {newton['residual']:.1g})"
                if newton["residual"] > UNSOLVED
                else ""
            )
        )
    if "escape_loss" in arrays:
        lines.append(_escape_line(found["loss"], arrays["escape_length"], arrays["escape_loss"]))
    return lines


def _escape_line(here: float, lengths: np.ndarray, losses: np.ndarray) -> str:
    if not np.isfinite(losses).any() or not np.nanmin(losses) < here:
        return f"along the most negative eigenvector the loss does not fall below {here:.6g}"
    lowest = int(np.nanargmin(losses))
    return (
        f"along the most negative eigenvector the loss falls from {here:.6g} to {losses[lowest]:.6g} "
        f"(by {here - losses[lowest]:.3g}), {abs(lengths[lowest]):.3g} away"
    )
