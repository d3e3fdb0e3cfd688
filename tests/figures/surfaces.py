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


def several(nx: int = 7, ny: int = 5, factor: float = 1.0) -> Surface:
    """Return three planes over one off-centre grid, each a function of its own."""
    grid = Grid(np.linspace(-0.5, 1.0, nx), np.linspace(-1.0, 0.25, ny), 3)
    i, j = np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij")
    loss = factor * np.stack([1.0 + i + 10 * j, 3 + (i - 2.0) ** 2 + 0.5 * j, 2 + j**2 + 0.5 * i * j])
    return Surface(grid, {"train_loss": loss, "train_accuracy": 1 / (2.0 + loss)}, np.ones(loss.shape))


def several_lines(num: int = 7) -> Surface:
    """Return three parabolas along one off-centre line."""
    x = np.linspace(-0.5, 1.0, num)
    loss = 0.1 + np.array([1.0, 2.5, 4.0])[:, None] * x**2
    return Surface(Grid(x, None, 3), {"train_loss": loss}, np.ones(loss.shape))
