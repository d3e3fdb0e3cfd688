"""What random directions that a surface does not use say of its center."""

from dataclasses import dataclass

import numpy as np

from landscape.belief.plane_curvature import mean_and_error
from landscape.belief.rounding import rounding_of
from landscape.belief.shares import Share, binomial_interval
from landscape.belief_record import BeliefRecord

ROUNDING_OF_PRODUCTS = {"float64": 1e-10, "float32": 1e-5}  # of the largest curvature found


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, its standard error (nan of one value), the sample deviation, and of how many values."""

    mean: float
    error: float
    deviation: float
    num: int


@dataclass(frozen=True, slots=True)
class FreshAccount:
    """What fresh directions say; None for what was not measured.

    Attributes:
        differences: Second differences of the loss over +-step.
        num_left_out: Of them, those that are not finite.
        hidden: How large rounding alone may make one; nan where that is not known.
        is_told: Whether their mean or their deviation is larger.
        lower: Directions whose second difference is below zero beyond rounding: a step one way or the other lowers the
            loss.
        tau: d'Hd by products: its mean is tr(SH), S the filters' mean squares.
        parting: Mean of |difference - d'Hd|, less what rounding explains, over the mean of |d'Hd|.
        directions, planes: Those that the Hessian curves downward, beyond rounding, by products; no planes on lines.
    """

    step: float
    differences: Estimate
    num_left_out: int
    hidden: float
    is_told: bool
    lower: Share | None
    tau: Estimate | None = None
    parting: float | None = None
    directions: Share | None = None
    planes: Share | None = None


def estimate(values) -> Estimate:
    """Return mean, error and deviation of the finite values."""
    mean, error, num = mean_and_error(values)
    return Estimate(mean, error, float(error * np.sqrt(num)), num)


def fresh_account(belief: BeliefRecord, center: float | None, precision: str) -> FreshAccount | None:
    """Return what the fresh planes that are measured say; None where none is.

    Args:
        center: The loss at the center, beside which rounding is judged.
        precision: Of the run.
    """
    arrays = belief.arrays
    done = arrays.get("fresh_done", np.zeros(0)) > 0
    if not done.any():
        return None
    step = belief.findings["step"]
    differences = np.stack([arrays[name][done] for name in ("difference_u", "difference_v")], 1)
    uu, uv, vv = (arrays[f"hessian_{entry}"][done] for entry in ("uu", "uv", "vv"))
    if np.isnan(arrays["difference_v"]).all() and np.isnan(arrays["hessian_vv"]).all():  # lines
        differences = differences[:, :1]
    along = np.stack([uu, vv], 1)[:, : differences.shape[1]]
    zero = np.nan if center is None else 4 * rounding_of(precision).of(center) / step**2
    found = estimate(differences.ravel())
    lower = _share_below(differences, zero)
    left_out = differences.size - found.num
    is_told = not np.nanmax([abs(found.mean), found.deviation, -1.0]) <= zero if found.num else True
    if not np.isfinite(along).any():
        return FreshAccount(step, found, left_out, zero, is_told, lower)
    zero_of_products = ROUNDING_OF_PRODUCTS.get(precision, np.nan) * np.abs(along[np.isfinite(along)]).max()
    return FreshAccount(
        step,
        found,
        left_out,
        zero,
        is_told,
        lower,
        estimate(along.ravel()),
        _parting(differences, along, zero),
        _share_below(along, zero_of_products),
        _share_below(_least_eigenvalues(uu, uv, vv), zero_of_products),
    )


def _share_below(values: np.ndarray, zero: float) -> Share | None:
    """Count the finite values that are below zero beyond rounding; None where there is none, or rounding is not known."""
    values = values[np.isfinite(values)]
    if not len(values) or not np.isfinite(zero):
        return None
    return binomial_interval(int((values < -zero).sum()), len(values))


def _least_eigenvalues(uu: np.ndarray, uv: np.ndarray, vv: np.ndarray) -> np.ndarray:
    """Return the smaller eigenvalue of each [[uu, uv], [uv, vv]]: its sign is that in any basis of the plane."""
    return (uu + vv) / 2 - np.hypot((uu - vv) / 2, uv)


def _parting(differences: np.ndarray, along: np.ndarray, zero: float) -> float | None:
    both = np.isfinite(differences) & np.isfinite(along)
    size = np.abs(along[both]).mean() if both.any() else 0.0
    if not size > 0 or not np.isfinite(zero):
        return None
    return float(max(np.abs(differences - along)[both].mean() - zero, 0.0) / size)
