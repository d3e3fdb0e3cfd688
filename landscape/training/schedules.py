"""Learning rates over a run, by torch's schedulers; docs/training.md has the formulas."""

from collections.abc import Sequence

import torch
from torch.optim import lr_scheduler

from landscape.training.recipe import Recipe

BETTER_BY = 1e-4  # relative; what counts as a lower loss


def schedule_of(recipe: Recipe, optimizer: torch.optim.Optimizer, updates_an_epoch: int) -> lr_scheduler.LRScheduler:
    """Return torch's scheduler, to be stepped once an update; "plateau", once an epoch with the watched loss."""
    rate, num_updates = recipe.learning_rate, recipe.epochs * updates_an_epoch
    low = rate * (recipe.lowest or 0.0)
    cycle = (recipe.cycle_epochs or 0) * updates_an_epoch
    if recipe.schedule == "step":
        marks = [epoch * updates_an_epoch for epoch in recipe.milestones]
        return lr_scheduler.MultiStepLR(optimizer, marks, recipe.factor)
    if recipe.schedule == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, recipe.factor ** (1 / updates_an_epoch))
    if recipe.schedule == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, num_updates, low)
    if recipe.schedule == "cyclic":
        return lr_scheduler.CyclicLR(optimizer, low, rate, step_size_up=cycle / 2, cycle_momentum=False)
    if recipe.schedule == "one-cycle":
        return lr_scheduler.OneCycleLR(optimizer, rate, total_steps=num_updates, cycle_momentum=False)
    if recipe.schedule == "warm-restarts":
        return lr_scheduler.CosineAnnealingWarmRestarts(optimizer, cycle, recipe.cycle_growth, low)
    if recipe.schedule == "plateau":
        return lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=recipe.factor, patience=recipe.patience - 1, threshold=BETTER_BY, min_lr=low
        )
    return lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=1)


def epochs_without_gain(losses: Sequence[float], rates: Sequence[float] = ()) -> int:
    """Count the epochs since the watched loss was last lower than ever, or since the rate last fell.

    Args:
        losses: One an epoch.
        rates: Each epoch's rate and the next one's, if falling rates give the loss another chance.
    """
    best, waited = float("inf"), 0
    for place, loss in enumerate(losses):
        waited += 1
        if loss < best * (1 - BETTER_BY):
            best, waited = loss, 0
        if rates and rates[place + 1] < rates[place]:
            waited = 0
    return waited
