"""Training batches: shuffled, shifted and mirrored images as normalized tensors."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from landscape.problem.datasets import Dataset, Samples


def image_size(samples: Samples) -> tuple[int, int]:
    """Return the height and width of images in pixels."""
    return samples.inputs.shape[1:3] if samples.inputs.dtype == np.uint8 else samples.inputs.shape[2:4]


def padded_images(samples: Samples, crop: int) -> np.ndarray:
    """Return images as (samples, height, width, channels) with `crop` zeros on every side."""
    images = samples.inputs if samples.inputs.dtype == np.uint8 else np.moveaxis(samples.inputs, 1, 3)
    return np.pad(images, ((0, 0), (crop, crop), (crop, crop), (0, 0)))


def normalized(images: np.ndarray, dataset: Dataset) -> Tensor:
    """Return (samples, channels, height, width) float32, channels-last in memory, at mean 0 and deviation 1."""
    tensor = torch.from_numpy(np.ascontiguousarray(images)).float()
    if images.dtype == np.uint8:
        tensor /= 255
    if dataset.mean:
        tensor = (tensor - torch.tensor(dataset.mean)) / torch.tensor(dataset.std)
    return tensor.permute(0, 3, 1, 2)


def training_batches(
    images: np.ndarray,
    targets: np.ndarray,
    dataset: Dataset,
    *,
    batch_size: int,
    crop: int,
    flip: bool,
    seed: tuple[int, int],
    part: slice = slice(None),
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each sample once in an order, with shifts and mirrorings, that `seed` decides.

    Args:
        images: As made by `padded_images` with the same `crop`.
        seed: The run's and the epoch's.
        part: Which of each batch's samples to yield, for a rank of several: the other draws are as without it.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    height, width = images.shape[1] - 2 * crop, images.shape[2] - 2 * crop
    for start in range(0, len(order), batch_size):
        chosen = np.sort(order[start : start + batch_size])
        rows = random.integers(0, 2 * crop + 1, len(chosen))[:, None] + np.arange(height)
        columns = random.integers(0, 2 * crop + 1, len(chosen))[:, None] + np.arange(width)
        if flip:
            mirrored = random.random(len(chosen)) < 0.5
            columns = np.where(mirrored[:, None], columns[:, ::-1], columns)
        chosen, rows, columns = chosen[part], rows[part], columns[part]
        batch = images[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
        yield normalized(batch, dataset), torch.from_numpy(targets[chosen].astype(np.int64))
