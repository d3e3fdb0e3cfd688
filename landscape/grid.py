"""The points of a plane or a line at which the loss is sampled, and their one order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

LONGEST_AXIS = 10_000
RANGE_FORM = "MIN:MAX:NUM, such as -1:1:25"


def frozen_array(values, dtype=np.float64) -> np.ndarray:
    """Return a read-only copy."""
    array = np.array(values, dtype)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Coordinates along the first direction, and along the second unless the grid is a line.

    Attributes:
        x: (nx,) increasing float64, in lengths of the first direction.
        y: (ny,) likewise of the second; None for a line.
    """

    x: np.ndarray
    y: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in self.dims:
            axis = frozen_array(getattr(self, name))
            if axis.ndim != 1 or len(axis) < 2 or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
                raise ValueError(f"{name} must be two or more finite, increasing numbers, not {axis.tolist()}")
            object.__setattr__(self, name, axis)

    @property
    def dims(self) -> tuple[str, ...]:
        return ("x",) if self.y is None else ("x", "y")

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(getattr(self, name)) for name in self.dims)

    @property
    def num_points(self) -> int:
        return int(np.prod(self.shape))

    def indices(self) -> Iterator[tuple[int, ...]]:
        """Yield every point's index in the one order: x first, y running fastest."""
        return np.ndindex(self.shape)

    def point(self, index: tuple[int, ...]) -> tuple[float, float]:
        """Return (alpha, beta) of an index; beta is 0 on a line."""
        return float(self.x[index[0]]), 0.0 if self.y is None else float(self.y[index[1]])

    def __str__(self) -> str:
        return " x ".join(map(str, self.shape)) + (" line" if self.y is None else "")


def axis_from_text(text: str, name: str = "x") -> np.ndarray:
    """Return NUM evenly spaced coordinates from a text MIN:MAX:NUM, both ends included and 0 exact where it is one.

    Raises:
        ValueError: The text has another form, MIN is not below MAX, or NUM is below 2.
    """
    try:
        low_text, high_text, num_text = text.split(":")
        low, high, num = float(low_text), float(high_text), int(num_text)
    except ValueError:
        raise ValueError(f"--{name} must be {RANGE_FORM}, not {text!r}") from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"--{name} must be {RANGE_FORM}, with MIN below MAX and both finite, not {text!r}")
    if num > LONGEST_AXIS:
        raise ValueError(f"--{name} must be {RANGE_FORM}, with NUM {LONGEST_AXIS} or less, not {text!r}")
    if num < 2:
        raise ValueError(f"--{name} must be {RANGE_FORM}, with NUM 2 or more, not {text!r}")
    axis = np.linspace(low, high, num)
    if low == -high:
        axis = (axis - axis[::-1]) / 2  # mirrored to the last bit
    axis[np.abs(axis) < 1e-12 * (high - low)] = 0.0
    return axis
