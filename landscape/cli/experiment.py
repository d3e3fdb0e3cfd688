"""From settings to what a sweep needs: problem, plane, and the origin that tells one run from another."""

import inspect
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from landscape.cli.choices import (
    chosen_checkpoint,
    chosen_model,
    chosen_normalization,
    chosen_subset,
    estimation_split,
    file_name,
    recorded_accuracies,
)
from landscape.cli.planes import chosen_plane, given_directions, moves_biases_or_norms
from landscape.cli.settings import AutoAxis, Axis, SurfaceSettings
from landscape.directions import RandomRule
from landscape.origin import Origin
from landscape.problem.batches import SampleBatches, default_batch_size, resident
from landscape.problem.checkpoints import load_into
from landscape.problem.datasets import open_dataset
from landscape.problem.losses import constant_answer, named_loss
from landscape.problem.measures import Measure, measure_on_plane, path_for
from landscape.problem.models import build_model, source_digest
from landscape.problem.problem import NORM_STATS, Problem, dtype_of
from landscape.weights import digest


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Everything that a rank computes with, and what is recorded of it.

    Attributes:
        measure: Coordinates -> metrics.
        recorded: Accuracy by split that the checkpoint claims over its whole splits; may be empty.
        num_in_split: Samples in the whole of each split.
        notes: Sentences for the user.
    """

    problem: Problem
    measure: Measure
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
    checkpoint = chosen_checkpoint(settings)
    model_spec, model_args = chosen_model(settings, checkpoint)
    dataset_spec = settings.dataset or (checkpoint and checkpoint.recorded("dataset")) or "digits"
    rule = RandomRule(settings.normalization, settings.biases)
    loss = named_loss(settings.loss)
    if settings.norm_stats is not None and settings.norm_stats not in NORM_STATS:
        raise ValueError(f"--norm-stats must be one of {', '.join(NORM_STATS)}, not {settings.norm_stats!r}")
    dtype_of(settings.precision, device.partition(":")[0])
    dataset = open_dataset(
        dataset_spec, data_dir=settings.data_dir, cache_dir=settings.cache_dir, download=settings.download
    )
    torch.manual_seed(settings.untrained or 0)  # what a model draws and no checkpoint holds is the same on every rank
    model = build_model(model_spec, model_args, from_data=dataset.model_arguments)
    notes = list(load_into(model, checkpoint)) if checkpoint else []
    mean, std = chosen_normalization(settings, checkpoint, dataset)
    norm_stats = settings.norm_stats or ("reestimated" if settings.toward else "stored")
    splits = settings.splits + estimation_split(settings, dataset, model, norm_stats)
    indices = {split: chosen_subset(settings, dataset, split) for split in splits}
    sample = next(
        iter(SampleBatches(dataset.split(splits[0]), indices[splits[0]][:2], batch_size=2, mean=mean, std=std))
    )
    given = given_directions(settings, model)
    moves_norms = bool(settings.toward) or rule.biases == "moved" or moves_biases_or_norms(given, model)
    path = path_for(model, loss, sample, norm_stats=norm_stats, moves_norms=moves_norms)
    path = "plain" if settings.plain else path
    batch_size = settings.batch_size or default_batch_size(dataset.split(splits[0]), device, path)
    batches = {
        split: SampleBatches(dataset.split(split), chosen, batch_size=batch_size, mean=mean, std=std)
        for split, chosen in indices.items()
    }
    data_digests = {split: part.digest() for split, part in batches.items()}
    batches = {split: resident(part, device) for split, part in batches.items()}
    problem = Problem(
        model,
        loss,
        {split: batches[split] for split in settings.splits},
        norm_stats=norm_stats,
        precision=settings.precision,
        device=device,
        estimation_batches=batches.get("train"),
    )
    laid = chosen_plane(settings, rule, problem.center, model, given)
    notes += laid.notes
    identity = {
        "checkpoint": digest(model.state_dict()),
        "model": source_digest(model),
        "model_arguments": {name: str(value) for name, value in {**dataset.model_arguments, **model_args}.items()},
        "data": data_digests,
        "loss": _loss_identity(settings.loss, loss),
        "directions": laid.identity,
        "norm_stats": norm_stats,
        "precision": settings.precision,
        "path": path,
        "batch_size": batch_size,
        "splits": list(settings.splits),
        "grid": {name: _axis_identity(getattr(settings, name)) for name in settings.dims},
    }
    record = {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "model": _words_of_model(model_spec, model_args),
        "checkpoint": checkpoint.words if checkpoint else f"untrained, seed {settings.untrained}",
        "dataset": dataset.name,
        "loss": settings.loss,
        "data": {
            split: f"{len(chosen)} of {len(dataset.split(split))} samples of {dataset.name}"
            + ("" if len(chosen) == len(dataset.split(split)) else f", stratified, subset seed {settings.subset_seed}")
            + ("" if split in settings.splits else ", for norm statistics only")
            for split, chosen in indices.items()
        },
        "subset": {
            split: chosen.tolist() for split, chosen in indices.items() if len(chosen) < len(dataset.split(split))
        },
        "mean": list(mean),
        "std": list(std),
        "directions": laid.words,
        "direction_report": asdict(laid.report) | {"random": settings.has_random_directions},
        "num_norms": problem.num_norms,
        "numpy": np.__version__,
    }
    circumstance = {"device": device.partition(":")[0], "torch": torch.__version__.split("+")[0]}
    return Experiment(
        problem=problem,
        measure=measure_on_plane(problem, laid.plane, path),
        origin=Origin(identity, circumstance, record),
        name=checkpoint.path.stem
        if checkpoint and checkpoint.is_of_the_zoo
        else f"{file_name(model_spec)}-{file_name(dataset.name)}",
        recorded=recorded_accuracies(checkpoint, dataset_spec),
        num_in_split={split: len(dataset.split(split)) for split in settings.splits},
        num_samples={split: len(indices[split]) for split in settings.splits},
        notes=tuple(notes),
    )


def _loss_identity(spec: str, loss) -> str:
    if ":" not in spec:
        return spec
    try:
        source = Path(inspect.getsourcefile(loss)).read_bytes()
    except (TypeError, OSError):
        source = b""
    return f"{spec.rpartition(':')[2]} {sha256(source).hexdigest()}"


def _axis_identity(axis: Axis) -> str:
    if isinstance(axis, AutoAxis):
        return f"auto:{axis.num}"  # everything else that a range comes from is in the identity too
    return f"{axis[0]:g}:{axis[-1]:g}:{len(axis)} {sha256(axis.tobytes()).hexdigest()[:12]}"


def _words_of_model(spec: str, arguments: dict[str, object]) -> str:
    return " ".join([spec, *(f"{key}={value}" for key, value in arguments.items())])
