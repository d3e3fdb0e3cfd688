"""Whether a grid's cells are small enough that the curvature over one is the center's own."""

from collections.abc import Sequence

import numpy as np

from landscape.belief.fresh import FreshAccount
from landscape.belief.plane_account import PlaneAccount

PARTED = 0.2  # of a curvature over a smaller step, or of d'Hd: from where on the two are not the same
BY_CHANCE = 2.0  # standard errors


def cells_part_from(
    planes: Sequence[PlaneAccount], own_hessian: Sequence[Sequence[float]], fresh: FreshAccount | None
) -> str | None:
    """Say from what the curvature over cells differs by more than a fifth, rounding and chance.

    Args:
        own_hessian: A plane, d'Hd of its axes; empty where that is not measured.

    Returns:
        "hessian" along the planes' own directions; where that is not known, "differences" over the smaller step of
        random directions; None where neither differs, or is known.
    """
    cells = np.array(
        [[np.nan if axis.curvature is None else axis.curvature for axis in plane.axes] for plane in planes]
    )
    hidden = np.array([[axis.hidden for axis in plane.axes] for plane in planes])
    known = np.isfinite(cells) & np.isfinite(hidden)
    own = np.array(own_hessian) if len(own_hessian) == len(planes) else np.full(cells.shape, np.nan)
    both = known & np.isfinite(own)
    if both.any():
        apart = np.abs(cells - own)[both].mean() - hidden[both].mean()
        return "hessian" if apart > PARTED * np.abs(own[both]).mean() else None
    if fresh is None or fresh.differences.num < 2 or not known.any() or not np.isfinite(fresh.hidden):
        return None
    small = fresh.differences
    apart = abs(cells[known].mean() - small.mean) - hidden[known].mean() - fresh.hidden
    chance = BY_CHANCE * np.hypot(small.error, small.deviation / np.sqrt(known.sum()))
    return "differences" if apart > max(PARTED * abs(small.mean), chance) else None
