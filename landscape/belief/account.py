"""What a surface and the measurements beside it say together: figures with errors, from the numbers in the file alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landscape.belief.convexity import Convexity, convexity
from landscape.belief.flat_region import FlatRegion, flat_region
from landscape.belief.plan import FLAT_WITHIN, OWN
from landscape.belief.plane_curvature import PlaneCurvatures, asymmetry, mean_and_error, plane_curvatures
from landscape.belief.shares import Share, binomial_interval
from landscape.belief_record import BeliefRecord
from landscape.surface import NOT_DONE, Surface

WITHIN_CHANCE = 5.0  # standard deviations of a random pair's cosine
ROUNDING = {"float64": 1e-14, "float32": 3e-7}  # of a loss: what its mean over samples may be off by
ROUNDING_OF_PRODUCTS = {"float64": 1e-10, "float32": 1e-5}  # of the largest curvature found


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, its standard error (nan of one value), the sample deviation, and of how many values."""

    mean: float
    error: float
    deviation: float
    num: int


@dataclass(frozen=True, slots=True)
class PlaneAccount:
    """What one plane's samples say.

    Attributes:
        curvatures: Over one cell around the center.
        asymmetries: One an axis; None or nan where not known.
        flat: None where the grid does not hold the center.
    """

    curvatures: PlaneCurvatures
    asymmetries: tuple[float | None, ...]
    flat: FlatRegion | None
    convexity: Convexity

    @property
    def mean_curvature(self) -> float:
        """The mean over the axes; nan where one is not known."""
        found = [self.curvatures.along_x, self.curvatures.along_y][: len(self.asymmetries)]
        return float(np.mean([np.nan if value is None else value for value in found]))

    @property
    def mean_asymmetry(self) -> float:
        return float(np.mean([np.nan if value is None else value for value in self.asymmetries]))


@dataclass(frozen=True, slots=True)
class FreshAccount:
    """What random directions that the surface does not use say of its center.

    Attributes:
        differences: Second differences of the loss over +-step.
        tau: d'Hd by products: its mean is tr(SH), S the filters' mean squares; None where not measured.
        kinks: Median of (difference - d'Hd) / |d'Hd|; None where not measured.
        directions, planes: How many show negative curvature, beyond rounding; planes by products alone.
        by_products: Whether directions were counted by products.
    """

    step: float
    differences: Estimate
    tau: Estimate | None
    kinks: float | None
    directions: Share
    planes: Share | None
    by_products: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """The loss at a point, as on the surface and measured otherwise; accuracies are nan where there are none."""

    kind: str
    words: str
    x: float
    y: float
    own: float
    other: float
    other_accuracy: float


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


def account_of(surface: Surface, metric: str | None = None) -> Account:
    """Work out what is known of a surface.

    Args:
        metric: A name in `surface.values`; the one that was measured beside, or the training loss, or the first, if None.
    """
    belief = surface.belief or BeliefRecord()
    record = surface.origin.record
    metric = metric or belief.findings.get("metric") or _default_metric(surface)
    eps = float(record.get("flat_within") or FLAT_WITHIN)
    center = (record.get("center") or {}).get(metric)
    report = record.get("direction_report") or {}
    is_random = bool(report.get("random"))
    cosines = record.get("cosines") or [report.get("cosine")]
    precision = surface.origin.identity.get("precision", "float32")
    return Account(
        metric=metric,
        level=belief.findings.get("level"),
        eps=eps,
        num_axes=len(surface.grid.axes),
        center=center,
        planes=tuple(_plane_account(plane, metric, center, eps) for plane in surface.planes),
        cosines=tuple(cosine for cosine in cosines if cosine is not None),
        cosine_bound=WITHIN_CHANCE * report["expected_cosine"] if is_random and report.get("expected_cosine") else None,
        fresh=_fresh_account(belief, center, precision),
        plane_eigenvalues=_plane_eigenvalues(belief),
        hessian=belief.findings.get("hessian"),
        compared=_compared(belief, center) + _splits(record.get("center") or {}, metric),
        num_non_finite={name: surface.num_non_finite(name) for name in surface.values},
        missing=_missing(surface, belief, is_random),
    )


def estimate(values) -> Estimate:
    """Return mean, error and deviation of the finite values."""
    mean, error, num = mean_and_error(values)
    return Estimate(mean, error, error * np.sqrt(num), num)


def _default_metric(surface: Surface) -> str:
    return "train_loss" if "train_loss" in surface.values else next(iter(surface.values))


def _plane_account(plane: Surface, metric: str, center: float | None, eps: float) -> PlaneAccount:
    x, y, values = plane.grid.x, plane.grid.y, np.where(plane.done != NOT_DONE, plane.values[metric], np.nan)
    i, j = (None if axis is None else _index_of_zero(axis) for axis in (x, y))
    if center is None and i is not None:
        center = values[i] if y is None else values[i, j] if j is not None else None
    slices = [asymmetry(x, values if y is None else values[:, j]) if y is None or j is not None else None]
    slices += [] if y is None else [asymmetry(y, values[i]) if i is not None else None]
    flat = None if center is None else flat_region(x, y, values, center, eps)
    return PlaneAccount(plane_curvatures(x, y, values), tuple(slices), flat, convexity(values, x, y))


def _index_of_zero(axis: np.ndarray) -> int | None:
    found = np.flatnonzero(axis == 0)
    return int(found[0]) if len(found) else None


def _fresh_account(belief: BeliefRecord, center: float | None, precision: str) -> FreshAccount | None:
    arrays, step = belief.arrays, belief.findings.get("step")
    done = arrays.get("fresh_done", np.zeros(0)) > 0
    if not done.any() or center is None:
        return None
    differences = np.stack([arrays[name][done] for name in ("difference_u", "difference_v")], 1)
    uu, uv, vv = (arrays[f"hessian_{entry}"][done] for entry in ("uu", "uv", "vv"))
    along = np.stack([uu, vv], 1)
    has_products = bool(np.isfinite(uu).all())
    zero = 4 * ROUNDING.get(precision, np.inf) * abs(center) / step**2
    tau = kinks = planes = None
    counted = differences
    if has_products:
        tau = estimate(along.ravel())
        kinks = float(np.nanmedian((differences - along) / np.abs(along)))
        counted, zero = along, ROUNDING_OF_PRODUCTS.get(precision, np.inf) * np.nanmax(np.abs(along))
        if np.isfinite(vv).all():
            least = (uu + vv) / 2 - np.sqrt(((uu - vv) / 2) ** 2 + uv**2)
            planes = binomial_interval(int((least < -zero).sum()), len(least))
    finite = counted[np.isfinite(counted)]
    if not len(finite):
        return None
    directions = binomial_interval(int((finite < -zero).sum()), len(finite))
    return FreshAccount(step, estimate(differences.ravel()), tau, kinks, directions, planes, has_products)


def _plane_eigenvalues(belief: BeliefRecord) -> tuple[tuple[float, float], ...]:
    """Return the eigenvalues of each plane's Hessian in an orthonormal basis of the plane; a line's one, twice."""
    arrays = belief.arrays
    found = []
    for number in np.flatnonzero(arrays.get("plane_done", np.zeros(0)) > 0):
        hessian, gram = (_matrix(arrays, kind, number) for kind in ("hessian", "gram"))
        if not np.isfinite(hessian).all() or np.linalg.det(gram) <= 0:
            continue
        root = np.linalg.inv(np.linalg.cholesky(gram))
        values = np.linalg.eigvalsh(root @ hessian @ root.T)
        found.append((float(values[0]), float(values[-1])))
    return tuple(found)


def _matrix(arrays: Mapping[str, np.ndarray], kind: str, number: int) -> np.ndarray:
    uu, uv, vv = (arrays[f"plane_{kind}_{entry}"][number] for entry in ("uu", "uv", "vv"))
    return np.array([[uu]]) if np.isnan(vv) and np.isnan(uv) else np.array([[uu, uv], [uv, vv]])


def _compared(belief: BeliefRecord, center: float | None) -> tuple[Compared, ...]:
    parts = belief.findings.get("comparisons") or []
    done = belief.arrays.get("comparison_done", np.zeros(len(parts)))
    losses = belief.arrays.get("comparison_loss", np.full(len(parts), np.nan))
    accuracies = belief.arrays.get("comparison_accuracy", losses)
    own = {(0.0, 0.0): center}
    own |= {(part["x"], part["y"]): losses[n] for n, part in enumerate(parts) if part["kind"] == OWN and done[n]}
    found = []
    for number, part in enumerate(parts):
        at = part["x"], part["y"]
        if part["kind"] == OWN or not done[number] or own.get(at) is None:
            continue
        other = float(losses[number]), float(accuracies[number])
        found.append(Compared(part["kind"], part["words"], *at, float(own[at]), *other))
    return tuple(found)


def _splits(center: Mapping[str, float], metric: str) -> tuple[Compared, ...]:
    """Return train against test at the center, where the surface holds both."""
    other = metric.replace("train_", "test_", 1)
    if other == metric or metric not in center or other not in center:
        return ()
    accuracy = center.get("test_accuracy", np.nan)
    return (Compared("other split", "test samples", 0.0, 0.0, center[metric], center[other], accuracy),)


def _missing(surface: Surface, belief: BeliefRecord, is_random: bool) -> tuple[str, ...]:
    """Say what was not measured, and why."""
    level, kinds = belief.findings.get("level"), belief.findings.get("kinds") or []
    if level is None:
        return ("nothing was measured beside the surface (--belief off)",)
    done = {part["kind"] for part in belief.findings.get("comparisons") or []}
    more = "a tenth of the points leaves no room; --belief full measures it"
    found = [f"{kind}: {more}" for kind in kinds if kind not in done]
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
        found.append(f"the Hessian: {why or 'its eigenvalues were not found'}")
    return tuple(found)
