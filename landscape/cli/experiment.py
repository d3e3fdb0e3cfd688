"""From settings to what a sweep needs: problem, plane, and the origin that tells one run from another."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

from landscape.cli.batch_examples import BatchExamples, batch_examples
from landscape.cli.choices import recorded_accuracies
from landscape.cli.comparisons import Comparisons, comparisons_of
from landscape.cli.given_plane import direction_files
from landscape.cli.inquiry import Share, sums_of
from landscape.cli.planes import chosen_plane, given_directions, moves_biases_or_norms
from landscape.cli.run_samples import chosen_indices, samples_of_run
from landscape.cli.settings import AutoAxis, Axis, SurfaceSettings
from landscape.cli.subject import chosen_subject, circumstance_of
from landscape.cli.surface_curvature import map_identity, with_eigenvalues
from landscape.curvature.sums import SampleSums
from landscape.directions import RandomRule
from landscape.origin import Origin
from landscape.plane import Plane
from landscape.problem.losses import constant_answer
from landscape.problem.measures import MeasureOnPlanes, path_for
from landscape.problem.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Everything that a rank computes with, and what is recorded of it.

    Attributes:
        plane: The first, where there are several.
        plane_of: A plane's place -> the plane.
        fresh_plane_of: A number -> a plane of random directions that the surface does not use.
        path: How the problem is measured on planes.
        batches: The samples of which batches are drawn; None where none are.
        comparisons: How points of the plane can be measured otherwise.
        measure: Coordinates, and a plane's place where there are several -> metrics.
        recorded: Accuracy by split that the checkpoint claims over its whole splits; may be empty.
        num_in_split: Samples in the whole of each split.
        notes: Sentences for the user.
        sums: A rank's share -> its part of the sums that are differentiated, over the samples of the first split.
        splits: Those measured.
    """

    plane: Plane
    sums: Callable[[Share], SampleSums]
    splits: tuple[str, ...]
    problem: Problem
    plane_of: Callable[[int], Plane]
    fresh_plane_of: Callable[[int], Plane]
    path: str
    batches: BatchExamples | None
    comparisons: Comparisons
    measure: Callable[..., Mapping[str, float]]
    origin: Origin
    name: str
    recorded: dict[str, float]
    num_in_split: dict[str, int]
    num_samples: dict[str, int]
    notes: tuple[str, ...]

    def constant_answer(self, split: str) -> float | None:
        """Return the loss of the best answer that looks at no input; None where the loss is the user's own."""
        return constant_answer(self.problem.loss, self.problem.batches[split])


def build_experiment(settings: SurfaceSettings, device: str = "cpu") -> Experiment:
    """Build model, data, plane and records.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    rule = RandomRule(settings.normalization, settings.biases)
    subject = chosen_subject(settings, device)
    dataset, model = subject.dataset, subject.model
    norm_stats = settings.norm_stats or ("reestimated" if settings.toward else "stored")
    indices = chosen_indices(settings, subject, norm_stats)
    split = settings.splits[0]
    sample = next(iter(subject.batches(split, indices[split][:2], 2)))
    given = given_directions(settings, model)
    moves_norms = bool(settings.toward) or rule.biases == "moved" or moves_biases_or_norms(given, model)
    path = path_for(model, subject.loss, sample, norm_stats=norm_stats, moves_norms=moves_norms)
    path = "plain" if settings.plain else path
    samples = samples_of_run(settings, subject, indices, device, norm_stats=norm_stats, path=path)
    problem = samples.problem
    if (settings.taylor or settings.curvature_map) and problem.reestimates:
        raise ValueError(
            "derivatives are taken with stored norm statistics, and --toward re-estimates them; give --norm-stats stored"
        )
    laid = chosen_plane(settings, rule, problem.center, model, given)

    def sums(share: Share) -> SampleSums:
        return sums_of(subject, problem, split, indices[split], share)

    measure = MeasureOnPlanes(problem, laid.plane_of, path)
    if settings.curvature_map:
        measure = with_eigenvalues(measure, sums(Share()), laid.plane, split)
    identity = {
        **subject.identity(settings),
        **samples.identity,
        "directions": laid.identity,
        "path": path,
        "grid": {name: _axis_identity(getattr(settings, name)) for name in settings.dims},
        **({"planes": settings.num_planes} if settings.num_planes else {}),
        **({"curvature_map": map_identity()} if settings.curvature_map else {}),
    }
    record = {
        **subject.record(settings),
        **samples.record,
        "directions": laid.words,
        "direction_report": asdict(laid.report) | {"random": settings.has_random_directions},
        **({"cosines": laid.cosines} if laid.cosines else {}),
        "flat_within": settings.flat_within,
        **({"direction_files": direction_files(settings)} if direction_files(settings) else {}),
    }
    return Experiment(
        problem=problem,
        measure=measure,
        plane=laid.plane,
        plane_of=laid.plane_of,
        fresh_plane_of=laid.fresh_plane_of,
        path=path,
        batches=batch_examples(
            settings, subject, problem, laid.plane, path=path, batch_size=samples.batch_size, indices=indices[split]
        ),
        comparisons=comparisons_of(
            settings, subject, problem, laid.plane, path=path, batch_size=samples.batch_size, indices=indices
        ),
        sums=sums,
        splits=settings.splits,
        origin=Origin(identity, circumstance_of(device), record),
        name=subject.name,
        recorded=recorded_accuracies(subject.checkpoint, subject.dataset_spec),
        num_in_split={split: len(dataset.split(split)) for split in settings.splits},
        num_samples={split: len(indices[split]) for split in settings.splits},
        notes=(*subject.notes, *laid.notes),
    )


def _axis_identity(axis: Axis) -> str:
    if isinstance(axis, AutoAxis):
        return f"auto:{axis.num}"  # everything else that a range comes from is in the identity too
    return f"{axis[0]:g}:{axis[-1]:g}:{len(axis)} {sha256(axis.tobytes()).hexdigest()[:12]}"
