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

AVERAGES = ("swa", "ema")


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

    def kept_checkpoints(self) -> list[Path]:
        """Return the checkpoints that are there, other files in their folder left out."""
        return sorted(
            path for unit in ("epoch", "step") for path in self.checkpoints.glob(f"{unit}-[0-9]*.safetensors")
        )

    def kept_averages(self) -> list[Path]:
        """Return the averages that are there, weights of runs that bear such a name left out."""
        return [path for name in AVERAGES if is_average(path := self.average(name), name)]

    def remove(self) -> None:
        """Remove all of the run's files and no other, first those by which it is finished and would be gone on with."""
        others = (self.record, self.page, *self.kept_averages(), *self.kept_checkpoints())
        for path in (self.weights, self.state, *others):
            path.unlink(missing_ok=True)

    def _beside(self, ending: str) -> Path:
        return self.out.with_name(self.out.name + ending)


def is_average(path: Path, name: str) -> bool:
    """Tell whether a file is there, can be read, and holds an average of a run's weights, "swa" or "ema"."""
    try:
        return path.is_file() and read_metadata(path).get("average") == name
    except OSError:
        return False  # nothing that could be told to be ours


def require_apart(files: RunFiles, recipe: Recipe) -> None:
    """Refuse a name where the run's files would fall on those of a run of another name.

    Raises:
        ValueError: The weights there are another run's average, or an average's file is another run's weights.
    """
    for name, asked in zip(AVERAGES, (recipe.swa_from, recipe.ema)):
        path = files.average(name)
        if asked is not None and path.exists() and not is_average(path, name):
            raise ValueError(
                f"{path} is not this run's, whose {name} weights would take its place; choose another --out"
            )
    for name in AVERAGES:
        if is_average(files.weights, name):
            raise ValueError(f"{files.weights} holds the {name} weights of another run; choose another --out")


def require_own(files: RunFiles, recipe: Recipe) -> bool:
    """Tell whether the run is finished already.

    Raises:
        ValueError: The weights, the averages or the checkpoints there were made by another recipe.
        OSError: They can't be read.
    """
    found = [files.weights] if files.weights.exists() else []
    for path in (*found, *files.kept_averages(), *files.kept_checkpoints()):
        theirs = json.loads(read_metadata(path).get("recipe", "{}"))
        if differ := changes(recipe, theirs):
            what = differ if theirs else "it does not say which"
            raise ValueError(f"{path} belongs to another run ({what}); choose another --out, or --overwrite to lose it")
    return bool(found)


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
