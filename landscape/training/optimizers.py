"""Optimizers by name: torch's own, and sharpness-aware minimization around them."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from landscape.training.recipe import Recipe


def optimizer_of(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return torch's optimizer for a recipe; SAM's base where SAM is asked for."""
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    name = recipe.stepper
    if name == "sgd":
        return torch.optim.SGD(parameters, **common)
    if name in ("momentum", "nesterov"):
        is_nesterov = name == "nesterov" and recipe.momentum > 0
        return torch.optim.SGD(parameters, momentum=recipe.momentum, nesterov=is_nesterov, **common)
    kinds = {
        "rmsprop": torch.optim.RMSprop,
        "adagrad": torch.optim.Adagrad,
        "adadelta": torch.optim.Adadelta,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
    return kinds[name](parameters, **common)


def gradients_of(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


@torch.no_grad()
def sharpness_aware_step(optimizer: torch.optim.Optimizer, rho: float, gradient_again: Callable[[], None]) -> None:
    """Step with the gradient found at w + rho g / |g|, where g is the gradient that the parameters hold now.

    Args:
        gradient_again: Replaces the parameters' gradients by those at the moved weights.

    Source: Foret et al. 2021, arXiv:2010.01412, algorithm 1.
    """
    moved = [
        parameter for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None
    ]
    length = get_total_norm(gradients_of(moved))
    kept = [parameter.detach().clone() for parameter in moved]
    for parameter in moved:
        parameter.add_(parameter.grad * (rho / (length + 1e-12)))
    with torch.enable_grad():
        gradient_again()
    for parameter, old in zip(moved, kept, strict=True):
        parameter.copy_(old)
    optimizer.step()
