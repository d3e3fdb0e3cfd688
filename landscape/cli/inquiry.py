"""From settings to what an analysis of curvature needs on each rank: the rank's part of the sums, and the origin."""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from landscape.cli.choices import chosen_subset
from landscape.cli.curvature_settings import DEFAULT_BATCH_SIZE, CurvatureSettings
from landscape.cli.subject import Subject, chosen_subject, circumstance_of
from landscape.curvature.sums import SampleSums
from landscape.origin import Origin
from landscape.problem.problem import Problem
from landscape.sweep.world import World

GENERATOR = "lanczos-2"  # changes where the same settings would give other numbers
NUM_CHUNKS = 64  # of samples, whose gradients' scatter tells how sure the mean is


@dataclass(frozen=True, slots=True, eq=False)
class Inquiry:
    """What a rank computes with, and what is recorded of it.

    Attributes:
        sums: The rank's part.
        name: Model and data.
        notes: Sentences for the user.
    """

    sums: SampleSums
    origin: Origin
    name: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the samples a rank takes.

    Attributes:
        place, num: The rank's place among those that compute; -1 for one that does not.
        on_host: How many of them share this host's memory.
    """

    place: int = 0
    num: int = 1
    on_host: int = 1


def share_of(world: World, idle: frozenset[int]) -> Share:
    """Return this rank's share, of equal ones among the ranks that compute."""
    hosts = world.share(world.collect(world.host))
    active = [rank for rank in range(world.size) if rank not in idle]
    place = active.index(world.rank) if world.rank in active else -1
    return Share(place, len(active), max(1, sum(hosts[rank] == world.host for rank in active)))


def build_inquiry(settings: CurvatureSettings, device: str, share: Share = Share()) -> Inquiry:
    """Build model, this rank's samples and the records.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    subject = chosen_subject(settings, device)
    split = settings.splits[0]
    indices = chosen_subset(settings, subject.dataset, split, settings.usual_num_samples)
    batch_size = settings.batch_size or DEFAULT_BATCH_SIZE
    problem = Problem(
        subject.model,
        subject.loss,
        {split: subject.batches(split, indices, batch_size)},
        precision=settings.precision,
        device=device,
    )
    sums = sums_of(
        subject,
        problem,
        split,
        indices,
        share,
        batch_size=batch_size,
        patterns=settings.parameters,
        differentiation=settings.differentiation,
    )
    identity = {
        **subject.identity(settings),
        "data": {split: subject.batches(split, indices, batch_size).digest()},
        "splits": [split],
        "precision": settings.precision,
        "parameters": list(settings.parameters),
        "weight_decay": settings.weight_decay,
        "differentiation": settings.differentiation,
        "batch_size": batch_size,
        "analysis": asdict(settings.analysis),
        "method": GENERATOR,
    }
    record = {
        **subject.record(settings),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "data": {split: subject.words_of_samples(split, indices, settings.subset_seed)},
        "subset": {split: indices.tolist()} if len(indices) < len(subject.dataset.split(split)) else {},
        "num_norms": problem.num_norms,
        "num_merged": sums.num_merged,
        "numpy": np.__version__,
    }
    circumstance = {**circumstance_of(device), "ranks": share.num}
    notes = [*subject.notes]
    num_batches = -(-len(indices) // batch_size)
    if share.num > num_batches:
        notes.append(
            f"{share.num} ranks share {num_batches} batches of {batch_size} samples, so that {share.num - num_batches} of them "
            f"have nothing to do; give --batch-size {max(1, len(indices) // share.num)}"
        )
    return Inquiry(sums, Origin(identity, circumstance, record), subject.name, tuple(notes))


def sums_of(
    subject: Subject,
    problem: Problem,
    split: str,
    indices: np.ndarray,
    share: Share,
    *,
    batch_size: int = DEFAULT_BATCH_SIZE,
    patterns: tuple[str, ...] = (),
    differentiation: str = "double-backward",
    chunk_size: int | None = None,
) -> SampleSums:
    """Return a rank's part of the sums over chosen samples of a split.

    Args:
        chunk_size: Samples a chunk, by which gradients' scatter is known; so many that there are 64 chunks if None.

    Raises:
        ValueError: A pattern fits no parameter, or an option is unknown.
    """
    chunk_size = chunk_size or max(1, len(indices) // NUM_CHUNKS)
    sample = next(iter(subject.batches(split, indices[:2], 2)))
    return SampleSums(
        problem,
        subject.batches(split, part_of(indices, batch_size, share), batch_size),
        chunks=subject.batches(split, part_of(indices, chunk_size, share), chunk_size),
        patterns=patterns,
        differentiation=differentiation,
        sample=sample[0],
        shares_host_with=share.on_host,
    )


def part_of(indices: np.ndarray, size: int, share: Share) -> np.ndarray:
    """Return the samples that a rank takes: of blocks of `size`, every `num`-th."""
    if share.place < 0:
        return indices[:0]
    blocks = [indices[start : start + size] for start in range(0, len(indices), size)]
    return np.concatenate([indices[:0], *blocks[share.place :: share.num]])
