"""From settings to what a sweep needs: problem, plane, and the origin that tells one run from another."""

import inspect
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import nn

from landscape.cli.settings import DEFAULT_NUM_SAMPLES, SurfaceSettings
from landscape.directions import GENERATOR, RandomRule, random_direction, report, stream_digests, toward
from landscape.filters import filter_layouts
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.plane import Plane
from landscape.problem.batches import SampleBatches, default_batch_size, fixed_batches, stratified_subset
from landscape.problem.checkpoints import Checkpoint, load_into, read_checkpoint
from landscape.problem.datasets import Dataset, open_dataset
from landscape.problem.losses import named_loss
from landscape.problem.models import build_model, model_factory, own_models_folder, source_digest
from landscape.problem.problem import NORM_STATS, NORMS_WITH_STATS, PRECISIONS, Problem
from landscape.weights import digest, weights_of


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """Everything that a rank computes with, and what is recorded of it.

    Attributes:
        recorded: Accuracy by split that the checkpoint claims over its whole splits; may be empty.
        num_in_split: Samples in the whole of each split.
        notes: Sentences for the user.
    """

    problem: Problem
    plane: Plane
    grid: Grid
    origin: Origin
    name: str
    recorded: dict[str, float]
    num_in_split: dict[str, int]
    num_samples: dict[str, int]
    notes: tuple[str, ...]

    def measure(self, alpha: float, beta: float) -> dict[str, float]:
        """Return the metrics at a point of the plane."""
        return self.problem.measure(self.plane.at(alpha, beta))


def chosen_device(text: str) -> str:
    """Return "cpu" or "cuda" for an option's text.

    Raises:
        ValueError: CUDA was asked for where there is none, or the text is something else.
    """
    if text not in ("auto", "cpu", "cuda"):
        raise ValueError(f"--device must be auto, cpu or cuda, not {text!r}")
    available = torch.cuda.is_available()
    if text == "cuda" and not available:
        raise ValueError(
            "--device cuda was asked for, but torch finds no CUDA device here; leave --device out, or give cpu"
        )
    return "cuda" if available and text != "cpu" else "cpu"


def build_experiment(settings: SurfaceSettings, device: str = "cpu") -> Experiment:
    """Build model, data, plane and records.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    checkpoint = _checkpoint(settings)
    model_spec, model_args = _model_choice(settings, checkpoint)
    dataset_spec = settings.dataset or (checkpoint and checkpoint.recorded("dataset")) or "digits"
    rule = RandomRule(settings.normalization, settings.biases)
    loss = named_loss(settings.loss)
    _check_choices(settings)
    dataset = open_dataset(
        dataset_spec, data_dir=settings.data_dir, cache_dir=settings.cache_dir, download=settings.download
    )
    torch.manual_seed(settings.untrained or 0)  # what a model draws and no checkpoint holds is the same on every rank
    model = build_model(model_spec, model_args, from_data=dataset.model_arguments)
    notes = list(load_into(model, checkpoint)) if checkpoint else []
    mean, std = _normalization(settings, checkpoint, dataset)
    norm_stats = settings.norm_stats or ("reestimated" if settings.toward else "stored")
    splits = settings.splits + _estimation_split(settings, dataset, model, norm_stats)
    indices = {split: _subset(settings, dataset, split) for split in splits}
    batch_size = settings.batch_size or default_batch_size(dataset.split(splits[0]), device)
    batches = {
        split: SampleBatches(dataset.split(split), chosen, batch_size=batch_size, mean=mean, std=std)
        for split, chosen in indices.items()
    }
    data_digests = {split: part.digest() for split, part in batches.items()}
    if device != "cpu":
        batches = {split: fixed_batches(part, device) for split, part in batches.items()}
    problem = Problem(
        model,
        loss,
        {split: batches[split] for split in settings.splits},
        norm_stats=norm_stats,
        precision=settings.precision,
        device=device,
        estimation_batches=batches.get("train"),
    )
    plane, direction_identity, direction_words = _plane(settings, rule, problem, model, model_spec)
    summary = report(plane.center, [plane.u] + ([plane.v] if plane.v else []), filter_layouts(model))
    if summary.num_zero_filters and not settings.toward and rule.normalization == "filter":
        notes.append(
            f"{summary.num_zero_filters} of {summary.num_filters} filters are all zero, so that filter-normalized "
            "directions do not move them"
        )
    if summary.cosine is not None and abs(summary.cosine) > 1 - 1e-6:
        raise ValueError(
            "the two directions lie along one line, so that they span no plane; give --toward-y another checkpoint"
        )
    for name, norm in zip("xy", summary.norms, strict=False):
        if norm == 0:
            notes.append(f"the direction along {name} is zero, so that the surface is flat along it and shows nothing")
    identity = {
        "checkpoint": digest(model.state_dict()),
        "model": source_digest(model),
        "model_arguments": {name: str(value) for name, value in {**dataset.model_arguments, **model_args}.items()},
        "data": data_digests,
        "loss": _loss_identity(settings.loss, loss),
        "directions": direction_identity,
        "norm_stats": norm_stats,
        "precision": settings.precision,
        "batch_size": batch_size,
        "splits": list(settings.splits),
        "grid": {name: _axis_identity(getattr(settings.grid, name)) for name in settings.grid.dims},
    }
    record = {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "model": _words_of_model(model_spec, model_args),
        "checkpoint": str(checkpoint.path) if checkpoint else f"untrained, seed {settings.untrained}",
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
        "directions": direction_words,
        "direction_report": asdict(summary) | {"random": not settings.toward},
        "num_norms": problem.num_norms,
        "numpy": np.__version__,
    }
    circumstance = {"device": device.partition(":")[0], "torch": torch.__version__.split("+")[0]}
    return Experiment(
        problem=problem,
        plane=plane,
        grid=settings.grid,
        origin=Origin(identity, circumstance, record),
        name=f"{_file_name(model_spec)}-{_file_name(dataset.name)}",
        recorded=_recorded_accuracies(checkpoint, dataset_spec),
        num_in_split={split: len(dataset.split(split)) for split in settings.splits},
        num_samples={split: len(indices[split]) for split in settings.splits},
        notes=tuple(notes),
    )


def _estimation_split(settings, dataset: Dataset, model: nn.Module, norm_stats: str) -> tuple[str, ...]:
    """Return the split that norm statistics are re-estimated on, where it is not measured anyway."""
    keeps = any(isinstance(module, NORMS_WITH_STATS) and module.running_mean is not None for module in model.modules())
    if norm_stats != "reestimated" or not keeps or "train" in settings.splits:
        return ()
    if "train" not in dataset.splits:
        raise ValueError(
            f"batch norm is re-estimated on training samples, and {dataset.name} has none; give --norm-stats stored"
        )
    return ("train",)


def _check_choices(settings: SurfaceSettings) -> None:
    if settings.norm_stats is not None and settings.norm_stats not in NORM_STATS:
        raise ValueError(f"--norm-stats must be one of {', '.join(NORM_STATS)}, not {settings.norm_stats!r}")
    if settings.precision not in PRECISIONS:
        raise ValueError(f"--precision must be one of {', '.join(PRECISIONS)}, not {settings.precision!r}")


def _checkpoint(settings: SurfaceSettings) -> Checkpoint | None:
    """Read the given checkpoint, or the committed one of this model and data set."""
    if settings.untrained is not None:
        return None
    if settings.checkpoint is not None:
        return read_checkpoint(settings.checkpoint)
    model, dataset = settings.model or "vgg56", settings.dataset or "digits"
    committed = own_models_folder() / "weights" / f"{_file_name(model)}-{_file_name(dataset)}.safetensors"
    if ":" in model or ":" in dataset or settings.model_arguments or not committed.is_file():
        # An unknown name is the better sentence where there is one.
        model_factory(model)
        raise ValueError(
            f"there are no trained weights of {model} on {dataset} here; give --checkpoint FILE, "
            "or --untrained SEED to look around fresh weights"
        )
    return read_checkpoint(committed)


def _model_choice(settings: SurfaceSettings, checkpoint: Checkpoint | None) -> tuple[str, dict[str, object]]:
    recorded = checkpoint.recorded("model") if checkpoint else None
    spec = settings.model or recorded or "vgg56"
    arguments = dict(settings.model_arguments)
    if checkpoint and recorded == spec:
        arguments = {**(checkpoint.recorded("model_arguments") or {}), **arguments}
    return spec, arguments


def _normalization(settings, checkpoint, dataset: Dataset) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation: the user's, or the checkpoint's, or the data set's."""
    found = []
    for name in ("mean", "std"):
        given = getattr(settings, name)
        recorded = checkpoint.recorded(name) if checkpoint else None
        found.append(tuple(given if given is not None else recorded if recorded else getattr(dataset, name)))
    return found[0], found[1]


def _subset(settings: SurfaceSettings, dataset: Dataset, split: str) -> np.ndarray:
    samples = dataset.split(split)
    wanted = settings.num_samples
    if wanted is None:
        wanted = min(DEFAULT_NUM_SAMPLES, len(samples))
    return stratified_subset(samples, len(samples) if wanted == "all" else wanted, settings.subset_seed)


def _plane(settings: SurfaceSettings, rule: RandomRule, problem: Problem, model: nn.Module, spec: str):
    """Return the plane, and for each direction what identifies it and what is said of it."""
    center, layouts = problem.center, filter_layouts(model)
    axes = ["x"] if settings.grid.y is None else ["x", "y"]
    directions, identity, words = [], {}, []
    for axis, other in zip(axes, [*settings.toward, None, None]):
        if other is not None:
            there = _weights_in(other, model)
            directions.append(toward(center, {name: there[name].to(problem.device) for name in center}, str(other)))
            identity[axis] = {"toward": digest(there)}
            words.append(f"{axis}: toward {other} at 1, every parameter moves (sha256 {digest(there)[:12]})")
        else:
            directions.append(random_direction(center, layouts, seed=settings.seed, axis=axis, rule=rule))
            identity[axis] = {
                "generator": GENERATOR,
                "seed": settings.seed,
                "normalization": rule.normalization,
                "biases": rule.biases,
                "tensors": stream_digests(center, settings.seed, axis),
            }
            left = "left alone" if rule.biases == "fixed" else "moved too"
            words.append(
                f"{axis}: random Gaussian, seed {settings.seed}, {rule.normalization} normalization, "
                f"biases and norm parameters {left} ({GENERATOR})"
            )
    return Plane(center, *directions), identity, words


def _weights_in(path: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    import copy

    other = copy.deepcopy(model)
    load_into(other, read_checkpoint(path))
    return weights_of(other)


def _loss_identity(spec: str, loss) -> str:
    if ":" not in spec:
        return spec
    try:
        source = Path(inspect.getsourcefile(loss)).read_bytes()
    except (TypeError, OSError):
        source = b""
    return f"{spec.rpartition(':')[2]} {sha256(source).hexdigest()}"


def _axis_identity(axis: np.ndarray) -> str:
    return f"{axis[0]:g}:{axis[-1]:g}:{len(axis)} {sha256(axis.tobytes()).hexdigest()[:12]}"


def _words_of_model(spec: str, arguments: dict[str, object]) -> str:
    return " ".join([spec, *(f"{key}={value}" for key, value in arguments.items())])


def _file_name(spec: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._" else "_" for letter in spec.rpartition("/")[2])


def _recorded_accuracies(checkpoint: Checkpoint | None, dataset_spec: str) -> dict[str, float]:
    if checkpoint is None or checkpoint.recorded("dataset") != dataset_spec:
        return {}
    found = {split: checkpoint.recorded(f"{split}_accuracy") for split in ("train", "test")}
    return {split: float(value) for split, value in found.items() if isinstance(value, (int, float))}
