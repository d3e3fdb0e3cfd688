"""Critical points of a function of two weights: found by Newton's method from many starts, verified, and told apart by kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from landscape.curvature.point import criticality, hessian_class, verdict
from landscape.grid import frozen_array
from landscape.race.courses import Function
from landscape.race.derivatives import derivatives_at, slopes_at

Frame = tuple[float, float, float, float]
STARTS_A_SIDE = 31
MOST_STEPS = 80
LEAST_STEP = 1e-15  # of the longest: a way that steps less has arrived
LONGEST_STEP = 0.1  # of the frame's diagonal
SAME = 1e-5  # of the diagonal: two ends that are nearer are one point
ALONG = 1e-2  # of the diagonal: how far along a flat direction another critical point is looked for
KINDS = {"positive": "minimum", "negative": "maximum", "indefinite": "saddle"}


@dataclass(frozen=True, slots=True, eq=False)
class CriticalPoint:
    """Where the gradient is zero.

    Attributes:
        place: (2,).
        value: The function there.
        eigenvalues: (2,) of the Hessian, ascending.
        eigenvectors: (2, 2), one a column, in the same order.
        kind: "minimum", "maximum", "saddle" or "degenerate", where second derivatives do not decide.
        is_isolated: False where it is one of a curve of critical points.
        verdict: The kind in words, as of any other point of weights.
        width: 0 where the gradient is zero to rounding. Elsewhere a kink keeps it from that, and the kind is what values at
            this distance show; the Hessian is that of a quadratic through them.
    """

    place: np.ndarray
    value: float
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    kind: str
    is_isolated: bool
    verdict: str
    width: float = 0.0

    def __post_init__(self) -> None:
        for name in ("place", "eigenvalues", "eigenvectors"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))


def critical_points(
    function: Function,
    frame: Frame,
    *,
    starts_a_side: int = STARTS_A_SIDE,
    most_steps: int = MOST_STEPS,
    starts: np.ndarray | None = None,
) -> list[CriticalPoint]:
    """Return the critical points that Newton's method finds inside a frame, from the lowest to the highest.

    Each has passed: its gradient is zero to rounding. A curve of critical points is given as points of it.

    Args:
        starts: (n, 2) where to start instead of from a grid.
    """
    starts = _starts(frame, starts_a_side) if starts is None else starts
    if not len(starts):
        return []
    gradients, hessians = slopes_at(function, starts)
    usable = np.isfinite(hessians).all((1, 2)) & np.isfinite(gradients).all(1)
    if not usable.any():
        return []
    scale = float(np.median(np.abs(np.linalg.eigvalsh(hessians[usable])).max(1)))
    ends = newton(function, starts[usable], longest=LONGEST_STEP * _diagonal(frame), most_steps=most_steps)
    places = _apart(_inside(ends, frame), SAME * _diagonal(frame))
    return _thinned(_judged(function, places, scale, frame), frame)


def newton(function: Function, places: np.ndarray, *, longest: float, most_steps: int = MOST_STEPS) -> np.ndarray:
    """Go from places (n, 2) to where the gradient is zero; a way that ends elsewhere ends in nan.

    Steps solve H d = -g, with a Hessian's directions of no curvature left out, and are cut to a length.
    """
    places = np.array(places, np.float64)
    moving = np.arange(len(places))
    for _ in range(most_steps):
        gradients, hessians = slopes_at(function, places[moving])
        lost = ~(np.isfinite(hessians).all((1, 2)) & np.isfinite(gradients).all(1))
        places[moving[lost]] = np.nan
        moving, gradients, hessians = moving[~lost], gradients[~lost], hessians[~lost]
        steps = _newton_steps(gradients, hessians)
        lengths = np.linalg.norm(steps, axis=1)
        places[moving] += steps * np.minimum(1.0, longest / np.maximum(lengths, longest))[:, None]
        moving = moving[lengths > LEAST_STEP * longest]
        if not len(moving):
            break
    return places


def _newton_steps(gradients: np.ndarray, hessians: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(hessians)
    along = np.einsum("nij,ni->nj", vectors, gradients)
    kept = np.abs(values) > 1e-13 * np.abs(values).max(1, keepdims=True)
    return np.einsum("nij,nj->ni", vectors, np.where(kept, -along / np.where(kept, values, 1.0), 0.0))


def nearest_saddle(points: list[CriticalPoint], place) -> CriticalPoint | None:
    """Return the saddle that is nearest to a place; None where second derivatives show none."""
    chosen = [point for point in points if point.kind == "saddle"]
    return min(chosen, key=lambda point: np.hypot(*(point.place - np.asarray(place))), default=None)


def saddles_of(points: list[CriticalPoint]) -> list[CriticalPoint]:
    """Return those to keep a distance from: saddles, and isolated points that are degenerate."""
    return [point for point in points if point.kind == "saddle" or (point.kind == "degenerate" and point.is_isolated)]


def _judged(function: Function, places: np.ndarray, scale: float, frame: Frame) -> list[CriticalPoint]:
    """Return those places whose gradient is zero to rounding, with their kinds."""
    if not len(places):
        return []
    found = derivatives_at(function, places)
    values, vectors = np.linalg.eigh(found.hessians)
    points = []
    for n, place in enumerate(places):
        norm, far = float(np.linalg.norm(found.gradients[n])), float(np.linalg.norm(place))
        critical = criticality(norm, np.nan, np.nan, scale=scale, weights_norm=far, precision="float64")
        if critical.kind != "critical":
            continue
        smallest, largest = map(float, values[n])
        signs = {"residuals": (0.0, 0.0), "converged": True, "scale": scale, "precision": "float64"}
        hessian = hessian_class(largest, smallest, **signs)
        value, words, kind = float(found.values[n]), verdict(hessian, critical), KINDS.get(hessian.kind, "degenerate")
        points.append(CriticalPoint(place, value, values[n], vectors[n], kind, True, words))
    doubtful = [n for n, point in enumerate(points) if point.kind == "degenerate"]
    for n in np.array(doubtful)[_have_neighbours(function, [points[n] for n in doubtful], frame)] if doubtful else ():
        points[n] = replace(points[n], is_isolated=False)
    return points


def _have_neighbours(function: Function, points: Sequence[CriticalPoint], frame: Frame) -> np.ndarray:
    """Tell of each whether a step along its flattest direction leads, by Newton's method, to another critical point there."""
    step = ALONG * _diagonal(frame)
    places = np.array([point.place for point in points])
    flattest = np.array([point.eigenvectors[:, np.abs(point.eigenvalues).argmin()] for point in points])
    ends = newton(function, np.concatenate([places + step * flattest, places - step * flattest]), longest=step)
    moved = np.linalg.norm(ends.reshape(2, -1, 2) - places, axis=2)
    return ((moved > step / 2) & (moved < 2 * step)).any(0)


def _thinned(points: list[CriticalPoint], frame: Frame) -> list[CriticalPoint]:
    """Return points in order of value, those of curves a little apart from each other."""
    points = sorted(points, key=lambda point: (point.value, *point.place))
    curve = [point for point in points if not point.is_isolated]
    kept = {tuple(place) for place in _apart([point.place for point in curve], ALONG * _diagonal(frame))}
    return [point for point in points if point.is_isolated or tuple(point.place) in kept]


def _starts(frame: Frame, num: int) -> np.ndarray:
    """Return a grid of starts, moved by an odd share of a cell, so that none lies on an axis of symmetry."""
    low, high, bottom, top = frame
    shares = (np.arange(num) + 0.437) / num
    x, y = np.meshgrid(low + (high - low) * shares, bottom + (top - bottom) * shares, indexing="ij")
    return np.column_stack([x.ravel(), y.ravel()])


def _inside(places: np.ndarray, frame: Frame) -> np.ndarray:
    low, high, bottom, top = frame
    slack = SAME * _diagonal(frame)
    within = (places >= (low - slack, bottom - slack)) & (places <= (high + slack, top + slack))
    return places[within.all(1)]


def _apart(places: Sequence[np.ndarray], distance: float) -> np.ndarray:
    """Return the first place of each cluster, (n, 2)."""
    kept = np.empty((0, 2))
    for place in places:
        if not len(kept) or (np.hypot(*(kept - place).T) > distance).all():
            kept = np.vstack([kept, place])
    return kept


def _diagonal(frame: Frame) -> float:
    low, high, bottom, top = frame
    return float(np.hypot(high - low, top - bottom))
