"""From settings to the samples of which batches are drawn, and what is measured of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from landscape.batch_losses import drawn_batches
from landscape.cli.batch_settings import MOST_SAMPLES, REESTIMATED
from landscape.cli.inquiry import Share, sums_of
from landscape.cli.settings import SurfaceSettings
from landscape.cli.subject import Subject
from landscape.gradient_noise import GradientNoise
from landscape.plane import Plane
from landscape.problem.batches import resident, subset_among
from landscape.problem.factories import is_ours
from landscape.problem.measures import PlaneMeasures
from landscape.problem.problem import Problem
from landscape.problem.sample_losses import losses_of_batches

WHOLE = "whole"


def batch_name(size: int, number: int) -> str:
    """Return the name that a batch's loss has in a sweep."""
    return f"{size}_{number}"


@dataclass(frozen=True, slots=True, eq=False)
class BatchExamples:
    """The samples of which batches are drawn.

    Attributes:
        samples: By their places in the split.
        members: Size -> (batches, size) places among `samples`.
        measure: Makes the measure of points of the plane: losses by `batch_name`, and of all by `WHOLE`.
        noise: Returns the gradient's noise at the center over these samples.
    """

    split: str
    samples: np.ndarray
    members: Mapping[int, np.ndarray]
    measure: Callable[[], Callable[[float, float], Mapping[str, float]]]
    noise: Callable[[], GradientNoise]


def batch_examples(
    settings: SurfaceSettings,
    subject: Subject,
    problem: Problem,
    plane: Plane,
    *,
    path: str,
    batch_size: int,
    indices: np.ndarray,
) -> BatchExamples | None:
    """Return the samples of the first split of which batches are drawn; None where no sizes are asked for.

    Args:
        indices: The run's samples.

    Raises:
        ValueError: Norm statistics are re-estimated, a batch is larger than the samples, or the loss tells none a sample.
    """
    if not settings.batch_sizes:
        return None
    if problem.reestimates:
        raise ValueError(REESTIMATED)
    split, seed = settings.splits[0], settings.subset_seed
    batches = problem.batches[split]
    if len(indices) > MOST_SAMPLES:
        indices = subset_among(subject.dataset.split(split), indices, MOST_SAMPLES, seed)
        batches = resident(subject.batches(split, indices, batch_size), str(problem.device))
    members = drawn_batches(len(indices), settings.batch_sizes, settings.num_batches, seed)
    named = {batch_name(size, number): batch for size, all_of in members.items() for number, batch in enumerate(all_of)}
    named[WHOLE] = np.arange(len(indices))
    on_these = problem.on_samples(split, batches)
    told = losses_of_batches(on_these, named)
    _try_loss(on_these, next(iter(subject.batches(split, indices[:2], 2))))

    def noise() -> GradientNoise:
        return sums_of(subject, on_these, split, indices, Share(), chunk_size=1).gradient_noise()

    return BatchExamples(split, indices, members, lambda: PlaneMeasures(on_these, path, told).on(plane), noise)


def _try_loss(problem: Problem, batch) -> None:
    """Refuse a loss that has no values of single samples; whatever else is wrong, the check before the first point says."""
    on_two = problem.on_samples("two", [batch])
    try:
        on_two.metrics(problem.model)
        losses_of_batches(on_two, {WHOLE: np.arange(len(batch[0]))})(problem.model)
    except Exception as error:
        if isinstance(error, ValueError) and is_ours(error):
            raise
