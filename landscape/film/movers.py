"""What moves in a film: each traveller's way so far and its head, on the contours and on the charts."""

import numpy as np
from matplotlib.patheffects import withStroke

from landscape.figures.plots import DASHES
from landscape.figures.print_panels import PATTERNS
from landscape.film.film import Chart, Film, Theme, Traveller, gone_by

EDGE = "#111827"
TURNS = {"drop": "v", "restart": "^"}
CASING, WAY, GONE, OF_RUN = 0.5, 0.18, 0.3, 0.24  # widths of lines, in font sizes
HEAD, CROSS, DOT, TURN, AVERAGE = 1.0, 0.95, 0.42, 0.75, 0.9  # sizes of marks, in font sizes
MOST_DOTS = 60  # checkpoints that get a dot each
FAR = 1e4  # frames: beyond, a place is drawn as if it lay there


def pattern(dash: int):
    """Return the pattern of a line by its number."""
    return PATTERNS[DASHES[dash % len(DASHES)]]


class Mover:
    """A traveller on the contours.

    Attributes:
        lines: Artists below marks and heads.
        heads: Artists above everything.
    """

    def __init__(self, axes, traveller: Traveller, film: Film, colours: str, theme: Theme, font_size: float) -> None:
        self.axes, self._traveller, self._film = axes, traveller, film
        colour = traveller.colour_in(theme, colours)
        self._places = _within_reach(traveller.places, axes)
        joined = {"solid_joinstyle": "round", "solid_capstyle": "round", "dash_capstyle": "butt"}
        casing = {"color": "white", "alpha": 0.9, "lw": CASING * font_size, **joined}
        if film.shows_way:
            axes.plot(*self._places.T, zorder=4, **casing)
            axes.plot(*self._places.T, color=colour, lw=WAY * font_size, alpha=0.6, zorder=4.5, **joined)
        width = GONE if film.shows_way else OF_RUN
        form = {"ls": pattern(traveller.dash), "lw": width * font_size, "color": colour, "zorder": 5}
        self._casing = axes.plot([], [], zorder=5, **casing)[0]
        self._gone = axes.plot([], [], **form, **joined)[0]
        head = {"marker": "o", "ms": HEAD * font_size, "mfc": colour, "mec": "white", "mew": 0.16 * font_size}
        self._head = axes.plot([], [], ls="none", zorder=8, **head)[0]
        cross = {"marker": "X", "ms": CROSS * font_size, "mfc": colour, "mec": EDGE, "mew": 0.1 * font_size}
        self._cross = axes.plot([], [], ls="none", zorder=8, clip_on=False, **cross)[0]
        self.lines, self.heads = [self._casing, self._gone], [self._head, self._cross]

    @property
    def artists(self) -> list:
        return [*self.lines, *self.heads]

    def move(self, moment: float) -> None:
        """Draw the way up to a moment, with the head there, or a cross where it was in the frame for the last time."""
        gone = gone_by(self._places, moment)
        for line in self.lines:
            line.set_data(*gone.T)
        has_run_off = self._traveller.has_run_off(moment)
        self._head.set_data(*([], []) if has_run_off else gone[-1:].T)
        edge = last_inside(gone, self.axes.get_xlim(), self.axes.get_ylim()) if has_run_off else None
        self._cross.set_data(*([], []) if edge is None else edge[:, None])


class ChartMover:
    """A traveller on a chart: its whole curve, pale; what is gone of it, and its head."""

    def __init__(
        self, axes, traveller: Traveller, chart: Chart, number: int, colours: str, theme: Theme, font_size: float
    ) -> None:
        self.axes, self._times = axes, traveller.times
        self._heights = chart.shown(traveller.values[number])
        colour = traveller.colour_in(theme, colours)
        form = {"color": colour, "ls": pattern(traveller.dash)}
        axes.plot(self._times, self._heights, alpha=0.3, lw=0.12 * font_size, zorder=2, **form)
        if number == 0 and traveller.beside is not None:
            axes.plot(self._times, chart.shown(traveller.beside), color=colour, ls=":", lw=0.14 * font_size, zorder=2)
        self._gone = axes.plot([], [], lw=0.17 * font_size, zorder=3, **form)[0]
        head = {"marker": "o", "ms": 0.55 * font_size, "mfc": colour, "mec": theme.ground, "mew": 0.08 * font_size}
        self._head = axes.plot([], [], ls="none", zorder=4, **head)[0]
        self.lines, self.heads = [self._gone], [self._head]

    @property
    def artists(self) -> list:
        return [*self.lines, *self.heads]

    def move(self, moment: float) -> None:
        """Draw the curve up to a moment."""
        times, heights = gone_by(self._times, moment), gone_by(self._heights, moment)
        self._gone.set_data(times, heights)
        self._head.set_data(times[-1:], heights[-1:])


def mark_artists(axes, film: Film, colours: str, theme: Theme, font_size: float) -> list:
    """Return what lies above the ways and stands still: checkpoints, turns of the learning rate, averages."""
    drawn = []
    for traveller in film.travellers:
        if film.shows_way and len(traveller.places) <= MOST_DOTS:
            form = {"ms": DOT * font_size, "mfc": "white", "mec": EDGE, "mew": 0.08 * font_size, "zorder": 6}
            drawn += axes.plot(*traveller.places.T, "o", **form)
        for mark in traveller.marks:
            is_average = mark.kind == "average"
            ground = traveller.colour_in(theme, colours) if is_average else "white"
            size = (AVERAGE if is_average else TURN) * font_size
            marker = "D" if is_average else TURNS[mark.kind]
            form = {"ms": size, "mfc": ground, "mec": EDGE, "mew": 0.12 * font_size, "zorder": 7}
            drawn += axes.plot(*[[part] for part in mark.place], marker, gid=mark.kind, **form)
            if mark.text:
                drawn.append(_lettered(axes, mark, font_size))
    return drawn


def _lettered(axes, mark, font_size: float):
    return axes.annotate(
        mark.text,
        mark.place,
        (0.8 * font_size, 0.5 * font_size),
        textcoords="offset points",
        color="white",
        fontsize=0.85 * font_size,
        weight="bold",
        zorder=7,
        path_effects=[withStroke(linewidth=0.25 * font_size, foreground=EDGE)],
        annotation_clip=True,
    )


def last_inside(places: np.ndarray, xlim: tuple[float, float], ylim: tuple[float, float]) -> np.ndarray | None:
    """Return where a way is in a frame for the last time: its end, or where its last step out crosses the edge; None if never."""
    low, high = np.array([xlim[0], ylim[0]]), np.array([xlim[1], ylim[1]])
    inside = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))
    if not len(inside):
        return None
    last = places[inside[-1]]
    if inside[-1] == len(places) - 1:
        return last
    step = places[inside[-1] + 1] - last
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(step > 0, (high - last) / step, np.where(step < 0, (low - last) / step, np.inf))
    return last + min(shares.min(), 1.0) * step


def _within_reach(places: np.ndarray, axes) -> np.ndarray:
    """Return places of which none is so far that a drawing would overflow."""
    ends = np.array([axes.get_xlim(), axes.get_ylim()])
    middle, reach = ends.mean(axis=1), FAR * np.ptp(ends, axis=1)
    return np.clip(places, middle - reach, middle + reach)
