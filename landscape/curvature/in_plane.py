"""Derivatives in a plane: the loss's first and second ones at its center, and the Hessian's extreme eigenvalues at any point."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from landscape.curvature.eigenpairs import Eigenpairs, extreme_eigenpairs
from landscape.curvature.krylov import NotFinite
from landscape.curvature.layout import FlatLayout
from landscape.curvature.objective import Objective
from landscape.directions import gaussian
from landscape.plane import Plane

METRICS = ("largest_eigenvalue", "smallest_eigenvalue", "eigenvalue_ratio", "eigenvalue_residual")


def flat_directions(plane: Plane, layout: FlatLayout) -> np.ndarray:
    """Return the directions of a plane or line as columns, (dim, 2) or (dim, 1)."""
    return np.stack([layout.flat(direction) for direction in plane.directions], 1)


def derivatives_in_plane(objective: Objective, plane: Plane) -> dict[str, float | list]:
    """Return value, gradient and Hessian at the center with respect to the plane's own coordinates.

    Returns:
        {"value": loss, "gradient": [one a direction], "hessian": [[...], ...]}.
    """
    directions = flat_directions(plane, objective.layout)
    hessian = directions.T @ objective.products(directions)
    return {
        "value": objective.value(),
        "gradient": (objective.gradient().vector @ directions).tolist(),
        "hessian": ((hessian + hessian.T) / 2).tolist(),
    }


@dataclass(frozen=True, slots=True)
class MapSettings:
    """How exactly eigenvalues are found at a point.

    Attributes:
        tolerance: A residual's share of its eigenvalue, or of a hundredth of the largest.
        max_products: Per point; what has not converged by then shows in its residual.
    """

    tolerance: float = 0.1
    max_products: int = 80
    seed: int = 0


def eigenvalue_map(
    objective: Objective, plane: Plane, split: str, settings: MapSettings = MapSettings()
) -> Callable[[float, float], Mapping[str, float]]:
    """Return the function from coordinates to the Hessian's extreme eigenvalues there.

    Each point begins from the same random vector, so that it does not depend on the points before it.

    Returns:
        Metrics by `METRICS`, after the split's name: eigenvalues, |smallest / largest|, and the larger residual as a share of
        the largest magnitude, which tells how exact they are; nan where the Hessian is not finite.

    Source: Li et al. 2018, arXiv:1712.09913, section 7.
    """
    directions = flat_directions(plane, objective.layout)
    start = gaussian((objective.dim,), settings.seed, "curvature map", "")

    def measure(alpha: float, beta: float) -> dict[str, float]:
        objective.move_to(directions @ np.array([alpha, beta])[: directions.shape[1]])
        return {f"{split}_{name}": value for name, value in zip(METRICS, _extremes(objective, start, settings))}

    return measure


def _extremes(objective: Objective, start: np.ndarray, settings: MapSettings) -> tuple[float, ...]:
    try:
        pairs = _pairs(objective, start, settings)
    except NotFinite:
        return (np.nan,) * len(METRICS)
    largest, smallest = pairs.values
    ratio = abs(smallest / largest) if largest else np.nan
    return float(largest), float(smallest), float(ratio), float(pairs.residuals.max() / max(pairs.scale, 1e-300))


def _pairs(objective: Objective, start: np.ndarray, settings: MapSettings) -> Eigenpairs:
    return extreme_eigenpairs(
        objective.products,
        objective.dim,
        num_largest=1,
        num_smallest=1,
        draw=lambda number: (
            start if number == 0 else gaussian(start.shape, settings.seed, f"curvature map {number}", "")
        ),
        tolerance=settings.tolerance,
        max_products=settings.max_products,
        fresh_products=0,
    )
