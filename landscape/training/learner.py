"""What training changes: the network's weights, and what its optimizer, schedule and averages remember."""

from dataclasses import dataclass

import torch
from torch import nn

from landscape.training.averages import Averages
from landscape.training.optimizers import optimizer_of
from landscape.training.recipe import Recipe
from landscape.training.schedules import schedule_of


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """A network on its way; its parts change in place."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    averages: Averages

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return float(self.optimizer.param_groups[0]["lr"])

    def state(self) -> dict[str, dict]:
        """Return all that a later process needs to go on to the same bits: numbers, texts and tensors alone."""
        simple = (int, float, str, list, type(None))
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": {
                key: value for key, value in self.scheduler.state_dict().items() if isinstance(value, simple)
            },
            "averages": self.averages.state(),
        }

    def load(self, state: dict[str, dict]) -> None:
        """Stand where `state` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.averages.load(state["averages"])


def learner_of(recipe: Recipe, model: nn.Module, updates_an_epoch: int) -> Learner:
    """Return a network at its beginning."""
    model.to(memory_format=torch.channels_last)
    optimizer = optimizer_of(recipe, model.parameters())
    scheduler = schedule_of(recipe, optimizer, updates_an_epoch)
    return Learner(model, optimizer, scheduler, Averages(recipe, model))
