"""A Hessian as Plotly figures: how its eigenvalues are spread, its trace by layer, and the loss on leaving a saddle."""

import numpy as np
import plotly.graph_objects as go

from landscape.curvature.trace import TraceEstimate
from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_density import (
    Density,
    Histogram,
    SpectrumAxis,
    density_of,
    has_spread,
    histogram_of,
    spectrum_axis,
)
from landscape.figures.plots import CURVES, FONT
from landscape.figures.scale import label
from landscape.figures.symmetric_log import decade_ticks, signed

BLUE, ORANGE, RED = CURVES[4], CURVES[0], CURVES[5]
INK = FONT["color"]
PALE = "rgba(86,180,233,.4)"
BAND = "rgba(107,114,128,.22)"
MOST_LABELLED_LAYERS, LAYER_PIXELS, TALLEST = 46, 16, 800
LONGEST_NAME = 24
LEAST_COUNT = 0.5  # where bars of a logarithmic histogram begin: below one eigenvalue


def density_figure(record: CurvatureRecord, *, axis: str = "symmetric log") -> go.Figure:
    """Draw the density of the Hessian's eigenvalues, or a histogram where all are known, with those found as ticks.

    Args:
        axis: "linear"; or "symmetric log", on which a share is one of eigenvalues a decade.

    Raises:
        ValueError: The axis is unknown, or the density was not measured.
    """
    if not has_spread(record):
        raise ValueError("the record holds no density and no whole spectrum; analyse with one density probe or more")
    along = spectrum_axis(record, axis)
    figure = go.Figure()
    if "spectrum" in record.arrays:
        title, unit, floor = "All eigenvalues", "eigenvalues a bar", LEAST_COUNT
        top = _add_histogram(figure, histogram_of(record, along), along, floor)
    else:
        density = density_of(record, along)
        title, floor = "Density of the eigenvalues", density.floor
        unit = "share of eigenvalues per unit" if along.scale is None else "share of eigenvalues a decade"
        top = _add_density(figure, density, along)
    _add_found(figure, record, along, floor)
    dress(figure, f"{title}, {axis} axis", samples_of(record), "eigenvalue", unit)
    figure.update_yaxes(type="log", range=np.log10([floor, 2 * top]).tolist(), **decade_ticks(floor, 2 * top, 7))
    if along.scale is not None:
        figure.update_xaxes(**along.scale.ticks(along.low, along.high))
    if shares := record.findings.get("shares"):
        low, high = (float(along.place(sign * shares["tolerance"])) for sign in (-1, 1))
        figure.add_vrect(x0=low, x1=high, fillcolor=BAND, line_width=0, layer="below")
    return figure


def trace_figure(record: CurvatureRecord) -> go.Figure:
    """Draw each layer's part of the trace as a bar, with its standard error, in the order of the layers.

    Raises:
        ValueError: The trace was not measured.
    """
    if "trace_exact" not in record.arrays:
        raise ValueError("the record holds no trace; analyse with one trace probe or more")
    estimate, layers = trace_of(record), list(record.findings["layers"])
    figure = go.Figure()
    _add_bars(figure, estimate.by_group)
    _add_ends(figure, estimate, layers)
    dress(figure, "Trace by layer", samples_of(record), "trace", "")
    stride = -(-len(layers) // MOST_LABELLED_LAYERS)
    figure.update_yaxes(
        tickvals=list(range(0, len(layers), stride)),
        ticktext=[shortened(name) for name in layers[::stride]],
        range=[len(layers) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    figure.update_layout(height=min(120 + LAYER_PIXELS * len(layers), TALLEST), margin={"l": 8})
    return figure


def escape_figure(record: CurvatureRecord) -> go.Figure:
    """Draw the loss along the most negative eigenvector: measured, and as gradient and eigenvalue predict it.

    Raises:
        ValueError: The record holds no such curve.
    """
    if "escape_loss" not in record.arrays:
        raise ValueError("the record holds no escape curve: no eigenvalue is below zero, or it was not measured yet")
    lengths, losses, predicted = (record.arrays[f"escape_{name}"] for name in ("length", "loss", "predicted"))
    figure = go.Figure()
    marker = {"size": 5}
    figure.add_scatter(x=lengths, y=losses, mode="lines+markers", name="measured", line={"color": BLUE}, marker=marker)
    figure.add_scatter(
        x=lengths,
        y=predicted,
        mode="lines",
        name="loss + slope t + eigenvalue t²/2",
        line={"color": ORANGE, "dash": "dash"},
    )
    figure.update_traces(hovertemplate="t = %{x:.4g}: %{y:.5g}<extra></extra>")
    dress(
        figure,
        "Leaving along the most negative eigenvector",
        samples_of(record),
        "step t, in units of the weights",
        "loss",
    )
    finite = losses[np.isfinite(losses)]
    if len(finite) and finite.max() > finite.min():
        span = finite.max() - finite.min()
        figure.update_yaxes(range=[float(finite.min() - 0.35 * span), float(finite.max() + 0.12 * span)])
    return figure


def trace_of(record: CurvatureRecord) -> TraceEstimate:
    return TraceEstimate(record.arrays["trace_exact"], record.arrays["trace_rest"])


def plain(name: str) -> str:
    """Return a name as Plotly's text, which reads a few tags."""
    return name.replace("<", "‹")


def shortened(name: str) -> str:
    """Return a name's end, which tells layers and files apart, as Plotly's text."""
    return plain(name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :])


def samples_of(record: CurvatureRecord) -> str:
    """Say on how many samples a record was measured."""
    number = record.findings.get("num_samples")
    return "number of samples not known" if number is None else f"{number:,} samples"


def dress(figure: go.Figure, title: str, samples: str, x: str, y: str) -> None:
    """Give a figure its title with the number of samples, the names of its axes, and the house's look."""
    figure.update_layout(
        title={"text": f"{title} ({samples})", "font": {"size": 13}, "yref": "container", "y": 0.97, "yanchor": "top"},
        font=FONT,
        template="plotly_white",
        margin={"l": 64, "r": 16, "t": 72, "b": 48},
        xaxis={"title": {"text": x}, "exponentformat": "power"},
        yaxis={"title": {"text": y}, "exponentformat": "power"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )


SILENT = {"hoverinfo": "skip", "showlegend": False}


def _add_histogram(figure: go.Figure, found: Histogram, axis: SpectrumAxis, floor: float) -> float:
    """Add bars that begin at the floor, and a text for each; return the highest."""
    heights = np.maximum(np.stack([found.counts] * 2, 1).ravel(), floor)
    edges = np.repeat(found.edges, 2)
    figure.add_scatter(
        x=edges,
        y=np.concatenate([[floor], heights, [floor]]),
        mode="lines",
        fill="toself",
        fillcolor=PALE,
        line={"width": 1, "color": BLUE},
        **SILENT,
    )
    ends = axis.value(found.edges)
    shown = np.flatnonzero(found.counts)
    figure.add_scatter(
        x=((found.edges[:-1] + found.edges[1:]) / 2)[shown],
        y=found.counts[shown],
        mode="markers",
        marker={"opacity": 0, "color": BLUE},
        text=[f"{found.counts[k]} from {ends[k]:.3g} to {ends[k + 1]:.3g}" for k in shown],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    return float(found.counts.max())


def _add_density(figure: go.Figure, density: Density, axis: SpectrumAxis) -> float:
    """Add the curve in its band of one standard error; return its highest place."""
    x, low = density.places, density.floor / 10
    if np.isfinite(density.errors).all():
        edges = (density.heights - density.errors, density.heights + density.errors)
        for edge, fill, name in zip(edges, (None, "tonexty"), ("", "± one standard error")):
            figure.add_scatter(
                x=x,
                y=np.maximum(edge, low),
                mode="lines",
                fill=fill,
                fillcolor=PALE,
                line={"width": 0, "color": PALE},
                name=name,
                hoverinfo="skip",
                showlegend=bool(name),
            )
    figure.add_scatter(
        x=x,
        y=np.maximum(density.heights, low),
        mode="lines",
        name="density",
        line={"color": BLUE, "width": 2},
        customdata=axis.value(x),
        hovertemplate="%{customdata:.4g}: %{y:.3g}<extra></extra>",
    )
    return float(density.heights.max())


def _add_bars(figure: go.Figure, values: np.ndarray) -> None:
    """Add lying bars from 0 to each value, the n-th at height n."""
    none, gap = np.zeros_like(values), np.full_like(values, np.nan)
    corners = np.stack([none, values, values, none, gap], 1)
    heights = np.arange(len(values))[:, None] + np.array([-0.36, -0.36, 0.36, 0.36, np.nan])
    figure.add_scatter(
        x=corners.ravel(), y=heights.ravel(), mode="lines", fill="toself", fillcolor=BLUE, line={"width": 0}, **SILENT
    )


def _add_ends(figure: go.Figure, estimate: TraceEstimate, layers: list[str]) -> None:
    """Add the bars' ends with standard errors, which say their layer and number."""
    values, errors = estimate.by_group, estimate.standard_errors
    few = len(layers) <= MOST_LABELLED_LAYERS
    whiskers = {"type": "data", "array": errors, "color": INK, "thickness": 1.5, "width": 3 if few else 0}
    figure.add_scatter(
        x=values,
        y=np.arange(len(layers)),
        mode="markers",
        marker={"size": 4 if few else 2, "color": INK},
        error_x={**whiskers, "visible": len(estimate.probes) > 1},
        text=[f"{plain(name)}: {_with_error(*pair)}" for name, pair in zip(layers, zip(values, errors))],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _add_found(figure: go.Figure, record: CurvatureRecord, axis: SpectrumAxis, floor: float) -> None:
    """Add the eigenvalues found as ticks on the floor: those that have not converged in another colour and shape."""
    values = record.arrays.get("eigenvalue", np.zeros(0))
    converged = record.arrays.get("eigenvalue_converged", np.zeros(0)) > 0
    kinds = (("eigenvalues found", converged, "line-ns", RED), ("not converged", ~converged, "x-thin", ORANGE))
    for name, chosen, symbol, colour in kinds:
        if chosen.any():
            figure.add_scatter(
                x=axis.place(values[chosen]),
                y=np.full(int(chosen.sum()), 1.6 * floor),
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 9, "line": {"width": 2, "color": colour}, "color": colour},
                customdata=values[chosen],
                hovertemplate="%{customdata:.5g}<extra></extra>",
            )


def _with_error(value: float, error: float) -> str:
    return f"{signed(value)} ± {label(error)}" if np.isfinite(error) and error > 0 else signed(value)
