"""Average sharpness: how much random perturbations of the weights raise the loss, and the loss smoothed by them."""

from dataclasses import dataclass

import numpy as np

from landscape.belief.plane_curvature import mean_and_error
from landscape.curvature.objective import Objective
from landscape.flatness.excursion import center_loss, drawn, excursion, loss_at
from landscape.flatness.scales import require_scale


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """What pairs of opposite perturbations say, in nats a sample.

    Attributes:
        center: The loss at the center.
        rises: (pairs,) the mean of a pair's two losses, less the center's; inf or nan where one is not finite.
    """

    center: float
    rises: np.ndarray

    @property
    def sharpness(self) -> float:
        """E L(w + sigma T xi) - L(w)."""
        return float(self.rises.mean())

    @property
    def smoothed_loss(self) -> float:
        """E L(w + sigma T xi): the loss after a Gaussian low-pass filter (LPF)."""
        return self.center + self.sharpness

    @property
    def standard_error(self) -> float:
        """Of either, over pairs; nan with a single pair, or where a loss is not finite."""
        return mean_and_error(self.rises)[1] if np.isfinite(self.rises).all() else np.nan

    @property
    def num_losses(self) -> int:
        """How often the loss was computed."""
        return 1 + 2 * len(self.rises)


def average_sharpness(
    objective: Objective, scale: np.ndarray, *, sigma: float, num_pairs: int = 50, seed: int = 0, first: int = 0
) -> Average:
    """Measure the loss at w + sigma T xi and w - sigma T xi, xi standard normal, T the diagonal matrix of a scale.

    A pair has no part of the slope. To second order the sharpness is sigma^2 / 2 tr(T H T), which is .5 sigma^2 tr(SH) for
    `filter_deviations` and .5 sigma^2 tr(H) for `ones`; of a quadratic it is that exactly, and a pair's standard deviation
    is sigma^2 sqrt(tr((T H T)^2) / 2).

    Args:
        scale: (dim,) the diagonal of T, from `landscape.flatness.scales`.
        sigma: In lengths of the scale.
        num_pairs: Of perturbations; two losses each.
        first: The number of the first pair's draw. The same number is the same draw on every rank and, where parameters
            have the same names and shapes, for every network; so pairs can be shared out, or compared one by one.

    Raises:
        ValueError: `sigma` is not positive and finite, `num_pairs` is below 1, the scale moves nothing, or the
            loss at the center is not finite.

    Source: of the average, Neyshabur et al. 2017, arXiv:1706.08947 (expected sharpness); of the smoothed loss, Bisla, Wang and
    Choromanska 2022, arXiv:2201.08025, with a covariance sigma^2 T^2 for their kernel's.
    """
    if not 0 < sigma < np.inf:
        raise ValueError(f"sigma must be a positive, finite length, not {sigma!r}")
    if num_pairs < 1:
        raise ValueError(f"an average needs one pair of perturbations or more, not {num_pairs}")
    require_scale(scale, objective.layout)
    with excursion(objective):
        center = center_loss(objective)
        rises = [
            rise_of_pair(objective, scale, sigma=sigma, seed=seed, number=first + place, center=center)
            for place in range(num_pairs)
        ]
    return Average(center, np.array(rises))


def rise_of_pair(
    objective: Objective, scale: np.ndarray, *, sigma: float, seed: int, number: int, center: float
) -> float:
    """Return the mean loss at one pair of opposite perturbations, less the center's; the objective stays where it was moved to."""
    step = sigma * scale * drawn(objective.layout, seed, "average", number)
    return (loss_at(objective, step) + loss_at(objective, -step)) / 2 - center
