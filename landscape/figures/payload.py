"""What the page carries of its surfaces: numbers as packed arrays, words as JSON. Arrays [x, y] become rows of constant y here, plane after plane."""

from collections.abc import Mapping

import numpy as np
from plotly.colors import get_colorscale

from landscape.figures.batches_panel import batches_panel
from landscape.figures.belief_panel import belief_panel
from landscape.figures.facts import facts
from landscape.figures.path_panel import path_panel
from landscape.grid import Grid
from landscape.surface import Surface
from landscape.taylor import Taylor, residual, second_orders

COLOURS = {"viridis": "Viridis", "cividis": "Cividis", "magma": "Magma", "gray": "gray", "diverging": "RdBu_r"}


class Arrays:
    """Arrays one after the other, each with the first bytes of all its numbers before the second bytes, so that they pack better."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, array: np.ndarray) -> dict:
        """Append an array and return where it lies and what it holds."""
        flat = np.ascontiguousarray(array).ravel()
        mixed = flat.view(np.uint8).reshape(len(flat), flat.itemsize).T.tobytes()
        described = {"start": self._length, "length": len(flat), "kind": str(flat.dtype)}
        self._parts.append(mixed)
        self._length += len(mixed)
        return described

    def bytes(self) -> bytes:
        return b"".join(self._parts)


def page_content(surfaces: Mapping[str, Surface], arrays: Arrays, lines: Mapping[str, Surface] = {}) -> dict:
    """Return what the page's script reads, the numbers themselves put into `arrays`.

    Args:
        surfaces: Name -> surface.
        lines: One a surface, in the same order, to be drawn in that one's colour.
    """
    metrics = list(dict.fromkeys(name for surface in surfaces.values() for name in surface.values))
    metrics.sort(key=lambda name: name != "train_loss")
    residuals = [
        _residual_key(name) for name in metrics if any(name in second_orders(one) for one in surfaces.values())
    ]
    return {
        "metrics": [{"key": metric, "name": metric.replace("_", " ")} for metric in metrics]
        + [{"key": metric, "name": metric.replace("_", " "), "signed": True} for metric in residuals],
        "surfaces": [_described(name, surface, arrays) for name, surface in surfaces.items()]
        + [
            {**_described(name, surface, arrays), "belief": None, "colour": place}
            for place, (name, surface) in enumerate(lines.items())
        ],
        "colours": colour_scales(),
    }


def colour_scales() -> dict:
    """Return the colour maps that pages choose among, by name, as Plotly's lists."""
    return {name: get_colorscale(known) for name, known in COLOURS.items()}


def _described(name: str, surface: Surface, arrays: Arrays) -> dict:
    grid = surface.grid
    orders = second_orders(surface)
    values = {**surface.values, **{_residual_key(metric): residual(surface, metric) for metric in orders}}
    described = {
        "name": name,
        "x": arrays.add(grid.x),
        "y": None if grid.y is None else arrays.add(grid.y),
        "values": {metric: arrays.add(_sent(_rows(grid, array))) for metric, array in values.items()},
        "done": None if surface.is_complete else arrays.add(_rows(grid, surface.done)),
        "facts": facts(surface),
    }
    if grid.num_planes is not None:
        described["planes"] = grid.num_planes
    if surface.origin.record.get("marks"):
        described["marks"] = [
            {key: mark[key] for key in ("letter", "name", "x", "y", "off")} for mark in surface.origin.record["marks"]
        ]
    path = path_panel(surface)
    if path is not None:
        described["path"] = path
    belief = belief_panel(surface)
    if belief is not None:
        described["belief"] = belief
    if surface.batches is not None and surface.batches.is_complete:
        described["batches"] = _batches(surface, arrays)
    if orders:
        described["taylor"] = {metric: _derivatives(taylor) for metric, taylor in orders.items()}
    return described


def _batches(surface: Surface, arrays: Arrays) -> dict:
    batches, grid = surface.batches, surface.grid
    panel = batches_panel(surface)
    for described in panel["sizes"]:
        described["losses"] = arrays.add(_sent(_rows(grid, batches.losses[described["size"]])))
    return panel | {"whole": arrays.add(_sent(_rows(grid, batches.whole)))}


def _residual_key(metric: str) -> str:
    return f"{metric}_minus_second_order"


def _derivatives(taylor: Taylor) -> dict:
    return {"value": taylor.value, "gradient": taylor.gradient.tolist(), "hessian": taylor.hessian.tolist()}


def _rows(grid: Grid, array: np.ndarray) -> np.ndarray:
    """Turn [x, y] into rows of constant y, and [plane, x, y] into such rows plane after plane."""
    return array if grid.y is None else np.swapaxes(array, -2, -1)


def _sent(values: np.ndarray) -> np.ndarray:
    """Return float32, seven digits, where it holds every finite number; float64 else."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    lost = np.isfinite(values) & (~np.isfinite(short) | ((np.abs(short) < np.finfo(np.float32).tiny) & (values != 0)))
    return values if lost.any() else short
