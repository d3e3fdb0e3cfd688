"""Worst-case sharpness in a ball: how much the worst perturbation of a given length raises the loss, found by ascent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landscape.curvature.objective import Objective
from landscape.flatness.excursion import center_loss, drawn, excursion, loss_at
from landscape.flatness.scales import require_scale

LONGEST_STEP = 8.0  # radii: beyond, a step leads to where the slope points, as a power iteration's does


@dataclass(frozen=True, slots=True, eq=False)
class Climb:
    """Where an ascent came to.

    Attributes:
        at: (dim,) in lengths of the scale, in the ball.
        loss: There, in nats a sample.
        num_steps: Upward.
        has_converged: Whether the slope leads no farther within the ball: it points along `at`, or no step goes up.
        num_losses: How often the loss was computed.
    """

    at: np.ndarray
    loss: float
    num_steps: int
    has_converged: bool
    num_losses: int


@dataclass(frozen=True, slots=True, eq=False)
class BallSharpness:
    """The highest loss that was found in a ball, against the center's.

    Attributes:
        value: max L(w + d) - L(w) over what was tried, in nats a sample; at least 0, inf where the loss overflows.
        offset: (dim,) the d that it was found at.
        rises: By start, what each ascent came to, in nats a sample above the center.
        start: The name of the start that led there; "center" where none led up.
        num_steps: Of that start's ascent.
        has_converged: Whether that ascent came to a local maximum.
        num_losses, num_gradients: How often each was computed, over all starts.
    """

    value: float
    offset: np.ndarray
    rises: Mapping[str, float]
    start: str
    num_steps: int
    has_converged: bool
    num_losses: int
    num_gradients: int


def ball_sharpness(
    objective: Objective,
    scale: np.ndarray,
    *,
    rho: float,
    along: Sequence[np.ndarray] = (),
    num_steps: int = 20,
    tolerance: float = 0.01,
    seed: int = 0,
) -> BallSharpness:
    """Look for max L(w + T e) - L(w) over |e| <= rho, T the diagonal matrix of a scale.

    What is found is a lower bound of the maximum: an ascent ends at a local one, and after a number of steps. At a minimum
    the maximum is, to second order, rho^2 / 2 times the largest eigenvalue of T H T; elsewhere rho |T g|, to first order.
    Each ascent follows the normalized gradient with respect to e, projected onto the ball; a step that does not go up is
    halved, one that does makes the next twice as long. It starts at rho T g / |T g|, the step that SAM takes; at a random
    point of the sphere, since at a minimum the gradient vanishes; and at what is given. Of each start and its
    opposite the higher is taken.

    Args:
        scale: (dim,) the diagonal of T: `ones` (SAM), `magnitudes` or `filter_lengths` (adaptive).
        rho: The ball's radius, in lengths of the scale.
        along: (dim,) vectors in the place of gradients, such as eigenvectors of the Hessian; each one more start.
        num_steps: Of each ascent, a gradient and a loss or more each.
        tolerance: How far the slope may point away from the offset, in radians about, where that counts as converged.

    Raises:
        ValueError: `rho` is not positive and finite, the scale moves nothing, or the loss at the center is not finite.

    Source: Foret et al. 2021, arXiv:2010.01412, section 2; with scales Kwon et al. 2021, arXiv:2102.11600, section 3.
    """
    if not 0 < rho < np.inf:
        raise ValueError(f"rho must be a positive, finite length, not {rho!r}")
    require_scale(scale, objective.layout)
    before = objective.num_gradients
    with excursion(objective):
        center = center_loss(objective)
        starts = _starts(objective, scale, along, seed)
        climbs = {name: _climb(objective, scale, at, rho, num_steps, tolerance) for name, at in starts.items()}
    still = Climb(np.zeros(objective.dim), center, 0, not climbs, 1 + sum(each.num_losses for each in climbs.values()))
    start, best = max({"center": still, **climbs}.items(), key=lambda pair: np.nan_to_num(pair[1].loss, nan=-np.inf))
    return BallSharpness(
        best.loss - center,
        scale * best.at,
        {name: each.loss - center for name, each in climbs.items()},
        start,
        best.num_steps,
        best.has_converged,
        still.num_losses,
        objective.num_gradients - before,
    )


def _starts(objective: Objective, scale: np.ndarray, along: Sequence[np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return unit vectors by name, in lengths of the scale; those that vanish are left out."""
    found = {"gradient": scale * objective.gradient().vector}
    found["random"] = np.where(scale > 0, drawn(objective.layout, seed, "ascent", 0), 0.0)
    found |= {f"given {number}": scale * vector for number, vector in enumerate(along, 1)}
    return {name: start / np.linalg.norm(start) for name, start in found.items() if start.any()}


def _climb(
    objective: Objective, scale: np.ndarray, start: np.ndarray, rho: float, num_steps: int, tolerance: float
) -> Climb:
    sides = [(loss_at(objective, scale * at), at) for at in (rho * start, -rho * start)]
    loss, at = max(sides, key=lambda side: np.nan_to_num(side[0], nan=-np.inf))
    step, num_losses = 1.0, 2
    for number in range(num_steps):
        if not np.isfinite(loss):
            return Climb(at, loss, number, False, num_losses)
        objective.move_to(scale * at)
        slope = scale * objective.gradient().vector
        length = np.linalg.norm(slope)
        if not length or np.linalg.norm(_in_ball(at + rho / length * slope, rho) - at) < tolerance / 2 * rho:
            return Climb(at, loss, number, True, num_losses)
        higher = loss
        while not higher > loss:
            if step < tolerance:
                return Climb(at, loss, number, True, num_losses)
            ahead = _in_ball(at + step * rho / length * slope, rho)
            higher, num_losses = loss_at(objective, scale * ahead), num_losses + 1
            tried, step = step, step / 2
        at, loss, step = ahead, higher, min(2 * tried, LONGEST_STEP)
    return Climb(at, loss, num_steps, False, num_losses)


def _in_ball(at: np.ndarray, radius: float) -> np.ndarray:
    length = np.linalg.norm(at)
    return at if length <= radius else at * (radius / length)
