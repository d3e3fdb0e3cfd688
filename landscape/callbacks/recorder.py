"""A recorder for any training loop: checkpoints of a model on its way, written as `landscape train` writes them."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from landscape.callbacks.account import Account
from landscape.callbacks.inner_model import inner_weights, is_first_process, parameter_names
from landscape.callbacks.place import RATES, account_at
from landscape.store.run_file import write_run
from landscape.training.files import CheckpointRule, RunFiles, write_checkpoint
from landscape.training.kept import EPOCH, STEP


class PathRecorder:
    """Keep a model's weights every few steps or epochs of a training, the initial and the last ones included.

    A step is an update of the optimizer. The training is left as it is: nothing is drawn, no mode is changed. Only rank 0
    of torch.distributed writes; wrappers (DistributedDataParallel, DataParallel, torch.compile) are seen through.

    Args:
        out: The run's name: OUT-checkpoints/, OUT.run.h5, OUT.run.html; `landscape trajectory OUT` reads them.
        model: What is trained, its weights where the training begins or goes on.
        every_steps, every_epochs: One of them: how often weights are kept.
        start_step, start_epoch: How many are done already, of a training that goes on: what was recorded until then is
            kept, what came later is removed and recorded anew. In the midst of an epoch start_epoch may be a fraction.
        overwrite: Begin anew where `out` holds another path of a recorder.
        writes: Whether this process writes; None for rank 0.

    Raises:
        ValueError: `out` holds something else, which is untouched; or a setting is not what it should be.
        OSError: A file can't be read or written.
    """

    def __init__(
        self,
        out: Path | str,
        model: nn.Module,
        *,
        every_steps: int | None = None,
        every_epochs: int | None = None,
        start_step: int = 0,
        start_epoch: float = 0,
        overwrite: bool = False,
        writes: bool | None = None,
    ) -> None:
        self._rule = rule_of(every_steps, every_epochs)
        self._files, self._model = RunFiles(_named(out)), model
        self._is_open, self._last_kept = True, None
        self._writes = is_first_process() if writes is None else writes
        self._account = Account(self._rule.unit, start_step or int(start_epoch))
        _require_counts(start_step, start_epoch)
        if self._writes:
            self._begin((start_step, start_epoch), overwrite)

    def __enter__(self) -> "PathRecorder":
        return self

    def __exit__(self, kind, *_) -> None:
        self.close(keeps_last=kind is None)

    @property
    def num_steps(self) -> int:
        """How many steps are done."""
        return self._account.step

    @property
    def is_epoch_begun(self) -> bool:
        """Whether a step was told since the last epoch's end."""
        return self._account.step > (self._account.ends or [0])[-1]

    def step(
        self, *, loss: Tensor | float | None = None, learning_rate: float | None = None, number: int | None = None
    ) -> None:
        """Take notice of an update of the weights, and keep them where it is time.

        Args:
            loss: Of the samples of the update, in any unit: its mean is drawn on the run's page.
            learning_rate: With which it was taken; jumps of it are marked on the path.
            number: How many updates are done with it; one more than before if None.

        Raises:
            ValueError: The recorder is closed, or a number is not larger than the last.
            OSError: The weights can't be written.
        """
        self._require_open()
        before = self._account.step
        number = before + 1 if number is None else number
        if number <= before:
            raise ValueError(f"step {number} does not follow step {before}; give start_step where a training goes on")
        self._account.tell(number, loss if self._writes else None, learning_rate)
        if self._rule.unit == STEP and number // self._rule.every > before // self._rule.every:
            self._keep_here()

    def end_epoch(self, *, loss: Tensor | float | None = None, learning_rate: float | None = None) -> None:
        """Take notice of the end of an epoch; one in which no step was told counts as a step.

        Args:
            loss, learning_rate: Of the epoch, for a loop that tells of no steps.

        Raises:
            ValueError: The recorder is closed.
            OSError: The weights can't be written.
        """
        self._require_open()
        if not self.is_epoch_begun:
            self.step(loss=loss, learning_rate=learning_rate)
        elif loss is not None or learning_rate is not None:
            self._account.tell(self._account.step, loss if self._writes else None, learning_rate)
        self._account.end_epoch()
        number = len(self._account.ends)
        if self._rule.wants(EPOCH, number):
            self._keep(EPOCH, number)
        else:
            self._write_record()

    def close(self, *, keeps_last: bool = True) -> None:
        """Keep the last weights, where they are not kept yet, and write the run's page; a second time, do nothing.

        Args:
            keeps_last: Whether the model still holds the weights of the last step.

        Raises:
            OSError: They can't be written.
        """
        if not self._is_open:
            return
        if keeps_last and self._last_kept != self._account.step:
            self._keep_here()
        self._is_open = False
        self._write_record()
        if self._writes and self._record().columns.keys() & {"train_loss", "learning_rate"}:
            from landscape.figures.run_page import write_run_page

            write_run_page({self._files.out.name: self._record()}, self._files.page)

    def _begin(self, start: tuple[int, float], overwrite: bool) -> None:
        tensors = inner_weights(self._model)
        shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
        network = sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()
        self._identity = {"unit": self._rule.unit, "network": network}
        self._files.out.parent.mkdir(parents=True, exist_ok=True)
        weights = (tensors, parameter_names(self._model))
        self._account = account_at(self._files, self._identity, start, weights, overwrite=overwrite)
        unit, number = self._stand()
        if self._files.checkpoint(unit, number).exists() or self._files.checkpoint(STEP, self._account.step).exists():
            self._last_kept = self._account.step
        if self._last_kept is None and (not self._has_checkpoints() or self._rule.wants(unit, number)):
            self._keep(unit, number)
        else:
            self._write_record()

    def _stand(self) -> tuple[str, int]:
        """Return the name of a checkpoint made now: by its epoch where weights are kept so, and one has just ended."""
        if self._rule.unit == EPOCH and not self.is_epoch_begun:
            return EPOCH, len(self._account.ends)
        return STEP, self._account.step

    def _has_checkpoints(self) -> bool:
        return any(self._files.checkpoints.glob("*.safetensors"))

    def _keep_here(self) -> None:
        if self._rule.unit == STEP:
            self._account.add_row()
        self._keep(*self._stand())

    def _keep(self, unit: str, number: int) -> None:
        """Write the record, and then the weights: a kill between them leaves a row more than checkpoints."""
        self._last_kept = self._account.step
        self._write_record()
        if self._writes:
            metadata = {
                "format": "landscape checkpoint 1",
                "torch": str(torch.__version__),
                STEP: str(self._account.step),
                RATES: json.dumps(asdict(self._account.rates)),
            }
            write_checkpoint(self._files, unit, number, inner_weights(self._model), metadata)

    def _record(self):
        return self._account.record(self._identity, self._rule.every, not self._is_open)

    def _write_record(self) -> None:
        if self._writes:
            write_run(self._record(), self._files.record)

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError(f"the recorder of {self._files.out} is closed; make another with start_step to go on")


def rule_of(every_steps: int | None, every_epochs: int | None) -> CheckpointRule:
    """Return when weights are kept.

    Raises:
        ValueError: Not one of the two is given, or it is below 1.
    """
    if (every_steps is None) == (every_epochs is None):
        raise ValueError(
            "a recorder keeps weights every_steps or every_epochs; give one of the two, such as every_epochs=1"
        )
    every, unit = (every_steps, STEP) if every_epochs is None else (every_epochs, EPOCH)
    if every < 1:
        raise ValueError(f"every_{unit}s must be 1 or more, not {every}")
    return CheckpointRule(every, unit)


def _named(out: Path | str) -> Path:
    out = Path(out)
    if out.name in ("", "..") or out.is_dir():
        raise ValueError(f"out names the run, not a folder: try {out / 'run'}")
    return out


def _require_counts(start_step: int, start_epoch: float) -> None:
    if start_step < 0 or start_epoch < 0 or 0 < start_step < start_epoch:
        raise ValueError(
            f"start_step and start_epoch must be 0 or more, and an epoch has a step at least, not {start_step} and {start_epoch:g}"
        )
    if not start_step and start_epoch != int(start_epoch):
        raise ValueError(f"start_epoch {start_epoch:g} lies in the midst of an epoch; give the start_step too")
