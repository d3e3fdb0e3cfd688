"""What stands around a printed figure's panels: room, titles, notes on holes, colour bar, legend, axes in loss units."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from landscape.figures.print_layout import (
    CHARACTER,
    LINE,
    SMALL,
    Layout,
    PrintStyle,
    Room,
    axis_ticks,
    coordinate,
    laid_out,
    text_lines,
    widest,
)
from landscape.figures.print_panels import FAINT, INK, Bands, hole_note, nearest_to_zero
from landscape.figures.scale import Scale, label
from landscape.surface import Surface

RELIEF_HEIGHT = 0.8  # of a relief's panel, in its own widths
NUMS_OF_TICKS = range(2, 6)  # along a contour panel's side, by its length
SLICE_HEIGHT = 0.8  # of a slice's panel
Titles = list[tuple[list[str], list[str]]]  # a panel's title and its note on holes, in lines


def scale_ticks(scale: Scale, metric: str, *, cut: bool = True) -> tuple[list[float], list[str]]:
    """Return heights and texts in the metric's units; where values are cut, the top says that it holds all above."""
    pairs = [(float(scale.height(value)), label(value, metric)) for value in scale.labelled()]
    if cut and scale.kind == "clipped":
        low, high = scale.ends
        pairs = [pair for pair in pairs if pair[0] < high - 0.06 * (high - low)] + [(high, f"≥ {label(high, metric)}")]
    return [height for height, _ in pairs], [text.replace("-", "−") for _, text in pairs]


def scale_title(scale: Scale, metric: str, length: float = np.inf) -> str:
    """Return the metric's name and what its axis is, in two lines where one is longer than `length`, in font sizes."""
    words = {"log": "log scale", "linear": "linear scale", "clipped": f"clipped at {label(scale.high, metric)}"}
    parts = (
        "".join(letter if letter.isprintable() else "\ufffd" for letter in metric.replace("_", " ")),
        f"({words[scale.kind]})",
    )
    return ("\n" if widest([" ".join(parts)]) > length else " ").join(parts)


def contour_room(surfaces: Sequence[Surface], ticks: Sequence[str], *, shared: bool) -> Room:
    """Return the room around contours, with ticks at each panel unless all share one range."""
    axes = [surface.grid.y for surface in surfaces]
    texts = [
        coordinate(tick) for axis in axes for most in NUMS_OF_TICKS for tick in axis_ticks(axis[0], axis[-1], most)
    ]
    left = SMALL * widest(texts) + 2.2
    return Room(
        left=left,
        right=SMALL * widest(ticks) + 2.4,
        top=0.6,
        bottom=3.0,
        column_gap=2.0 if shared else left + 1.0,
        row_gap=1.1 if shared else 3.4,
    )


def relief_room(ticks: Sequence[str]) -> Room:
    """Return the room around surfaces in three dimensions, which hold their axes in their panels."""
    right = SMALL * widest(ticks) + 2.4
    return Room(
        left=0.3, right=right, top=0.2, bottom=1.6, column_gap=0.6, row_gap=1.6, bar_gap=1.6, height=RELIEF_HEIGHT
    )


def slices_room(ticks: Sequence[str], num_panels: int, num_rows: int) -> Room:
    """Return the room around slices, with a legend's rows above them; there is no bar."""
    left, top = SMALL * widest(ticks) + 2.4, 0.8 + LINE * num_rows
    around = {"left": left, "right": 0.9, "bar_gap": 0.0, "bar_width": 0.0, "top": top, "bottom": 3.1}
    return Room(**around, column_gap=1.8, row_gap=0.0, height=SLICE_HEIGHT if num_panels > 1 else 0.7)


def with_scale_title(num_panels: int, room: Room, scale: Scale, metric: str, style: PrintStyle) -> tuple[Layout, Room]:
    """Return a layout and its room, with a second line for the scale's title where the panels are too low for one.

    A room without a bar has the title at its left.
    """
    wider = {"right": room.right + LINE} if room.bar_width else {"left": room.left + LINE}
    wide = replace(room, **wider)
    layout = laid_out(num_panels, wide, style)
    if "\n" in scale_title(scale, metric, layout.bar_length(style)):
        return layout, wide
    return laid_out(num_panels, room, style), room


def with_titles(
    surfaces: Mapping[str, Surface], metric: str, room: Room, scale: Scale, style: PrintStyle
) -> tuple[Layout, Titles]:
    """Return the layout with room for titles and notes as many lines high as the panels' width asks for."""
    em = style.font_size / 72
    layout, room = with_scale_title(len(surfaces), room, scale, metric, style)
    width = layout.panels[0][2] * layout.width / em + 0.6 * room.column_gap
    titles = []
    for name, surface in surfaces.items():
        note = hole_note(surface, metric)
        titles.append((text_lines(name, width, 2), text_lines(f"holes: {note}", width / SMALL, 4) if note else []))
    height = max(LINE * len(title) + SMALL * LINE * len(note) for title, note in titles) + 0.3
    return laid_out(len(surfaces), replace(room, top=room.top + height, row_gap=room.row_gap + height), style), titles


def relief_box(layout: Layout, place: int) -> tuple[float, float, float, float]:
    """Return the square that a relief's axes take, around its panel's middle."""
    left, bottom, width, height = layout.panels[place]
    square = width * layout.width / layout.height
    return left, bottom + 0.47 * (height - square), width, square


def add_titles(figure, layout: Layout, titles: Titles, style: PrintStyle) -> None:
    """Write each panel's title above it, and under the title what its holes are."""
    line = LINE * style.font_size / 72 / layout.height
    for (left, bottom, width, height), (title, note) in zip(layout.panels, titles, strict=True):
        place = {"ha": "center", "va": "bottom", "parse_math": False, "linespacing": 1.0}
        at = bottom + height + 0.35 * line
        for text in reversed(note):
            figure.text(left + width / 2, at, text, fontsize=SMALL * style.font_size, **place)
            at += SMALL * line
        for text in reversed(title):
            figure.text(left + width / 2, at, text, **place)
            at += line


def add_bar(figure, layout: Layout, scale: Scale, metric: str, bands: Bands, style: PrintStyle) -> None:
    """Draw the one bar of colours, with ticks in the metric's units."""
    axes = figure.add_axes(layout.bar)
    axes.pcolormesh([0, 1], bands.edges, bands.colours[:, None, :], edgecolor="face", linewidth=0.3)
    heights, texts = scale_ticks(scale, metric)
    axes.set(xticks=[], yticks=heights, yticklabels=texts, xlim=(0, 1), ylim=scale.ends)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(scale_title(scale, metric, layout.bar_length(style)), parse_math=False)
    axes.set_label("colour bar")


def dress_contours(axes, surface: Surface, style: PrintStyle, *, lowest: bool, leftmost: bool) -> None:
    """Give a panel its ticks, with texts only where it is the lowest of its column or the leftmost of its row."""
    most = int(np.clip(_side(axes, style) / 3.6, NUMS_OF_TICKS[0], NUMS_OF_TICKS[-1]))
    for letter, name, labelled in (("x", "α", lowest), ("y", "β", leftmost)):
        _set_ticks(axes, letter, getattr(surface.grid, letter)[[0, -1]], most, labelled=labelled)
        axes.set(**{f"{letter}label": name if labelled else ""})


def dress_relief(axes, surface: Surface, scale: Scale, metric: str, style: PrintStyle) -> None:
    """Give a three-dimensional panel its box of 1:1:0.62, ticks in the metric's units and quiet walls."""
    side = _side(axes, style)
    heights, texts = scale_ticks(scale, metric)
    every = -(-len(heights) // max(int(side / 4.5), 2))
    axes.set_box_aspect((1, 1, 0.62), zoom=float(np.interp(side, [10, 28], [0.74, 0.92])))
    axes.set(zticks=heights[::-1][::every], zticklabels=texts[::-1][::every], xlabel="α", ylabel="β")
    few = 4 if side > 18 else 2
    for letter, values in zip("xy", (surface.grid.x, surface.grid.y), strict=True):
        _set_ticks(axes, letter, values[[0, -1]], few)
    for axis, pad in ((axes.xaxis, -0.7), (axes.yaxis, -0.7), (axes.zaxis, -0.4)):
        axis.set_pane_color((1, 1, 1, 0))
        axis.set_tick_params(pad=0.4 * pad * style.font_size, labelsize=SMALL * style.font_size)
        axis.labelpad = pad * style.font_size
        axis._axinfo["grid"].update(color=FAINT, linewidth=0.06 * style.font_size)
    axes.patch.set_alpha(0)


def crossed_lines(surface: Surface) -> tuple[float, float]:
    """Return the beta and the alpha of the grid lines nearest to the center, which the slices run along."""
    x, y = surface.grid.x, surface.grid.y
    return float(y[nearest_to_zero(y)]), float(x[nearest_to_zero(x)])


def legend_entries(
    surfaces: Mapping[str, Surface], metric: str, crossed: Mapping[str, tuple[float, float]]
) -> list[str]:
    """Return each curve's name, with the grid lines it runs along where they differ, and its holes."""
    entries = []
    for name, surface in surfaces.items():
        more = [f"β = {coordinate(crossed[name][0])}, α = {coordinate(crossed[name][1])}"] if name in crossed else []
        more += [note] if (note := hole_note(surface, metric)) else []
        title = " ".join(text_lines(name, 48 * CHARACTER, 1))
        entries.append(f"{title} ({'; '.join(more)})" if more else title)
    return entries


def legend_columns(entries: Sequence[str], style: PrintStyle, num_panels: int) -> int:
    """Return how many columns of a legend fit the figure's width."""
    room = style.width_for(num_panels) * 72 / style.font_size
    for num_columns in range(len(entries), 1, -1):
        rows = -(-len(entries) // num_columns)
        columns = [entries[first : first + rows] for first in range(0, len(entries), rows)]
        if sum(SMALL * (widest(column) + 5.8) for column in columns) <= room:
            return len(columns)
    return 1


def add_legend(figure, curves: Sequence, entries: Sequence[str], style: PrintStyle, num_panels: int) -> None:
    """Write the one legend along the figure's top, names as they are."""
    form = {
        "loc": "upper center",
        "ncols": legend_columns(entries, style, num_panels),
        "frameon": False,
        "handlelength": 3.2,
    }
    spacing = {"borderpad": 0.1, "labelspacing": 0.3, "columnspacing": 1.4, "borderaxespad": 0.3}
    numbers = [str(place) for place in range(len(entries))]  # matplotlib leaves out labels that begin with "_"
    legend = figure.legend(curves, numbers, fontsize=SMALL * style.font_size, **form, **spacing)
    for text, entry in zip(legend.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(entry)


def dress_slice(axes, title: str, scale: Scale, metric: str, layout: Layout, style: PrintStyle) -> None:
    """Give a slice's panel its title, its ticks in the metric's units, and the mark of the center."""
    heights, texts = scale_ticks(scale, metric, cut=False)
    low, high = scale.ends
    margin = 0.03 * (high - low)
    first = not axes.figure.axes.index(axes)
    axes.set(ylim=(low - margin, high + margin), yticks=heights, yticklabels=texts if first else [""] * len(texts))
    ends = axes.get_xlim()
    _set_ticks(axes, "x", ends, int(np.clip(_side(axes, style) / 3.6, 2, 6)))
    axes.set_xlabel(title)
    if ends[0] <= 0 <= ends[1]:
        axes.axvline(0, color="#9ca3af", linewidth=0.075 * style.font_size, zorder=1)
    axes.grid(color=FAINT, linewidth=0.06 * style.font_size, zorder=0)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if first:
        axes.set_ylabel(scale_title(scale, metric, layout.bar_length(style)), parse_math=False)
    axes.tick_params(colors=INK)


def _side(axes, style: PrintStyle) -> float:
    """Return a panel's width in font sizes."""
    return axes.get_position().width * axes.figure.get_figwidth() * 72 / style.font_size


def _set_ticks(axes, letter: str, ends: Sequence[float], most: int, *, labelled: bool = True) -> None:
    ticks = axis_ticks(float(ends[0]), float(ends[1]), most)
    texts = [coordinate(tick) if labelled else "" for tick in ticks]
    axes.set(**{f"{letter}ticks": ticks, f"{letter}ticklabels": texts})
