"""Losses of single samples, each by itself; of which means over any batches can be taken afterwards."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from landscape.problem.batches import moved
from landscape.problem.losses import NOT_A_CLASS, Loss, class_losses, cross_entropy, num_samples
from landscape.problem.problem import Problem, arithmetic

NO_SAMPLES_REFUSED = (
    "--batch-loss needs one loss a sample, a tensor of one axis as long as the batch, and the loss returned {found}; "
    "return one value a sample, or leave --batch-loss out"
)


def sample_losses(loss: Loss, network: nn.Module, batch) -> Tensor:
    """Return the loss of each sample of a batch, in float64.

    Raises:
        ValueError: The loss tells no values of single samples.
    """
    if loss is cross_entropy:
        return class_losses(network(batch[0]), batch[1]).double()
    returned = loss(network, batch)
    if isinstance(returned, Mapping):
        if "loss" not in returned and len(returned) > 1:
            raise ValueError(
                f"--batch-loss needs one of the loss's values to be named loss; they are {', '.join(returned)}"
            )
        returned = returned.get("loss", next(iter(returned.values())))
    if not isinstance(returned, Tensor) or returned.ndim != 1 or num_samples(batch) not in (None, len(returned)):
        raise ValueError(NO_SAMPLES_REFUSED.format(found=_words(returned)))
    return returned.double()


def losses_of_batches(
    problem: Problem, members: Mapping[str, np.ndarray]
) -> Callable[[nn.Module], Mapping[str, float]]:
    """Return a function from a network that stands for the model to the mean loss of each batch, a point's one pass for all.

    Args:
        problem: On the samples of one split.
        members: Name -> which of the samples, in their order.

    Raises:
        ValueError: A target is left out; and when called, as `sample_losses`.
    """
    (batches,) = problem.batches.values()
    if problem.loss is cross_entropy and any(_leaves_out(batch[1]) for batch in batches):
        raise ValueError(
            f"--batch-loss needs a loss of every sample, and some targets are {NOT_A_CLASS}, no class; "
            "leave these samples out, or leave --batch-loss out"
        )

    def measured(network: nn.Module) -> dict[str, float]:
        with torch.no_grad(), arithmetic(problem.precision, problem.device.type):
            parts = [
                sample_losses(problem.loss, network, moved(batch, problem.device, problem.dtype)) for batch in batches
            ]
        losses = torch.cat(parts).cpu().numpy()
        return {name: float(losses[chosen].mean()) for name, chosen in members.items()}

    return measured


def _leaves_out(targets: Tensor) -> bool:
    return not targets.is_floating_point() and bool((targets == NOT_A_CLASS).any())


def _words(returned: object) -> str:
    if isinstance(returned, Tensor):
        return f"a tensor of the shape {tuple(returned.shape)}"
    is_pair = isinstance(returned, (tuple, list)) and len(returned) == 2
    return "a pair (sum, count)" if is_pair else type(returned).__name__
