"""The principal plane of checkpoints: where most of their path lies, exactly and in the memory of a few of them."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from landscape.grid import frozen_array
from landscape.path.checkpoints import Checkpoints
from landscape.path.random_walk import CENTERED, ORIGINS
from landscape.plane import Plane

FEWEST_HELD, ROOM = 8, 64 * 2**20  # checkpoints in memory at a time, in float64: so many, or what these bytes hold
FLATTEST = 1e-6  # of the first singular value: what rounding of the weights may leave to a direction
EVEN = 1e-9  # of the path's extent along a direction: a way from first to last that rounding may turn round


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """Principal directions of checkpoints, seen from an origin.

    Attributes:
        kind: "centered", the origin being the checkpoints' mean, or "last", the last of them.
        origin: Weights in float64.
        directions: Orthonormal, in float64, by falling share; so coordinates are L2 distances in weight space. Those
            with less than a millionth of the first one's singular value are left out.
        singular_values: One a checkpoint, falling, of the matrix with one checkpoint's offset from the origin a row.
        names: Of the checkpoints.
    """

    kind: str
    origin: dict[str, Tensor]
    directions: tuple[dict[str, Tensor], ...]
    singular_values: np.ndarray
    names: tuple[str, ...]

    @property
    def shares(self) -> np.ndarray:
        """The share of each singular value in the sum of squared distances from the origin."""
        squares = self.singular_values**2
        return squares / squares.sum()

    @property
    def plane(self) -> Plane:
        """The plane of the first two directions.

        Raises:
            ValueError: There is but one direction.
        """
        if len(self.directions) < 2:
            raise ValueError(
                f"the {len(self.names)} checkpoints lie along one line, so that they span no plane; give more of them"
            )
        return Plane(self.origin, *self.directions[:2])


def principal(
    checkpoints: Checkpoints, kind: str = CENTERED, *, num_directions: int = 2, held: int | None = None
) -> Principal:
    """Find the directions in which checkpoints lie farthest from their origin.

    The eigenvectors of the Gram matrix of offsets give them; offsets are taken from a checkpoint before they are
    multiplied, since those from zero would leave the path to the last digits. Each checkpoint is read
    about len(checkpoints) / (2 held) times. A direction points so that the path's last checkpoint lies above
    its first; where these two are level, so that the farthest lies above zero.

    Args:
        kind: One of ORIGINS.
        num_directions: At most.
        held: How many checkpoints, in float64, may be in memory; 8, or as many as 64 MiB hold, if None.

    Raises:
        ValueError: There is one checkpoint alone, all are equal, they are of different networks, or one is not finite.

    Source: Sirovich 1987 (the method of snapshots); Li et al. 2018, arXiv:1712.09913, section 7 (origin at the last).
    """
    if kind not in ORIGINS:
        raise ValueError(f"the origin must be one of {', '.join(ORIGINS)}, not {kind!r}")
    num = len(checkpoints)
    if num < 2:
        raise ValueError(f"a path needs two checkpoints or more, and {checkpoints.names[0]} is one; give more of them")
    gram = _gram_of_offsets(checkpoints, held)
    if not gram.any():
        raise ValueError(f"all {num} checkpoints hold the same weights, so that there is no path between them")
    mean_factor = 1 / num if kind == CENTERED else 0.0
    middle = np.eye(num) - mean_factor
    values, vectors = np.linalg.eigh(middle @ gram @ middle)
    singular = np.sqrt(np.maximum(values[::-1], 0))
    vectors = (middle @ vectors)[:, ::-1][:, : min(num_directions, int((singular > FLATTEST * singular[0]).sum()))]
    vectors = vectors * [_sign(column) for column in vectors.T]
    sums = _sums_of_offsets(checkpoints, np.column_stack([np.full(num, mean_factor), vectors]))
    sums[0] += checkpoints.vector(num - 1)
    directions = _orthonormal(sums[1:])
    return Principal(
        kind,
        checkpoints.tensors(sums[0]),
        tuple(checkpoints.tensors(direction) for direction in directions),
        frozen_array(singular),
        checkpoints.names,
    )


def _gram_of_offsets(checkpoints: Checkpoints, held: int | None) -> np.ndarray:
    """Return the inner products of offsets from the last checkpoint, whose own are zero."""
    num = len(checkpoints)
    gram, last = np.zeros((num, num)), checkpoints.vector(num - 1)
    held = held or max(FEWEST_HELD, ROOM // last.nbytes)  # the last one, one that is read and its offset among them
    room = np.empty((min(max(1, held - 3), num - 1), len(last)))
    for start in range(0, num - 1, len(room)):
        block = room[: num - 1 - start]
        stop = start + len(block)
        for row, number in zip(block, range(start, stop)):
            np.subtract(checkpoints.vector(number), last, out=row)
        gram[start:stop, start:stop] = block @ block.T
        for number in range(stop, num - 1):
            offset = checkpoints.vector(number)
            offset -= last
            gram[number, start:stop] = gram[start:stop, number] = block @ offset
    return gram


def _sums_of_offsets(checkpoints: Checkpoints, factors: np.ndarray) -> np.ndarray:
    """Return, a column of factors, the sum of offsets from the last checkpoint times them."""
    num = len(checkpoints)
    last = checkpoints.vector(num - 1)
    sums = np.zeros((factors.shape[1], len(last)))
    for number in range(num - 1):
        offset = checkpoints.vector(number)
        offset -= last
        for row, factor in zip(sums, factors[number]):
            row += factor * offset
    return sums


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    """Make rows orthonormal, one after the other; twice, as rounding wants."""
    for number, row in enumerate(rows):
        for _ in range(2):
            for earlier in rows[:number]:
                row -= (earlier @ row) * earlier
            row /= np.linalg.norm(row)
    return rows


def _sign(coordinates: np.ndarray) -> float:
    """Return the sign to give a direction, from the checkpoints' coordinates along it."""
    way = coordinates[-1] - coordinates[0]
    if abs(way) <= EVEN * np.ptp(coordinates):
        way = coordinates[np.abs(coordinates).argmax()]
    return -1.0 if way < 0 else 1.0
