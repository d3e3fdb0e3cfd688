"""Critical points where a function has kinks, as networks of ReLU have everywhere: their gradient jumps, and values alone tell them."""

import numpy as np

from landscape.grid import Grid
from landscape.race.courses import Function
from landscape.race.critical import CriticalPoint
from landscape.race.derivatives import values_at

MOST_PLACES = 5
MOST_FITS = 20
AROUND = 12  # values that a quadratic is fitted to, besides that at the middle
RING = 24  # values that tell the kind
WIDTH = 1e-3  # of the frame's diagonal: over what distance a kind is told
MINE = 3.0  # cells: a known critical point that is nearer is the same one


def kinked_points(
    function: Function, grid: Grid, losses: np.ndarray, known: list[CriticalPoint]
) -> list[CriticalPoint]:
    """Return the points around which values alone show a minimum, a maximum or a saddle, and that are not known yet.

    From where the grid is flattest, a quadratic through values leads to its own stationary point, over smaller and smaller
    distances; what a ring of values around the last shows is its kind. Any continuous function has a critical point within.

    Source: the number of times that a ring's values cross the middle's tells the index of the point (Poincaré and Hopf).
    """
    found: list[CriticalPoint] = []
    cell = cell_of(grid)
    width = WIDTH * float(np.hypot(np.ptp(grid.x), np.ptp(grid.y)))
    for place in flat_places(grid, losses):
        if is_near(place, known, cell):
            continue
        middle = settled(function, place, float(cell.min()), width)
        if middle is None or not _is_inside(middle, grid) or is_near(middle, [*known, *found], cell):
            continue
        point = point_by_values(function, middle, width)
        found += [point] if point else []
    return found


def flat_places(grid: Grid, losses: np.ndarray, most: int = MOST_PLACES) -> np.ndarray:
    """Return the grid's inner points whose slope is the least among their neighbours', (n, 2), the flattest first."""
    if min(losses.shape) < 3:
        return np.empty((0, 2))
    slopes = np.hypot(*np.gradient(losses, grid.x, grid.y))
    slopes = np.where(np.isfinite(slopes), slopes, np.inf)
    inner = slopes[1:-1, 1:-1]
    shifts = [(i, j) for i in (0, 1, 2) for j in (0, 1, 2)]
    least = np.min([slopes[i : i + inner.shape[0], j : j + inner.shape[1]] for i, j in shifts], axis=0)
    i, j = np.nonzero((inner == least) & np.isfinite(inner))
    order = np.argsort(inner[i, j], kind="stable")[:most]
    return np.column_stack([grid.x[i + 1], grid.y[j + 1]])[order]


def settled(function: Function, place: np.ndarray, radius: float, width: float) -> np.ndarray | None:
    """Return where quadratics through values have their stationary point, over a width; None if they lead nowhere."""
    for _ in range(MOST_FITS):
        gradient, hessian = fitted(function, place, radius)
        if not np.isfinite([*gradient, *hessian.flat]).all():
            return None
        values, vectors = np.linalg.eigh(hessian)
        if np.abs(values).min() <= 1e-9 * np.abs(values).max():
            return None
        step = -vectors @ ((vectors.T @ gradient) / values)
        length = float(np.linalg.norm(step))
        place = place + step * min(1.0, radius / length if length else 1.0)
        if length <= radius / 2:
            if radius <= width:
                return place
            radius = max(width, radius / 2)
    return None


def fitted(function: Function, place: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return gradient (2,) and Hessian (2, 2) of the quadratic that best fits values at a place and on a ring around it."""
    u, v = radius * np.vstack([np.zeros(2), _ring(AROUND)]).T
    terms = np.column_stack([np.ones_like(u), u, v, u**2 / 2, u * v, v**2 / 2])
    values = values_at(function, place + np.column_stack([u, v]))
    if not np.isfinite(values).all():
        return np.full(2, np.nan), np.full((2, 2), np.nan)
    _, *gradient, a, b, c = np.linalg.lstsq(terms, values, rcond=None)[0]
    return np.array(gradient), np.array([[a, b], [b, c]])


def point_by_values(function: Function, place: np.ndarray, width: float) -> CriticalPoint | None:
    """Return the critical point that a ring of this radius holds by its values alone; None where they show none."""
    values = values_at(function, np.vstack([place, place + width * _ring(RING)]))
    rises = values[1:] - values[0]
    if not np.isfinite(values).all() or (np.abs(rises) <= 1e-12 * max(1.0, abs(values[0]))).any():
        return None
    crossings = int((np.sign(rises) != np.sign(np.roll(rises, 1))).sum())
    if crossings == 2:
        return None
    kind = "saddle" if crossings else "minimum" if rises[0] > 0 else "maximum"
    eigenvalues, vectors = np.linalg.eigh(fitted(function, place, width)[1])
    words = f"a {kind} by values {width:.2g} around it, where the gradient does not become zero but jumps"
    return CriticalPoint(place, float(values[0]), eigenvalues, vectors, kind, True, words, width)


def _ring(number: int) -> np.ndarray:
    """Return places (number, 2) on the unit circle, turned so that none lies along an axis."""
    angles = 2 * np.pi * (np.arange(number) + 0.31) / number
    return np.column_stack([np.cos(angles), np.sin(angles)])


def cell_of(grid: Grid) -> np.ndarray:
    return np.array([np.diff(grid.x).max(), np.diff(grid.y).max()])


def is_near(place: np.ndarray, points: list[CriticalPoint], cell: np.ndarray) -> bool:
    """Tell whether one of the points lies within a few cells of a place."""
    return any(np.hypot(*((point.place - place) / cell)) < MINE for point in points)


def _is_inside(place: np.ndarray, grid: Grid) -> bool:
    return bool(grid.x[0] <= place[0] <= grid.x[-1] and grid.y[0] <= place[1] <= grid.y[-1])
