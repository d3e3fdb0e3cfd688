"""The axes of a plane that hold a path."""

import numpy as np

NARROWEST = 0.25  # of the longer axis: what the shorter one has at least, for the eye to see something across the path


def axes_holding(
    places: np.ndarray, num_points: int, margin: float, lengths: tuple[float, float] = (1.0, 1.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Return even coordinates, along both axes, of a frame around a path.

    Args:
        places: (num, 2) places that the frame is to hold.
        num_points: Along each axis.
        margin: At either end of an axis, as a share of the path's extent along it.
        lengths: Of the directions: which axis is the longer one is told in weight space.

    Raises:
        ValueError: There are fewer than two points an axis, the margin is negative, or the path is one point.
    """
    if num_points < 2 or not 0 <= margin < np.inf:
        raise ValueError(f"a frame needs 2 points an axis and a margin of 0 or more, not {num_points} and {margin:g}")
    low, high = places.min(axis=0), places.max(axis=0)
    half = (high - low) * (0.5 + margin)
    if not half.any():
        raise ValueError("the path is one point in this plane, so that no frame holds it; choose another plane")
    lengths = np.where(np.asarray(lengths) > 0, lengths, 1.0)
    half = np.maximum(half, NARROWEST * (half * lengths).max() / lengths)
    middle = (low + high) / 2
    x, y = (np.linspace(center - reach, center + reach, num_points) for center, reach in zip(middle, half))
    return x, y
