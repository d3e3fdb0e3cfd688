"""Surfaces as Plotly figures: contour, 3-D and line. The one place where arrays [x, y] are turned for Plotly."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from contourpy import contour_generator

from landscape.figures.scale import Scale, label, scale_over
from landscape.surface import Surface, require_one_plane

COLOURS = "Viridis"
HOLE = "#b8b8b8"
CURVES = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
FONT = {"family": "system-ui, sans-serif", "size": 12, "color": "#1f2937"}
EYE = {"x": 1.36, "y": -1.52, "z": 1.28}
ASPECT = {"x": 1, "y": 1, "z": 0.62}


def default_metric(surface: Surface) -> str:
    """Return the metric to show first: the training loss, or else the first."""
    return "train_loss" if "train_loss" in surface.values else next(iter(surface.values))


def contour_figure(surface: Surface, metric: str | None = None, *, scale: str | Scale = "log") -> go.Figure:
    """Draw filled contours with isolines labelled in the metric's own units.

    Args:
        metric: A name in `surface.values`; the training loss if None.
        scale: "log", "linear", or a `Scale` shared with other figures.

    Raises:
        ValueError: The surface is a line or several planes, or has no such metric.
    """
    metric, scale = _chosen([surface], metric, scale)
    _require_plane(surface)
    x, y = surface.grid.x, surface.grid.y
    heights = scale.height(_plotly_rows(surface.values[metric]))
    low, high = scale.ends
    figure = go.Figure(
        go.Contour(
            x=x,
            y=y,
            z=heights,
            zmin=low,
            zmax=high,
            autocontour=False,
            contours={"coloring": "fill", "showlines": False, **_levels(scale)},
            colorscale=COLOURS,
            colorbar=_colour_bar(scale, metric),
            connectgaps=False,
            customdata=_hover_data(surface),
            hovertemplate=_hover_template(surface),
            name=metric,
        )
    )
    _add_isolines(figure, surface, scale, metric, heights)
    if x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1]:
        marker = {"symbol": "cross-thin", "size": 11, "line": {"width": 2, "color": "white"}}
        figure.add_scatter(
            x=[0], y=[0], mode="markers", marker=marker, hoverinfo="skip", showlegend=False, name="center"
        )
    figure.update_layout(
        font=FONT,
        margin={"l": 56, "r": 16, "t": 16, "b": 48},
        plot_bgcolor=HOLE,
        showlegend=False,
        xaxis={
            "title": {"text": "α"},
            "range": [x[0], x[-1]],
            "constrain": "domain",
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": "β"},
            "range": [y[0], y[-1]],
            "scaleanchor": "x",
            "scaleratio": float((x[-1] - x[0]) / (y[-1] - y[0])),
            "constrain": "domain",
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def surface_figure(surface: Surface, metric: str | None = None, *, scale: str | Scale = "log") -> go.Figure:
    """Draw the surface in three dimensions, its height on the same scale as its colour.

    Arguments and errors are those of `contour_figure`.
    """
    metric, scale = _chosen([surface], metric, scale)
    _require_plane(surface)
    low, high = scale.ends
    lines = {"show": True, "color": "rgba(20,20,40,.35)", "width": 1, **_levels(scale)}
    figure = go.Figure(
        go.Surface(
            x=surface.grid.x,
            y=surface.grid.y,
            z=scale.height(_plotly_rows(surface.values[metric])),
            cmin=low,
            cmax=high,
            colorscale=COLOURS,
            colorbar=_colour_bar(scale, metric),
            contours={"z": lines},
            lighting={"ambient": 0.72, "diffuse": 0.5, "specular": 0.06, "roughness": 0.9, "fresnel": 0.05},
            connectgaps=False,
            customdata=_hover_data(surface),
            hovertemplate=_hover_template(surface),
            name=metric,
        )
    )
    values, texts = _ticks(scale, metric)
    grid = {"gridcolor": "#e5e7eb", "showbackground": False, "zeroline": False}
    figure.update_layout(
        font=FONT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            "xaxis": {"title": {"text": "α"}, **grid},
            "yaxis": {"title": {"text": "β"}, **grid},
            "zaxis": {
                "title": {"text": _name(metric)},
                "tickvals": values,
                "ticktext": texts,
                "range": [low - 0.02 * (high - low), high + 0.02 * (high - low)],
                **grid,
            },
            "aspectmode": "manual",
            "aspectratio": ASPECT,
            "camera": {"eye": EYE, "center": {"x": 0, "y": 0, "z": -0.14}},
            "domain": {"x": [0.0, 0.94]},
            "dragmode": "turntable",
        },
    )
    return figure


def line_figure(
    surfaces: Sequence[Surface] | Surface,
    metric: str | None = None,
    *,
    scale: str | Scale = "log",
    names: Sequence[str] = (),
) -> go.Figure:
    """Draw one-dimensional surfaces as curves in one frame.

    Raises:
        ValueError: One of them is a plane or several lines, or lacks the metric.
    """
    surfaces = [surfaces] if isinstance(surfaces, Surface) else list(surfaces)
    metric, scale = _chosen(surfaces, metric, scale)
    figure = go.Figure()
    for place, surface in enumerate(surfaces):
        if surface.grid.y is not None:
            raise ValueError("a plane has no one curve; use contour_figure or surface_figure")
        figure.add_scatter(
            x=surface.grid.x,
            y=scale.height(surface.values[metric]),
            mode="lines",
            name=names[place] if place < len(names) else f"surface {place + 1}",
            line={"color": CURVES[place % len(CURVES)], "dash": DASHES[place % len(DASHES)], "width": 2.5},
            customdata=_hover_data(surface),
            hovertemplate=_hover_template(surface),
        )
    values, texts = _ticks(scale, metric)
    low, high = scale.ends
    margin = 0.03 * (high - low)
    figure.update_layout(
        font=FONT,
        margin={"l": 64, "r": 16, "t": 16, "b": 48},
        plot_bgcolor="white",
        showlegend=len(surfaces) > 1,
        xaxis={"title": {"text": "α"}, "gridcolor": "#e5e7eb", "zerolinecolor": "#9ca3af"},
        yaxis={
            "title": {"text": _name(metric)},
            "tickvals": values,
            "ticktext": texts,
            "range": [low - margin, high + margin],
            "gridcolor": "#e5e7eb",
        },
    )
    return figure


def _chosen(surfaces: list[Surface], metric: str | None, scale: str | Scale) -> tuple[str, Scale]:
    for surface in surfaces:
        require_one_plane(surface)
    metric = metric or default_metric(surfaces[0])
    return metric, scale if isinstance(scale, Scale) else scale_over(surfaces, metric, scale)


def _require_plane(surface: Surface) -> None:
    if surface.grid.y is None:
        raise ValueError("the surface is a line, of one direction; draw it with line_figure")


def _plotly_rows(array: np.ndarray) -> np.ndarray:
    """Turn [x, y] into Plotly's rows of constant y."""
    return np.swapaxes(array, 0, 1) if array.ndim > 1 else array


def _hover_data(surface: Surface) -> np.ndarray:
    """Return every metric as [y, x, metric]."""
    return np.stack([_plotly_rows(array) for array in surface.values.values()], -1)


def _hover_template(surface: Surface) -> str:
    rows = ["α = %{x:.4g}"] + (["β = %{y:.4g}"] if surface.grid.y is not None else [])
    for place, metric in enumerate(surface.values):
        form = ":.2%" if metric.endswith("accuracy") else ":.5g"
        rows.append(f"{_name(metric)} = %{{customdata[{place}]{form}}}")
    return "<br>".join(rows) + "<extra></extra>"


def _name(metric: str) -> str:
    return metric.replace("_", " ").replace("<", "‹")


def _ticks(scale: Scale, metric: str) -> tuple[list[float], list[str]]:
    values = scale.labelled()
    return [float(scale.height(value)) for value in values], [label(value, metric) for value in values]


def _levels(scale: Scale) -> dict[str, float]:
    """Return Plotly's start, end and size of the levels that `Scale.levels` gives."""
    levels = scale.levels()
    low, high = scale.ends
    ends = (levels[0], levels[-1]) if len(levels) else (low, high)
    return {"start": float(ends[0]), "end": float(ends[1]), "size": scale.step}


def _colour_bar(scale: Scale, metric: str) -> dict:
    values, texts = _ticks(scale, metric)
    title = {"text": _name(metric), "side": "right"}
    return {"title": title, "tickvals": values, "ticktext": texts, "thickness": 12, "outlinewidth": 0, "len": 0.86}


def _add_isolines(figure: go.Figure, surface: Surface, scale: Scale, metric: str, heights: np.ndarray) -> None:
    """Add thin lines at every level and labelled bold ones at the round values."""
    x, y = surface.grid.x, surface.grid.y
    lines = contour_generator(x, y, np.ma.masked_invalid(heights))
    labelled = {float(scale.height(value)): label(value, metric) for value in scale.labelled()}
    thin = [line for level in scale.levels() if not _near(level, labelled) for line in lines.lines(level)]
    bold = {level: lines.lines(level) for level in labelled}
    for name, paths, width, colour in (
        ("levels", thin, 0.7, "rgba(255,255,255,.45)"),
        ("labelled levels", [line for paths in bold.values() for line in paths], 1.7, "rgba(255,255,255,.95)"),
    ):
        joined = _joined(paths)
        figure.add_scatter(
            x=joined[:, 0],
            y=joined[:, 1],
            mode="lines",
            line={"width": width, "color": colour},
            hoverinfo="skip",
            showlegend=False,
            name=name,
        )
    for level, paths in bold.items():
        longest = max(paths, key=lambda path: _length(path, x, y), default=None)
        if longest is not None and _length(longest, x, y) > 0.2:
            figure.add_annotation(**_label_on(longest, labelled[level], x, y))


def _near(level: float, others) -> bool:
    return any(abs(level - other) < 1e-9 for other in others)


def _joined(paths: list[np.ndarray]) -> np.ndarray:
    """Return paths one after the other, a row of nan between them."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for path in paths for part in (path, gap)] or [gap])


def _length(path: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Return a path's length in sides of the frame."""
    return float(np.linalg.norm(np.diff(path, axis=0) / [x[-1] - x[0], y[-1] - y[0]], axis=1).sum())


def _label_on(path: np.ndarray, text: str, x: np.ndarray, y: np.ndarray) -> dict:
    """Return an annotation at the middle of a path, turned along it."""
    sides = [x[-1] - x[0], y[-1] - y[0]]
    relative = (path - [x[0], y[0]]) / sides
    inside = np.flatnonzero(((relative > 0.06) & (relative < 0.94)).all(1))
    place = int(inside[len(inside) // 2]) if len(inside) else len(path) // 2
    before, after = relative[max(place - 2, 0)], relative[min(place + 2, len(path) - 1)]
    angle = -np.degrees(np.arctan2(after[1] - before[1], after[0] - before[0]))
    angle = float((angle + 90) % 180 - 90)
    return {
        "x": float(path[place, 0]),
        "y": float(path[place, 1]),
        "text": text,
        "textangle": angle,
        "showarrow": False,
        "font": {"size": 11, "color": "white"},
        "bgcolor": "rgba(30,41,59,.55)",
        "borderpad": 1,
    }
