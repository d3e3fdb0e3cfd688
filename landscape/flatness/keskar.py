"""Keskar's sharpness: how much the worst perturbation in a box around the weights raises the loss, in per cent."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from landscape.curvature.objective import Objective
from landscape.flatness.excursion import center_loss, drawn, excursion


@dataclass(frozen=True, slots=True, eq=False)
class KeskarSharpness:
    """The highest loss that was found in the box, against the center's.

    Attributes:
        value: 100 (max L - L(w)) / (1 + L(w)), at least 0.
        rise: max L - L(w), in nats a sample.
        offset: (dim,) where it was found, from the center.
        start: "center" or "random", whence it was reached.
        num_steps: Of that ascent.
        has_converged: Whether that ascent came to a local maximum by L-BFGS-B's own tests.
        num_gradients: How often loss and gradient were computed, over both starts.
    """

    value: float
    rise: float
    offset: np.ndarray
    start: str
    num_steps: int
    has_converged: bool
    num_gradients: int


def keskar_sharpness(objective: Objective, *, eps: float = 1e-3, num_steps: int = 10, seed: int = 0) -> KeskarSharpness:
    """Look for phi = 100 (max L(w + y) - L(w)) / (1 + L(w)) over |y_i| <= eps (|w_i| + 1), by L-BFGS-B.

    What is found is a lower bound of the maximum: each of two ascents, from the center as in the paper and from a random
    point of the box, ends at a local one. The second is ours: at a minimum the gradient vanishes, and the first stays. The
    loss is counted in what its slope at the start promises over the box, the offset in the box's half lengths, so that
    L-BFGS-B's tests of convergence mean the same for any `eps`. At a minimum phi is, to second order and for a diagonal
    Hessian, 100 / (1 + L) * sum_i h_i (eps (|w_i| + 1))^2 / 2.

    Args:
        eps: The paper has 1e-3 and 5e-4.
        num_steps: Of each ascent; the paper has 10.

    Raises:
        ValueError: `eps` is not positive and finite, or the loss at the center is not finite or not above -1.

    Source: Keskar et al. 2017, arXiv:1609.04836, section 2.2.2, Metric 2.1 with A the identity.
    """
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be positive and finite, not {eps!r}")
    before = objective.num_gradients
    with excursion(objective):
        center, bound = center_loss(objective), eps * (np.abs(objective.weights) + 1)
        if not center > -1:
            raise ValueError(f"Keskar's sharpness is a share of 1 + the loss, which must be above -1, not {center!r}")
        starts = {"center": np.zeros(objective.dim), "random": drawn(objective.layout, seed, "box", 0).clip(-1, 1)}
        found = {name: _ascent(objective, center, bound, start, num_steps) for name, start in starts.items()}
    start, (rise, result) = max(found.items(), key=lambda pair: np.nan_to_num(pair[1][0], nan=-np.inf))
    rise = max(np.nan_to_num(rise, nan=0.0, posinf=np.inf), 0.0)
    return KeskarSharpness(
        value=100 * rise / (1 + center),
        rise=rise,
        offset=bound * result.x,
        start=start,
        num_steps=int(result.nit),
        has_converged=bool(result.success),
        num_gradients=objective.num_gradients - before,
    )


def _ascent(
    objective: Objective, center: float, bound: np.ndarray, start: np.ndarray, num_steps: int
) -> tuple[float, OptimizeResult]:
    """Return how far above the center an ascent comes, and what L-BFGS-B says of it."""
    objective.move_to(bound * start)
    unit = float(np.abs(bound * objective.gradient().vector).sum()) or 1.0

    def below(at: np.ndarray) -> tuple[float, np.ndarray]:
        objective.move_to(bound * at)
        return (center - objective.value()) / unit, -bound * objective.gradient().vector / unit

    result = minimize(
        below, start, jac=True, method="L-BFGS-B", bounds=[(-1.0, 1.0)] * len(start), options={"maxiter": num_steps}
    )
    return -float(result.fun) * unit, result
