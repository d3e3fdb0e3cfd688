"""Charts along a path: each metric at the checkpoints and at their nearest points in the plane, and distances off it."""

import numpy as np
import plotly.graph_objects as go

from landscape.figures.plots import CURVES, FONT
from landscape.surface import Surface

DECADES = 2.0  # of losses, above which a logarithmic axis tells more
MOST_DOTS = 40  # checkpoints that get a dot each
DASHES = {"metrics": "solid", "in_plane": "dot"}
WORDS = {"metrics": "checkpoint", "in_plane": "in the plane"}


def path_charts(surface: Surface) -> dict[str, go.Figure]:
    """Return, by title, a chart of each loss, and one of the distances from the plane."""
    losses = [metric for metric in surface.values if metric.endswith("loss")] or [next(iter(surface.values))]
    charts = {metric.replace("_", " ").capitalize(): _chart(surface, metric) for metric in losses}
    return charts | {"Distance off the plane": _distances(surface)}


def _chart(surface: Surface, metric: str) -> go.Figure:
    figure, seen = go.Figure(), []
    for number, way, points in _ways(surface):
        for which, dash in DASHES.items():
            values = np.array([point[which][metric] for point in points], float)
            seen.append(values)
            _add(figure, way, number, values, f"{_prefix(surface, way)}{WORDS[which]}", dash)
    flat = np.concatenate(seen)
    finite = flat[np.isfinite(flat)]
    is_log = len(finite) > 0 and finite.min() > 0 and np.log10(finite.max() / finite.min()) > DECADES
    return _dressed(figure, surface, {"type": "log", "title": {"text": "log scale"}} if is_log else {})


def _distances(surface: Surface) -> go.Figure:
    figure = go.Figure()
    for number, way, points in _ways(surface):
        for key, words, dash in (("off", "off the plane", "solid"), ("from_center", "from the origin", "dot")):
            values = np.array([point[key] for point in points])
            _add(figure, way, number, values, f"{_prefix(surface, way)}{words}", dash)
    return _dressed(figure, surface, {"rangemode": "tozero"})


def done_in(way: dict) -> tuple[str, list[float] | None]:
    """Return what a way is counted in, "epoch" or "step", and how many were done at each checkpoint, where that is known."""
    return ("step", way["steps"]) if way.get("steps") else ("epoch", way["epochs"])


def _ways(surface: Surface):
    record = surface.origin.record["path"]
    for number, way in enumerate(record["ways"]):
        yield number, way, record["points"][way["first"] : way["first"] + way["num"]]


def _prefix(surface: Surface, way: dict) -> str:
    return f"{way['name']}, " if len(surface.origin.record["path"]["ways"]) > 1 else ""


def _add(figure: go.Figure, way: dict, number: int, values: np.ndarray, name: str, dash: str) -> None:
    figure.add_scatter(
        x=done_in(way)[1] or list(range(1, len(values) + 1)),
        y=np.where(np.isfinite(values), values, np.nan),
        mode="lines+markers" if dash == "solid" and len(values) <= MOST_DOTS else "lines",
        name=name.replace("<", "‹"),
        connectgaps=False,
        line={"color": CURVES[number % len(CURVES)], "dash": dash, "width": 2},
        marker={"size": 5},
        hovertemplate="%{x:.4g}: %{y:.4g}<extra></extra>",
    )


def _dressed(figure: go.Figure, surface: Surface, axis: dict) -> go.Figure:
    counted = {unit if done else None for unit, done in map(done_in, surface.origin.record["path"]["ways"])}
    unit = counted.pop() if len(counted) == 1 else None
    figure.update_layout(
        font=FONT,
        template="plotly_white",
        margin={"l": 64, "r": 16, "t": 12, "b": 48},
        xaxis={"title": {"text": f"{unit}s done" if unit else "checkpoint"}, "zeroline": False},
        yaxis=axis,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        showlegend=True,
        hovermode="closest",
    )
    return figure
