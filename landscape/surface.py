"""A sampled loss surface: grid, one array a metric, which points are done, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from landscape.grid import Grid, frozen_array
from landscape.origin import Origin

NOT_DONE, MEASURED = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Values over a grid; arrays are [x, y].

    A diverged point (inf, nan) is a result like any other: `done` alone says what was measured.

    Attributes:
        values: Metric name (train_loss, test_accuracy) -> float64 array of the grid's shape; nan where not done.
        done: uint8 array of the grid's shape: 0 not done, 1 measured.
    """

    grid: Grid
    values: Mapping[str, np.ndarray]
    done: np.ndarray
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        for name, array in {**self.values, "done": self.done}.items():
            if np.shape(array) != self.grid.shape:
                raise ValueError(f"{name} has the shape {np.shape(array)}, but the grid is {self.grid.shape}")
        object.__setattr__(self, "values", {name: frozen_array(array) for name, array in self.values.items()})
        object.__setattr__(self, "done", frozen_array(self.done, np.uint8))

    @property
    def num_done(self) -> int:
        return int((self.done != NOT_DONE).sum())

    @property
    def is_complete(self) -> bool:
        return self.num_done == self.grid.num_points

    def num_non_finite(self, metric: str) -> int:
        """Return how many measured points of a metric are inf or nan."""
        return int(((self.done != NOT_DONE) & ~np.isfinite(self.values[metric])).sum())


def empty_surface(grid: Grid, metrics: list[str], origin: Origin | None = None) -> Surface:
    """Return a surface of which nothing is measured yet."""
    blank = np.full(grid.shape, np.nan)
    return Surface(grid, {name: blank for name in metrics}, np.zeros(grid.shape, np.uint8), origin or Origin())
