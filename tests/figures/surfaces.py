"""Surfaces to draw: off-centre, non-square, asymmetric, each value its own."""

import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface


def slanted(nx: int = 6, ny: int = 4, factor: float = 1.0) -> Surface:
    """Return loss = factor (1 + i + 10 j) and an accuracy over an off-centre grid."""
    grid = Grid(np.linspace(-0.5, 1.0, nx), np.linspace(-1.0, 0.25, ny))
    i, j = np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij")
    values = {"train_loss": factor * (1.0 + i + 10 * j), "train_accuracy": 1 / (2.0 + i + j)}
    return Surface(grid, values, np.ones((nx, ny)), Origin(record={"model": "slanted"}))


def line(num: int = 7, factor: float = 1.0) -> Surface:
    """Return a parabola along an off-centre line."""
    x = np.linspace(-0.5, 1.0, num)
    return Surface(Grid(x), {"train_loss": factor * (0.1 + x**2)}, np.ones(num))


def with_values(change) -> Surface:
    """Return `slanted` with its loss changed in a copy by `change`."""
    surface = slanted()
    loss = surface.values["train_loss"].copy()
    change(loss)
    return Surface(surface.grid, {**surface.values, "train_loss": loss}, surface.done, surface.origin)
