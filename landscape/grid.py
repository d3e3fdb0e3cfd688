"""The points of planes or lines at which the loss is sampled, and their one order."""

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
        num_planes: How many planes (or lines) of their own directions share the coordinates; None for one, without a
            dimension of its own.
    """

    x: np.ndarray
    y: np.ndarray | None = None
    num_planes: int | None = None

    def __post_init__(self) -> None:
        if self.num_planes is not None and self.num_planes < 1:
            raise ValueError(f"a grid needs one plane or more, not {self.num_planes}")
        for name in self.axes:
            axis = frozen_array(getattr(self, name))
            if axis.ndim != 1 or len(axis) < 2 or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
                raise ValueError(f"{name} must be two or more finite, increasing numbers, not {axis.tolist()}")
            object.__setattr__(self, name, axis)

    @property
    def axes(self) -> tuple[str, ...]:
        return ("x",) if self.y is None else ("x", "y")

    @property
    def kind(self) -> str:
        """What each of its planes is: a plane, or a line."""
        return "line" if self.y is None else "plane"

    @property
    def dims(self) -> tuple[str, ...]:
        """The axes of arrays over the grid, in their order."""
        return self.axes if self.num_planes is None else ("plane", *self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        lengths = tuple(len(getattr(self, name)) for name in self.axes)
        return lengths if self.num_planes is None else (self.num_planes, *lengths)

    @property
    def num_points(self) -> int:
        return int(np.prod(self.shape))

    def indices(self) -> Iterator[tuple[int, ...]]:
        """Yield every point's index in the one order: plane after plane, x first, y running fastest."""
        return np.ndindex(self.shape)

    def point(self, index: tuple[int, ...]) -> tuple[float, float]:
        """Return (alpha, beta) of an index; beta is 0 on a line."""
        along, across = index[-len(self.axes)], index[-1]
        return float(self.x[along]), 0.0 if self.y is None else float(self.y[across])

    def place(self, index: tuple[int, ...]) -> tuple[float, ...]:
        """Return what a measure is called with: (alpha, beta), and the plane's place where there are several."""
        return self.point(index) if self.num_planes is None else (*self.point(index), index[0])

    def words(self, index: tuple[int, ...]) -> str:
        """Return a point's name for messages."""
        alpha, beta = self.point(index)
        of = "" if self.num_planes is None else f" of plane {index[0] + 1}"
        return f"the point alpha = {alpha:g}, beta = {beta:g}{of}"

    def of_one_plane(self) -> "Grid":
        """Return the grid of each of its planes."""
        return Grid(self.x, self.y)

    def __str__(self) -> str:
        size = " x ".join(str(len(getattr(self, name))) for name in self.axes) + (" line" if self.y is None else "")
        return size if self.num_planes is None else f"{self.num_planes} times {size}"


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
