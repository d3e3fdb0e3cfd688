"""One epoch after another: every update over all samples, then the scores, as one row of numbers each."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np
import torch

from landscape.problem.datasets import Dataset, Samples
from landscape.sweep.world import World
from landscape.training.batches import padded_images, training_batches
from landscape.training.learner import Learner
from landscape.training.pace import Pace
from landscape.training.ranks import average_buffers, spread_over_ranks, summed
from landscape.training.recipe import Recipe
from landscape.training.scores import score
from landscape.training.updates import Tally, Updater


class Epochs:
    """Runs epochs over fixed samples.

    Args:
        dataset: Its train split is what is trained on.
        subset: Training images whose accuracy is measured, unaugmented, after each epoch; None for none.
        after_update: Called with the number of updates so far.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        subset: Samples | None,
        learner: Learner,
        world: World,
        *,
        after_update: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self._recipe, self._dataset, self._subset, self._learner, self._world = recipe, dataset, subset, learner, world
        self._after_update, self._say = after_update, say
        self._samples = dataset.split("train")
        self.images = padded_images(self._samples, recipe.crop)
        self.num_updates = -(-len(self._samples) // recipe.batch_size)
        self._forward = spread_over_ranks(learner.model)
        self._update = Updater(recipe, learner.model, learner.optimizer, forward=self._forward, share=world.size)

    def run(self, rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """Run the epoch that follows those of `rows`, and return its own row.

        Raises:
            FloatingPointError: The loss became inf or nan.
        """
        began = time.perf_counter()
        tally = self._all_updates(rows)
        update_s = (time.perf_counter() - began) / self.num_updates
        average_buffers(self._learner.model)
        loss, right = (total / len(self._samples) for total in summed([tally.loss, tally.right]))
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss}; try a lower --learning-rate")
        rates = tally.rates
        return {
            "epoch": len(rows) + 1,
            "train_loss": loss,
            "train_accuracy": right,
            **self._scores(),
            "learning_rate": rates[0] if len(set(rates)) == 1 else fmean(rates),
            "first_learning_rate": rates[0],
            "last_learning_rate": rates[-1],
            "gradient_norm": tally.gradient_norm / self.num_updates,
            "update_s": update_s,
            "epoch_s": time.perf_counter() - began,
        }

    def _all_updates(self, rows: Sequence[Mapping[str, float]]) -> Tally:
        recipe, world, number = self._recipe, self._world, len(rows)
        self._forward.train()
        # Dropout draws from torch's own generator, which must stand at the same place in a run that was left.
        seed = (recipe.seed, number, world.rank) if world.rank else (recipe.seed, number)
        torch.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        batches = training_batches(
            self.images,
            self._samples.targets,
            self._dataset,
            batch_size=recipe.batch_size,
            crop=recipe.crop,
            flip=recipe.flip,
            seed=(recipe.seed, number),
            part=slice(world.rank, None, world.size),
        )
        tally, pace = Tally(), Pace(recipe, rows, self.num_updates, len(self._samples), self._say)
        for place, (inputs, targets) in enumerate(batches):
            num_in_batch = min(recipe.batch_size, len(self._samples) - place * recipe.batch_size)
            self._update(inputs, targets, num_in_batch, tally)
            if recipe.schedule != "plateau":
                self._learner.scheduler.step()
            if world.size == 1 and not math.isfinite(tally.loss):
                raise FloatingPointError(
                    f"the loss became {tally.loss} at update {place + 1}; try a lower --learning-rate"
                )
            self._learner.averages.after_update(self._learner.model)
            self._after_update(number * self.num_updates + place + 1)
            pace.tell(place + 1, tally)
        return tally

    def _scores(self) -> dict[str, float]:
        found = {}
        part = {"part": slice(self._world.rank, None, self._world.size), "summed": summed}
        if self._subset is not None:  # in float32, as the last scores are
            found["subset"] = score(self._learner.model, self._subset, self._dataset, **part)
        if "test" in self._dataset.splits:
            test = self._dataset.splits["test"]
            found["test"] = score(self._learner.model, test, self._dataset, self._recipe.precision, **part)
        return {f"{name}_{key}": getattr(one, key) for name, one in found.items() for key in ("loss", "accuracy")}
