"""Surfaces to keep: odd values of every kind, and points that are not done."""

import math

import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface

GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))
LINE = Grid(np.array([-0.4, 0.1, 0.15, 2.0]))
PLANES = Grid(GRID.x, GRID.y, num_planes=3)
ORIGIN = Origin(
    {"seed": 3, "grid": {"x": "-0.7:1.1:5"}, "splits": ["train", "test"]},
    {"device": "cpu", "torch": "2.6.0"},
    {
        "command": "landscape surface --x=-0.7:1.1:5",
        "center": {"train_loss": 0.25},
        "words": "α, β and \u201cquotes\u201d",
    },
)


def partly_done(grid: Grid) -> Surface:
    """Return a surface with odd values of every kind and points that are not done."""
    random = np.random.default_rng(5)
    loss = random.normal(size=grid.shape)
    loss.ravel()[:4] = [math.nan, math.inf, -math.inf, -0.0]
    done = np.ones(grid.shape, np.uint8)
    done.ravel()[-1:] = 0
    loss.ravel()[-1:] = math.nan
    return Surface(grid, {"train_loss": loss, "test_accuracy": random.random(grid.shape)}, done, ORIGIN)
