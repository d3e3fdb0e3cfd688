"""A training run from its recipe to its files: resumable at every epoch, to the same bits as an uninterrupted run."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import torch

from landscape.problem.checkpoints import Checkpoint, load_into
from landscape.problem.datasets import Dataset
from landscape.problem.factories import words_of
from landscape.problem.models import build_model
from landscape.store.lock import FileLock
from landscape.sweep.world import World
from landscape.training.averages import is_member
from landscape.training.check import checked
from landscape.training.epochs import Epochs
from landscape.training.files import (
    CheckpointRule,
    RunFiles,
    read_state,
    require_apart,
    require_own,
    weights_metadata,
    write_checkpoint,
    write_state,
)
from landscape.training.finish import finish, write_last
from landscape.training.learner import learner_of
from landscape.training.pace import line_of_epoch
from landscape.training.recipe import Recipe
from landscape.training.records import REACHED, circumstance, write_records
from landscape.training.samples import accuracy_samples, prepared
from landscape.training.schedules import epochs_without_gain
from landscape.training.scores import require_finite, require_numbers
from landscape.weights import digest

PAGE_EVERY_S = 60.0


class TrainingFailed(Exception):
    """A run ended early for a reason that came up on the way; what was done is kept."""


def train(recipe: Recipe, dataset: Dataset, out: Path, **options) -> Path:
    """Train by a recipe, going on from `out`'s last finished epoch where there is one.

    Args:
        out: The run's name; see `RunFiles`.
        options: See `Run`.

    Returns:
        The path of the weights, or of the state where the run was left early.

    Raises:
        ValueError: `out`'s files belong to another recipe, or the data can't be trained on.
        OSError: A file can't be read or written; nothing was trained.
        TrainingFailed: Something went wrong once training had begun.
    """
    run = Run(recipe, dataset, out, **options)
    run.claim()
    return run.go()


class Run:
    """One training run; what is wrong with its settings is found before `go`.

    Args:
        start: Weights to start from instead of fresh ones.
        say: What is told on the way goes there, line by line.
        stop_after: Leave after this many epochs altogether, as a kill would, with the state kept.
        checkpoints: Which weights to keep on the way; those that averaging takes are kept anyway.
        overwrite: Begin anew where `out` holds another run, or this one finished.
        command: For the records.
        world: The ranks that train together.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        out: Path,
        *,
        start: Checkpoint | None = None,
        say: Callable[[str], None] = print,
        stop_after: int | None = None,
        checkpoints: CheckpointRule | None = None,
        overwrite: bool = False,
        command: str = "",
        world: World | None = None,
    ) -> None:
        self._world = world or World()
        self._say = say if self._world.is_first else lambda line: None
        self._stop_after, self._rule, self._overwrite, self._command = stop_after, checkpoints, overwrite, command
        self._files = RunFiles(Path(out))
        self._dataset, recipe = prepared(replace(recipe, ranks=self._world.size), dataset)
        samples = self._dataset.split("train")
        self._subset = accuracy_samples(recipe, samples)
        torch.manual_seed(recipe.seed)
        model = build_model(recipe.model, recipe.model_arguments, from_data=dataset.model_arguments)
        if start is not None:
            load_into(model, start)
            recipe = replace(recipe, start=digest(model.state_dict()))
        self._recipe = recipe = checked(recipe, self._dataset, model)
        self._learner = learner_of(recipe, model, -(-len(samples) // recipe.batch_size))
        self._rows: list[dict[str, float]] = []
        self._num_kept = 0  # epochs of the state in its file
        self._ended, self._notes, self._found, self._is_finished = "", [], None, False
        self._open, self._page_at = ExitStack(), time.perf_counter()

    def claim(self) -> None:
        """On the first rank: lock the run's files and read the state to go on from.

        Raises:
            ValueError, OSError: See `train`.
        """
        files = self._files
        if files.out.name in ("", "..") or files.out.is_dir():
            name = self._recipe.model.rpartition(":")[2]
            raise ValueError(f"--out names the run, not a folder: try {files.out / name}")
        try:
            files.out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OSError(f"the folder {files.out.parent} can't be made ({reason}); choose another --out") from error
        self._open.enter_context(FileLock(files.record))
        try:
            require_apart(files, self._recipe)
            try:
                self._is_finished = require_own(files, self._recipe)
                self._found = read_state(files.state, self._recipe)
            except (ValueError, OSError):
                if not self._overwrite:
                    raise
                files.remove()
            if self._is_finished and self._overwrite:
                files.remove()
                self._is_finished, self._found = False, None
        except BaseException:
            self._open.close()
            raise

    def go(self) -> Path:
        """Train to the end, on all ranks; see `train`."""
        with self._open:
            if self._world.share(self._is_finished):
                self._say(f"{self._files.weights} is finished; nothing was done (--overwrite trains anew)")
                return self._files.weights
            try:
                return self._trained()
            except (OSError, ValueError, FloatingPointError, RuntimeError) as error:  # the last is torch's for most
                words = words_of(error) if isinstance(error, (ValueError, RuntimeError)) else str(error)
                raise TrainingFailed(
                    f"training stopped after epoch {len(self._rows)}: {words}; {self._words_on_state()}"
                ) from error

    def _words_on_state(self) -> str:
        if self._num_kept:
            return f"the state after epoch {self._num_kept} is kept"
        return "no state is kept" if self._rows else "no epoch was finished"

    def _trained(self) -> Path:
        files = self._files
        self._go_on(self._world.share(self._found))
        epochs = Epochs(
            self._recipe,
            self._dataset,
            self._subset,
            self._learner,
            self._world,
            after_update=lambda number: self._keep("step", number),
            say=self._say,
        )
        if not self._rows:
            self._keep("epoch", 0)
            self._keep("step", 0)
        while not self._ended:
            row = epochs.run(self._rows)
            require_numbers(row)
            require_finite(self._learner.model)
            self._add(row)
            if self._stop_after is not None and len(self._rows) >= self._stop_after and not self._ended:
                self._write_records(with_page=True)
                return files.state
        if self._world.is_first:
            data = (self._dataset, self._subset, epochs.images)
            told = (self._rows, self._ended)
            scores, notes = finish(self._recipe, data, self._learner, files, len(self._rows), say=self._say)
            self._notes += notes
            self._write_records(with_page=True, scores=scores)
            given = (self._recipe, self._dataset, self._learner.model, files, told)
            write_last(*given, scores=scores["weights"], say=self._say)
        return files.weights

    def _go_on(self, state: dict | None) -> None:
        """Stand where the state was saved."""
        if state is None:
            return
        self._learner.load(state)
        self._rows, self._ended, self._notes = state["rows"], state["ended"], state["notes"]
        number = self._num_kept = len(self._rows)
        self._say(f"going on after epoch {number} of {self._recipe.epochs} ({self._files.state})")
        here, there = circumstance(), state["circumstance"]
        if here != there and not self._ended:
            now, was = (", ".join(f"{key} {value}" for key, value in part.items()) for part in (here, there))
            self._notes.append(f"from epoch {number + 1} on with {now}, not {was}: last digits may differ")
            self._say(self._notes[-1])

    def _add(self, row: dict[str, float]) -> None:
        """Take in a finished epoch: the schedule, the averages, the files."""
        recipe, learner, number = self._recipe, self._learner, row["epoch"]
        self._rows.append(row)
        if recipe.schedule == "plateau":
            learner.scheduler.step(row[f"{recipe.watch}_loss"])
        self._ended = self._ending()
        learner.averages.after_epoch(learner.model, number)
        self._keep("epoch", number, anyway=is_member(recipe, number))
        if not self._world.is_first:
            return
        state = {
            "recipe": recipe.as_json(),
            **learner.state(),
            "rows": self._rows,
            "ended": self._ended,
            "notes": self._notes,
            "circumstance": circumstance(),
        }
        write_state(self._files.state, state)
        self._num_kept = number
        is_time = time.perf_counter() - self._page_at >= PAGE_EVERY_S
        self._write_records(with_page=is_time)
        self._page_at = time.perf_counter() if is_time else self._page_at
        self._say(line_of_epoch(recipe, self._rows, self._ended))

    def _ending(self) -> str:
        """Return why the run ends with its last epoch; empty where it goes on."""
        recipe, rows = self._recipe, self._rows
        if self._subset is not None and rows[-1]["subset_accuracy"] >= recipe.until_train_accuracy:
            return REACHED
        if recipe.early_stop is not None:
            rates = [row["learning_rate"] for row in rows] + [self._learner.learning_rate]
            losses = [row[f"{recipe.watch}_loss"] for row in rows]
            if epochs_without_gain(losses, rates if recipe.schedule == "plateau" else ()) >= recipe.early_stop:
                return f"no lower {recipe.watch} loss for {recipe.early_stop} epochs"
        return "all epochs done" if len(rows) >= recipe.epochs else ""

    def _keep(self, unit: str, number: int, *, anyway: bool = False) -> None:
        if self._world.is_first and (anyway or (self._rule is not None and self._rule.wants(unit, number))):
            metadata = weights_metadata(self._recipe, self._dataset)
            write_checkpoint(self._files, unit, number, self._learner.model.state_dict(), metadata)

    def _write_records(self, *, with_page: bool, scores: dict | None = None) -> None:
        if self._world.is_first:
            record = {"command": self._command, "notes": self._notes, "scores": scores or {}}
            told = (self._rows, self._ended)
            write_records(self._files, self._recipe, self._learner.model, told, record, with_page=with_page)
