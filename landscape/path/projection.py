"""Where checkpoints lie in a plane, and how far off it."""

from dataclasses import dataclass

import numpy as np

from landscape.grid import frozen_array
from landscape.path.checkpoints import Checkpoints
from landscape.plane import Plane


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Checkpoints in a plane or line.

    Attributes:
        places: (checkpoints, 2) coordinates, or (checkpoints, 1) on a line, in lengths of the directions.
        distances: (checkpoints,) L2 distances from the plane.
        from_center: (checkpoints,) L2 distances from its center.
    """

    places: np.ndarray
    distances: np.ndarray
    from_center: np.ndarray

    def __post_init__(self) -> None:
        for name in ("places", "distances", "from_center"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))


def projected(checkpoints: Checkpoints, plane: Plane) -> Projection:
    """Project checkpoints onto any plane by least squares, reading each once.

    Args:
        plane: Its directions need be neither unit nor orthogonal.

    Raises:
        ValueError: A checkpoint is of another network than the plane, or not finite.
    """
    places, distances, from_center = [], [], []
    for number in range(len(checkpoints)):
        weights = checkpoints.weights(number)
        coordinates, distance = plane.coordinates(weights)
        places.append(coordinates)
        distances.append(distance)
        squares = sum(float(((weights[name].double() - plane.center[name].double()) ** 2).sum()) for name in weights)
        from_center.append(squares**0.5)
    return Projection(places, distances, from_center)


def held_share(places: np.ndarray, gram: np.ndarray, singular_values: np.ndarray) -> float:
    """Return the share of the squared distances between checkpoints that a plane holds, wherever it goes through.

    In expectation over planes of any directions it is 2 / the number of weights; no plane holds more than the principal
    one through the mean.

    Args:
        places: (checkpoints, 2) coordinates in lengths of the directions.
        gram: Of the directions.
        singular_values: Of the offsets from the checkpoints' mean.
    """
    offsets = np.asarray(places) - np.mean(places, axis=0)
    return float(np.einsum("ni,ij,nj->", offsets, gram, offsets) / np.sum(np.square(singular_values)))
