"""The samples that a run measures on, those for norm statistics included: chosen, batched, recorded, and the problem on them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.cli.choices import chosen_subset, estimation_split
from landscape.cli.subject import Subject
from landscape.cli.subject_settings import SubjectSettings
from landscape.problem.batches import default_batch_size, resident
from landscape.problem.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class RunSamples:
    """Samples and problem.

    Attributes:
        identity: What of the samples, and of how they are measured, decides the numbers.
        record: What is kept of them for the reader.
    """

    problem: Problem
    batch_size: int
    identity: Mapping[str, object]
    record: Mapping[str, object]


def chosen_indices(settings: SubjectSettings, subject: Subject, norm_stats: str) -> dict[str, np.ndarray]:
    """Return, by split, which samples are measured, or serve norm statistics alone."""
    splits = settings.splits + estimation_split(settings, subject.dataset, subject.model, norm_stats)
    return {split: chosen_subset(settings, subject.dataset, split) for split in splits}


def samples_of_run(
    settings: SubjectSettings,
    subject: Subject,
    indices: Mapping[str, np.ndarray],
    device: str,
    *,
    norm_stats: str,
    path: str = "plain",
) -> RunSamples:
    """Put chosen samples into batches, on a device, with the problem that they make.

    Args:
        path: How they are measured, which decides the batches' usual size.
    """
    dataset = subject.dataset
    batch_size = settings.batch_size or default_batch_size(dataset.split(next(iter(indices))), device, path)
    batches = {split: subject.batches(split, chosen, batch_size) for split, chosen in indices.items()}
    digests = {split: part.digest() for split, part in batches.items()}
    batches = {split: resident(part, device) for split, part in batches.items()}
    problem = Problem(
        subject.model,
        subject.loss,
        {split: batches[split] for split in settings.splits},
        norm_stats=norm_stats,
        precision=settings.precision,
        device=device,
        estimation_batches=batches.get("train"),
    )
    identity = {
        "data": digests,
        "norm_stats": norm_stats,
        "precision": settings.precision,
        "batch_size": batch_size,
        "splits": list(settings.splits),
    }
    record = {
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "data": {
            split: subject.words_of_samples(split, chosen, settings.subset_seed)
            + ("" if split in settings.splits else ", for norm statistics only")
            for split, chosen in indices.items()
        },
        "subset": {
            split: chosen.tolist() for split, chosen in indices.items() if len(chosen) < len(dataset.split(split))
        },
        "num_norms": problem.num_norms,
        "numpy": np.__version__,
    }
    return RunSamples(problem, batch_size, identity, record)
