"""A surface as a relief: vertices, triangles, and words on how its height is read."""

from dataclasses import dataclass

import numpy as np

from landscape.figures.plots import ASPECT, default_metric
from landscape.figures.scale import Scale, scale_over
from landscape.surface import NOT_DONE, Surface, require_one_plane


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """A surface in three dimensions, right-handed, z up.

    Attributes:
        vertices: (n, 3) float64: x and y in lengths of the directions, z from 0 to 0.62 times the grid's longer side.
        triangles: (m, 3) of vertices, counter-clockwise seen from above.
        shares: (n,) from 0 to 1, the height as a share of the scale's range.
        words: What the axes are and how z is read, by key.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    shares: np.ndarray
    words: dict[str, str]


def relief_of(surface: Surface, metric: str | None = None, kind: str = "log") -> Relief:
    """Return a plane's relief; no triangle touches a point that is not done or not finite.

    Args:
        metric: A name in `surface.values`; the training loss if None.
        kind: "log", where the values allow it, or "linear".

    Raises:
        ValueError: The surface is a line or several planes, there is no such metric, or no three neighbours are finite.
    """
    require_one_plane(surface)
    if surface.grid.y is None:
        raise ValueError("a line has no surface to make a mesh of; choose csv, npz, vtk or reference-h5")
    metric = metric or default_metric(surface)
    scale = scale_over([surface], metric, kind)
    is_solid = (surface.done != NOT_DONE) & np.isfinite(surface.values[metric])
    triangles = _triangles(is_solid)
    if not len(triangles):
        raise ValueError(
            f"no three neighbouring points of {metric} are measured and finite, so that there is no surface to make a mesh of"
        )
    used, triangles = np.unique(triangles, return_inverse=True)
    low, high = scale.ends
    x, y = (axis.ravel()[used] for axis in np.meshgrid(surface.grid.x, surface.grid.y, indexing="ij"))
    shares = (scale.height(surface.values[metric]).ravel()[used] - low) / (high - low)
    tallest = ASPECT["z"] * float(max(np.ptp(surface.grid.x), np.ptp(surface.grid.y)))
    vertices = np.stack([x, y, shares * tallest], 1)
    return Relief(vertices, triangles.reshape(-1, 3), shares, _words(scale, metric, tallest))


def _triangles(is_solid: np.ndarray) -> np.ndarray:
    """Return (m, 3) of flat indices into [x, y]: two a cell, or one where one corner is missing."""
    number = np.arange(is_solid.size).reshape(is_solid.shape)
    corners = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]  # counter-clockwise from above
    corners = np.stack([corner.ravel() for corner in corners], 1)
    solid = is_solid.ravel()[corners]
    whole = corners[solid.all(1)]
    found = [whole[:, [0, 1, 2]], whole[:, [0, 2, 3]]]
    for missing in range(4):
        others = [corner for corner in range(4) if corner != missing]
        found.append(corners[solid[:, others].all(1) & ~solid[:, missing]][:, others])
    return np.concatenate(found)


def _words(scale: Scale, metric: str, tallest: float) -> dict[str, str]:
    low, high = scale.ends
    formula = f"{low:.9g} + {(high - low) / tallest:.9g} z"
    units = (
        "in nats a sample"
        if metric.endswith("loss")
        else "a fraction"
        if metric.endswith("accuracy")
        else "as measured"
    )
    is_log = scale.kind == "log"
    return {
        "metric": metric,
        "x": "displacement along the first direction, in its lengths",
        "y": "displacement along the second direction, in its lengths",
        "z": f"{metric} = {f'10 ** ({formula})' if is_log else formula}, {units}",
        "height": "log10; a value of 0 stands at z = 0" if is_log else "linear",
        "color": f"viridis, from {scale.low:.9g} to {scale.high:.9g}",
    }
