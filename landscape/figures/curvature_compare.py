"""Hessians beside each other, in the order given: as Plotly figures, and as a table."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_plots import BLUE, ORANGE, dress, shortened, trace_of
from landscape.figures.curvature_tables import Table
from landscape.figures.curvature_words import NOT_MEASURED, loss_name, number, share, with_error
from landscape.figures.symmetric_log import SymmetricLog, decade_ticks

MOST_NAMED = 12
SMALLEST_SHARE = 1e-4  # of the largest eigenvalue: below, the axis of extremes is linear
HEAD = (
    "network",
    "verdict",
    "gradient's length (by chance)",
    "loss",
    "largest eigenvalue",
    "smallest",
    "minimum ratio",
    "tolerance",
    "trace",
    "condition number",
    "samples",
    "parameters",
)


def comparison(records: Mapping[str, CurvatureRecord]) -> Table:
    """Return a table, a record a row."""
    return Table(HEAD, tuple((name, *_row(record)) for name, record in records.items()), texts=(0, 1))


def comparison_figures(records: Mapping[str, CurvatureRecord]) -> dict[str, go.Figure]:
    """Return the figures that two records or more have numbers for, by name."""
    found = {}
    if sum(has_ratio(record) for record in records.values()) > 1:
        found["minimum ratio"] = minimum_ratio_figure(records)
    if sum(has_eigenvalues(record) for record in records.values()) > 1:
        found["extremes"] = extremes_figure(records)
    return found


def comparison_words(records: Mapping[str, CurvatureRecord]) -> list[str]:
    """Say what keeps records from being compared, and what is missing from their figures."""
    said = []
    for name, found in (("samples", "num_samples"), ("parameters", "num_parameters")):
        if len({record.findings[found] for record in records.values() if found in record.findings}) > 1:
            said.append(f"Their numbers of {name} differ.")
    tolerances = [record.findings["shares"]["tolerance"] for record in records.values() if has_ratio(record)]
    if len(set(tolerances)) > 1:
        ends = f"{min(tolerances):.2g} to {max(tolerances):.2g}"
        said.append(f"What counts as zero differs ({ends}), so that minimum ratios are not of quite the same thing.")
    for what, has in (("the minimum ratio", has_ratio), ("largest and smallest eigenvalue", has_eigenvalues)):
        if missing := [name for name, record in records.items() if not has(record)]:
            said.append(f"Without {what}, since not measured: {', '.join(missing)}.")
    return said


def minimum_ratio_figure(records: Mapping[str, CurvatureRecord]) -> go.Figure:
    """Draw the share of eigenvalues above zero against the training loss, a point a record, joined in their order.

    Records without either are left out.
    """
    shown = {name: record for name, record in records.items() if has_ratio(record)}
    losses = np.array([record.findings["loss"] for record in shown.values()], np.float64)
    shares = [record.findings["shares"] for record in shown.values()]
    errors = np.array([found["errors"][0] for found in shares], np.float64)  # None becomes nan
    ratios = np.array([found["above"] for found in shares], np.float64)
    figure = go.Figure()
    figure.add_scatter(
        x=losses,
        y=ratios,
        mode="lines+markers+text",
        text=_some_names(list(shown)),
        textposition=_beside(losses),
        line={"color": BLUE, "width": 1.5},
        marker={"size": 8},
        error_y={"type": "data", "array": errors, "color": BLUE, "thickness": 1.5},
        customdata=[
            f"{shortened(name)}: {share(found['above'], found['errors'][0])}" for name, found in zip(shown, shares)
        ],
        hovertemplate="%{customdata} at a loss of %{x:.4g}<extra></extra>",
        cliponaxis=False,
        textfont={"size": 11},
        showlegend=False,
    )
    name = loss_name(next(iter(shown.values())))
    dress(figure, f"Minimum ratio against {name}", _samples(shown), name, "share above the tolerance")
    if len(losses) and losses.min() > 0 and losses.max() > 10 * losses.min():
        figure.update_xaxes(type="log", **decade_ticks(losses.min() / 3, losses.max() * 3))
    return figure


def extremes_figure(records: Mapping[str, CurvatureRecord]) -> go.Figure:
    """Draw each record's largest and smallest eigenvalue in their order; hollow where one has not converged."""
    measured = [(place, record.arrays) for place, record in enumerate(records.values(), 1) if has_eigenvalues(record)]
    orders = [place for place, _ in measured]
    ends = np.array([arrays["eigenvalue"][[0, -1]] for _, arrays in measured]).reshape(-1, 2)
    converged = np.array([arrays["eigenvalue_converged"][[0, -1]] for _, arrays in measured]).reshape(-1, 2) > 0
    axis = SymmetricLog(float(np.clip(np.abs(ends).min(), SMALLEST_SHARE * np.abs(ends).max(), None)) or 1.0)
    figure = go.Figure()
    for column, (name, colour, dash) in enumerate((("largest", BLUE, "solid"), ("smallest", ORANGE, "dash"))):
        figure.add_scatter(
            x=orders,
            y=axis.place(ends[:, column]),
            mode="lines+markers",
            name=name,
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 9, "symbol": ["circle" if found else "circle-open" for found in converged[:, column]]},
            customdata=ends[:, column],
            hovertemplate="%{customdata:.5g}<extra></extra>",
        )
    dress(figure, "Largest and smallest eigenvalue", _samples(records), "", "eigenvalue")
    names, places = _some_names(list(records)), np.arange(1, len(records) + 1)
    kept = [place for place in places if names[place - 1]]
    figure.update_xaxes(
        tickvals=[int(place) for place in kept], ticktext=[names[place - 1] for place in kept], tickangle=-30
    )
    figure.update_xaxes(range=[0.7, len(records) + 0.3], automargin=True)
    figure.update_yaxes(**axis.ticks(min(0.0, float(ends.min())), max(0.0, float(ends.max()))), zeroline=True)
    return figure


def has_ratio(record: CurvatureRecord) -> bool:
    return bool(record.findings.get("shares")) and record.findings.get("loss") is not None


def has_eigenvalues(record: CurvatureRecord) -> bool:
    return len(record.arrays.get("eigenvalue", ())) > 0


def _row(record: CurvatureRecord) -> list[str]:
    found, arrays = record.findings, record.arrays
    shares, values = found.get("shares"), arrays.get("eigenvalue", ())
    unsure = ["" if sure else ", not converged" for sure in arrays.get("eigenvalue_converged", ())]
    is_positive = (found.get("hessian") or {}).get("kind") == "positive"
    trace = trace_of(record) if "trace_exact" in arrays else None
    return [
        found.get("verdict") or NOT_MEASURED,
        _gradient(found),
        number(found.get("loss")),
        number(values[0]) + unsure[0] if len(values) else NOT_MEASURED,
        number(values[-1]) + unsure[-1] if len(values) else NOT_MEASURED,
        share(shares["above"], shares["errors"][0]) if shares else NOT_MEASURED,
        number(shares["tolerance"]) if shares else NOT_MEASURED,
        with_error(trace.total, trace.standard_error) if trace else NOT_MEASURED,
        number(found.get("condition_number")) if is_positive else "–" if "hessian" in found else NOT_MEASURED,
        f"{found['num_samples']:,}" if "num_samples" in found else NOT_MEASURED,
        f"{found['num_parameters']:,}" if "num_parameters" in found else NOT_MEASURED,
    ]


def _gradient(found: Mapping) -> str:
    """Return the gradient's length, and in brackets what chance alone would bring; the latter is no error of the former."""
    length, error = found.get("gradient_norm"), found.get("gradient_error")
    return NOT_MEASURED if length is None else f"{length:.3g} ({'?' if error is None else f'{error:.2g}'})"


def _some_names(names: Sequence[str]) -> list[str]:
    """Return short names, and none for most of those that are too many to stand beside each other."""
    stride = -(-len(names) // MOST_NAMED)
    return [shortened(name) if (len(names) - 1 - place) % stride == 0 else "" for place, name in enumerate(names)]


def _beside(losses: np.ndarray) -> list[str]:
    """Return where names stand, so that those at the sides stay within the figure."""
    order = np.argsort(np.argsort(losses)) / max(len(losses) - 1, 1)
    return ["top right" if place < 0.3 else "top left" if place > 0.7 else "top center" for place in order]


def _samples(records: Mapping[str, CurvatureRecord]) -> str:
    """Say on how many samples several records were measured."""
    counts = sorted({record.findings["num_samples"] for record in records.values() if "num_samples" in record.findings})
    if not counts:
        return "number of samples not known"
    return f"{counts[0]:,} samples each" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,} samples"
