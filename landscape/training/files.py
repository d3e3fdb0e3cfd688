"""The files of one training run: their names, the state that a run goes on from, and checkpoints along the way."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from landscape.problem.datasets import Dataset
from landscape.store.weights_file import read_metadata, write_weights
from landscape.store.whole_file import write_whole
from landscape.training.recipe import Recipe, changes


@dataclass(frozen=True, slots=True)
class CheckpointRule:
    """Keep the weights every `every` epochs or steps (updates), the initial ones included."""

    every: int
    unit: str = "epoch"

    @classmethod
    def from_text(cls, text: str) -> "CheckpointRule":
        """Read "5" or "5epoch" as epochs, "100step" as updates.

        Raises:
            ValueError: It is neither.
        """
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = {"": "epoch", "epoch": "epoch", "epochs": "epoch", "step": "step", "steps": "step"}.get(
            text[len(digits) :]
        )
        if unit is None or not digits.isdigit() or int(digits) < 1:
            raise ValueError(
                f"--checkpoint-every must be a number of epochs such as 5, or of steps such as 100step, not {text!r}"
            )
        return cls(int(digits), unit)

    def wants(self, unit: str, number: int) -> bool:
        return unit == self.unit and number % self.every == 0


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Where a run named `out` keeps what."""

    out: Path

    @property
    def weights(self) -> Path:
        return self._beside(".safetensors")

    @property
    def state(self) -> Path:
        return self._beside(".state.pt")

    @property
    def record(self) -> Path:
        return self._beside(".run.h5")

    @property
    def page(self) -> Path:
        return self._beside(".run.html")

    @property
    def checkpoints(self) -> Path:
        return self._beside("-checkpoints")

    def average(self, name: str) -> Path:
        return self._beside(f"-{name}.safetensors")

    def checkpoint(self, unit: str, number: int) -> Path:
        return self.checkpoints / (
            f"epoch-{number:04d}.safetensors" if unit == "epoch" else f"step-{number:06d}.safetensors"
        )

    def remove(self) -> None:
        """Remove all of the run's files, first those by which it is finished and would be gone on with."""
        kept = sorted(self.checkpoints.glob("*.safetensors"))
        averages = [self.average(name) for name in ("swa", "ema")]
        for path in (self.weights, self.state, self.record, self.page, *averages, *kept):
            path.unlink(missing_ok=True)

    def _beside(self, ending: str) -> Path:
        return self.out.with_name(self.out.name + ending)


def require_own(files: RunFiles, recipe: Recipe) -> bool:
    """Tell whether the run is finished already.

    Raises:
        ValueError: The weights or the checkpoints there were made by another recipe.
        OSError: They can't be read.
    """
    found = [path for path in (files.weights, *sorted(files.checkpoints.glob("*.safetensors"))) if path.exists()]
    for path in found:
        theirs = json.loads(read_metadata(path).get("recipe", "{}"))
        if differ := changes(recipe, theirs):
            what = differ if theirs else "it does not say which"
            raise ValueError(f"{path} belongs to another run ({what}); choose another --out, or --overwrite to lose it")
    return files.weights in found


def write_state(path: Path, state: Mapping[str, object]) -> None:
    """Write what a run goes on from: numbers, texts and tensors alone.

    Raises:
        OSError: It can't be written.
    """
    image = io.BytesIO()
    torch.save(dict(state), image)
    write_whole(path, image.getvalue())


def read_state(path: Path, recipe: Recipe) -> dict | None:
    """Return a run's state; None if there is none.

    Raises:
        ValueError: It belongs to another recipe; the message says what differs.
        OSError: It is damaged.
    """
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True)
        theirs = json.loads(state["recipe"])
    except Exception as error:
        raise OSError(f"{path} can't be read as a run's state; remove it, or choose another --out") from error
    if differ := changes(recipe, theirs):
        raise ValueError(f"{path} belongs to another run ({differ}); choose another --out, or --overwrite to lose it")
    return state


def weights_metadata(recipe: Recipe, dataset: Dataset, **more: str) -> dict[str, str]:
    """Return what each of a run's files of weights says of itself."""
    return {
        "format": "landscape checkpoint 1",
        "model": recipe.model,
        "model_arguments": json.dumps(recipe.model_arguments),
        "dataset": recipe.dataset,
        "mean": json.dumps(dataset.mean),
        "std": json.dumps(dataset.std),
        "recipe": recipe.as_json(),
        "torch": torch.__version__,
        **more,
    }


def write_checkpoint(
    files: RunFiles, unit: str, number: int, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Keep the weights at the end of an epoch, or after an update, of this number.

    Raises:
        OSError: It can't be written.
    """
    files.checkpoints.mkdir(exist_ok=True)
    write_weights(files.checkpoint(unit, number), tensors, {**metadata, unit: str(number)})
