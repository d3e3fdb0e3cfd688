"""A sampled loss surface: grid, one array a metric, which points are done, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from landscape.batch_losses import BatchLosses
from landscape.belief_record import BeliefRecord
from landscape.grid import Grid, frozen_array
from landscape.origin import Origin

NOT_DONE, MEASURED = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Values over a grid; arrays are [x, y], or [plane, x, y] where there are several planes.

    A diverged point (inf, nan) is a result like any other: `done` alone says what was measured.

    Attributes:
        values: Metric name (train_loss, test_accuracy) -> float64 array of the grid's shape; nan where not done.
        done: uint8 array of the grid's shape: 0 not done, 1 measured.
        belief: What was measured beside, to tell how far the surface is to be believed; None where nothing was.
        batches: The surfaces of batches over the same plane, the first where there are several; None where none were drawn.
    """

    grid: Grid
    values: Mapping[str, np.ndarray]
    done: np.ndarray
    origin: Origin = field(default_factory=Origin)
    belief: BeliefRecord | None = None
    batches: BatchLosses | None = None

    def __post_init__(self) -> None:
        for name, array in {**self.values, "done": self.done}.items():
            if np.shape(array) != self.grid.shape:
                raise ValueError(f"{name} has the shape {np.shape(array)}, but the grid is {self.grid.shape}")
        if self.batches is not None and np.shape(self.batches.whole) != self.grid.of_one_plane().shape:
            raise ValueError(
                f"the batches' grid is {np.shape(self.batches.whole)}, and the surface's {self.grid.shape}"
            )
        object.__setattr__(self, "values", {name: frozen_array(array) for name, array in self.values.items()})
        object.__setattr__(self, "done", frozen_array(self.done, np.uint8))

    @property
    def num_done(self) -> int:
        return int((self.done != NOT_DONE).sum())

    @property
    def is_complete(self) -> bool:
        return self.num_done == self.grid.num_points

    @property
    def planes(self) -> tuple["Surface", ...]:
        """A surface a plane, in their order; itself where it has no dimension of planes."""
        if self.grid.num_planes is None:
            return (self,)
        grid = self.grid.of_one_plane()
        return tuple(
            replace(
                self,
                grid=grid,
                values={name: array[number] for name, array in self.values.items()},
                done=self.done[number],
                batches=self.batches if number == 0 else None,
            )
            for number in range(self.grid.num_planes)
        )

    def num_non_finite(self, metric: str) -> int:
        """Return how many measured points of a metric are inf or nan."""
        return int(((self.done != NOT_DONE) & ~np.isfinite(self.values[metric])).sum())


def empty_surface(grid: Grid, metrics: list[str], origin: Origin | None = None) -> Surface:
    """Return a surface of which nothing is measured yet."""
    blank = np.full(grid.shape, np.nan)
    return Surface(grid, {name: blank for name in metrics}, np.zeros(grid.shape, np.uint8), origin or Origin())


def require_one_plane(surface: Surface, name: str = "the surface") -> None:
    """Refuse a surface with a dimension of planes, where one picture or file is to be made of one plane.

    Raises:
        ValueError: It has one; the message tells how to choose.
    """
    num = surface.grid.num_planes
    if num is not None:
        what = surface.grid.kind + "s" * (num > 1)
        raise ValueError(f"{name} holds {num} {what}; choose one with surface.planes[k], k from 0 to {num - 1}")
