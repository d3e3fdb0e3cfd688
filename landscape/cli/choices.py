"""What a run's options, its checkpoint and the data's own records come to: device, model, normalization, subset."""

import numpy as np
import torch
from torch import nn

from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES, SubjectSettings
from landscape.problem.batches import stratified_subset
from landscape.problem.checkpoints import Checkpoint, read_checkpoint
from landscape.problem.datasets import Dataset
from landscape.problem.models import model_factory
from landscape.problem.problem import NORMS_WITH_STATS
from landscape.problem.zoo import read_zoo, zoo_file


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


def chosen_checkpoint(settings: SubjectSettings) -> Checkpoint | None:
    """Read the given checkpoint, or the one that the zoo has of this model and data set."""
    if settings.untrained is not None:
        return None
    if settings.checkpoint is not None:
        return read_checkpoint(settings.checkpoint)
    model, dataset = settings.model or "vgg56", settings.dataset or "digits"
    name = f"{model}-{dataset}"
    if settings.model_arguments or name not in read_zoo():
        # An unknown name is the better sentence where there is one.
        model_factory(model)
        raise ValueError(
            f"there are no trained weights of {model} on {dataset} here; give --checkpoint FILE, "
            "or --untrained SEED to look around fresh weights"
        )
    return read_checkpoint(zoo_file(name))


def chosen_model(settings: SubjectSettings, checkpoint: Checkpoint | None) -> tuple[str, dict[str, object]]:
    """Return the model's spec and its arguments: the user's, or the checkpoint's."""
    recorded = checkpoint.recorded("model") if checkpoint else None
    spec = settings.model or recorded or "vgg56"
    arguments = dict(settings.model_arguments)
    if checkpoint and recorded == spec:
        arguments = {**(checkpoint.recorded("model_arguments") or {}), **arguments}
    return spec, arguments


def chosen_normalization(settings, checkpoint, dataset: Dataset) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation: the user's, or the checkpoint's, or the data set's."""
    found = []
    for name in ("mean", "std"):
        given = getattr(settings, name)
        recorded = checkpoint.recorded(name) if checkpoint else None
        found.append(tuple(given if given is not None else recorded if recorded else getattr(dataset, name)))
    return found[0], found[1]


def chosen_subset(
    settings: SubjectSettings, dataset: Dataset, split: str, usual: int = DEFAULT_NUM_SAMPLES
) -> np.ndarray:
    """Return the indices of the samples of a split that are measured."""
    samples = dataset.split(split)
    wanted = settings.num_samples
    if wanted is None:
        wanted = min(usual, len(samples))
    return stratified_subset(samples, len(samples) if wanted == "all" else wanted, settings.subset_seed)


def estimation_split(settings, dataset: Dataset, model: nn.Module, norm_stats: str) -> tuple[str, ...]:
    """Return the split that norm statistics are re-estimated on, where it is not measured anyway."""
    keeps = any(isinstance(module, NORMS_WITH_STATS) and module.running_mean is not None for module in model.modules())
    if norm_stats != "reestimated" or not keeps or "train" in settings.splits:
        return ()
    if "train" not in dataset.splits:
        raise ValueError(
            f"batch norm is re-estimated on training samples, and {dataset.name} has none; give --norm-stats stored"
        )
    return ("train",)


def recorded_accuracies(checkpoint: Checkpoint | None, dataset_spec: str) -> dict[str, float]:
    """Return the accuracy a split that the checkpoint claims on this data set."""
    if checkpoint is None or checkpoint.recorded("dataset") != dataset_spec:
        return {}
    found = {split: checkpoint.recorded(f"{split}_accuracy") for split in ("train", "test")}
    return {split: float(value) for split, value in found.items() if isinstance(value, (int, float))}


def file_name(spec: str) -> str:
    """Return a spec as part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "._" else "_" for letter in spec.rpartition("/")[2])
