"""One update of the weights: the gradient of a whole batch, in parts where asked, and the optimizer's step."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import get_total_norm

from landscape.training.optimizers import gradients_of, sharpness_aware_step
from landscape.training.recipe import Recipe
from landscape.training.scores import autocast


@dataclass(slots=True)
class Tally:
    """Sums over the updates of an epoch, on this rank.

    Attributes:
        loss: Of samples' cross entropies in nats, without label smoothing.
        right: Samples classified rightly.
        gradient_norm: Of the updates' gradients' L2 norms.
        rates: The updates' learning rates.
    """

    loss: float = 0.0
    right: int = 0
    gradient_norm: float = 0.0
    rates: list[float] = field(default_factory=list)


def training_loss(scores: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross entropy against targets that give each other class `smoothing` / classes."""
    return functional.cross_entropy(scores, targets, label_smoothing=smoothing)


def has_batch_norm(model: nn.Module) -> bool:
    return any(isinstance(module, _BatchNorm) for module in model.modules())


@contextmanager
def kept_statistics(model: nn.Module) -> Iterator[None]:
    """Let batch norm use a batch's statistics without entering them into its running ones."""
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


class Updater:
    """Updates a model's weights by a recipe, one batch at a time.

    Args:
        forward: What is called for the scores: the model, or the wrapper that adds gradients over ranks.
        share: The number of ranks, over which the wrapper averages gradients.
    """

    def __init__(
        self, recipe: Recipe, model: nn.Module, optimizer: torch.optim.Optimizer, *, forward=None, share: int = 1
    ) -> None:
        self._recipe, self._model, self._optimizer = recipe, model, optimizer
        self._forward, self._share = forward or model, share
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def __call__(self, inputs: Tensor, targets: Tensor, num_in_batch: int, tally: Tally) -> None:
        """Update the weights once.

        Args:
            num_in_batch: Samples of the whole batch, over all ranks; `inputs` are this rank's.
        """
        tally.rates.append(float(self._optimizer.param_groups[0]["lr"]))
        self._gradient(inputs, targets, num_in_batch, tally)
        tally.gradient_norm += get_total_norm(gradients_of(self._parameters)).item()
        if self._recipe.rho is None:
            self._optimizer.step()
            return

        def again() -> None:
            with kept_statistics(self._model):
                self._gradient(inputs, targets, num_in_batch, None)

        sharpness_aware_step(self._optimizer, self._recipe.rho, again)

    def _gradient(self, inputs: Tensor, targets: Tensor, num_in_batch: int, tally: Tally | None) -> None:
        """Set the parameters' gradients to those of the mean loss over the whole batch."""
        recipe = self._recipe
        self._optimizer.zero_grad(set_to_none=True)
        parts = list(zip(inputs.tensor_split(recipe.accumulate), targets.tensor_split(recipe.accumulate)))
        for place, (some, wanted) in enumerate(parts):
            is_last = place == len(parts) - 1
            with nullcontext() if is_last or self._share == 1 else self._forward.no_sync():
                with autocast(recipe.precision):
                    scores = self._forward(some)
                    loss = training_loss(scores.float(), wanted, recipe.label_smoothing)
                whole = len(wanted) * self._share == num_in_batch
                (loss if whole else loss * (len(wanted) * self._share / num_in_batch)).backward()
            if tally is not None:
                self._count(tally, scores.detach().float(), wanted, loss.item())

    def _count(self, tally: Tally, scores: Tensor, targets: Tensor, loss: float) -> None:
        if self._recipe.label_smoothing:
            loss = functional.cross_entropy(scores, targets).item()
        tally.loss += loss * len(targets)
        tally.right += int((scores.argmax(1) == targets).sum())
