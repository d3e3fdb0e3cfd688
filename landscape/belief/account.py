"""What a surface and the measurements beside it say together: figures with errors, from the numbers in the file alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape.belief.compared import Compared, compared_points, compared_splits
from landscape.belief.convexity import Convexity, convexity
from landscape.belief.flat_region import FlatRegion, flat_region
from landscape.belief.fresh import Estimate, FreshAccount, estimate, fresh_account, plane_eigenvalues
from landscape.belief.plan import FLAT_WITHIN
from landscape.belief.plane_curvature import PlaneCurvatures, asymmetry, plane_curvatures
from landscape.belief.rounding import Rounding, rounding_of
from landscape.belief_record import BeliefRecord
from landscape.surface import NOT_DONE, Surface

WITHIN_CHANCE = 5.0  # standard deviations of a random pair's cosine
# Normalizations of which the report's expected cosine is that of a random pair, or above it.
WITH_EXPECTED_COSINE = ("filter", "layer", "none")


@dataclass(frozen=True, slots=True)
class PlaneAccount:
    """What one plane's samples say.

    Attributes:
        curvatures: Over one cell around the center.
        signs: One an axis, of its curvature: 1, -1, or 0 within rounding; None where not known.
        asymmetries: One an axis; None or nan where not known.
        flat: None where the grid does not hold the center.
        is_drowned: Whether the values differ by so little that rounding could hide or make any shape.
    """

    curvatures: PlaneCurvatures
    signs: tuple[int | None, ...]
    asymmetries: tuple[float | None, ...]
    flat: FlatRegion | None
    convexity: Convexity
    is_drowned: bool

    @property
    def looks_convex(self) -> bool | None:
        """Whether nothing violates convexity, where there is something to look at; None where it can't be told."""
        if self.convexity.worst > 0:
            return False
        return None if self.is_drowned or not self.convexity.num_triples else True

    @property
    def mean_curvature(self) -> float:
        """The mean over the axes; nan where one is not known."""
        found = [self.curvatures.along_x, self.curvatures.along_y][: len(self.asymmetries)]
        return float(np.mean([np.nan if value is None else value for value in found]))

    @property
    def mean_asymmetry(self) -> float:
        return float(np.mean([np.nan if value is None else value for value in self.asymmetries]))


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """All that is known of how far a surface can be believed; None and () for what is not.

    Attributes:
        level: How much was measured beside: "quick", "full", or None.
        eps: What counts as flat, nats above the center's loss.
        center: The metric at the center.
        cosine_bound: Five standard deviations of a random pair's cosine; None where directions are not random.
        plane_eigenvalues: By plane, the smaller and larger curvature of the plane in unit directions, by products.
        hessian: Ends of the Hessian's spectrum with residuals, its class and the verdict.
    """

    metric: str
    level: str | None
    eps: float
    num_axes: int
    center: float | None
    planes: tuple[PlaneAccount, ...]
    cosines: tuple[float, ...]
    cosine_bound: float | None
    fresh: FreshAccount | None
    plane_eigenvalues: tuple[tuple[float, float], ...]
    hessian: Mapping | None
    compared: tuple[Compared, ...]
    num_non_finite: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def curvature(self) -> Estimate:
        """Over planes, each the mean of its axes."""
        return estimate([plane.mean_curvature for plane in self.planes])

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
    precision = identity.get("precision", "float32")
    return Account(
        metric=metric,
        level=belief.findings.get("level"),
        eps=eps,
        num_axes=len(surface.grid.axes),
        center=center,
        planes=tuple(_plane_account(plane, metric, center, eps, precision) for plane in surface.planes),
        cosines=tuple(cosine for cosine in cosines if cosine is not None and np.isfinite(cosine)),
        cosine_bound=_cosine_bound(report, identity),
        fresh=fresh_account(belief, center, precision),
        plane_eigenvalues=plane_eigenvalues(belief),
        hessian=belief.findings.get("hessian"),
        compared=compared_points(belief, center) + compared_splits(record.get("center") or {}, metric),
        num_non_finite={name: surface.num_non_finite(name) for name in surface.values},
        missing=_missing(surface, belief, bool(report.get("random"))),
    )


def _default_metric(surface: Surface) -> str:
    return "train_loss" if "train_loss" in surface.values else next(iter(surface.values))


def _cosine_bound(report: Mapping, identity: Mapping) -> float | None:
    directions = [axis for axis in (identity.get("directions") or {}).values() if isinstance(axis, Mapping)]
    is_known = all(axis.get("normalization", "filter") in WITH_EXPECTED_COSINE for axis in directions)
    expected = report.get("expected_cosine")
    return WITHIN_CHANCE * expected if report.get("random") and is_known and expected else None


def _plane_account(plane: Surface, metric: str, center: float | None, eps: float, precision: str) -> PlaneAccount:
    x, y, values = plane.grid.x, plane.grid.y, np.where(plane.done != NOT_DONE, plane.values[metric], np.nan)
    i, j = (None if axis is None else _index_of_zero(axis) for axis in (x, y))
    if center is None and i is not None:
        center = values[i] if y is None else values[i, j] if j is not None else None
    rounding = rounding_of(precision)
    curvatures = plane_curvatures(x, y, values)
    signs = [_sign(curvatures.along_x, x, i, center, rounding)]
    signs += [] if y is None else [_sign(curvatures.along_y, y, j, center, rounding)]
    slices = [asymmetry(x, values if y is None else values[:, j]) if y is None or j is not None else None]
    slices += [] if y is None else [asymmetry(y, values[i]) if i is not None else None]
    flat = None if center is None else flat_region(x, y, values, center, eps)
    convex = convexity(values, x, y, rounding=rounding)
    return PlaneAccount(curvatures, tuple(signs), tuple(slices), flat, convex, _is_drowned(values, rounding))


def _is_drowned(values: np.ndarray, rounding: Rounding) -> bool:
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and bool(np.ptp(finite) <= 4 * rounding.of(float(np.median(np.abs(finite)))))


def _sign(curvature: float | None, axis: np.ndarray, place: int | None, center, rounding: Rounding) -> int | None:
    """Return a second difference's sign; 0 where rounding of its values could turn it."""
    if curvature is None or center is None or not np.isfinite([curvature, center]).all():
        return None
    step = min(axis[place] - axis[place - 1], axis[place + 1] - axis[place])
    return int(np.sign(curvature)) if abs(curvature) * step**2 > 4 * rounding.of(center) else 0


def _index_of_zero(axis: np.ndarray) -> int | None:
    found = np.flatnonzero(axis == 0)
    return int(found[0]) if len(found) else None


def _missing(surface: Surface, belief: BeliefRecord, is_random: bool) -> tuple[str, ...]:
    """Say what was not measured, and why."""
    level, kinds = belief.findings.get("level"), belief.findings.get("kinds") or []
    if level is None:
        return ("nothing was measured beside the surface; --belief quick and --belief full do",)
    planned = {part["kind"] for part in belief.findings.get("comparisons") or []}
    more = "a tenth of the points leaves no room; --belief full measures it"
    found = [f"{kind}: {more}" for kind in kinds if kind not in planned]
    found += [f"{kind}: {why}" for kind, why in (belief.findings.get("absent") or {}).items()]
    if not belief.findings.get("num_fresh"):
        why = more if is_random else "the surface's directions are not random"
        if belief.findings.get("step") is None:
            why = f"second differences drown in the rounding of {surface.origin.identity.get('precision')}"
        found.append(f"curvature along fresh random directions: {why}")
    why = belief.findings.get("why_no_products")
    if level != "full":
        found.append("the Hessian, and whether the center is a minimum: --belief full measures it")
    elif why or "hessian" not in belief.findings:
        found.append(f"the Hessian's eigenvalues: {why or 'they were not found'}")
    return (*found, *_unfinished(belief, 0 if level != "full" or why else len(surface.planes)))


def _unfinished(belief: BeliefRecord, num_planes: int) -> list[str]:
    """Say which measurements a run that was interrupted has left."""
    comparisons, num_fresh = belief.findings.get("comparisons") or [], belief.findings.get("num_fresh") or 0
    wanted = {
        "comparison": (len(comparisons), "points measured otherwise"),
        "fresh": (num_fresh, "fresh planes"),
        "plane": (num_planes, "planes' own products with the Hessian"),
    }
    left = {
        kind: num - int((belief.arrays.get(f"{kind}_done", np.zeros(0)) > 0).sum()) for kind, (num, _) in wanted.items()
    }
    return [f"{left[kind]} of {num} {noun}: not measured yet" for kind, (num, noun) in wanted.items() if left[kind] > 0]
