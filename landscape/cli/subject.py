"""From settings to what is looked at: model with its weights, data, loss, and what is recorded of them."""

import inspect
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import nn

from landscape.cli.choices import chosen_checkpoint, chosen_model, chosen_normalization, file_name
from landscape.cli.subject_settings import SubjectSettings
from landscape.problem.batches import SampleBatches
from landscape.problem.checkpoints import Checkpoint, load_into
from landscape.problem.datasets import Dataset, open_dataset
from landscape.problem.losses import Loss, named_loss
from landscape.problem.models import build_model, source_digest
from landscape.problem.problem import NORM_STATS, dtype_of
from landscape.weights import digest


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Model, data and loss.

    Attributes:
        checkpoint: None where the weights are fresh.
        model_spec, model_arguments: What the model was built from, without what the data say.
        dataset_spec: The data set as it was asked for.
        notes: Sentences for the user.
    """

    checkpoint: Checkpoint | None
    model_spec: str
    model_arguments: dict[str, object]
    model: nn.Module
    dataset_spec: str
    dataset: Dataset
    loss: Loss
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What results are called by default."""
        if self.checkpoint and self.checkpoint.is_of_the_zoo:
            return self.checkpoint.path.stem
        return f"{file_name(self.model_spec)}-{file_name(self.dataset.name)}"

    def batches(self, split: str, indices: np.ndarray, batch_size: int) -> SampleBatches:
        """Return chosen samples of a split in batches."""
        return SampleBatches(self.dataset.split(split), indices, batch_size=batch_size, mean=self.mean, std=self.std)

    def identity(self, settings: SubjectSettings) -> dict:
        """Return what decides the numbers, samples aside."""
        arguments = {**self.dataset.model_arguments, **self.model_arguments}
        return {
            "checkpoint": digest(self.model.state_dict()),
            "model": source_digest(self.model),
            "model_arguments": {name: str(value) for name, value in arguments.items()},
            "loss": _loss_identity(settings.loss, self.loss),
        }

    def record(self, settings: SubjectSettings) -> dict:
        """Return what is kept for the reader, samples aside."""
        return {
            "model": " ".join([self.model_spec, *(f"{key}={value}" for key, value in self.model_arguments.items())]),
            "checkpoint": self.checkpoint.words if self.checkpoint else f"untrained, seed {settings.untrained}",
            "dataset": self.dataset.name,
            "loss": settings.loss,
            "mean": list(self.mean),
            "std": list(self.std),
        }

    def words_of_samples(self, split: str, indices: np.ndarray, subset_seed: int) -> str:
        """Return a phrase on which samples of a split were taken."""
        num = len(self.dataset.split(split))
        words = f"{len(indices)} of {num} samples of {self.dataset.name}"
        return words if len(indices) == num else f"{words}, stratified, subset seed {subset_seed}"


def chosen_subject(settings: SubjectSettings, device: str) -> Subject:
    """Read checkpoint and data, and build the model.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    checkpoint = chosen_checkpoint(settings)
    model_spec, model_arguments = chosen_model(settings, checkpoint)
    dataset_spec = settings.dataset or (checkpoint and checkpoint.recorded("dataset")) or "digits"
    loss = named_loss(settings.loss)
    if settings.norm_stats is not None and settings.norm_stats not in NORM_STATS:
        raise ValueError(f"--norm-stats must be one of {', '.join(NORM_STATS)}, not {settings.norm_stats!r}")
    dtype_of(settings.precision, device.partition(":")[0])
    dataset = open_dataset(
        dataset_spec, data_dir=settings.data_dir, cache_dir=settings.cache_dir, download=settings.download
    )
    torch.manual_seed(settings.untrained or 0)  # what a model draws and no checkpoint holds is the same on every rank
    model = build_model(model_spec, model_arguments, from_data=dataset.model_arguments)
    notes = tuple(load_into(model, checkpoint)) if checkpoint else ()
    mean, std = chosen_normalization(settings, checkpoint, dataset)
    return Subject(checkpoint, model_spec, model_arguments, model, dataset_spec, dataset, loss, mean, std, notes)


def circumstance_of(device: str) -> dict[str, str]:
    """Return what should not change a number, but may."""
    return {"device": device.partition(":")[0], "torch": torch.__version__.split("+")[0]}


def _loss_identity(spec: str, loss: Loss) -> str:
    if ":" not in spec:
        return spec
    try:
        source = Path(inspect.getsourcefile(loss)).read_bytes()
    except (TypeError, OSError):
        source = b""
    return f"{spec.rpartition(':')[2]} {sha256(source).hexdigest()}"
