"""A film's pictures: what stands still is drawn once, and what moves above it, by matplotlib."""

import math
from dataclasses import dataclass, replace

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landscape.figures import print_frame as frame
from landscape.figures import print_panels as panels
from landscape.figures.print_figure import drawing_settings
from landscape.figures.print_layout import LINE, SMALL, Layout, PrintStyle, axis_ticks, text_lines, widest
from landscape.figures.scale import label
from landscape.film.film import THEMES, Chart, Entry, Film
from landscape.film.movers import TURNS, ChartMover, Mover, mark_artists, pattern
from landscape.film.points import draw_vectors, glyphs

INCHES = 8.0  # a picture's width, whatever its pixels: letters grow with it
FONT_SIZE = 10.5
PANEL_HEIGHT = 0.8  # of the contours, in their widths
CHART_HEIGHT, CHART_ROOM, CHART_LEFT = 9.0, 3.2, 5.2  # font sizes: a chart, below and left of it
LEAST_WIDTH, MOST_WIDTH = 240, 3840


@dataclass(frozen=True, slots=True)
class Look:
    """How a film looks, whatever it shows.

    Attributes:
        width: Of a picture, in pixels; even, as video wants.
        theme: "light" or "dark".
        colours: Of the surface; one of `print_layout.COLOURS`.

    Raises:
        ValueError: The width is odd or out of range, or theme or colours are unknown.
    """

    width: int = 800
    theme: str = "light"
    colours: str = "viridis"

    def __post_init__(self) -> None:
        if not LEAST_WIDTH <= self.width <= MOST_WIDTH or self.width % 2:
            raise ValueError(
                f"the width must be an even number of pixels between {LEAST_WIDTH} and {MOST_WIDTH}, not {self.width}"
            )
        if self.theme not in THEMES:
            raise ValueError(f"unknown theme {self.theme!r}; choose one of {', '.join(THEMES)}")

    @property
    def style(self) -> PrintStyle:
        """The same as a printed figure's."""
        return PrintStyle(width=INCHES, font_size=FONT_SIZE, colours=self.colours)


class Stage:
    """A film's background, drawn, and its travellers, who are moved from picture to picture.

    Attributes:
        size: Of a picture, (width, height) in pixels, both even.
        panel: Left, bottom, width and height of the contours, in pixels from the lower left corner.
    """

    def __init__(self, film: Film, look: Look = Look()) -> None:
        style, theme = look.style, THEMES[look.theme]
        dpi = look.width / INCHES
        legend = _legend_rows(film, style)
        layout = _layout(film, legend, style)
        height = 2 * round(layout.height * dpi / 2)
        self.size = (look.width, height)
        self._film, self._look = film, look
        with drawing_settings(style, theme.ink):
            figure = Figure(figsize=(INCHES, height / dpi), dpi=dpi, facecolor=theme.ground)
            self._canvas = FigureCanvasAgg(figure)
            axes = self._drawn_surface(figure, layout)
            charts = [self._drawn_chart(figure, layout, place) for place in range(len(film.charts))]
            self._words = _titled(figure, layout, film, style)
            if film.legend:
                _add_legend(figure, film, look)
            self._movers = [Mover(axes, one, film, look.colours, theme, FONT_SIZE) for one in film.travellers[::-1]]
            for number, (chart, drawn) in enumerate(zip(film.charts, charts, strict=True)):
                self._movers += [
                    ChartMover(drawn, one, chart, number, look.colours, theme, FONT_SIZE)
                    for one in film.travellers[::-1]
                ]
            above = [*mark_artists(axes, film, look.colours, theme, FONT_SIZE), *glyphs(axes, film.points, FONT_SIZE)]
            self._moving = [(axes, artist) for artist in above]
            for artist in (*above, *(part for mover in self._movers for part in mover.artists), self._words):
                artist.set_animated(True)
            self._canvas.draw()
            self._ground = self._canvas.copy_from_bbox(figure.bbox)
            self.panel = tuple(float(number) for number in axes.get_window_extent().bounds)

    def picture(self, moment: float) -> np.ndarray:
        """Return the picture at a step, which may lie between two, as (height, width, 3) bytes."""
        film = self._film
        self._canvas.restore_region(self._ground)
        for mover in self._movers:
            mover.move(moment)
        self._words.set_text(film.words[min(int(moment + 1e-9), len(film.words) - 1)])
        lines = [(mover.axes, part) for mover in self._movers for part in mover.lines]
        heads = [(mover.axes, part) for mover in self._movers for part in mover.heads]
        for axes, artist in (*lines, *self._moving, *heads):
            axes.draw_artist(artist)
        self._canvas.figure.draw_artist(self._words)
        return np.array(self._canvas.buffer_rgba())[..., :3]

    def exact_colours(self) -> np.ndarray:
        """Return (n, 3) bytes of the colours that a picture must keep: the surface's steps, and who travels."""
        theme = THEMES[self._look.theme]
        bands = panels.bands_of(self._film.scale, matplotlib.colormaps[self._look.colours]).colours[:, :3]
        names = [one.colour_in(theme, self._look.colours) for one in self._film.travellers]
        names += [theme.ground, theme.ink, theme.grid, "#ffffff", panels.INK]
        named = [matplotlib.colors.to_rgb(name) for name in names]
        return np.unique(np.round(255 * np.array([*bands, *named])).astype(np.uint8), axis=0)

    def _drawn_surface(self, figure, layout: Layout):
        film, style = self._film, self._look.style
        bands = panels.bands_of(film.scale, matplotlib.colormaps[style.colours])
        axes = figure.add_axes(layout.panels[0])
        panels.draw_contours(axes, film.surface, film.metric, film.scale, bands, style.font_size)
        if not film.has_center:
            for artist in [line for line in axes.lines if line.get_gid() == "center"]:
                artist.remove()
        frame.dress_contours(axes, film.surface, style, lowest=True, leftmost=True)
        axes.set_xlabel(film.axes[0], parse_math=False)
        axes.set_ylabel(film.axes[1], parse_math=False)
        sizes = tuple(part * whole * 72 for part, whole in zip(layout.panels[0][2:], (layout.width, layout.height)))
        draw_vectors(axes, film.points, sizes, style.font_size)
        frame.add_bar(figure, layout, film.scale, film.metric, bands, style)
        return axes

    def _drawn_chart(self, figure, layout: Layout, place: int):
        """Return the axes of one of the charts, which stand side by side below the contours."""
        film, theme, em = self._film, THEMES[self._look.theme], FONT_SIZE / 72
        each = layout.width / em / len(film.charts)
        left, width = place * each + CHART_LEFT, each - CHART_LEFT - 1.1
        box = (left * em / layout.width, CHART_ROOM * em / layout.height)
        axes = figure.add_axes((*box, width * em / layout.width, CHART_HEIGHT * em / layout.height))
        chart = film.charts[place]
        heights, texts = _chart_ticks(chart)
        last = max(float(one.times[-1]) for one in film.travellers)
        first = min(float(one.times[0]) for one in film.travellers)
        margin = 0.015 * (last - first or 1)
        axes.set(xlim=(first - margin, last + margin), ylim=chart.shown(np.array(chart.ends)))
        axes.set(yticks=heights, yticklabels=texts, facecolor=theme.ground, xlabel=film.time_title)
        axes.set_title(chart.title, loc="left", fontsize=SMALL * FONT_SIZE, parse_math=False, pad=0.3 * FONT_SIZE)
        axes.grid(color=theme.grid, linewidth=0.08 * FONT_SIZE)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.locator_params(axis="x", nbins=6)
        return axes


def _layout(film: Film, num_rows: int, style: PrintStyle) -> Layout:
    """Return the contours' place, with rows of the legend and a title above, and charts below."""
    ticks = frame.scale_ticks(film.scale, film.metric)[1]
    room = frame.contour_room([film.surface], ticks, shared=True)
    below = room.bottom + CHART_ROOM + CHART_HEIGHT + 1.8
    room = replace(room, left=room.left + 0.5, top=0.6 + LINE * num_rows + 1.9, bottom=below, height=PANEL_HEIGHT)
    return frame.with_scale_title(1, room, film.scale, film.metric, style)[0]


def _titled(figure, layout: Layout, film: Film, style: PrintStyle):
    """Write the title above the contours, and return the words at its right, which change."""
    left, bottom, width, height = layout.panels[0]
    at = bottom + height + 0.55 * FONT_SIZE / 72 / layout.height
    longest = SMALL * widest(film.words)
    room = layout.width * 72 / FONT_SIZE - longest - 3
    title = text_lines(film.title, room, 1)[0] if room > 6 else ""
    figure.text(left, at, title, va="baseline", weight="bold", parse_math=False)
    right = layout.bar[0] + layout.bar[2]
    return figure.text(right, at, "", va="baseline", ha="right", fontsize=SMALL * FONT_SIZE, parse_math=False)


def _legend_rows(film: Film, style: PrintStyle) -> int:
    entries = [entry.text for entry in film.legend]
    return -(-len(entries) // frame.legend_columns(entries, style, 1)) if entries else 0


def _add_legend(figure, film: Film, look: Look) -> None:
    theme = THEMES[look.theme]
    handles = [_handle(entry, theme) for entry in film.legend]
    frame.add_legend(figure, handles, [" ".join(text_lines(entry.text, 30, 1)) for entry in film.legend], look.style, 1)


def _handle(entry: Entry, theme) -> Line2D:
    if entry.mark:
        return Line2D([], [], ls="none", marker=TURNS[entry.mark], mfc="white", mec=panels.INK, ms=0.7 * FONT_SIZE)
    colour = theme.ink if entry.colour is None else theme.curves[entry.colour % len(theme.curves)]
    return Line2D([], [], color=colour, ls=pattern(entry.dash), lw=0.25 * FONT_SIZE)


def _chart_ticks(chart: Chart) -> tuple[list[float], list[str]]:
    """Return heights and texts of a chart's ticks: whole decades where there are two or more, else round values."""
    low, high = chart.shown(np.array(chart.ends))
    if chart.is_log and high - low > 2:
        every = math.ceil((high - low) / 5)
        decades = [power for power in range(math.ceil(low), math.floor(high) + 1) if power % every == 0]
        return [float(power) for power in decades], [label(10.0**power).replace("-", "−") for power in decades]
    values = [value for value in axis_ticks(*chart.ends, 4) if value > 0 or not chart.is_log]
    return chart.shown(np.array(values)).tolist(), [label(value).replace("-", "−") for value in values]
