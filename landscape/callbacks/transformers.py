"""The recorder as a callback of the Trainer of Hugging Face's transformers."""

from pathlib import Path

try:
    from transformers.trainer_callback import TrainerCallback
except ImportError as error:
    raise ImportError(
        "TransformersPathRecorder needs the package transformers, which is not here: pip install transformers accelerate"
    ) from error

from landscape.callbacks.recorder import PathRecorder, rule_of


class TransformersPathRecorder(TrainerCallback):
    """Record the way of a training: `Trainer(..., callbacks=[TransformersPathRecorder("outputs/run", every_steps=100)])`.

    A step is one of `state.global_step`. Where the training resumes from a checkpoint, so does the path. Losses are those
    that the Trainer logs.

    Args:
        out, every_steps, every_epochs, overwrite: See `PathRecorder`.
        submodule: The name within the model of what is recorded; None for all of it.

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
        self._step = self._loss = self._rate = None

    def on_train_begin(self, args, state, control, model=None, **_) -> None:
        """Begin, or go on at the step that the trainer restored."""
        model = model.get_submodule(self._submodule) if self._submodule else model
        self._step = self._loss = self._rate = None
        self._recorder = PathRecorder(
            self._out,
            model,
            **self._options,
            start_step=state.global_step,
            start_epoch=(state.epoch or 0) if state.global_step else 0,
            writes=state.is_world_process_zero,
        )

    def on_pre_optimizer_step(self, args, state, control, optimizer=None, **_) -> None:
        """Note the rate, which the schedule changes before the step ends."""
        self._rate = optimizer.param_groups[0]["lr"]

    def on_step_end(self, args, state, control, **_) -> None:
        """Note the step, whose loss may be logged yet."""
        self._step = state.global_step

    def on_log(self, args, state, control, logs=None, **_) -> None:
        """Note the mean loss since the last log."""
        if self._step is not None:
            self._loss = (logs or {}).get("loss", self._loss)

    def on_step_begin(self, args, state, control, **_) -> None:
        """Record the step before."""
        self._record_step()

    def on_epoch_end(self, args, state, control, **_) -> None:
        """Record the last step, and the epoch's end, unless it was left in its midst."""
        self._record_step()
        is_left = control.should_epoch_stop or control.should_training_stop
        is_whole = (
            abs(state.epoch - round(state.epoch)) < 1e-6
        )  # of data without a length, epochs are told as fractions
        if self._recorder.is_epoch_begun and (is_whole or not is_left):
            self._recorder.end_epoch()

    def on_train_end(self, args, state, control, **_) -> None:
        """Keep the last weights, unless the best ones were put in their place."""
        self._record_step()
        self._recorder.close(keeps_last=not args.load_best_model_at_end)

    def _record_step(self) -> None:
        if self._step is not None:
            self._recorder.step(loss=self._loss, learning_rate=self._rate, number=self._step)
        self._step = self._loss = self._rate = None
