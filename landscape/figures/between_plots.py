"""Charts of lines between networks: one a quantity, all lines in it, train solid and test dashed."""

import numpy as np
import plotly.graph_objects as go

from landscape.figures.plots import CURVES, FONT
from landscape.surface import Surface

DASHES = {"train": "solid", "test": "dash"}
GREY = "#6b7280"
MOST_ABOVE = 6  # lines whose legend stands above the chart
CLOSE = 0.05  # of the chart's height
DECADES = 2.0  # of losses, above which a logarithmic axis tells more


def line_charts(surface: Surface) -> dict[str, go.Figure]:
    """Return a chart a quantity (loss, accuracy, what else the loss gives), by its title."""
    quantities: dict[str, list[str]] = {}
    for metric in surface.values:
        quantities.setdefault(metric.partition("_")[2], []).append(metric)
    return {_title(quantity, metrics): _chart(surface, quantity, metrics) for quantity, metrics in quantities.items()}


def _chart(surface: Surface, quantity: str, metrics: list[str]) -> go.Figure:
    figure = go.Figure()
    is_log = quantity != "accuracy" and _spans_decades([surface.values[metric] for metric in metrics])
    for number, line in enumerate(surface.origin.record["lines"]):
        name = plain(" – ".join(line["ends"]))
        for metric in metrics:
            split = metric.partition("_")[0]
            values = surface.values[metric][number]
            figure.add_scatter(
                x=surface.grid.x,
                y=np.where(np.isfinite(values), values, np.nan),
                mode="lines",
                name=name,
                legendgroup=str(number),
                showlegend=metric == metrics[0],
                connectgaps=False,
                line={"color": CURVES[number % len(CURVES)], "dash": DASHES.get(split, "dot"), "width": 2},
                hovertemplate=f"{name}, {plain(split)}: %{{x:.3g}}, %{{y:.4g}}<extra></extra>",
            )
    _mark_ends(figure, surface, metrics, is_log)
    few = len(surface.origin.record["lines"]) <= MOST_ABOVE
    share = {"tickformat": ".0%"} if quantity == "accuracy" else {}
    figure.update_layout(
        font=FONT,
        template="plotly_white",
        margin={"l": 64, "r": 16, "t": 12, "b": 48},
        xaxis={"title": {"text": "α: the first network at 0, the second at 1"}, "zeroline": False},
        yaxis={"title": {"text": "log scale" if is_log else ""}, "type": "log" if is_log else "linear", **share},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"} if few else {"tracegroupgap": 0},
        showlegend=True,
        hovermode="closest",
    )
    for at in (0, 1):
        figure.add_vline(x=at, line={"color": GREY, "width": 1, "dash": "dot"})
    return figure


def _title(quantity: str, metrics: list[str]) -> str:
    splits = [metric.partition("_")[0] for metric in metrics]
    return f"{quantity}: train solid, test dashed" if {"train", "test"} <= set(splits) else f"{splits[0]} {quantity}"


def _mark_ends(figure: go.Figure, surface: Surface, metrics: list[str], is_log: bool) -> None:
    """Put dots at the lines' ends, and the networks' letters beside them, together where the dots lie close."""
    values = np.concatenate([surface.values[metric].ravel() for metric in metrics])
    values = values[np.isfinite(values)]
    height = np.log10 if is_log else np.asarray
    close = CLOSE * np.ptp(height(values)) if len(values) else 0.0
    for end, at in enumerate((0.0, 1.0)):
        column = int(np.flatnonzero(surface.grid.x == at)[0])
        found = [
            (float(surface.values[metric][number, column]), line["ends"][end])
            for number, line in enumerate(surface.origin.record["lines"])
            for metric in metrics
        ]
        for letters, value in _clusters([each for each in found if np.isfinite(each[0])], height, close):
            figure.add_scatter(
                x=[at],
                y=[value],
                mode="markers+text",
                name="",
                text=[plain(letters)],
                textposition="middle left" if at == 0 else "middle right",
                marker={"color": FONT["color"], "size": 6},
                textfont={"color": FONT["color"], "size": 12},
                showlegend=False,
                hoverinfo="skip",
            )


def _clusters(found: list[tuple[float, str]], height, close: float) -> list[tuple[str, float]]:
    """Return (letters, value) of values that lie as close as their texts would; the value is the lowest."""
    clusters: list[tuple[set[str], float]] = []
    last = -np.inf
    for value, letter in sorted(found):
        if height(value) - last > close:
            clusters.append((set(), value))
        last = height(value)
        clusters[-1][0].add(letter)
    return [(", ".join(sorted(letters)), value) for letters, value in clusters]


def plain(name: str) -> str:
    """Return a name without what Plotly would read as a tag."""
    return name.replace("<", "‹")


def _spans_decades(arrays: list[np.ndarray]) -> bool:
    found = np.concatenate([array[np.isfinite(array)] for array in arrays])
    return len(found) > 0 and found.min() > 0 and bool(np.log10(found.max() / found.min()) > DECADES)
