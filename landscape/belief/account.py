"""What a surface and the measurements beside it say together: figures with errors, from the numbers in the file alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape.belief.cells import cells_part_from
from landscape.belief.compared import Compared, compared_points, compared_splits
from landscape.belief.fresh import Estimate, FreshAccount, estimate, fresh_account
from landscape.belief.missing import Part, missing, parts_of
from landscape.belief.own_planes import along_own, plane_eigenvalues
from landscape.belief.plan import FLAT_WITHIN
from landscape.belief.plane_account import PlaneAccount, mean_of, plane_account
from landscape.belief.rounding import rounding_of
from landscape.belief_record import BeliefRecord
from landscape.surface import Surface

WITHIN_CHANCE = 5.0  # standard deviations of a random pair's cosine
# Normalizations of which the report's expected cosine is that of a random pair, or above it.
WITH_EXPECTED_COSINE = ("filter", "layer", "none")


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """All that is known of how far a surface can be believed; None and () for what is not.

    Attributes:
        level: How much was measured beside: "quick", "full", or None.
        eps: What counts as flat, above the metric at the center.
        is_nats: Whether the metric is in nats.
        center: The metric at the center.
        is_random: Whether the directions are.
        cosine_bound: Five standard deviations of a random pair's cosine; None where directions are not random, or that
            is no bound.
        own_hessian: By plane, d'Hd of each of its axes; nan where not measured, empty where none is.
        squared_lengths: Likewise |d|^2.
        plane_eigenvalues: By plane, the smaller and larger curvature of the plane in unit directions, by products.
        hessian: Ends of the Hessian's spectrum with residuals, its class, the verdict, and the gradient.
        parts: What was to be measured beside, and how much of it is.
    """

    metric: str
    level: str | None
    eps: float
    is_nats: bool
    num_axes: int
    center: float | None
    planes: tuple[PlaneAccount, ...]
    cosines: tuple[float, ...]
    is_random: bool
    cosine_bound: float | None
    fresh: FreshAccount | None
    own_hessian: tuple[tuple[float, ...], ...]
    squared_lengths: tuple[tuple[float, ...], ...]
    plane_eigenvalues: tuple[tuple[float, float], ...]
    hessian: Mapping | None
    compared: tuple[Compared, ...]
    num_non_finite: Mapping[str, int]
    missing: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def curvature(self) -> Estimate:
        """Over planes, each the mean of its axes."""
        return estimate([plane.mean_curvature for plane in self.planes])

    @property
    def curvatures(self) -> tuple[Estimate, ...]:
        """By axis, over planes."""
        axes = zip(*(plane.axes for plane in self.planes))
        return tuple(estimate([axis.curvature for axis in along]) for along in axes)

    @property
    def hidden_curvature(self) -> float:
        """How large rounding alone may make the curvature over a cell; 0 where that is not known."""
        found = [axis.hidden for plane in self.planes for axis in plane.axes if np.isfinite(axis.hidden)]
        return max(found, default=0.0)

    @property
    def is_curvature_told(self) -> bool:
        """Whether some axis of some plane curves by more than rounding; not where its rounding is not known either."""
        known = [sign for plane in self.planes for sign in plane.signs if sign is not None]
        return not known or any(known)

    @property
    def is_saddle_shaped(self) -> bool:
        """Whether the axes curve in opposite ways, beyond rounding, so that their mean is the curvature of none."""
        signs = {np.sign(found.mean) for found in self.curvatures if abs(found.mean) > self.hidden_curvature}
        return {-1.0, 1.0} <= signs

    @property
    def steps(self) -> tuple[float, ...]:
        """Of each axis's cells beside the center; empty where the grid does not hold it between points."""
        steps = [axis.step for axis in self.planes[0].axes]
        return () if None in steps else tuple(steps)

    @property
    def cells_part_from(self) -> str | None:
        """From what the curvature over cells differs: "hessian", "differences", or None."""
        return cells_part_from(self.planes, self.own_hessian, self.fresh)

    @property
    def hessian_along(self) -> Estimate:
        """Over planes, each the mean of d'Hd over its axes."""
        return estimate([mean_of(along) for along in self.own_hessian])

    @property
    def hessians_along(self) -> tuple[Estimate, ...]:
        """By axis, over planes."""
        return tuple(estimate(along) for along in zip(*self.own_hessian))

    @property
    def flat_size(self) -> Estimate:
        """Over planes: the flat area, or the flat length of lines."""
        return estimate([plane.flat.area for plane in self.planes if plane.flat is not None])

    @property
    def asymmetry(self) -> Estimate:
        return estimate([plane.mean_asymmetry for plane in self.planes])


def account_of(surface: Surface) -> Account:
    """Work out what is known of a surface, of the metric that was measured beside, or the training loss, or the first."""
    belief = surface.belief or BeliefRecord()
    record, identity = surface.origin.record, surface.origin.identity
    metric = belief.findings.get("metric") or _default_metric(surface)
    eps = float(record.get("flat_within") or FLAT_WITHIN)
    center = (record.get("center") or {}).get(metric)
    report = record.get("direction_report") or {}
    cosines = record.get("cosines") or [report.get("cosine")]
    precision, is_random = identity.get("precision", "float32"), bool(report.get("random"))
    rounding, num_axes = rounding_of(precision), len(surface.grid.axes)
    return Account(
        metric=metric,
        level=belief.findings.get("level"),
        eps=eps,
        is_nats=identity.get("loss") == "cross-entropy" and metric.endswith("loss"),
        num_axes=num_axes,
        center=center,
        planes=tuple(plane_account(plane, metric, center, eps, rounding) for plane in surface.planes),
        cosines=tuple(cosine for cosine in cosines if cosine is not None and np.isfinite(cosine)),
        is_random=is_random,
        cosine_bound=_cosine_bound(report, identity),
        fresh=fresh_account(belief, center, precision),
        own_hessian=along_own(belief, "hessian", num_axes),
        squared_lengths=along_own(belief, "gram", num_axes),
        plane_eigenvalues=plane_eigenvalues(belief),
        hessian=belief.findings.get("hessian"),
        compared=compared_points(belief, center, rounding)
        + compared_splits(record.get("center") or {}, metric, rounding),
        num_non_finite={name: surface.num_non_finite(name) for name in surface.values},
        missing=missing(surface, belief, is_random),
        parts=parts_of(belief, len(surface.planes)),
    )


def _default_metric(surface: Surface) -> str:
    return "train_loss" if "train_loss" in surface.values else next(iter(surface.values))


def _cosine_bound(report: Mapping, identity: Mapping) -> float | None:
    directions = [axis for axis in (identity.get("directions") or {}).values() if isinstance(axis, Mapping)]
    is_known = all(axis.get("normalization", "filter") in WITH_EXPECTED_COSINE for axis in directions)
    bound = WITHIN_CHANCE * (report.get("expected_cosine") or np.nan)
    return bound if report.get("random") and is_known and bound < 1 else None
