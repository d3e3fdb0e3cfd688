"""Which checkpoints make a path: those of training runs, or files in the order given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landscape.store.run_file import read_run
from landscape.training.files import RunFiles
from landscape.training.kept import (
    EPOCH,
    Turn,
    done_after,
    kept_averages,
    kept_checkpoints,
    run_of,
    turns,
    unit_of,
)

FILES = "files"


@dataclass(frozen=True, slots=True)
class Way:
    """One path's checkpoints in their order.

    Attributes:
        name: The run's, or "files".
        files: One a checkpoint.
        done: How many epochs were done at each; None where that is not known.
        averages: By "swa" and "ema"; they lie beside the path, and have no part in its plane.
        turns: Of the learning rate.
        unit: What is counted: "epoch", or "step" of a run whose epochs aren't known.
    """

    name: str
    files: tuple[Path, ...]
    done: tuple[float, ...] | None
    averages: dict[str, Path]
    turns: tuple[Turn, ...]
    unit: str = EPOCH


def last_file(given: Sequence[Path]) -> Path:
    """Return the last file of the last way, by which model and data are known before anything else is read.

    Raises:
        OSError: A run kept none.
    """
    files = [path for path in given if run_of(path) is None]
    return files[-1] if files else kept_checkpoints(run_of(given[-1]), float)[-1].path


def ways_of(given: Sequence[Path], num_samples: int) -> tuple[Way, ...]:
    """Return one way a run, in the order given, and at last that of the files that belong to none.

    Args:
        num_samples: Of the training split that the runs were trained on, whole.

    Raises:
        ValueError, OSError: A run is given twice, kept no checkpoints, or can't be read.
    """
    runs = {path: run_of(path) for path in given}
    files = tuple(path for path in given if runs[path] is None)
    of_runs = [run for run in runs.values() if run is not None]
    if len({run.out for run in of_runs}) < len(of_runs) or len(runs) < len(given):
        raise ValueError("each run and each checkpoint is given once; leave the second of them out")
    names = [run.out.name for run in of_runs]
    ways = [
        _way_of_run(run, run.out.name if names.count(run.out.name) == 1 else str(run.out), num_samples)
        for run in of_runs
    ]
    if files:
        ways.append(Way(FILES, files, None, {}, ()))
    return tuple(ways)


def _way_of_run(run: RunFiles, name: str, num_samples: int) -> Way:
    record = read_run(run.record)
    kept = kept_checkpoints(run, done_after(record, num_samples))
    files, done = tuple(one.path for one in kept), tuple(one.done for one in kept)
    return Way(name, files, done, kept_averages(run), turns(record), unit_of(record))
