"""Tables of a Hessian's eigenvalues and of their shares, and what stands below the figures."""

from dataclasses import dataclass

import numpy as np

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_density import AXES, density_of, has_spread, quadrature_of, spectrum_axis
from landscape.figures.curvature_plots import samples_of, trace_of
from landscape.figures.curvature_words import NOT_MEASURED, counted, number, share, with_error


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in rows, each as long as the head.

    Attributes:
        texts: Columns of words; the others hold numbers.
        flagged: Rows that a reader should notice.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: tuple[int, ...] = (0,)
    flagged: tuple[int, ...] = ()


def eigenvalue_table(record: CurvatureRecord) -> Table:
    """Return the eigenvalues found: the largest, then the smallest, with residuals and whether they have converged."""
    arrays, dim = record.arrays, record.findings.get("num_parameters", 0)
    columns = [arrays.get(f"eigenvalue{name}", np.zeros(0)) for name in ("", "_residual", "_converged")]
    num, num_largest = len(columns[0]), record.findings.get("num_largest", len(columns[0]))
    rows = []
    for place, (value, residual, converged) in enumerate(zip(*columns)):
        rank = place + 1 if place < num_largest else dim - num + place + 1
        end = "largest" if place < num_largest else "smallest"
        sure = "converged" if converged > 0 else "not converged"
        rows.append((f"{rank:,}", end, f"{value:.6g}", f"{residual:.2g}", sure))
    flagged = tuple(place for place, row in enumerate(rows) if row[-1] == "not converged")
    return Table(("rank", "end", "eigenvalue", "residual", "convergence"), tuple(rows), (1, 4), flagged)


def eigenvalue_words(record: CurvatureRecord) -> str:
    """Say what the table rests on."""
    found, arrays = record.findings, record.arrays
    if not len(arrays.get("eigenvalue", ())):
        return f"The eigenvalues: {NOT_MEASURED}, the analysis has not come to them."
    words = f"Measured on {samples_of(record)}. "
    if "spectrum" in arrays:
        return words + f"All {len(arrays['spectrum']):,} eigenvalues are known: the whole Hessian was computed."
    words += f"Of {found['num_parameters']:,} eigenvalues; one lies within the residual of each value."
    if not (arrays["eigenvalue_converged"] > 0).all():
        words += " Where it says not converged, the residual is too large, and others may lie between or beyond."
    return words


def share_table(record: CurvatureRecord) -> Table | None:
    """Return the shares of eigenvalues above, within and below the tolerance; None where they were not counted."""
    found = record.findings.get("shares")
    if not found:
        return None
    out_of = record.findings["num_parameters"] if found["exact"] else None
    tolerance = f"{found['tolerance']:.3g}"
    names = (f"above {tolerance} (minimum ratio)", f"within ±{tolerance}", f"below -{tolerance}")
    values = [
        share(found[key], error, out_of=out_of) for key, error in zip(("above", "within", "below"), found["errors"])
    ]
    return Table(("eigenvalues", "exactly" if found["exact"] else "share ± standard error"), tuple(zip(names, values)))


def density_words(record: CurvatureRecord) -> str:
    """Say what the figures of the density show, how they were made, and what they can't tell."""
    if not has_spread(record):
        return f"The density: {_absence(record, 'density')}."
    if "spectrum" in record.arrays:
        words = f"All {len(record.arrays['spectrum']):,} eigenvalues, in bars, on {samples_of(record)}."
        return f"{words} Ticks: those in the table; grey: what counts as zero."
    found = quadrature_of(record)
    widths = [density_of(record, spectrum_axis(record, axis)).width for axis in AXES]
    band = "band: one standard error over the probes" if found.num_probes > 1 else "no standard error from one probe"
    so_far = "" if "density" in record.stages else "; unfinished, these are the probes so far"
    return (
        f"Stochastic Lanczos quadrature on {samples_of(record)}: {counted(found.num_probes, 'probe')} of {found.nodes.shape[1]} steps{so_far}. "
        f"Gaussians of width {widths[0]:.2g}, and of {widths[1]:.2g} decades on the symmetric log axis; {band}. "
        f"Within ±{found.resolution:.2g} of zero it can't tell eigenvalues apart; errors are the spread over probes, the quadrature's own is not in them. "
        f"Ticks: eigenvalues found; grey: what counts as zero."
    )


def share_words(record: CurvatureRecord) -> str:
    """Say that shares were not counted, or nothing."""
    return (
        "" if record.findings.get("shares") else f"Shares above, within and below zero: {_absence(record, 'shares')}."
    )


def trace_words(record: CurvatureRecord) -> str:
    """Say the whole trace and what it rests on."""
    if "trace_exact" not in record.arrays:
        return f"The trace: {_absence(record, 'trace')}."
    estimate, dim = trace_of(record), record.findings["num_parameters"]
    words = f"Trace {with_error(estimate.total, estimate.standard_error)} in all, {number(estimate.total / dim)} a parameter, on {samples_of(record)}"
    if not len(estimate.probes):
        return f"{words}; exact, from the whole diagonal."
    so_far = "" if "trace" in record.stages else "; unfinished, these are the probes so far"
    num, found = len(estimate.probes), len(record.arrays["eigenvalue"])
    bars = "bars: one standard error" if num > 1 else "no standard error from one probe"
    return f"{words}; {counted(num, 'probe')} of what the {counted(found, 'eigenvector')} found leave; {bars}{so_far}."


def _absence(record: CurvatureRecord, stage: str) -> str:
    left_out = "it was left out" if stage in record.stages else "the analysis has not come to it"
    return f"{NOT_MEASURED}, {left_out}"
