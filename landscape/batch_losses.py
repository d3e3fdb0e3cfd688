"""Surfaces of single examples, of mini-batches and of all samples over one plane: means of the same losses of single samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from landscape.grid import frozen_array
from landscape.origin import Value


@dataclass(frozen=True, slots=True, eq=False)
class BatchLosses:
    """Mean losses of batches over a plane or a line, as far as they are done.

    Attributes:
        samples: (samples,) the samples that were looked at, by their places in the split.
        members: Size -> (batches, size) which of `samples` each batch is made of.
        losses: Size, increasing -> (batches, nx, ny), or (batches, nx) on a line; nan where not done.
        whole: (nx, ny) or (nx,) the mean over all samples.
        done: uint8 likewise: 0 not done, 1 measured.
        findings: JSON-like: split, seed, gradient {mean_square, trace, num_samples} or why_no_gradient.
    """

    samples: np.ndarray
    members: Mapping[int, np.ndarray]
    losses: Mapping[int, np.ndarray]
    whole: np.ndarray
    done: np.ndarray
    findings: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.members.keys() != self.losses.keys():
            raise ValueError(f"batches of {list(self.members)} were drawn, but there are losses of {list(self.losses)}")
        shape = np.shape(self.whole)
        for size, losses in self.losses.items():
            if np.shape(losses) != (len(self.members[size]), *shape) or np.shape(self.members[size])[1:] != (size,):
                raise ValueError(
                    f"losses of batches of {size} have the shape {np.shape(losses)}, their members "
                    f"{np.shape(self.members[size])}, and the grid is {shape}"
                )
        if np.shape(self.done) != shape:
            raise ValueError(f"done has the shape {np.shape(self.done)}, but the grid is {shape}")
        frozen = {size: frozen_array(self.losses[size]) for size in sorted(self.losses)}
        members = {size: frozen_array(self.members[size], np.int64) for size in sorted(self.members)}
        for name, value in (("losses", frozen), ("members", members), ("whole", frozen_array(self.whole))):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "samples", frozen_array(self.samples, np.int64))
        object.__setattr__(self, "done", frozen_array(self.done, np.uint8))

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.members)

    @property
    def is_complete(self) -> bool:
        return bool(self.done.all())

    def is_of_the_draw(self, other: "BatchLosses") -> bool:
        """Tell whether both are of the same batches of the same samples over grids of one shape."""
        return (
            np.array_equal(self.samples, other.samples)
            and self.sizes == other.sizes
            and all(np.array_equal(self.members[size], other.members[size]) for size in self.sizes)
            and self.done.shape == other.done.shape
            and self.findings.get("split") == other.findings.get("split")
        )

    def also(self, **findings: Value) -> "BatchLosses":
        """Return the same with more findings."""
        return replace(self, findings={**self.findings, **findings})


def drawn_batches(num_samples: int, sizes: Sequence[int], num_batches: int, seed: int) -> dict[int, np.ndarray]:
    """Draw batches of each size, without replacement within a batch; batches of one are all of different samples.

    A size's batches depend on the seed and on the size, and on no other size.

    Returns:
        Size -> (batches, size) increasing places within each batch.

    Raises:
        ValueError: A batch is larger than the samples, or there are fewer samples than batches of one.
    """
    drawn = {}
    for size in sizes:
        if not 1 <= size <= num_samples:
            raise ValueError(
                f"--batch-loss needs batches no larger than the {num_samples} samples that are looked at, not of {size}"
                "; give smaller sizes, or a larger --num-samples"
            )
        if size == 1 and num_batches > num_samples:
            raise ValueError(
                f"--num-batches must be {num_samples} or less, the single examples that there are, not {num_batches}"
            )
        random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, size])))
        if size == 1:
            drawn[size] = random.permutation(num_samples)[:num_batches, None]
        else:
            drawn[size] = np.array([np.sort(random.permutation(num_samples)[:size]) for _ in range(num_batches)])
    return drawn


def no_batch_losses(
    shape: tuple[int, ...], samples: np.ndarray, members: Mapping[int, np.ndarray], findings: Mapping[str, Value]
) -> BatchLosses:
    """Return batches over a grid of which nothing is measured yet."""
    blank = {size: np.full((len(batches), *shape), np.nan) for size, batches in members.items()}
    return BatchLosses(samples, members, blank, np.full(shape, np.nan), np.zeros(shape, np.uint8), findings)
