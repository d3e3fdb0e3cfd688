"""Ways to measure a surface's points otherwise: other norm statistics, a second subset of the samples, the other split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from landscape.cli.settings import SurfaceSettings
from landscape.cli.subject import Subject
from landscape.plane import Plane
from landscape.problem.batches import disjoint_subset, resident, stratified_subset
from landscape.problem.measures import measure_on_plane
from landscape.problem.problem import Problem

Measure = Callable[[float, float], Mapping[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """How a run's points can be measured otherwise.

    Attributes:
        words: By kind, what is otherwise, in words.
        makers: By kind, what makes the measure of points of the plane, and the name of its split.
        absent: By kind that this run has not, why.
    """

    words: Mapping[str, str]
    makers: Mapping[str, tuple[Callable[[], Measure], str]]
    absent: Mapping[str, str]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.makers)


def comparisons_of(
    settings: SurfaceSettings,
    subject: Subject,
    problem: Problem,
    plane: Plane,
    *,
    path: str,
    batch_size: int,
    indices: Mapping[str, np.ndarray],
) -> Comparisons:
    """Return the ways that model and data have; problems are built when they are first asked for.

    Args:
        indices: The samples taken, by split.
    """
    split = settings.splits[0]
    device = str(problem.device)
    words: dict[str, str] = {}
    absent: dict[str, str] = {}
    makers: dict[str, tuple[Callable[[], Measure], str]] = {}

    def add(kind: str, said: str, split: str, chosen: np.ndarray, *, norm_stats: str, path: str) -> None:
        def make() -> Measure:
            of = {split: resident(subject.batches(split, chosen, batch_size), device)}
            train = of.get("train") or problem.batches.get("train")
            other = Problem(
                subject.model,
                subject.loss,
                of,
                norm_stats=norm_stats,
                precision=settings.precision,
                device=device,
                estimation_batches=train,
            )
            return measure_on_plane(other, Plane(other.center, plane.u, plane.v), path)

        words[kind], makers[kind] = said, (make, split)

    own_stats = problem.norm_stats
    if problem.num_norms and (own_stats == "reestimated" or "train" in indices):
        other = "stored" if own_stats == "reestimated" else "reestimated"
        said = "as stored with the weights" if other == "stored" else "re-estimated at the point"
        add("norm statistics", said, split, indices[split], norm_stats=other, path="plain")
    elif problem.num_norms:
        absent["norm statistics"] = "they are re-estimated on training samples, which this run has not taken"
    if problem.reestimates:
        why = "other samples would bring other norm statistics too"
        return Comparisons(words, makers, {**absent, "second subset": why, "other split": why})
    second = disjoint_subset(subject.dataset.split(split), indices[split], settings.subset_seed)
    if second is not None:
        add("second subset", f"{len(second)} other samples of {split}", split, second, norm_stats=own_stats, path=path)
    else:
        absent["second subset"] = f"too few samples of {split} are left"
    unseen = next((name for name in ("test", "train") if name in subject.dataset.splits and name not in indices), None)
    if unseen is not None:
        samples = subject.dataset.split(unseen)
        chosen = stratified_subset(samples, min(len(samples), len(indices[split])), settings.subset_seed)
        add("other split", f"{len(chosen)} samples of {unseen}", unseen, chosen, norm_stats=own_stats, path=path)
    elif len(settings.splits) == 1:
        absent["other split"] = f"{subject.dataset.name} has no other"
    return Comparisons(words, makers, absent)
