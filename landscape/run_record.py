"""What a training run recorded: one number a column and epoch (or span of steps), and where they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from landscape.grid import frozen_array
from landscape.origin import Origin

RECORDER = "recorder"  # the key of a run's identity that a recorder of somebody's training wrote; else it is "recipe"


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """Columns over the epochs 1, 2, ..., or over spans of steps; nan where a row has no such number.

    Attributes:
        columns: Name (train_loss, learning_rate, update_s) -> float64 array of (rows,).
        origin: identity: recipe and data; circumstance: versions and threads; record: command, seconds, how it ended.
        steps: How many were done at the end of each row's span; None where a row is an epoch.
    """

    columns: Mapping[str, np.ndarray]
    origin: Origin = field(default_factory=Origin)
    steps: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = {name: np.shape(column) for name, column in self.columns.items()}
        if self.steps is not None:
            object.__setattr__(self, "steps", frozen_array(self.steps))
            lengths["steps"] = self.steps.shape
        if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
            raise ValueError(f"a run's columns must hold one number a row each, not {lengths}")
        object.__setattr__(self, "columns", {name: frozen_array(column) for name, column in self.columns.items()})

    @property
    def num_epochs(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), ()) if self.steps is None else self.steps)

    @property
    def axis(self) -> tuple[str, np.ndarray]:
        """What rows are counted in, "epoch" or "step", and how many were done at the end of each."""
        if self.steps is not None:
            return "step", self.steps
        return "epoch", np.arange(1, self.num_epochs + 1, dtype=np.float64)


def columns_of(rows: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """Return one array a name from one mapping an epoch."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in names}
