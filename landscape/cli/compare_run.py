"""Fills a comparison: one network after the other, all ranks together, kept in its file as it goes."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape.cli.compare_settings import CompareSettings
from landscape.cli.compared_network import Network
from landscape.cli.experiment import build_experiment
from landscape.cli.inquiry import Share
from landscape.cli.progress import progress_of
from landscape.cli.subject import chosen_subject
from landscape.comparison import PARTS, SCORED, Comparison
from landscape.curvature.objective import Objective
from landscape.filters import filter_layouts
from landscape.flatness.measuring import Surroundings, measured_trials
from landscape.flatness.suite import trials_of
from landscape.store.comparison_file import write_comparison
from landscape.surface import Surface
from landscape.sweep.run import Stop, sweep
from landscape.sweep.world import World

MOST_SCORED = 10_000  # samples a split, stratified
# Part -> what one of it is called, and where it belongs.
WHAT = {
    "planes": ("point", " of its planes"),
    "lines": ("point", " of its lines"),
    "measures": ("measurement", ""),
    "scores": ("split", " at the center"),
}


class CompareRun:
    """Takes the parts of each network, whatever of them is not done.

    Args:
        start: What is known already; on rank 0.
        place: This rank's device, and the ranks that get no points.
    """

    def __init__(
        self,
        settings: CompareSettings,
        networks: Sequence[Network],
        start: Comparison | None,
        out: Path,
        *,
        world: World,
        place: tuple[str, frozenset[int]],
        stop: Stop,
        say: Callable[[str], None],
    ) -> None:
        self._settings, self._networks, self._comparison, self._out = settings, networks, start, out
        self._world, self._stop, self._say = world, stop, say
        self._device, self._idle = place
        self._began = time.perf_counter()
        self._earlier_s = start.origin.record.get("seconds", 0) if start else 0

    def run(self) -> Comparison | None:
        """Return the whole comparison on rank 0; None elsewhere."""
        for number, network in enumerate(self._networks):
            makers = {
                "scores": lambda network=network: self._scored(network),
                "planes": lambda network=network: self._sampled(self._settings.planes_of(network.checkpoint)),
                "lines": lambda network=network: self._sampled(self._settings.lines_of(network.checkpoint)),
                "measures": lambda network=network: self._measured(network),
            }
            for part in PARTS:
                self._take(number, part, makers[part])
        return self._comparison

    def _take(self, number: int, part: str, made: Callable[[], Callable]) -> None:
        start = self._comparison.networks[number].parts[part] if self._world.is_first else None
        if self._world.share(start.is_complete if start is not None else None):
            return
        name = self._networks[number].name
        what, where = WHAT[part]
        if start is not None:
            left = start.grid.num_points - start.num_done
            self._say(f"{name}: {left} {what}{'s' * (left != 1)}{where} to go")
        with progress_of(start, self._world, self._say, what) as progress:
            found = sweep(
                None if self._world.rank in self._idle else made(),
                start,
                world=self._world,
                save=lambda surface: self._keep(number, part, surface),
                progress=progress,
                stop=self._stop,
                idle=self._idle,
            )
        if found is not None:
            self._keep(number, part, found)

    def _keep(self, number: int, part: str, surface: Surface) -> None:
        known = self._comparison
        networks = list(known.networks)
        networks[number] = replace(networks[number], **{part: surface})
        seconds = self._earlier_s + time.perf_counter() - self._began
        origin = known.origin.with_record({"seconds": seconds})
        self._comparison = replace(known, networks=tuple(networks), origin=origin)
        write_comparison(self._comparison, self._out)

    def _sampled(self, settings) -> Callable[..., Mapping[str, float]]:
        return build_experiment(settings, self._device).measure

    def _measured(self, network: Network) -> Callable[[int], Mapping[str, float]]:
        settings = self._settings

        def surroundings() -> Surroundings:
            experiment = build_experiment(settings.measures_of(network.checkpoint), self._device)
            return Surroundings(
                objective=Objective(experiment.sums(Share())),
                problem=experiment.problem,
                split=settings.splits[0],
                filters=filter_layouts(experiment.problem.model),
                line_of=experiment.plane_of,
            )

        plan = trials_of(settings.measures, settings.suite, settings.num_lines)
        return measured_trials(surroundings, plan, settings.suite)

    def _scored(self, network: Network) -> Callable[[int], Mapping[str, float]]:
        """Return the function from a split's place to what the network scores on it."""
        settings = replace(self._settings.lines_of(network.checkpoint), norm_stats="stored", num_planes=None)
        dataset = chosen_subject(settings, self._device).dataset

        def scored(number: int) -> dict[str, float]:
            split = SCORED[number]
            if split not in dataset.splits:
                return {"loss": np.nan, "accuracy": np.nan, "num_samples": 0.0}
            num = min(MOST_SCORED, len(dataset.split(split)))
            found = build_experiment(replace(settings, splits=(split,), num_samples=num), self._device).measure(
                0.0, 0.0
            )
            values = {name: found.get(f"{split}_{name}", np.nan) for name in ("loss", "accuracy")}
            return {**values, "num_samples": float(num)}

        return scored
