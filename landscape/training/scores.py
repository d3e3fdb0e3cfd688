"""Loss and accuracy of a network, or of several networks' mean prediction, over all samples of a split."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from landscape.problem.datasets import Dataset, Samples
from landscape.training.batches import normalized, padded_images

EVALUATION_BATCH = 250
SMALLEST = 1e-45  # the smallest probability whose logarithm is taken
REMEDY = "try a lower --learning-rate"


@dataclass(frozen=True, slots=True)
class Score:
    """Mean cross entropy in nats a sample, and the fraction classified rightly."""

    loss: float
    accuracy: float


def autocast(precision: str):
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def score(
    model: nn.Module,
    samples: Samples,
    dataset: Dataset,
    precision: str = "float32",
    *,
    part: slice = slice(None),
    summed: Callable[[Sequence[float]], list[float]] = list,
) -> Score:
    """Measure mean loss and accuracy over all samples with the stored statistics of the norms.

    Args:
        part: The samples that this rank measures.
        summed: Adds numbers over the ranks.
    """
    model.eval()
    total, right = 0.0, 0
    for inputs, targets in _batches(samples, dataset, part):
        with torch.inference_mode(), autocast(precision):
            scores = model(inputs).float()
        total += functional.cross_entropy(scores, targets, reduction="sum").double().item()
        right += int((scores.argmax(1) == targets).sum())
    total, right = summed([total, right])
    return Score(total / len(samples), right / len(samples))


def require_numbers(scores: Mapping[str, float]) -> None:
    """Refuse the scores of a network that left the numbers: on training images any loss but a finite one, else nan.

    A test loss of inf is a loss: a network that fits what it learnt may be infinitely wrong elsewhere.

    Args:
        scores: train_loss, test_loss and so on.

    Raises:
        FloatingPointError: One is not to be taken for a number.
    """
    for name, value in scores.items():
        on_training_images = name in ("train_loss", "subset_loss")
        if name.endswith("_loss") and (math.isnan(value) or (on_training_images and math.isinf(value))):
            raise FloatingPointError(f"the loss became {value}; {REMEDY}")


def require_finite(model: nn.Module) -> None:
    """Refuse weights that hold inf or nan.

    Raises:
        FloatingPointError: They do.
    """
    if not all(torch.isfinite(parameter).all() for parameter in model.parameters()):
        raise FloatingPointError(f"the weights became inf or nan; {REMEDY}")


def ensemble_score(members: Sequence[Callable[[], nn.Module]], samples: Samples, dataset: Dataset) -> Score:
    """Measure the mean of several networks' probabilities as one prediction.

    Args:
        members: Each returns its network when it is its turn.
    """
    mean = None
    for member in members:
        model = member().eval()
        with torch.inference_mode():
            found = [model(inputs).double().softmax(1) for inputs, _ in _batches(samples, dataset, slice(None))]
        mean = torch.cat(found) if mean is None else mean + torch.cat(found)
    mean /= len(members)
    targets = torch.from_numpy(samples.targets.astype(np.int64))
    losses = -mean.gather(1, targets[:, None]).clamp(min=SMALLEST).log()
    return Score(losses.mean().item(), (mean.argmax(1) == targets).double().mean().item())


def _batches(samples: Samples, dataset: Dataset, part: slice) -> Iterator[tuple[Tensor, Tensor]]:
    images, targets = padded_images(samples, 0)[part], samples.targets[part]
    for start in range(0, len(images), EVALUATION_BATCH):
        chosen = slice(start, start + EVALUATION_BATCH)
        yield normalized(images[chosen], dataset), torch.from_numpy(targets[chosen].astype(np.int64))
