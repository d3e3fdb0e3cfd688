"""The film of a path on a small surface, for tests."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb
from walked import on_a_path

from landscape.figures.scale import scale_over
from landscape.film.of_path import film_of_path
from landscape.film.stage import Look, Stage
from landscape.grid import Grid
from landscape.surface import Surface

ALONE = "#ff5a36"
HALFWAY = (0.45, -0.25)  # between the second place and the third
SMALL = Look(width=400)


def roomy(ways: int = 1) -> Surface:
    """Return a path whose ends lie within the frame, which is off-centre and no square."""
    return replace(on_a_path(ways), grid=Grid(np.linspace(-0.75, 1.25, 7), np.linspace(-1.2, 0.5, 6)))


def path_film(ways: int = 1, surface: Surface | None = None):
    surface = surface or roomy(ways)
    return film_of_path(surface, "train_loss", scale_over([surface], "train_loss"), "A way")


def colour(name: str) -> np.ndarray:
    return np.round(255 * np.array(to_rgb(name)))


def pixel(stage: Stage, surface: Surface, place) -> tuple[int, int]:
    """Return row and column of a place, from the panel's box and the grid's ends alone."""
    left, bottom, width, height = stage.panel
    x, y = surface.grid.x, surface.grid.y
    across = left + width * (place[0] - x[0]) / (x[-1] - x[0])
    up = bottom + height * (place[1] - y[0]) / (y[-1] - y[0])
    return int(stage.size[1] - up), int(across)


def is_there(picture, stage: Stage, surface: Surface, place, name: str, within: float = 3) -> bool:
    row, column = pixel(stage, surface, place)
    return bool(np.abs(picture[row, column].astype(float) - colour(name)).max() <= within)


def has_head(picture, stage: Stage, surface: Surface, place, name: str, within: float = 3) -> bool:
    """Tell whether a disc wider than any line has a colour."""
    row, column = pixel(stage, surface, place)
    ring = [(row + a, column + b) for a in (-4, 0, 4) for b in (-4, 0, 4) if abs(a * b) < 16]
    return all(np.abs(picture[at].astype(float) - colour(name)).max() <= within for at in ring)
