"""The second-order Taylor surface around a plane's center, and how far from there the measured one stays close to it."""

from dataclasses import dataclass

import numpy as np

from landscape.grid import frozen_array
from landscape.surface import NOT_DONE, Surface

SHARE = 0.05
ROUNDING = 1e-6  # of the loss at the center: what a forward pass in float32 may be off by
SAME_RING = 1e-9  # of the farthest point: distances that differ by less are one


@dataclass(frozen=True, slots=True, eq=False)
class Taylor:
    """The loss at a plane's center and its derivatives with respect to the plane's own coordinates.

    Attributes:
        value: The loss at the center.
        gradient: (1,) on a line, (2,) on a plane, along x and y.
        hessian: (1, 1) or (2, 2); its symmetric part, which alone counts.
    """

    value: float
    gradient: np.ndarray
    hessian: np.ndarray

    def __post_init__(self) -> None:
        gradient, hessian = np.asarray(self.gradient, np.float64), np.asarray(self.hessian, np.float64)
        if gradient.ndim != 1 or hessian.shape != 2 * gradient.shape:
            raise ValueError(
                f"a second order needs a gradient (n,) and a hessian (n, n), not {gradient.shape} and {hessian.shape}"
            )
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "gradient", frozen_array(gradient))
        object.__setattr__(self, "hessian", frozen_array((hessian + hessian.T) / 2))

    def at(self, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
        """Return value + g p + p H p / 2 over a grid, [x, y]; [x] on a line."""
        x = np.asarray(x, np.float64)
        along = self.value + self.gradient[0] * x + self.hessian[0, 0] * x**2 / 2
        if y is None:
            return along
        y = np.asarray(y, np.float64)
        across = self.gradient[1] * y + self.hessian[1, 1] * y**2 / 2
        return along[:, None] + across + self.hessian[0, 1] * np.multiply.outer(x, y)


@dataclass(frozen=True, slots=True)
class Trust:
    """How far from the center the second order holds, in coordinates of the plane.

    Attributes:
        radius: The distance of the farthest points up to which it does; None where it fails at the nearest already.
        failing: The distance of the nearest points from which on it does not; None where it holds at all of them,
            so that `radius` is a lower bound.
    """

    radius: float | None
    failing: float | None


def taylor_of(surface: Surface, metric: str) -> Taylor | None:
    """Return what the surface's record says of a metric's second order; None where it says nothing, or nothing finite.

    Of several planes there is none: it is recorded along the two axes of one.

    Raises:
        ValueError: The record has not one derivative an axis of the grid.
    """
    recorded = surface.origin.record.get("taylor") or {}
    if metric not in surface.values or metric not in recorded or surface.grid.num_planes is not None:
        return None
    entry = recorded[metric]
    taylor = Taylor(entry["value"], entry["gradient"], entry["hessian"])
    axes = len(surface.grid.shape)
    if len(taylor.gradient) != axes:
        raise ValueError(
            f"the second order of {metric} has a gradient of length {len(taylor.gradient)}, but the grid has {axes} axes; record it anew"
        )
    finite = np.isfinite([taylor.value, *taylor.gradient, *taylor.hessian.ravel()]).all()
    return taylor if finite else None


def second_orders(surface: Surface) -> dict[str, Taylor]:
    """Return the second order of each metric that has one recorded."""
    found = {metric: taylor_of(surface, metric) for metric in surface.values}
    return {metric: taylor for metric, taylor in found.items() if taylor is not None}


def residual(surface: Surface, metric: str) -> np.ndarray | None:
    """Return measured minus second order, [x, y]; nan where not done, and None where no second order is recorded."""
    taylor = taylor_of(surface, metric)
    return None if taylor is None else surface.values[metric] - taylor.at(surface.grid.x, surface.grid.y)


def radius_of_trust(surface: Surface, metric: str, share: float = SHARE) -> Trust | None:
    """Return how far from the center the second order holds to a share of the loss's change.

    It holds within r where, over all measured points within r and within every smaller distance, the largest
    |residual| is at most `share` times the largest measured change |L - L(0)|.

    Relative to the change, as the ratio of a trust region is: an error relative to the loss itself would depend on the
    loss's floor, and at a loss of 2 even a constant would hold to 5 % wherever the loss moves by less than 0.1. By the
    maxima over the disk, since point by point the change goes through zero, at the center and along the isoline
    through it. The center itself decides nothing, and residuals up to a millionth of L(0) are rounding. A point that
    is not finite ends the radius; points not done are left out.

    Args:
        share: Of the change; 0.05 is 5 %.

    Returns:
        Distances of measured points, in coordinates of the plane (Euclidean in x and y); None where no second order
        is recorded, or nothing is measured but the center.

    Source: Nocedal and Wright 2006, Numerical Optimization, equation 4.4, for the ratio at one point.
    """
    taylor = taylor_of(surface, metric)
    if taylor is None:
        return None
    x, y = surface.grid.x, 0.0 if surface.grid.y is None else surface.grid.y
    distance = np.hypot.outer(x, y).reshape(surface.grid.shape)
    done = surface.done != NOT_DONE
    order = np.argsort(distance[done], kind="stable")
    distance, measured, missed = (
        array[done][order] for array in (distance, surface.values[metric], np.abs(residual(surface, metric)))
    )
    finite = np.isfinite(measured)
    missed = np.maximum.accumulate(np.where(finite, missed, np.inf))
    moved = np.maximum.accumulate(np.where(finite, np.abs(measured - taylor.value), 0.0))
    holds = missed <= np.maximum(share * moved, ROUNDING * abs(taylor.value))
    return _trust(distance, holds)


def _trust(distance: np.ndarray, holds: np.ndarray) -> Trust | None:
    """Return the last ring before the first at which it does not hold; `distance` increases."""
    if not len(distance) or distance[-1] == 0:
        return None
    ends = np.flatnonzero(np.append(np.diff(distance) > SAME_RING * distance[-1], True))
    ends = ends[distance[ends] > SAME_RING * distance[-1]]
    failing = np.flatnonzero(~holds[ends])
    if not len(failing):
        return Trust(float(distance[-1]), None)
    first = failing[0]
    return Trust(float(distance[ends[first - 1]]) if first else None, float(distance[ends[first]]))
