"""Which samples a run trains on, and on which its accuracy is measured."""

from dataclasses import replace

import numpy as np
from torch import nn

from landscape.problem.batches import SampleBatches, stratified_subset
from landscape.problem.datasets import Dataset, Samples
from landscape.training.batches import image_size
from landscape.training.recipe import Recipe
from landscape.training.updates import has_batch_norm

USUAL_SUBSET = 10_000


def prepared(recipe: Recipe, dataset: Dataset) -> tuple[Dataset, Recipe]:
    """Return the data set with the training images that the recipe chooses, and the recipe with their digest.

    A batch has at most all of them, and the recipe then says so.

    Raises:
        ValueError: They are no images with class labels, there are not as many, they are smaller than the shifts
            asked for, or the test split that is to be watched is not there.
    """
    samples = dataset.split("train")
    for name, part in dataset.splits.items():
        _require_images_of_classes(f"{dataset.name} ({name})", part, like=samples)
    side = min(image_size(samples))
    if recipe.crop >= side:
        raise ValueError(
            f"crop must be below the images' shorter side, of {side} pixels, not {recipe.crop}: "
            "nothing of an image would be left"
        )
    if recipe.watch == "test" and "test" not in dataset.splits:
        raise ValueError(f"the test loss is to be watched, but {dataset.name} has no test samples; give --watch train")
    if recipe.num_train is not None:
        _require_at_most(recipe.num_train, len(samples), "num train", "training images")
        chosen = stratified_subset(samples, recipe.num_train, recipe.subset_seed)
        samples = Samples(samples.inputs[chosen], samples.targets[chosen])
        dataset = replace(dataset, splits={**dataset.splits, "train": samples})
    batches = SampleBatches(samples, np.arange(len(samples)), batch_size=1, mean=dataset.mean, std=dataset.std)
    batch_size = max(min(recipe.batch_size, len(samples)), recipe.accumulate * recipe.ranks)
    return dataset, replace(recipe, data=batches.digest(), batch_size=batch_size)


def accuracy_samples(recipe: Recipe, samples: Samples) -> Samples | None:
    """Return the fixed training images on which accuracy decides when to stop; None where it does not.

    Raises:
        ValueError: There are not as many.
    """
    if recipe.until_train_accuracy is None:
        return None
    if recipe.accuracy_subset is not None:
        _require_at_most(recipe.accuracy_subset, len(samples), "accuracy subset", "images trained on")
    number = min(recipe.accuracy_subset or USUAL_SUBSET, len(samples))
    chosen = stratified_subset(samples, number, recipe.subset_seed)
    return Samples(samples.inputs[chosen], samples.targets[chosen])


def require_parts(recipe: Recipe, num_samples: int, model: nn.Module) -> None:
    """Check that each part of each batch has samples enough: batch norm needs two.

    Raises:
        ValueError: The last batch of an epoch is too small.
    """
    last = (num_samples - 1) % recipe.batch_size + 1
    num_parts, least = recipe.accumulate * recipe.ranks, 2 if has_batch_norm(model) else 1
    if last // num_parts < least:
        parts = "" if num_parts == 1 else f" over {num_parts} parts"
        raise ValueError(
            f"the last batch of an epoch has {last} of the {num_samples} samples{parts}, too few for "
            f"{'batch norm, which needs 2' if least == 2 else 'one each'}; choose another --batch-size"
        )


def _require_images_of_classes(name: str, samples: Samples, *, like: Samples) -> None:
    """Check that samples can be trained on, and have the shape of the training images."""
    inputs, targets = samples.inputs, samples.targets
    if not samples.are_classes or inputs.ndim != 4:
        raise ValueError(
            "training here takes images (samples, height, width, channels) with one whole number each as label; "
            f"{name} has inputs of shape {inputs.shape} and labels of shape {targets.shape}, {targets.dtype}; "
            "convert them first"
        )
    if (inputs.dtype == np.uint8, inputs.shape[1:]) != (like.inputs.dtype == np.uint8, like.inputs.shape[1:]):
        raise ValueError(
            f"the images of all splits must be alike; {name} has {inputs.dtype} of shape {inputs.shape[1:]}, the "
            f"training images are {like.inputs.dtype} of shape {like.inputs.shape[1:]}; convert them first"
        )


def _require_at_most(number: int, there_are: int, name: str, what: str) -> None:
    if number > there_are:
        raise ValueError(f"{name} must lie between 1 and the {there_are} {what}, not {number}")
