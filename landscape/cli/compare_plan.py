"""What a comparison measures, checked and timed before it begins: every network's center, and which measures it has."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from landscape.cli.compare_settings import CompareSettings
from landscape.cli.compared_network import Network
from landscape.cli.experiment import Experiment, build_experiment
from landscape.cli.inquiry import Share
from landscape.cli.preflight import preflight
from landscape.cli.progress import duration
from landscape.comparison import SCORE_VALUES, SCORED, TRIAL_VALUES, ComparedNetwork, Comparison
from landscape.curvature.objective import Objective
from landscape.filters import filter_layouts
from landscape.flatness.measuring import last_weight
from landscape.flatness.suite import ASCENTS, BY_KEY, trials_of
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.problem.losses import cross_entropy
from landscape.surface import Surface, empty_surface
from landscape.sweep.world import Mistake, World
from landscape.trials import Trials

# Seconds of a gradient's worth, in gradients; the searches' are counted from their steps.
PRODUCT_IN_GRADIENTS = 2.2


@dataclass(frozen=True, slots=True, eq=False)
class NetworkPlan:
    """What is known of a network before it is measured.

    Attributes:
        origins: Of its planes and of its lines.
        center: Metrics.
        absent: By measure, why this network has none.
        point_s, gradient_s: Seconds of one rank.
    """

    origins: Mapping[str, Origin]
    center: Mapping[str, float]
    notes: tuple[str, ...]
    absent: Mapping[str, str]
    point_s: float
    gradient_s: float
    dataset: str
    metrics: tuple[str, ...]


def plan_of(
    settings: CompareSettings,
    networks: Sequence[Network],
    world: World,
    device: str,
    idle: frozenset[int],
    say: Callable[[str], None],
) -> list[NetworkPlan]:
    """Build each network once, measure its center on every rank, and find which measures it has.

    Raises:
        Mistake: A network can't be measured, or its center's loss is not finite.
    """
    is_idle = world.rank in idle
    found = []
    for network in networks:
        experiment = world.together(
            lambda: None if is_idle else build_experiment(settings.planes_of(network.checkpoint), device)
        )
        center, point_s, notes = preflight(experiment, world, is_idle)
        words = ", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in center.items())
        say(f"{network.name}: {words}")
        for note in [*(experiment.notes if experiment else ()), *notes]:
            say(f"warning: {network.name}: {note}")
        plan = world.agreed(lambda: _network_plan(settings, network, experiment, device, (center, point_s, notes)))
        for key, why in plan.absent.items() if plan else ():
            say(f"warning: {network.name} has no {BY_KEY[key].name}: {why}")
        found.append(plan)
    world.agreed(lambda: _require_comparable(networks, found))
    return found


def _network_plan(settings, network: Network, experiment: Experiment, device: str, checked) -> NetworkPlan:
    center, point_s, notes = checked
    metric = f"{settings.splits[0]}_loss"
    if not np.isfinite(center.get(metric, np.nan)):
        raise ValueError(
            f"the {metric.replace('_', ' ')} of {network.name} at its center is {center.get(metric)!r}, and flatness is counted "
            "from it; leave this network out, or check its checkpoint"
        )
    lines = build_experiment(settings.lines_of(network.checkpoint), device)
    absent, gradient_s = _absent(settings, network, device)
    return NetworkPlan(
        origins={"planes": experiment.origin, "lines": lines.origin},
        center=center,
        notes=(*experiment.notes, *notes),
        absent=absent,
        point_s=point_s,
        gradient_s=gradient_s,
        dataset=str(experiment.origin.record["dataset"]),
        metrics=tuple(center),
    )


def _absent(settings: CompareSettings, network: Network, device: str) -> tuple[dict[str, str], float]:
    """Return, by measure, why a network has none, and the seconds of a gradient."""
    wanted = {key: BY_KEY[key].needs for key in settings.measures if not BY_KEY[key].is_from_surfaces}
    if not wanted:
        return {}, 0.0
    experiment = build_experiment(settings.measures_of(network.checkpoint), device)
    absent, gradient_s = {}, 0.0
    try:
        objective = Objective(experiment.sums(Share()))
        objective.gradient()  # the first is slower than others
        began = time.perf_counter()
        objective.gradient()
        gradient_s = time.perf_counter() - began
    except (Mistake, ValueError) as error:
        absent |= {key: str(error) for key, needs in wanted.items() if needs in ("gradients", "products")}
    if any(needs == "products" for key, needs in wanted.items() if key not in absent):
        try:
            objective.products(np.ones(objective.dim))
        except (Mistake, ValueError) as error:
            absent |= {key: str(error) for key, needs in wanted.items() if needs == "products"}
    if "fisher_rao" in wanted and experiment.problem.loss is not cross_entropy:
        absent["fisher_rao"] = "it is that of a classifier's probabilities, and the loss is no cross entropy"
    if "relative" in wanted and last_weight(filter_layouts(experiment.problem.model)) is None:
        absent["relative"] = "the network has no layer with a weight"
    return absent, gradient_s


def _require_comparable(networks: Sequence[Network], plans: Sequence[NetworkPlan]) -> None:
    """Refuse networks of which a difference would say nothing.

    Raises:
        ValueError: They look at other data, or have other metrics.
    """
    first, begun = networks[0], plans[0]
    for network, plan in zip(networks, plans):
        if plan.dataset != begun.dataset:
            raise ValueError(
                f"{first.name} is measured on {begun.dataset} and {network.name} on {plan.dataset}, so that their losses can't be "
                "compared; give networks of one data set, or --dataset"
            )
        if plan.metrics != begun.metrics:
            raise ValueError(
                f"{first.name} has {', '.join(begun.metrics)}, but {network.name} has {', '.join(plan.metrics)}; give one --loss"
            )


def comparison_to_fill(
    settings: CompareSettings, networks: Sequence[Network], plans: Sequence[NetworkPlan], world: World
) -> Comparison:
    """Return the comparison of which nothing is measured yet."""
    plan = trials_of(settings.measures, settings.suite, settings.num_lines)
    planes = Grid(settings.x, settings.y, settings.num_planes)
    lines = Grid(settings.line, None, settings.num_lines)
    filled = []
    for network, known in zip(networks, plans):
        here = {"center": dict(known.center), "notes": list(known.notes)}
        here |= {"checkpoint": network.name} if network.rescaled else {}
        origins = {
            part: Origin(origin.identity, origin.circumstance, {**origin.record, **here})
            for part, origin in known.origins.items()
        }
        filled.append(
            ComparedNetwork(
                name=network.name,
                planes=empty_surface(planes, list(known.metrics), origins["planes"]),
                lines=empty_surface(lines, list(known.metrics), origins["lines"]),
                measures=_without(known, plan, empty_surface(Trials(len(plan), "measurement"), list(TRIAL_VALUES))),
                scores=empty_surface(Trials(len(SCORED), "split"), list(SCORE_VALUES)),
            )
        )
    identity = {
        "networks": {
            network.name: {part: dict(origin.identity) for part, origin in known.origins.items()}
            for network, known in zip(networks, plans)
        },
        "order": [network.name for network in networks],
        "measures": {
            "keys": list(settings.measures),
            "precision": settings.measures_precision,
            **asdict(settings.suite),
        },
    }
    record = {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "hosts": world.host,
        "ranks": world.size,
        "flat_within": settings.flat_within,
        "splits": list(settings.splits),
        "normalization": settings.normalization
        if settings.biases == "fixed"
        else f"{settings.normalization}, biases moved",
        "absent": {network.name: dict(known.absent) for network, known in zip(networks, plans)},
        "rescaled": {network.name: dict(network.rescaled) for network in networks if network.rescaled},
        "seconds": 0,
    }
    return Comparison(tuple(filled), plan, Origin(identity, plans[0].origins["planes"].circumstance, record))


def _without(known: NetworkPlan, plan: Sequence[str], measures: Surface) -> Surface:
    """Return the measures with those that the network does not have marked as done, without a number."""
    done = np.array([key in known.absent for key in plan], np.uint8)
    return Surface(measures.grid, measures.values, done, measures.origin)


def estimate_lines(
    settings: CompareSettings, plans: Sequence[NetworkPlan], comparison: Comparison, num_ranks: int
) -> list[str]:
    """Say what is to be measured and how long it will take."""
    num_points = sum(
        part.grid.num_points - part.num_done
        for network in comparison.networks
        for part in (network.planes, network.lines)
    )
    seconds = gradients_s = 0.0
    for known, network in zip(plans, comparison.networks):
        for part in (network.planes, network.lines):
            seconds += known.point_s * (part.grid.num_points - part.num_done)
        left = [key for key, done in zip(comparison.plan, network.measures.done) if not done]
        gradients_s += known.gradient_s * sum(_gradients_of(key, settings) for key in left)
    each = f"{settings.num_planes} planes of {len(settings.x)} x {len(settings.y)} and {settings.num_lines} lines of {len(settings.line)}"
    num, num_measures = len(comparison.networks), len(settings.measures)
    ranks = f"{num_ranks} rank{'s' * (num_ranks > 1)}"
    return [
        f"{num} network{'s' * (num > 1)}, each with {each}: {num_points} points to go, about {duration(seconds / num_ranks)} on {ranks}",
        f"{num_measures} measure{'s' * (num_measures > 1)} a network: about {duration(gradients_s / num_ranks)} on {ranks}; before these, "
        "scores over up to 10,000 samples a split",
    ]


def _gradients_of(key: str, settings: CompareSettings) -> float:
    """Return what a trial of a measure costs, in gradients."""
    suite = settings.suite
    if key == "largest_eigenvalue":
        return PRODUCT_IN_GRADIENTS * min(suite.max_products, 40)
    if key == "relative":
        return PRODUCT_IN_GRADIENTS * suite.num_probes
    if key in ("tau", "trace"):
        return PRODUCT_IN_GRADIENTS
    if key in ("average", "lpf"):
        return 2 / 3
    return 2 * 1.7 * suite.num_steps if key in ASCENTS and key != "fisher_rao" else 1.0
