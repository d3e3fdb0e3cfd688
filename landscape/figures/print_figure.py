"""Figures for print: matplotlib Figures of one or several surfaces on one scale, and their bytes as PDF, SVG or PNG."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from landscape.figures import print_frame as frame
from landscape.figures import print_panels as panels
from landscape.figures.plots import CURVES, default_metric
from landscape.figures.print_layout import SMALL, Layout, PrintStyle, Room, coordinate, shares_axes
from landscape.figures.scale import Scale, scale_over
from landscape.store.whole_file import write_whole
from landscape.surface import Surface, require_one_plane

FORMATS = ("pdf", "svg", "png")
# PDF keeps letters as TrueType, SVG as outlines; without dates and with fixed ids the same surfaces give the same bytes.
WRITING = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "landscape"}
METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
MOST_PIXELS = 30_000  # a side


def contour_print(
    surfaces: Mapping[str, Surface],
    metric: str | None = None,
    *,
    scale: str | Scale = "log",
    clip: float | None = None,
    style: PrintStyle = PrintStyle(),
) -> Figure:
    """Draw each surface's contours in a square panel of its own, all on one scale with one colour bar.

    Args:
        surfaces: Title -> plane; one to eight, each drawn over its own range.
        metric: A metric of all of them; the training loss if None.
        scale: "log", "linear", "clipped", or a `Scale` of one's own.
        clip: Where a clipped scale is cut; by default as in `scale_over`.

    Raises:
        ValueError: One is a line, holds several planes or lacks the metric, or they are too many for a figure or its width.
    """
    metric, scale = _chosen(surfaces, metric, scale, clip)
    _require_planes(surfaces, "contours")
    grids = [surface.grid for surface in surfaces.values()]
    shared = shares_axes([(*grid.x[[0, -1]], *grid.y[[0, -1]]) for grid in grids])
    room = frame.contour_room(list(surfaces.values()), frame.scale_ticks(scale, metric)[1], shared=shared)

    def draw(figure: Figure, layout: Layout, place: int, surface: Surface, bands) -> None:
        axes = figure.add_axes(layout.panels[place])
        panels.draw_contours(axes, surface, metric, scale, bands, style.font_size)
        lowest, leftmost = not shared or layout.is_lowest(place), not shared or layout.is_leftmost(place)
        frame.dress_contours(axes, surface, style, lowest=lowest, leftmost=leftmost)

    return _panelled(surfaces, metric, scale, room, style, draw)


def surface_print(
    surfaces: Mapping[str, Surface],
    metric: str | None = None,
    *,
    scale: str | Scale = "log",
    clip: float | None = None,
    style: PrintStyle = PrintStyle(),
) -> Figure:
    """Draw each surface in three dimensions, all in one range of height and with one colour bar.

    Arguments and errors are those of `contour_print`.
    """
    metric, scale = _chosen(surfaces, metric, scale, clip)
    _require_planes(surfaces, "surface in three dimensions")
    room = frame.relief_room(frame.scale_ticks(scale, metric)[1])

    def draw(figure: Figure, layout: Layout, place: int, surface: Surface, bands) -> None:
        axes = figure.add_axes(frame.relief_box(layout, place), projection="3d")
        panels.draw_relief(axes, surface, metric, scale, bands, (style.elevation, style.azimuth))
        frame.dress_relief(axes, surface, scale, metric, style)

    return _panelled(surfaces, metric, scale, room, style, draw)


def slices_print(
    surfaces: Mapping[str, Surface],
    metric: str | None = None,
    *,
    scale: str | Scale = "log",
    clip: float | None = None,
    style: PrintStyle = PrintStyle(),
) -> Figure:
    """Draw the slices through the center, all surfaces overlaid; lines, which have no beta, are curves along alpha.

    Where no grid line runs through 0, the nearest is taken, and said. Arguments are those of `contour_print`; the
    scale spans what is drawn, and not the rest of the planes.

    Raises:
        ValueError: One holds several planes or lacks the metric, or they are too many for a figure or its width.
    """
    metric = metric_of_all(surfaces, metric)
    lines = {name: panels.slices_of(surface, metric) for name, surface in surfaces.items()}
    if not isinstance(scale, Scale):
        scale = scale_over([line for pair in lines.values() for line in pair], metric, scale, clip=clip)
    if len(surfaces) > len(CURVES):
        raise ValueError(
            f"one figure holds 1 to {len(CURVES)} curves, and {len(surfaces)} were asked for; draw fewer files"
        )
    crossed = {name: frame.crossed_lines(surface) for name, surface in surfaces.items() if surface.grid.y is not None}
    agreed = next(iter(crossed.values())) if len(set(crossed.values())) == 1 else None
    entries = frame.legend_entries(surfaces, metric, {} if agreed else crossed)
    letters = "αβ" if crossed else "α"
    ticks = frame.scale_ticks(scale, metric)[1]
    num_rows = -(-len(entries) // frame.legend_columns(entries, style, len(letters)))
    room = frame.slices_room(ticks, len(letters), num_rows)
    layout, _ = frame.with_scale_title(len(letters), room, scale, metric, style)
    with drawing_settings(style):
        figure, curves = Figure(figsize=(layout.width, layout.height)), {}
        for number, box in enumerate(layout.panels):
            axes = figure.add_axes(box)
            for place, (name, pair) in enumerate(lines.items()):
                for line in pair[number : number + 1]:
                    heights = panels.uncut(scale).height(panels.shown_values(line, metric))
                    curves[name] = panels.draw_curve(axes, line.grid.x, heights, place, style.font_size)
            where = f"{'βα'[number]} = {coordinate(agreed[number])}" if agreed else f"the {'βα'[number]} nearest 0"
            frame.dress_slice(
                axes, f"{letters[number]} at {where}" if crossed else letters, scale, metric, layout, style
            )
        frame.add_legend(figure, list(curves.values()), entries, style, len(letters))
    return figure


def metric_of_all(surfaces: Mapping[str, Surface], metric: str | None) -> str:
    """Return the metric to draw: the one asked for, or the training loss.

    Raises:
        ValueError: There is no surface, one holds several planes, or one lacks the metric; the message lists those that all have.
    """
    if not surfaces:
        raise ValueError("a figure needs one surface or more")
    for name, surface in surfaces.items():
        require_one_plane(surface, name)
    metric = metric or default_metric(next(iter(surfaces.values())))
    for name, surface in surfaces.items():
        if metric not in surface.values:
            shared = sorted(set.intersection(*(set(each.values) for each in surfaces.values())))
            choices = f"choose one of {', '.join(shared)}" if shared else "the surfaces share none"
            raise ValueError(f"{name} has no metric {metric!r}; {choices}")
    return metric


def figure_bytes(figure: Figure, form: str, dpi: int = 300) -> bytes:
    """Return a figure as a file's bytes, the same for the same figure.

    Args:
        dpi: Pixels an inch of a PNG, and of what is kept as pixels in PDF and SVG.

    Raises:
        ValueError: The format is unknown, or the pixels an inch are not between 30 and 2400.
    """
    if form not in FORMATS:
        raise ValueError(f"unknown format {form!r}; choose one of {', '.join(FORMATS)}")
    if not 30 <= dpi <= 2400:
        raise ValueError(f"the resolution must be between 30 and 2400 pixels an inch, not {dpi:g}")
    if form == "png" and max(figure.get_size_inches()) * dpi > MOST_PIXELS:
        raise ValueError(
            f"a picture of {max(figure.get_size_inches()) * dpi:.0f} pixels is too large; choose a lower --dpi"
        )
    content = BytesIO()
    with matplotlib.rc_context(WRITING):
        figure.savefig(content, format=form, dpi=dpi, metadata=METADATA[form])
    return content.getvalue()


def write_figure(figure: Figure, path: Path | str, dpi: int = 300) -> Path:
    """Write a figure as its file's ending says, beside its place, and rename it.

    Raises:
        ValueError: The ending is none of .pdf, .svg and .png.
        OSError: The folder can't be written.
    """
    path = Path(path)
    write_whole(path, figure_bytes(figure, path.suffix.lower().lstrip("."), dpi))
    return path


@contextmanager
def drawing_settings(style: PrintStyle, ink: str = panels.INK) -> Iterator[None]:
    """Draw with our own settings, whatever the user's matplotlibrc says.

    Args:
        ink: The colour of letters and axes.
    """
    size = style.font_size
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
                "font.size": size,
                "axes.titlesize": size,
                "axes.labelsize": size,
                "xtick.labelsize": SMALL * size,
                "ytick.labelsize": SMALL * size,
                "axes.linewidth": 0.075 * size,
                "axes.edgecolor": ink,
                "axes.labelpad": 0.25 * size,
                "text.color": ink,
                "axes.labelcolor": ink,
                "contour.corner_mask": True,
                **{f"{letter}tick.{name}": number for letter in "xy" for name, number in _tick_sizes(size).items()},
                **{f"{letter}tick.color": ink for letter in "xy"},
            }
        )
        yield


def _tick_sizes(size: float) -> dict[str, float]:
    return {"major.width": 0.075 * size, "major.size": 0.35 * size, "major.pad": 0.3 * size}


def _panelled(
    surfaces: Mapping[str, Surface], metric: str, scale: Scale, room: Room, style: PrintStyle, draw
) -> Figure:
    """Return a figure of a panel a surface, drawn by `draw`, with titles and the one colour bar."""
    layout, titles = frame.with_titles(surfaces, metric, room, scale, style)
    bands = panels.bands_of(scale, matplotlib.colormaps[style.colours])
    with drawing_settings(style):
        figure = Figure(figsize=(layout.width, layout.height))
        for place, surface in enumerate(surfaces.values()):
            draw(figure, layout, place, surface, bands)
        frame.add_titles(figure, layout, titles, style)
        frame.add_bar(figure, layout, scale, metric, bands, style)
    return figure


def _chosen(
    surfaces: Mapping[str, Surface], metric: str | None, scale: str | Scale, clip: float | None
) -> tuple[str, Scale]:
    metric = metric_of_all(surfaces, metric)
    return metric, scale if isinstance(scale, Scale) else scale_over(list(surfaces.values()), metric, scale, clip=clip)


def _require_planes(surfaces: Mapping[str, Surface], what: str) -> None:
    for name, surface in surfaces.items():
        if surface.grid.y is None:
            raise ValueError(f"{name} is a line, of one direction, and has no {what}; draw it as slices")
