"""Fixed lists of batches: the same samples in the same order at every point."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from landscape.problem.datasets import Samples

CIFAR_NUMBERS = 3 * 32 * 32
DEFAULT_BATCHES = {("cpu", "folded"): 32, ("cpu", "plain"): 50, ("cuda", "folded"): 1000, ("cuda", "plain"): 1000}
LARGEST_DEFAULT_BATCHES = {"cpu": 250, "cuda": 1000}
RESIDENT_BYTES = 32 * 2**20


def default_batch_size(samples: Samples, device: str, path: str) -> int:
    """Return the batch size by table, for inputs as large as CIFAR-10's, and the fewer the larger inputs are.

    On a CPU it is what keeps a layer's activations in cache, by path; on a GPU what keeps it busy.
    """
    kind = "cpu" if device == "cpu" else "cuda"
    numbers = int(np.prod(samples.inputs.shape[1:]))
    return max(1, min(LARGEST_DEFAULT_BATCHES[kind], DEFAULT_BATCHES[kind, path] * CIFAR_NUMBERS // numbers))


def stratified_subset(samples: Samples, num_samples: int, seed: int) -> np.ndarray:
    """Choose samples without replacement, each class in proportion as nearly as whole numbers allow.

    Returns:
        (num_samples,) increasing indices; which ones, the seed decides alone.

    Raises:
        ValueError: There are not as many samples.
    """
    if not 1 <= num_samples <= len(samples):
        raise ValueError(f"--num-samples must lie between 1 and {len(samples)}, not {num_samples}")
    random = np.random.Generator(np.random.Philox(key=seed))
    if num_samples == len(samples):
        return np.arange(num_samples)
    return _chosen(samples, np.arange(len(samples)), num_samples, random)


def disjoint_subset(samples: Samples, taken: np.ndarray, seed: int) -> np.ndarray | None:
    """Choose as many samples as were taken, in the same way, of those that were not; fewer where fewer are left.

    Returns:
        Increasing indices; None where less than half as many are left.
    """
    left = np.setdiff1d(np.arange(len(samples)), taken)
    if 2 * len(left) < len(taken) or not len(left):
        return None
    if len(left) <= len(taken):
        return left
    return _chosen(samples, left, len(taken), np.random.Generator(np.random.Philox(key=seed)))


def subset_among(samples: Samples, among: np.ndarray, num_samples: int, seed: int) -> np.ndarray:
    """Choose samples of some, each class in proportion; increasing indices."""
    return _chosen(samples, among, num_samples, np.random.Generator(np.random.Philox(key=seed)))


def _chosen(samples: Samples, among: np.ndarray, num_samples: int, random: np.random.Generator) -> np.ndarray:
    """Choose of some of the samples, each class in proportion."""
    if not samples.are_classes:
        return np.sort(random.permutation(among)[:num_samples])
    targets = samples.targets[among]
    classes, counts = np.unique(targets, return_counts=True)
    exact = counts * (num_samples / len(among))
    quota = np.floor(exact).astype(int)
    most_owed = np.argsort(-(exact - quota), kind="stable")
    quota[most_owed[: num_samples - quota.sum()]] += 1
    chosen = [
        random.permutation(among[np.flatnonzero(targets == label)])[:count] for label, count in zip(classes, quota)
    ]
    return np.sort(np.concatenate(chosen))


class SampleBatches:
    """Batches of chosen samples, cut from the shared arrays and normalized as they are asked for.

    Iterating yields (inputs, targets) tensors; inputs are (samples, channels, height, width) for images.
    """

    def __init__(
        self,
        samples: Samples,
        indices: np.ndarray,
        *,
        batch_size: int,
        mean: tuple[float, ...] = (),
        std: tuple[float, ...] = (),
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"--batch-size must be 1 or more, not {batch_size}")
        self.samples, self.indices, self.batch_size = samples, indices, batch_size
        self.mean, self.std = tuple(mean), tuple(std)
        channels = samples.inputs.shape[3 if samples.inputs.dtype == np.uint8 else 1] if samples.inputs.ndim == 4 else 0
        if len(self.mean) != len(self.std) or (self.mean and len(self.mean) != channels):
            raise ValueError(
                f"--mean and --std need one number for each of the {channels} channels, "
                f"not {len(self.mean)} and {len(self.std)}"
            )
        if any(not deviation > 0 for deviation in self.std):
            raise ValueError(f"--std must be above 0, not {list(self.std)}")

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(self.indices), self.batch_size):
            chosen = self.indices[start : start + self.batch_size]
            yield self._inputs(chosen), self._targets(chosen)

    def _inputs(self, chosen: np.ndarray) -> Tensor:
        inputs = torch.from_numpy(np.ascontiguousarray(self.samples.inputs[chosen]))
        if inputs.dtype == torch.uint8:
            inputs = inputs.permute(0, 3, 1, 2) / 255  # stays channels-last in memory, as convolutions like it
        elif inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        if self.mean:
            inputs = (inputs - torch.tensor(self.mean)[:, None, None]) / torch.tensor(self.std)[:, None, None]
        return inputs

    def _targets(self, chosen: np.ndarray) -> Tensor:
        targets = self.samples.targets[chosen]
        return torch.from_numpy(targets.astype(np.int64 if self.samples.are_classes else targets.dtype))

    def digest(self) -> str:
        """Return the SHA-256 of the chosen samples' numbers, their order, and the normalization."""
        total = sha256(f"{self.samples.inputs.dtype} {self.samples.inputs.shape[1:]} {self.mean} {self.std}\n".encode())
        for start in range(0, len(self.indices), 4096):
            chosen = self.indices[start : start + 4096]
            total.update(np.ascontiguousarray(self.samples.inputs[chosen]).tobytes())
            total.update(np.ascontiguousarray(self.samples.targets[chosen]).tobytes())
        return total.hexdigest()


def resident(batches: SampleBatches, device: str) -> Iterable:
    """Keep normalized batches: on a GPU all of them, on a CPU while they are small, since every rank has its own."""
    if device == "cpu" and len(batches.indices) * np.prod(batches.samples.inputs.shape[1:]) * 4 > RESIDENT_BYTES:
        return batches
    return fixed_batches(batches, device)


def fixed_batches(loader: Iterable, device: torch.device | str = "cpu") -> list:
    """Go once through a loader and keep its batches, so that every point sees the same."""
    kept = [moved(batch, device) for batch in loader]
    if not kept:
        raise ValueError("the loader gave no batch; a surface needs one sample or more")
    return kept


def moved(batch, device: torch.device | str, dtype: torch.dtype | None = None):
    """Return a batch (tensor, or tuple, list or mapping of such) on a device, its floating-point numbers in `dtype`."""
    if isinstance(batch, Tensor):
        return batch.to(device, dtype if dtype and batch.is_floating_point() else None)
    if isinstance(batch, Mapping):
        return {name: moved(part, device, dtype) for name, part in batch.items()}
    if isinstance(batch, (tuple, list)):
        parts = [moved(part, device, dtype) for part in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else type(batch)(parts)
    return batch


def digest_of_batches(batches: Iterable) -> str:
    """Return the SHA-256 of the tensors of fixed batches, in order."""
    total = sha256()

    def add(batch) -> None:
        if isinstance(batch, Tensor):
            total.update(f"{batch.dtype} {tuple(batch.shape)}".encode())
            total.update(batch.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        elif isinstance(batch, Mapping):
            for part in batch.values():
                add(part)
        elif isinstance(batch, (tuple, list)):
            for part in batch:
                add(part)
        else:
            total.update(repr(batch).encode())

    for batch in batches:
        add(batch)
    return total.hexdigest()
