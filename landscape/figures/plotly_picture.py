"""A three-dimensional figure as Plotly's own PNG, by kaleido and a Chromium that it starts."""

import re

import kaleido
import plotly.graph_objects as go

from landscape.figures.plots import surface_figure
from landscape.figures.print_layout import SMALL, PrintStyle
from landscape.figures.scale import Scale
from landscape.surface import Surface

CSS_PIXELS = 96  # an inch
DISTANCE = 2.7  # of the camera, in the box's sides: nearer, the axes' texts are cut off


def plotly_png(surface: Surface, metric: str, scale: Scale, style: PrintStyle, dpi: int = 300) -> bytes:
    """Return the figure of `landscape.surface_figure` as a PNG of the style's width, font size, colours and view.

    Raises:
        OSError: No Chromium or Chrome could be started.
    """
    figure = surface_figure(surface, metric, scale=scale)
    figure.update_traces(colorscale=style.colours)
    width = style.width_for(1)
    size = style.font_size * CSS_PIXELS / 72
    figure.update_layout(font={"size": size}, scene={"camera": {"eye": _eye(style)}})
    figure.update_traces(colorbar={"thickness": 1.2 * size})
    figure.update_scenes(zaxis_title_text="")  # the bar says it, and beside the ticks it would be cut off
    for axis in ("xaxis", "yaxis", "zaxis"):
        figure.update_scenes({axis: {"tickfont": {"size": SMALL * size}}})
    pixels = {"width": round(width * CSS_PIXELS), "height": round(0.72 * width * CSS_PIXELS)}
    return _picture(figure, {"format": "png", "scale": dpi / CSS_PIXELS, **pixels})


def _picture(figure: go.Figure, options: dict) -> bytes:
    try:
        return kaleido.calc_fig_sync(figure.to_plotly_json(), opts=options)
    except Exception as error:  # its browser's errors share no ancestor
        reason = re.split(r"[\n.]", str(error).strip())[0] or type(error).__name__
        raise OSError(
            f"kaleido could not draw with Chromium ({reason}); install Chromium or Chrome, or leave out --renderer plotly"
        ) from error


def _eye(style: PrintStyle) -> dict[str, float]:
    """Return where Plotly's camera stands for an elevation and an azimuth."""
    from math import cos, radians, sin

    up, around = radians(style.elevation), radians(style.azimuth)
    return {"x": DISTANCE * cos(up) * cos(around), "y": DISTANCE * cos(up) * sin(around), "z": DISTANCE * sin(up)}
