"""What a run tells on its way: how far, how fast, how well, and when the rest will be done."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from landscape.training.recipe import Recipe
from landscape.training.updates import Tally

TELL_EVERY_S = 15.0


class Pace:
    """Tells, within an epoch that takes long, how it goes."""

    def __init__(
        self,
        recipe: Recipe,
        rows: Sequence[Mapping[str, float]],
        num_updates: int,
        num_samples: int,
        say: Callable[[str], None],
    ) -> None:
        self._recipe, self._rows, self._num_updates, self._num_samples = recipe, rows, num_updates, num_samples
        self._say = say
        self._began = self._told = time.perf_counter()

    def tell(self, num_done: int, tally: Tally) -> None:
        """Say a line if the last one is long ago; `tally` is this rank's."""
        now = time.perf_counter()
        if now - self._told < TELL_EVERY_S or num_done == self._num_updates:
            return
        self._told = now
        recipe, number = self._recipe, len(self._rows)
        update_s = (now - self._began) / num_done
        epoch_s = fmean(row["epoch_s"] for row in self._rows) if self._rows else self._num_updates * update_s
        left = (self._num_updates - num_done) * update_s + (recipe.epochs - number - 1) * epoch_s
        num_seen = min(num_done * recipe.batch_size, self._num_samples)
        self._say(
            f"epoch {number + 1}/{recipe.epochs}, update {num_done}/{self._num_updates}: "
            f"{1 / update_s:.3g} updates and {num_seen / (now - self._began):.4g} images a second, "
            f"loss {tally.loss * recipe.ranks / num_seen:.4f}, accuracy {tally.right * recipe.ranks / num_seen:.2%}, "
            f"{left / 60:.1f} min left"
        )


def line_of_epoch(recipe: Recipe, rows: Sequence[Mapping[str, float]], ended: str) -> str:
    """Return the line that tells of a finished epoch."""
    row = rows[-1]
    text = (
        f"epoch {row['epoch']}/{recipe.epochs}: train loss {row['train_loss']:.4f}, "
        f"accuracy {row['train_accuracy']:.2%} (as trained)"
    )
    if "subset_accuracy" in row:
        text += f"; {row['subset_accuracy']:.2%} on fixed training images"
    if "test_loss" in row:
        text += f"; test {row['test_loss']:.4f}, {row['test_accuracy']:.2%}"
    left = (recipe.epochs - len(rows)) * fmean(row["epoch_s"] for row in rows)
    goes_on = f"{left / 60:.1f} min left" + (" at most" if may_end_early(recipe) else "")
    return f"{text}; rate {row['learning_rate']:.3g}; {row['epoch_s']:.1f} s, {ended or goes_on}"


def may_end_early(recipe: Recipe) -> bool:
    return recipe.until_train_accuracy is not None or recipe.early_stop is not None
