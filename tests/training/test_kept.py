"""What a finished or a left run tells of its way: checkpoints in the order of training, averages, turns of the rate."""

import numpy as np
import pytest

from landscape.origin import Origin
from landscape.run_record import RunRecord
from landscape.store.run_file import read_run
from landscape.training.files import CheckpointRule, RunFiles
from landscape.training.kept import Turn, done_after, kept_averages, kept_checkpoints, run_of, turns, updates_an_epoch
from landscape.training.loop import train


def quiet(line: str) -> None:
    pass


def names(kept) -> list[tuple[str, float]]:
    return [(one.path.name, one.done) for one in kept]


def test_steps_and_the_members_of_an_average_stand_in_the_order_of_training(tmp_path, recipe, few_digits):
    settings = recipe(epochs=5, schedule="step", milestones=(2, 4), swa_from=3, swa_every=2)
    train(settings, few_digits(), tmp_path / "run", say=quiet, checkpoints=CheckpointRule.from_text("4step"))
    files = run_of(tmp_path / "run")
    assert files == run_of(files.record) == run_of(files.checkpoints) == RunFiles(tmp_path / "run")
    record = read_run(files.record)
    assert updates_an_epoch(record, 90) == 3  # 32, 32 and 26 images
    wanted = [("step-000000.safetensors", 0), ("step-000004.safetensors", 4 / 3), ("step-000008.safetensors", 8 / 3)]
    wanted += [("epoch-0003.safetensors", 3), ("step-000012.safetensors", 4), ("epoch-0005.safetensors", 5)]
    assert names(kept_checkpoints(files, done_after(read_run(files.record), 90))) == wanted
    assert kept_averages(files) == {"swa": tmp_path / "run-swa.safetensors"}
    assert turns(record) == (
        Turn("drop", 2, 0.05, pytest.approx(0.005)),
        Turn("drop", 4, pytest.approx(0.005), pytest.approx(5e-4)),
    )


def test_the_last_weights_end_the_path_where_no_checkpoint_does(tmp_path, recipe, few_digits):
    every_other = {"say": quiet, "checkpoints": CheckpointRule.from_text("2")}
    train(recipe(epochs=3), few_digits(), tmp_path / "run", **every_other, stop_after=2)
    files = RunFiles(tmp_path / "run")
    first = [("epoch-0000.safetensors", 0), ("epoch-0002.safetensors", 2)]
    assert names(kept_checkpoints(files, done_after(read_run(files.record), 90))) == first
    train(recipe(epochs=3), few_digits(), tmp_path / "run", **every_other)
    assert names(kept_checkpoints(files, done_after(read_run(files.record), 90))) == [*first, ("run.safetensors", 3)]


def test_a_run_without_checkpoints_is_refused_in_a_sentence(tmp_path, recipe, few_digits):
    train(recipe(epochs=1), few_digits(), tmp_path / "run", say=quiet)
    with pytest.raises(OSError) as error:
        kept_checkpoints(run_of(tmp_path / "run"), float)
    assert str(error.value) == (
        f"the run {tmp_path}/run kept no checkpoints on its way in {tmp_path}/run-checkpoints; "
        "train it with --checkpoint-every 1"
    )


def test_what_is_no_run_is_none(tmp_path):
    (tmp_path / "weights.safetensors").touch()
    assert run_of(tmp_path / "weights.safetensors") is None and run_of(tmp_path / "missing") is None


def record(schedule: str, first, last, **columns) -> RunRecord:
    rates = {"first_learning_rate": np.array(first), "last_learning_rate": np.array(last)}
    return RunRecord(columns or rates, Origin({"recipe": {"schedule": schedule, "batch_size": 64, "num_train": 100}}))


def test_a_restart_is_where_the_rate_begins_anew_and_a_plateau_where_it_fell():
    warm = record("warm-restarts", [0.1, 0.06, 0.1, 0.08], [0.06, 0.01, 0.08, 0.05])
    assert turns(warm) == (Turn("restart", 2, 0.01, 0.1),)
    flat = record("plateau", [0.1, 0.1, 0.05, 0.05], [0.1, 0.1, 0.05, 0.05])
    assert turns(flat) == (Turn("drop", 2, 0.1, 0.05),)
    assert turns(record("one-cycle", [0.1, 0.4, 0.1], [0.3, 0.2, 0.01])) == ()
    assert turns(record("step", [], [], train_loss=np.ones(3))) == ()  # rates were not recorded
    assert updates_an_epoch(warm, 5000) == 2
