"""One surface drawn into axes that are given: contours, relief, curves. Where arrays [x, y] are turned for matplotlib."""

from dataclasses import dataclass

import numpy as np

from landscape.figures.plots import CURVES, DASHES, HOLE
from landscape.figures.print_layout import SMALL
from landscape.figures.scale import Scale, label
from landscape.grid import Grid
from landscape.surface import NOT_DONE, Surface

INK = "#1f2937"
FAINT = "#d1d5db"
PATTERNS = {
    "solid": "-",
    "dash": (0, (5, 1.6)),
    "dot": (0, (1.2, 1.4)),
    "dashdot": (0, (5, 1.4, 1.2, 1.4)),
    "longdash": (0, (9, 1.8)),
    "longdashdot": (0, (9, 1.6, 1.2, 1.6)),
}
MOST_VECTOR_POINTS = 101**2  # above it fills are pixels: as shapes, a file would take megabytes
RELIEF_SIDE = 140  # points a side that a relief is drawn with: fewer show as steps, more take long and show no more
LIGHT = np.array([-0.45, -0.35, 0.82]) / np.linalg.norm([-0.45, -0.35, 0.82])
AMBIENT = 0.68


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """The steps of colour between a scale's levels, one colour a step.

    Attributes:
        edges: (n + 1,) increasing heights, the scale's ends included.
        colours: (n, 4) red, green, blue and opacity, 0 to 1.
    """

    edges: np.ndarray
    colours: np.ndarray

    def colours_of(self, heights: np.ndarray) -> np.ndarray:
        """Return the colour of the step that each height lies in; a hole is transparent."""
        step = np.clip(np.digitize(heights, self.edges, right=True) - 1, 0, len(self.colours) - 1)
        found = self.colours[step]
        found[~np.isfinite(heights)] = 0
        return found

    def ink(self, height: float) -> str:
        """Return what reads on the colour at a height: white on dark, dark on bright."""
        return INK if self.colours_of(np.array([height]))[0, :3] @ [0.299, 0.587, 0.114] > 0.62 else "white"


def bands_of(scale: Scale, colour_map) -> Bands:
    """Return a scale's steps in the colours of a map from 0..1."""
    low, high = scale.ends
    inner = [level for level in scale.levels() if low + 1e-9 * (high - low) < level < high - 1e-9 * (high - low)]
    edges = np.array([low, *inner, high])
    middles = (edges[1:] + edges[:-1]) / 2
    return Bands(edges, np.asarray(colour_map((middles - low) / (high - low))))


def rows(array: np.ndarray) -> np.ndarray:
    """Turn [x, y] into matplotlib's rows of constant y."""
    return np.swapaxes(array, 0, 1)


def uncut(scale: Scale) -> Scale:
    """Return a clipped scale without its cut, so that isolines below the cut do not bend toward its plateau."""
    return Scale("linear", scale.low, scale.high) if scale.kind == "clipped" else scale


def shown_values(surface: Surface, metric: str) -> np.ndarray:
    """Return a metric with nan at the points that are not done."""
    return np.where(surface.done != NOT_DONE, surface.values[metric], np.nan)


def hole_note(surface: Surface, metric: str) -> str:
    """Return how many points are holes and why; empty where there are none."""
    counts = {"not finite": surface.num_non_finite(metric), "not measured": surface.grid.num_points - surface.num_done}
    return ", ".join(f"{count} {why}" for why, count in counts.items() if count)


def draw_contours(axes, surface: Surface, metric: str, scale: Scale, bands: Bands, font_size: float) -> None:
    """Draw filled steps, thin isolines at each and bold ones labelled in the metric's units; holes stay bare.

    A point beside a hole keeps its own cell's colour, so that a hole is as large as the points that it stands for.
    """
    x, y = surface.grid.x, surface.grid.y
    heights = rows(uncut(scale).height(shown_values(surface, metric)))
    axes.set(facecolor=HOLE, xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    finite = np.isfinite(heights)
    if not finite.all():
        cells = bands.colours_of(heights)
        axes.pcolormesh(x, y, cells, shading="nearest", rasterized=True, zorder=0.5)
        axes.patch.set(hatch="///////", edgecolor="#8f8f8f", linewidth=0)  # tells holes from the greys of `gray`
    if finite.any():
        masked = np.ma.masked_invalid(heights)
        above = masked.max() > bands.edges[-1]
        edges = [*bands.edges, np.inf] if above else bands.edges
        colours = bands.colours[[*range(len(bands.colours)), -1]] if above else bands.colours
        fill = axes.contourf(x, y, masked, levels=edges, colors=colours, zorder=1)
        fill.set(edgecolor="face", linewidth=0.3, rasterized=heights.size > MOST_VECTOR_POINTS)
        _draw_isolines(axes, x, y, masked, (scale, metric, bands), font_size)
    if x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1]:
        size = font_size * 0.9
        axes.plot([0], [0], "*", ms=size, mfc="white", mec=INK, mew=size / 12, zorder=6, clip_on=False, gid="center")


def _draw_isolines(axes, x, y, masked, drawn: tuple[Scale, str, Bands], font_size: float) -> None:
    scale, metric, bands = drawn
    bold = {float(scale.height(value)): label(value, metric) for value in scale.labelled()}
    low, high = float(masked.min()), float(masked.max())
    thin = [float(level) for level in scale.levels() if not any(abs(level - other) < 1e-9 for other in bold)]
    taken = [np.zeros(2)] if x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1] else []
    taken = [(point - [x[0], y[0]]) / [x[-1] - x[0], y[-1] - y[0]] for point in taken]
    for levels, width, opacity, gid in ((thin, 0.05, 0.5, "levels"), (list(bold), 0.115, 0.95, "labelled levels")):
        levels = [level for level in levels if low < level < high]
        if not levels:
            continue
        inks = [bands.ink(level) for level in levels]
        form = {"linestyles": "solid", "linewidths": width * font_size, "alpha": opacity, "zorder": 3}
        lines = axes.contour(x, y, masked, levels=levels, colors=inks, **form)
        lines.set_gid(gid)
        if levels[0] in bold:
            places = _label_places(lines, bold, taken, axes, font_size)
            if places:
                size = SMALL * font_size
                texts = axes.clabel(lines, fmt=bold, fontsize=size, manual=places, inline=True, inline_spacing=2)
                grounds = dict(zip(bold.values(), bands.colours_of(np.array(list(bold))), strict=True))
                for text in texts or lines.labelTexts:
                    text.set_bbox(
                        {"boxstyle": "square,pad=0.04", "facecolor": grounds[text.get_text()], "edgecolor": "none"}
                    )


def _label_places(lines, texts: dict[float, str], taken: list, axes, font_size: float) -> list[tuple[float, float]]:
    """Return, an isoline of enough length, the place on it that lies farthest from other labels, the center and the frame."""
    corner = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    sides = np.array([axes.get_xlim()[1], axes.get_ylim()[1]]) - corner
    em = font_size / (72 * axes.get_position().width * axes.figure.get_figwidth())  # in sides of the panel
    places, taken = [], list(taken)
    for level, compound in zip(lines.levels, lines.get_paths(), strict=True):
        paths = [(path - corner) / sides for path in compound.to_polygons(closed_only=False)]
        longest = max(paths, key=_length, default=np.zeros((0, 2)))
        width = (0.6 * len(texts[float(level)]) + 1) * em
        if _length(longest) < 2 * width:
            continue
        points = _evenly(longest, em)
        to_frame = np.minimum(points, 1 - points).min(1) - 0.3 * width
        gaps = [np.linalg.norm(points - other, axis=1) - 0.3 * width for other in taken]
        free = np.min([to_frame, *gaps], axis=0)
        best = int((np.minimum(free, 5 * em) * _straightness(points, width / em) ** 3).argmax())
        if free[best] > 0.9 * em:
            taken.append(points[best])
            places.append(tuple(points[best] * sides + corner))
    return places


def _length(path: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def _evenly(path: np.ndarray, step: float) -> np.ndarray:
    """Return points along a path, a step apart."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    wanted = np.linspace(0, along[-1], max(int(along[-1] / step), 2))
    return np.stack([np.interp(wanted, along, path[:, k]) for k in range(2)], 1)


def _straightness(points: np.ndarray, span: float) -> np.ndarray:
    """Return, for evenly spaced points, the chord of a label's length around each over the path between its ends."""
    half = max(int(np.ceil(span / 2)), 1)
    places = np.arange(len(points))
    before, after = np.maximum(places - half, 0), np.minimum(places + half, len(points) - 1)
    step = _length(points) / (len(points) - 1)
    return np.linalg.norm(points[after] - points[before], axis=1) / (2 * half * step)


def draw_relief(axes, surface: Surface, metric: str, scale: Scale, bands: Bands, view: tuple[float, float]) -> None:
    """Draw the surface in three dimensions as pixels, its height on the same scale as its colour.

    Holes stay open, and so does what lies above a clipped scale.
    """
    x, y, heights = _finer(surface.grid.x, surface.grid.y, uncut(scale).height(shown_values(surface, metric)))
    heights = rows(heights)
    above = heights >= scale.ends[1]
    is_cut = above[1:, 1:] & above[1:, :-1] & above[:-1, 1:] & above[:-1, :-1] & (scale.kind == "clipped")
    heights = np.minimum(heights, scale.ends[1])
    low, high = scale.ends
    middles = (heights[1:, 1:] + heights[1:, :-1] + heights[:-1, 1:] + heights[:-1, :-1]) / 4
    colours = bands.colours_of(middles)
    colours[..., :3] *= _shade(x, y, heights, high - low)[..., None]
    colours[is_cut] = 0
    mesh = np.meshgrid(x, y)
    form = {"rcount": len(y), "ccount": len(x), "linewidth": 0, "antialiased": False, "shade": False}
    axes.plot_surface(*mesh, heights, facecolors=colours, rasterized=True, **form)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), zlim=(low, high))
    axes.view_init(elev=view[0], azim=view[1])


def _finer(x: np.ndarray, y: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a grid of about `RELIEF_SIDE` points a side that holds, or thins, the measured one, filled by straight lines."""
    axes = []
    for axis in (x, y):
        parts = max(RELIEF_SIDE // len(axis), 1)
        places = np.linspace(0, len(axis) - 1, parts * (len(axis) - 1) + 1)
        axes.append(places[:: -(-len(places) // (2 * RELIEF_SIDE))])
    for number, places in enumerate(axes):
        lower = np.minimum(places.astype(int), heights.shape[number] - 2)
        part = (places - lower).reshape((-1, 1) if number == 0 else (1, -1))
        below, above = np.take(heights, lower, number), np.take(heights, lower + 1, number)
        heights = np.where(part == 0, below, np.where(part == 1, above, below + part * (above - below)))
    return np.interp(axes[0], np.arange(len(x)), x), np.interp(axes[1], np.arange(len(y)), y), heights


def _shade(x: np.ndarray, y: np.ndarray, heights: np.ndarray, height_range: float) -> np.ndarray:
    """Return how bright each face is, by its slope in the box of 1:1:0.62 that it is drawn in."""
    unit_x, unit_y = x / (x[-1] - x[0]), y / (y[-1] - y[0])
    z = 0.62 * heights / height_range
    along_x = (np.diff(z, axis=1)[1:] + np.diff(z, axis=1)[:-1]) / 2 / np.diff(unit_x)
    along_y = (np.diff(z, axis=0)[:, 1:] + np.diff(z, axis=0)[:, :-1]) / 2 / np.diff(unit_y)[:, None]
    normals = np.stack([-along_x, -along_y, np.ones_like(along_x)], -1)
    cosine = normals @ LIGHT / np.linalg.norm(normals, axis=-1)
    return np.nan_to_num(np.clip(AMBIENT + (1 - AMBIENT) * np.clip(cosine, 0, 1) / LIGHT[2], 0, 1))


def nearest_to_zero(axis: np.ndarray) -> int:
    """Return the index of the grid line nearest to the center."""
    return int(np.abs(axis).argmin())


def slices_of(surface: Surface, metric: str) -> list[Surface]:
    """Return the line along alpha, and for a plane that along beta, on the grid lines nearest to 0."""
    x, y, values = surface.grid.x, surface.grid.y, shown_values(surface, metric)
    if y is None:
        return [surface]
    i, j = nearest_to_zero(x), nearest_to_zero(y)
    parts = ((x, values[:, j], surface.done[:, j]), (y, values[i, :], surface.done[i, :]))
    return [Surface(Grid(along), {metric: line}, done) for along, line, done in parts]


def draw_curve(axes, along: np.ndarray, heights: np.ndarray, place: int, font_size: float):
    """Draw one curve in the colour and dashes of its place, and return it; points between two holes become dots."""
    colour, pattern = CURVES[place % len(CURVES)], PATTERNS[DASHES[place % len(DASHES)]]
    finite = np.pad(np.isfinite(heights), 1)
    alone = finite[1:-1] & ~finite[:-2] & ~finite[2:]
    if alone.any():
        axes.plot(along[alone], heights[alone], ".", color=colour, ms=0.6 * font_size, zorder=3)
    return axes.plot(along, heights, color=colour, linestyle=pattern, lw=0.17 * font_size, zorder=3)[0]
