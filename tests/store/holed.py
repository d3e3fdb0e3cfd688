"""A surface with everything that a reader may stumble over."""

import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface

LINE = Grid(np.array([-0.4, 0.1, 0.15, 2.0]))


def slanted(grid: Grid) -> Surface:
    """Return a + 10 b, more by 100 a plane, with a nan and an inf, an accuracy, and a point that is not done."""
    x, y = np.meshgrid(grid.x, [0.0] if grid.y is None else grid.y, indexing="ij")
    of_a_plane = (x + 10 * y).reshape(grid.of_one_plane().shape)
    loss = np.stack([of_a_plane + 100 * number for number in range(grid.num_planes or 1)]).reshape(grid.shape)
    loss.ravel()[[1, 2]] = np.nan, np.inf
    done = np.ones(grid.shape, np.uint8)
    done.ravel()[-1] = 0
    return Surface(grid, {"train_loss": loss, "train_accuracy": np.exp(-np.abs(loss))}, done, Origin({"seed": 3}))
