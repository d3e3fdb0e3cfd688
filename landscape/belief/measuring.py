"""Measures what tells how far a surface can be believed; each trial is computed whole by one rank, so that ranks change no bit."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from landscape.curvature.in_plane import flat_directions
from landscape.curvature.objective import Objective
from landscape.plane import Plane

Measure = Callable[..., Mapping[str, float]]
DIFFERENCES = ("difference_u", "difference_v")
HESSIAN = ("hessian_uu", "hessian_uv", "hessian_vv")
GRAM = ("gram_uu", "gram_uv", "gram_vv")


def differences_on_fresh_planes(
    plane_of: Callable[[int], Plane],
    measure_on: Callable[[Plane], Measure],
    *,
    step: float,
    metric: str,
    center: float,
    objective: Callable[[], Objective] | None = None,
) -> Callable[[int], Mapping[str, float]]:
    """Return the function from a fresh plane's number to its curvatures.

    Args:
        plane_of: Number -> plane of directions that no surface uses.
        measure_on: A plane -> the measure of its points.
        step: Of the second differences, in lengths of the direction.
        center: The metric at the center.
        objective: Makes what differentiates the loss, when it is first needed; None for differences alone.

    Returns:
        [L(h) + L(-h) - 2 L(0)] / h^2 along u and v, and u'Hu, u'Hv, v'Hv; nan for what is not measured or has no v.
    """
    made: list[Objective] = []

    def measured(number: int) -> dict[str, float]:
        plane = plane_of(number)
        measure = measure_on(plane)
        found = dict.fromkeys((*DIFFERENCES, *HESSIAN), np.nan)
        for name, (u, v) in zip(DIFFERENCES, ((step, 0.0), (0.0, step))[: 1 if plane.v is None else 2]):
            ends = measure(u, v)[metric] + measure(-u, -v)[metric]
            found[name] = (ends - 2 * center) / step**2
        if objective is not None:
            made.extend([] if made else [objective()])
            found |= second_derivatives(made[0], plane)
        return found

    return measured


def second_derivatives(objective: Objective, plane: Plane) -> dict[str, float]:
    """Return u'Hu, u'Hv and v'Hv at the center; nan where there is no v."""
    directions = flat_directions(plane, objective.layout)
    return _entries(HESSIAN, directions.T @ objective.products(directions))


def derivatives_with_lengths(
    plane_of: Callable[[int], Plane], objective: Callable[[], Objective]
) -> Callable[[int], Mapping[str, float]]:
    """Return the function from one of the surface's own planes to its second derivatives and its Gram matrix."""
    made: list[Objective] = []

    def measured(number: int) -> dict[str, float]:
        made.extend([] if made else [objective()])
        plane = plane_of(number)
        directions = flat_directions(plane, made[0].layout)
        return second_derivatives(made[0], plane) | _entries(GRAM, directions.T @ directions)

    return measured


def _entries(names: Sequence[str], matrix: np.ndarray) -> dict[str, float]:
    """Return the three entries of a symmetric matrix by name; the last two nan for a line."""
    if matrix.shape == (1, 1):
        return dict(zip(names, (float(matrix[0, 0]), np.nan, np.nan)))
    return dict(zip(names, (float(matrix[0, 0]), float(matrix[0, 1] + matrix[1, 0]) / 2, float(matrix[1, 1]))))
