"""The recorder as a callback of Lightning's Trainer."""

from collections.abc import Mapping
from pathlib import Path

try:
    from lightning.pytorch.callbacks import Callback
except ImportError as error:
    raise ImportError(
        "LightningPathRecorder needs the package lightning, which is not here: pip install lightning"
    ) from error

from landscape.callbacks.recorder import PathRecorder, rule_of


class LightningPathRecorder(Callback):
    """Record the way of a fit: `Trainer(callbacks=[LightningPathRecorder("outputs/run", every_epochs=1)])`.

    A step is one of `trainer.global_step`. Where fit goes on from a checkpoint, so does the path.

    Args:
        out, every_steps, every_epochs, overwrite: See `PathRecorder`.
        submodule: The name within the LightningModule of what is recorded, such as "network"; None for all of it.

    Raises:
        ValueError: Not one of every_steps and every_epochs is given.
    """

    def __init__(
        self,
        out: Path | str,
        *,
        every_steps: int | None = None,
        every_epochs: int | None = None,
        submodule: str | None = None,
        overwrite: bool = False,
    ) -> None:
        rule_of(every_steps, every_epochs)
        self._out, self._submodule = out, submodule
        self._options = {"every_steps": every_steps, "every_epochs": every_epochs, "overwrite": overwrite}
        self._recorder: PathRecorder | None = None
        self._losses, self._rate = [], None

    def on_train_start(self, trainer, pl_module) -> None:
        """Begin, or go on at the step and epoch that the trainer restored."""
        model = pl_module.get_submodule(self._submodule) if self._submodule else pl_module
        self._losses, self._rate = [], None
        self._recorder = PathRecorder(
            self._out,
            model,
            **self._options,
            start_step=trainer.global_step,
            start_epoch=_epochs_done(trainer),
            writes=trainer.is_global_zero,
        )

    def on_before_optimizer_step(self, trainer, pl_module, optimizer) -> None:
        """Note the first optimizer's rate, which the schedule changes before the batch ends."""
        self._rate = trainer.optimizers[0].param_groups[0]["lr"]

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        """Record the step, once all batches of it are in: Lightning has divided the loss of each by their usual number."""
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else None
        if loss is not None:
            self._losses.append(trainer.accumulate_grad_batches * loss)
        if trainer.global_step > self._recorder.num_steps:
            mean = sum(self._losses) / len(self._losses) if self._losses else None  # fewer at an epoch's end
            self._recorder.step(loss=mean, learning_rate=self._rate, number=trainer.global_step)
            self._losses, self._rate = [], None

    def on_train_epoch_end(self, trainer, pl_module) -> None:
        """Record the epoch's end, unless it was left in its midst."""
        if trainer.is_last_batch and self._recorder.is_epoch_begun:
            self._recorder.end_epoch()

    def on_train_end(self, trainer, pl_module) -> None:
        """Keep the last weights."""
        self._recorder.close()

    def on_exception(self, trainer, pl_module, exception) -> None:
        """Leave what was recorded, and not the weights of an update that may be half done."""
        if self._recorder is not None:
            self._recorder.close(keeps_last=False)


def _epochs_done(trainer) -> float:
    """Return how many epochs were done where the fit begins, with the part of one that a checkpoint was made in."""
    if not trainer.global_step:
        return 0
    loop = trainer.fit_loop
    part = loop.epoch_loop.batch_progress.current.processed / trainer.num_training_batches
    is_within = getattr(loop, "restarted_mid_epoch", False) and part < 1  # Lightning 2.5 and later tell
    return trainer.current_epoch + (part if is_within else 0)
