"""What `landscape surface` measures beside the surface, to tell how far it can be believed: planned, measured, resumed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from landscape.belief.measuring import (
    DIFFERENCES,
    GRAM,
    HESSIAN,
    derivatives_with_lengths,
    differences_on_fresh_planes,
)
from landscape.belief.plan import OWN, BeliefPlan, belief_plan
from landscape.belief_record import BeliefRecord
from landscape.cli.belief_trials import BeliefTrials
from landscape.cli.inquiry import Share
from landscape.cli.progress import duration
from landscape.cli.settings import SurfaceSettings
from landscape.cli.surface_curvature import eigenpairs_of
from landscape.curvature.objective import Objective
from landscape.grid import Grid
from landscape.problem.measures import PlaneMeasures
from landscape.surface import Surface
from landscape.sweep.world import Mistake

DIFFERENTIABLE = ("float32", "float64")
KEPT_OF_HESSIAN = (
    "hessian",
    "verdict",
    "gradient_norm",
    "gradient_error",
    "gradient_excess",
    "num_samples",
    "num_parameters",
    "scale",
)


def metric_of(settings: SurfaceSettings, center: Mapping[str, float]) -> str:
    """Return the metric that is looked at: the first split's loss, or what comes first."""
    loss = f"{settings.splits[0]}_loss"
    return loss if loss in center else next(iter(center))


def planned(settings: SurfaceSettings, experiment, grid: Grid, metric: str) -> BeliefPlan:
    """Return what is measured beside a surface over a grid."""
    reestimates = experiment.problem.reestimates
    return belief_plan(
        settings.belief,
        grid,
        experiment.comparisons.kinds,
        num_samples=sum(experiment.num_samples[split] for split in settings.splits),
        precision=settings.precision,
        is_differentiable=settings.precision in DIFFERENTIABLE and not reestimates and metric.endswith("_loss"),
        is_random=settings.has_random_directions,
    )


def plan_words(plan: BeliefPlan, grid: Grid, point_s: float) -> str:
    """Say what is measured beside, and how long that takes on one rank.

    Args:
        point_s: The seconds of a point.
    """
    words = f"{plan.num_evaluations} evaluations beside, {duration(plan.num_evaluations * point_s)} on one rank"
    if not plan.has_products:
        return words
    num_products = len(grid.axes) * (plan.num_fresh + (grid.num_planes or 1))
    return f"{words}, then {num_products} products with the Hessian and the search for its ends"


class BeliefRun:
    """Measures a plan's parts one after the other, all ranks together.

    Args:
        center: The metrics at the center.
    """

    def __init__(
        self, settings: SurfaceSettings, experiment, center: Mapping[str, float], trials: BeliefTrials
    ) -> None:
        self._settings, self._experiment, self._center, self._trials = settings, experiment, center, trials
        self._world, self._say = trials.world, trials.say
        self._metric = metric_of(settings, center)

    def run(self, out: Path) -> Surface | None:
        """Return the surface with all that the plan asks for on rank 0; None elsewhere."""
        plan = None
        if self._world.is_first:
            plan = planned(self._settings, self._experiment, self._trials.surface.grid, self._metric)
        plan, is_kept = self._world.share((plan, self._world.is_first and self._has_more()))
        if is_kept:
            return self._trials.surface
        refusal = self._world.agreed(self._refusal) if plan.has_products else None
        plan = replace(plan, has_products=plan.has_products and refusal is None)
        if self._world.is_first:
            self._begin(plan, refusal)
        self._compare(plan)
        self._take_fresh_planes(plan)
        if plan.has_products:
            self._take_own_planes()
            self._find_eigenvalues(out)
        return self._trials.surface

    def _has_more(self) -> bool:
        """Tell whether more is in the file than was asked for now; it is kept then."""
        known = self._trials.surface.belief
        if known is None or (known.findings.get("level"), self._settings.belief) != ("full", "quick"):
            return False
        self._say("belief: the file has that of --belief full, which is kept")
        return True

    def _refusal(self) -> str | None:
        """Return why the loss has no products with its Hessian; None where it has."""
        try:
            objective = self._objective()
            objective.products(np.ones(objective.dim))
        except (Mistake, ValueError) as error:
            self._say(f"warning: no products with the Hessian: {error}")
            return str(error)
        return None

    def _begin(self, plan: BeliefPlan, refusal: str | None) -> None:
        """Start a record, or go on with the one that the same plan began."""
        words = {OWN: "as on the surface", **self._experiment.comparisons.words}
        planned = {
            "level": self._settings.belief,
            "metric": self._metric,
            "step": plan.step,
            "comparisons": [asdict(part) | {"words": words[part.kind]} for part in plan.comparisons],
            "num_fresh": plan.num_fresh,
            "num_evaluations": plan.num_evaluations,
            "kinds": list(self._experiment.comparisons.kinds),
            "absent": dict(self._experiment.comparisons.absent),
            "why_no_products": refusal or self._why_no_products(plan),
        }
        known = self._trials.surface.belief
        if known is None or any(known.findings.get(name) != value for name, value in planned.items()):
            places = {"comparison_x": "x", "comparison_y": "y"}
            arrays = {name: np.array([getattr(part, at) for part in plan.comparisons]) for name, at in places.items()}
            self._trials.now(BeliefRecord(arrays, planned))

    def _why_no_products(self, plan: BeliefPlan) -> str | None:
        if plan.has_products or self._settings.belief != "full":
            return None
        if self._experiment.problem.reestimates:
            return "derivatives are taken with stored norm statistics"
        if self._settings.precision not in DIFFERENTIABLE:
            return f"derivatives are taken in {' or '.join(DIFFERENTIABLE)}, not in {self._settings.precision}"
        return "what is measured is no loss"

    def _compare(self, plan: BeliefPlan) -> None:
        made: dict[str, Callable] = {}
        rest = self._metric.partition("_")[2]

        def measured(number: int) -> dict[str, float]:
            part = plan.comparisons[number]
            if part.kind == OWN:
                return self._of_split(self._experiment.measure(part.x, part.y), self._settings.splits[0], rest)
            make, split = self._experiment.comparisons.makers[part.kind]
            if part.kind not in made:
                made.clear()  # one problem at a time
                made[part.kind] = make()
            return self._of_split(made[part.kind](part.x, part.y), split, rest)

        self._trials.take("comparison", len(plan.comparisons), ("loss", "accuracy"), lambda: measured)

    @staticmethod
    def _of_split(found: Mapping[str, float], split: str, rest: str) -> dict[str, float]:
        return {"loss": found[f"{split}_{rest}"], "accuracy": found.get(f"{split}_accuracy", np.nan)}

    def _take_fresh_planes(self, plan: BeliefPlan) -> None:
        def measured() -> Callable:
            experiment = self._experiment
            problem = experiment.problem.on_split(self._settings.splits[0])
            return differences_on_fresh_planes(
                experiment.fresh_plane_of,
                PlaneMeasures(problem, experiment.path).on,
                step=plan.step,
                metric=self._metric,
                center=self._center[self._metric],
                objective=self._objective if plan.has_products else None,
            )

        self._trials.take("fresh", plan.num_fresh, (*DIFFERENCES, *HESSIAN), measured)

    def _take_own_planes(self) -> None:
        num = self._world.share((self._trials.surface.grid.num_planes or 1) if self._world.is_first else None)

        def measured() -> Callable:
            return derivatives_with_lengths(self._experiment.plane_of, self._objective)

        self._trials.take("plane", num, (*HESSIAN, *GRAM), measured)

    def _objective(self) -> Objective:
        return Objective(self._experiment.sums(Share()))

    def _find_eigenvalues(self, out: Path) -> None:
        is_known = self._world.share(self._world.is_first and "hessian" in self._trials.surface.belief.findings)
        if is_known:
            return
        try:
            path = self._settings.curvature_file or eigenpairs_of(
                self._settings, out.with_name(f"{out.name.removesuffix('.h5')}-hessian"), 1, 1, self._world, self._say
            )
        except Mistake as mistake:
            self._say(f"warning: the Hessian's eigenvalues were not found: {mistake}")
            path = None
            if self._world.is_first:
                self._trials.now(self._trials.surface.belief.also(why_no_eigenvalues=str(mistake)))
        if self._world.is_first and path is not None:
            self._trials.now(self._trials.surface.belief.also(hessian=_hessian_findings(path)))


def _hessian_findings(path: Path) -> dict:
    from landscape.store.curvature_file import read_curvature

    record = read_curvature(path)
    last = {"largest": 0, "smallest": -1}
    values, residuals = record.arrays["eigenvalue"], record.arrays["eigenvalue_residual"]
    found = {name: float(values[place]) for name, place in last.items()}
    found |= {f"{name}_residual": float(residuals[place]) for name, place in last.items()}
    found |= {f"{name}_converged": bool(record.arrays["eigenvalue_converged"][place]) for name, place in last.items()}
    return found | {name: record.findings.get(name) for name in KEPT_OF_HESSIAN} | {"file": path.name}
