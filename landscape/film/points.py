"""Critical points on a film's surface: a glyph by kind, and the eigenvectors that lead up or down, as on a race's page."""

from collections.abc import Sequence

import numpy as np

from landscape.race.critical import CriticalPoint

GLYPHS = {"minimum": ("*", 1.35), "maximum": ("^", 0.95), "saddle": ("X", 0.95), "degenerate": ("D", 0.75)}
EIGENVECTOR = 2.0  # half of its line, in font sizes
TIP = (0.7, 0.22)  # of an arrow, along and across, in its lengths
MOST_VECTORS = 24  # points whose eigenvectors are drawn; more would hide the ways
UP, DOWN, EDGE = "#ffffff", "#ffb199", "#111827"
ON_CURVE = 0.35  # font sizes: a dot of a curve of critical points


def draw_vectors(axes, points: Sequence[CriticalPoint], sizes: tuple[float, float], font_size: float) -> None:
    """Draw each isolated point's eigenvectors: lines where the function curves upward, dashed arrows where downward.

    Args:
        sizes: Of the panel, in points of print.
    """
    curve = np.array([point.place for point in points if not point.is_isolated]).reshape(-1, 2)
    axes.plot(*curve.T, "o", ms=ON_CURVE * font_size, mfc=UP, mec="none", alpha=0.8, zorder=4, gid="curve of points")
    single = [point for point in points if point.is_isolated and point.kind != "degenerate"]
    if len(single) > MOST_VECTORS:
        return
    spans = np.array([np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())])
    a_point = spans / np.array(sizes)  # of print, in each axis' units
    for point in single:
        for value, vector in zip(point.eigenvalues, point.eigenvectors.T, strict=True):
            on_page = vector / a_point
            step = on_page / np.linalg.norm(on_page) * EIGENVECTOR * font_size
            is_down = value < 0
            ends = [_line(point.place, step * a_point)]
            ends += [_tip(point.place, sign * step, a_point) for sign in (1, -1) if is_down]
            for number, line in enumerate(ends):
                form = {"solid_capstyle": "round", "zorder": 4, "dash_capstyle": "round"}
                style = (0, (3, 2)) if is_down and number == 0 else "-"
                axes.plot(*line.T, color=EDGE, alpha=0.7, lw=0.3 * font_size, **form)
                axes.plot(*line.T, color=DOWN if is_down else UP, ls=style, lw=0.14 * font_size, **form)


def glyphs(axes, points: Sequence[CriticalPoint], font_size: float) -> list:
    """Return one drawn artist a kind of isolated points, to lie above the ways."""
    drawn = []
    for kind, (marker, size) in GLYPHS.items():
        places = np.array([point.place for point in points if point.is_isolated and point.kind == kind]).reshape(-1, 2)
        if len(places):
            form = {"ms": size * font_size, "mfc": UP, "mec": EDGE, "mew": 0.1 * font_size, "zorder": 7}
            drawn += axes.plot(*places.T, marker, gid=kind, **form)
    return drawn


def _line(place: np.ndarray, step: np.ndarray) -> np.ndarray:
    return np.array([place - step, place + step])


def _tip(place: np.ndarray, step: np.ndarray, a_point: np.ndarray) -> np.ndarray:
    """Return an arrow's head, at right angles on the page whatever the axes' units."""
    along, across = TIP
    aside = np.array([-step[1], step[0]])
    corners = [along * step + across * aside, step, along * step - across * aside]
    return np.array([place + corner * a_point for corner in corners])
