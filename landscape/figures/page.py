"""The page: one self-contained HTML of one or several surfaces on one scale, which opens offline."""

import base64
import gzip
import html
import json
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

import plotly
from plotly.offline import get_plotlyjs

from landscape.figures.facts import facts
from landscape.figures.plots import contour_figure, line_figure, surface_figure
from landscape.figures.scale import Scale, scale_over
from landscape.surface import Surface


def page_html(surfaces: Mapping[str, Surface], title: str = "Loss landscape") -> str:
    """Return the page's text; the same surfaces give the same bytes.

    Args:
        surfaces: Name -> surface; planes and lines may stand side by side.

    Raises:
        ValueError: There is no surface.
    """
    if not surfaces:
        raise ValueError("a page needs one surface or more")
    assets = files("landscape.figures") / "assets"
    parts = {
        "title": html.escape(title),
        "style": (assets / "page.css").read_text(),
        "script": (assets / "page.js").read_text(),
        "plotly": packed(get_plotlyjs().encode()),
        "plotly_version": html.escape(plotly.__version__),
        "data": packed(json.dumps(_content(surfaces, title), sort_keys=True).encode()),
    }
    return Template((assets / "page.html").read_text()).substitute(parts)


def write_page(surfaces: Mapping[str, Surface], path: Path | str, title: str = "Loss landscape") -> Path:
    """Write the page beside its place and rename it.

    Raises:
        OSError: The folder can't be written.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(page_html(surfaces, title), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(f"{path} can't be written ({(error.strerror or str(error)).lower()})") from error
    return path


def _content(surfaces: Mapping[str, Surface], title: str) -> dict:
    metrics = list(dict.fromkeys(name for surface in surfaces.values() for name in surface.values))
    metrics.sort(key=lambda name: name != "train_loss")
    return {
        "title": title,
        "metrics": [_metric(surfaces, metric) for metric in metrics],
        "surfaces": [
            {"name": name, "isLine": surface.grid.y is None, "facts": facts(surface), "hover": _hover(surface)}
            for name, surface in surfaces.items()
        ],
    }


def _metric(surfaces: Mapping[str, Surface], metric: str) -> dict:
    """Return a metric's figures by kind of scale; a log scale only where the values carry one."""
    kinds = ["linear"] if metric.endswith("accuracy") else ["log", "linear"]
    scales = {kind: scale_over(list(surfaces.values()), metric, kind) for kind in kinds}
    return {
        "key": metric,
        "name": metric.replace("_", " "),
        "kinds": [kind for kind, scale in scales.items() if scale.kind == kind],
        "figures": {kind: _figures(surfaces, metric, scale) for kind, scale in scales.items() if scale.kind == kind},
    }


def _figures(surfaces: Mapping[str, Surface], metric: str, scale: Scale) -> dict:
    """Return, a surface, its contour and its 3-D figure, and one figure of all lines."""
    planes = []
    for surface in surfaces.values():
        if surface.grid.y is None or metric not in surface.values:
            planes.append(None)
            continue
        drawn = (figure(surface, metric, scale=scale) for figure in (contour_figure, surface_figure))
        contour, relief = (json.loads(figure.to_json()) for figure in drawn)
        # Sent once: the hover's numbers are the same in every figure of a surface, the heights the same in both.
        del contour["data"][0]["customdata"], relief["data"][0]["customdata"], relief["data"][0]["z"]
        planes.append([contour, relief])
    lines = {name: surface for name, surface in surfaces.items() if surface.grid.y is None and metric in surface.values}
    drawn = line_figure(list(lines.values()), metric, scale=scale, names=list(lines)) if lines else None
    return {"planes": planes, "lines": drawn and json.loads(drawn.to_json())}


def _hover(surface: Surface) -> dict | None:
    """Return the numbers that a plane's figures show at the pointer; a line's stay with its curve."""
    if surface.grid.y is None:
        return None
    return json.loads(contour_figure(surface).to_json())["data"][0]["customdata"]


def packed(data: bytes) -> str:
    """Return bytes as base64 of gzip, without a time, so that the page is the same every time."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return a short name a file: its stem, or as much of its path as tells it from the others."""
    names = [path.stem for path in paths]
    if len(set(names)) == len(names):
        return names
    names = [str(path.with_suffix("")) for path in paths]
    return names if len(set(names)) == len(names) else [f"{name} ({place + 1})" for place, name in enumerate(names)]
