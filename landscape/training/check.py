"""The check before a run begins: two images go through a copy of the network, and the labels are classes that it has."""

import copy
import inspect
import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from landscape.problem.datasets import Dataset, Samples
from landscape.problem.factories import words_of
from landscape.problem.models import model_factory, source_digest
from landscape.training.batches import normalized, padded_images
from landscape.training.recipe import Recipe
from landscape.training.samples import require_parts
from landscape.training.scores import autocast
from landscape.training.updates import training_loss

NUM_IMAGES = 2  # as few as batch norm takes


def checked(recipe: Recipe, dataset: Dataset, model: nn.Module) -> Recipe:
    """Check that a network can be trained on a data set, and return its recipe with the digest of the network's source.

    Neither the network, its running statistics nor torch's random numbers are touched: what follows has the same bits.

    Raises:
        ValueError: A batch's part is too small, labels are no classes of the network, or it fails for two images.
    """
    require_parts(recipe, len(dataset.split("train")), model)
    num_outputs = _num_outputs(recipe, dataset, model)
    for name, samples in dataset.splits.items():
        _require_classes(f"{dataset.name} ({name})", samples, num_outputs, recipe)
    return replace(recipe, source=source_digest(model))


def _num_outputs(recipe: Recipe, dataset: Dataset, model: nn.Module) -> float:
    """Return how many classes the network tells apart, once two images have gone through a copy forward and back.

    What can't be copied, as torch's old weight norm, is not tried, and may have any number.
    """
    try:
        spare = copy.deepcopy(model)
    except Exception:
        return math.inf
    samples = dataset.split("train")
    inputs = normalized(padded_images(Samples(samples.inputs[:NUM_IMAGES], samples.targets[:NUM_IMAGES]), 0), dataset)
    about = f"the model {recipe.model} can't be trained on {dataset.name}, whose images are {_words(inputs)}"
    try:
        with torch.random.fork_rng(devices=[]):
            scores = _trained_on(spare.train(), inputs, recipe)
            with torch.inference_mode():
                _require_scores(spare.eval()(inputs), inputs)
    except _NoScores as error:
        raise ValueError(f"{about}: {error}; let its forward return one score a class") from None
    except Exception as error:
        todo = "choose another --model, --model-arg or --dataset"
        raise ValueError(f"{about}{_of_one_side(recipe, inputs)}: {words_of(error)}; {todo}") from error
    return scores.shape[1]


def _trained_on(model: nn.Module, inputs: Tensor, recipe: Recipe) -> Tensor:
    """Take the gradient of an update, as a run does, and return the scores."""
    with autocast(recipe.precision):
        scores = model(inputs)
        _require_scores(scores, inputs)
        loss = training_loss(scores.float(), torch.zeros(len(inputs), dtype=torch.int64), recipe.label_smoothing)
    loss.backward()
    return scores


class _NoScores(Exception):
    """What a network returns is not one score a class."""


def _require_scores(scores: object, inputs: Tensor) -> None:
    if not isinstance(scores, Tensor):
        raise _NoScores(f"a tensor of scores (images, classes) was expected, and it returns a {type(scores).__name__}")
    if scores.ndim != 2 or len(scores) != len(inputs) or not scores.shape[1]:
        raise _NoScores(
            f"scores of shape ({len(inputs)}, classes) were expected for {len(inputs)} images, not {tuple(scores.shape)}"
        )


def _words(inputs: Tensor) -> str:
    channels, height, width = inputs.shape[1:]
    return f"{height} pixels high and {width} wide with {channels} channel{'s' * (channels != 1)}"


def _of_one_side(recipe: Recipe, inputs: Tensor) -> str:
    """Say that a model which is built for a side takes square images, where these are not."""
    height, width = inputs.shape[2:]
    is_told = "image_size" in inspect.signature(model_factory(recipe.model)).parameters
    return " (it is built for square images, of `image_size` pixels a side)" if is_told and height != width else ""


def _require_classes(name: str, samples: Samples, num_outputs: float, recipe: Recipe) -> None:
    least, most = int(np.min(samples.targets)), int(np.max(samples.targets))
    if least < 0:
        raise ValueError(f"the labels of {name} must be classes from 0 on, but the least is {least}; number them anew")
    if most >= num_outputs:
        raise ValueError(
            f"the model {recipe.model} gives {num_outputs} scores, but {name} has labels up to {most}; "
            f"give the model {most + 1} classes (such as --model-arg num_classes={most + 1}), or number the labels anew"
        )
