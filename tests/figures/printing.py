"""Which figures for print there are, and what is looked at in one."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from landscape.figures.print_figure import contour_print, figure_bytes, slices_print, surface_print
from landscape.grid import Grid
from landscape.surface import Surface

ALL = pytest.mark.parametrize("draw", [contour_print, surface_print, slices_print])
PLANES = pytest.mark.parametrize("draw", [contour_print, surface_print])


def bar_of(figure):
    return next(axes for axes in figure.axes if axes.get_label() == "colour bar")


def panels_of(figure):
    return [axes for axes in figure.axes if axes.get_label() != "colour bar"]


def pixels(figure, dpi: int = 100) -> np.ndarray:
    return imread(BytesIO(figure_bytes(figure, "png", dpi)), format="png")


def colour_at(figure, axes, x: float, y: float, dpi: int = 100) -> np.ndarray:
    """Return the pixel that shows a place of a panel."""
    picture = pixels(figure, dpi)
    figure.set_dpi(dpi)
    column, row = axes.transData.transform((x, y))
    return picture[int(picture.shape[0] - row), int(column), :3]


def plateau() -> Surface:
    """Return 1 everywhere but for a corner of 100 around (x[7], y[1])."""
    loss = np.ones((9, 7))
    loss[6:, :3] = 100.0
    return Surface(Grid(np.linspace(-0.5, 1.0, 9), np.linspace(-1.0, 0.25, 7)), {"train_loss": loss}, np.ones((9, 7)))
