"""What is left of a training run to follow it by: its checkpoints in order, its averages, and the turns of its learning rate."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from landscape.run_record import RECORDER, RunRecord
from landscape.store.weights_file import read_metadata
from landscape.training.files import AVERAGES, RunFiles, is_average
from landscape.training.recorded import DROP, RESTART, epochs_at, is_turn

ENDINGS = (".run.h5", "-checkpoints")
KEPT = re.compile(r"(epoch|step)-(\d+)\.safetensors")
EPOCH, STEP = "epoch", "step"


@dataclass(frozen=True, slots=True)
class Kept:
    """Weights that a run kept on its way.

    Attributes:
        done: How many epochs were done, between two of them a fraction; of a run whose epochs aren't known, steps.
    """

    path: Path
    done: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A jump of the learning rate.

    Attributes:
        kind: "drop" or "restart".
        done: How many epochs, or steps, were done, as of a checkpoint.
        before, after: The rate of the last update before it, and of the first one after it.
    """

    kind: str
    done: float
    before: float
    after: float


def run_of(path: Path) -> RunFiles | None:
    """Return the files of the run that a path names, by OUT, OUT.run.h5 or OUT-checkpoints; None where it names none."""
    names = [path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)] or [path.name]
    files = RunFiles(path.with_name(names[0])) if path.name else None
    return files if files is not None and (files.record.is_file() or files.checkpoints.is_dir()) else None


def kept_checkpoints(files: RunFiles, done_after: Callable[[int], float]) -> tuple[Kept, ...]:
    """Return a run's checkpoints in the order of training, its last weights included, one a place.

    Args:
        done_after: How many epochs are done after so many updates; see `done_after`.

    Raises:
        OSError: It kept none, or the last weights can't be read.
    """
    found: dict[float, Path] = {}
    for path in sorted(files.checkpoints.glob("*.safetensors")):
        if match := KEPT.fullmatch(path.name):
            unit, number = match.group(1), int(match.group(2))
            found.setdefault(number if unit == EPOCH else done_after(number), path)
    if not found:
        raise OSError(
            f"the run {files.out} kept no checkpoints on its way in {files.checkpoints}; train it with --checkpoint-every 1"
        )
    if files.weights.is_file() and (epochs := read_metadata(files.weights).get("epochs", "")).isdigit():
        found.setdefault(int(epochs), files.weights)
    return tuple(Kept(found[done], float(done)) for done in sorted(found))


def kept_averages(files: RunFiles) -> dict[str, Path]:
    """Return the files of a run's averages that are there, by "swa" and "ema"."""
    return {name: files.average(name) for name in AVERAGES if is_average(files.average(name), name)}


def updates_an_epoch(record: RunRecord, num_samples: int) -> int:
    """Return how many updates each of a run's epochs had.

    Args:
        num_samples: Of its data set's whole training split.
    """
    recipe = record.origin.identity["recipe"]
    return math.ceil((recipe.get("num_train") or num_samples) / recipe["batch_size"])


def unit_of(record: RunRecord) -> str:
    """Return what a run's way is counted in: "epoch", or "step" where a recorder was told of no epoch."""
    return STEP if RECORDER in record.origin.identity and not record.origin.record["ends"] else EPOCH


def done_after(record: RunRecord, num_samples: int) -> Callable[[int], float]:
    """Return the function that tells how many epochs, or steps, of `unit_of`, are done after so many updates.

    Args:
        num_samples: Of its data set's whole training split.
    """
    if RECORDER not in record.origin.identity:
        updates = updates_an_epoch(record, num_samples)
        return lambda step: step / updates
    ends = record.origin.record["ends"]
    return lambda step: epochs_at(step, ends) if ends else float(step)


def turns(record: RunRecord) -> tuple[Turn, ...]:
    """Return where a run's learning rate fell by its schedule's step or plateau, or began a warm restart."""
    if RECORDER in record.origin.identity:
        return _recorded_turns(record)
    schedule = record.origin.identity["recipe"]["schedule"]
    firsts, lasts = (record.columns.get(f"{which}_learning_rate") for which in ("first", "last"))
    if firsts is None or lasts is None:
        return ()
    found = []
    for epoch, (before, after) in enumerate(zip(lasts.tolist(), firsts[1:].tolist()), 1):
        if schedule in ("step", "plateau") and after < before:
            found.append(Turn(DROP, epoch, before, after))
        if schedule == "warm-restarts" and after > before:
            found.append(Turn(RESTART, epoch, before, after))
    return tuple(found)


def _recorded_turns(record: RunRecord) -> tuple[Turn, ...]:
    """Return those jumps that a recorder saw which no smooth schedule makes."""
    ends, done = record.origin.record["ends"], done_after(record, 0)
    return tuple(
        Turn(jump["kind"], done(jump["step"]), jump["before"], jump["after"])
        for jump in record.origin.record["jumps"]
        if is_turn(jump, ends)
    )
