"""The values of a data set: fixed inputs and targets a split, with the mean and deviation to apply."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Inputs and targets of one split.

    Attributes:
        inputs: (samples, height, width, channels) uint8 images, or (samples, ...) floating-point numbers.
        targets: (samples,) whole numbers for classes, or (samples, ...) floating-point numbers.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def are_classes(self) -> bool:
        return self.targets.ndim == 1 and np.issubdtype(self.targets.dtype, np.integer)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Splits of one data set, and what brings a channel of its images to mean 0 and deviation 1.

    Attributes:
        mean, std: One number a channel, for inputs between 0 and 1; empty where inputs are taken as they are.
    """

    name: str
    splits: Mapping[str, Samples]
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def split(self, name: str) -> Samples:
        """Return the samples of "train" or "test".

        Raises:
            ValueError: The data set has no such split.
        """
        if name not in self.splits:
            raise ValueError(f"the data set {self.name} has no split {name!r}, only {', '.join(self.splits)}")
        return self.splits[name]

    @property
    def model_arguments(self) -> dict[str, int]:
        """What the data say about the model's shape: channels, image_size, num_classes, as far as they do."""
        samples = next(iter(self.splits.values()))
        found: dict[str, int] = {}
        shape = samples.inputs.shape
        if len(shape) == 4:
            images_last = samples.inputs.dtype == np.uint8
            found["channels"] = shape[3] if images_last else shape[1]
            if shape[1 if images_last else 2] == shape[2 if images_last else 3]:
                found["image_size"] = shape[2]
        if samples.are_classes:
            found["num_classes"] = 1 + max(int(part.targets.max()) for part in self.splits.values())
        return found


def dataset_of(
    name: str, arrays: Mapping[str, np.ndarray], mean: tuple[float, ...] = (), std: tuple[float, ...] = ()
) -> Dataset:
    """Return the data set in arrays named as `ARRAYS`.

    Raises:
        ValueError: They hold no split, or images and labels are not as many.
    """
    splits = {
        split: samples_of(name, split, arrays[f"{split}_images"], arrays[f"{split}_labels"])
        for split in ("train", "test")
        if f"{split}_images" in arrays and f"{split}_labels" in arrays
    }
    if not splits:
        raise ValueError(f"{name} holds none of the pairs {ARRAYS[0]} and {ARRAYS[1]}, {ARRAYS[2]} and {ARRAYS[3]}")
    return Dataset(name, splits, mean, std)


def samples_of(name: str, split: str, inputs: np.ndarray, targets: np.ndarray) -> Samples:
    """Return one split's samples, grey images with a channel axis.

    Raises:
        ValueError: There are none, or not as many inputs as targets.
    """
    if not len(inputs) or len(inputs) != len(targets):
        raise ValueError(f"{name} ({split}) has {len(inputs)} inputs and {len(targets)} targets; they must be as many")
    if inputs.dtype == np.uint8 and inputs.ndim == 3:
        inputs = inputs[..., None]
    return Samples(inputs, targets)
