"""What lies under a run's name already: a finished run, another's files, damaged ones, or those of a run that goes on now."""

import re

import torch
from quiet_runs import quiet, refusal

from landscape.problem.checkpoints import read_checkpoint
from landscape.store.run_file import read_run
from landscape.training.files import CheckpointRule
from landscape.training.loop import train


def test_a_finished_run_is_said_to_be_and_left_as_it_is(tmp_path, recipe, few_digits):
    said, path = [], train(recipe(), few_digits(), tmp_path / "run", say=quiet)
    before = path.read_bytes()
    assert train(recipe(), few_digits(), tmp_path / "run", say=said.append) == path
    assert said == [f"{path} is finished; nothing was done (--overwrite trains anew)"]
    assert path.read_bytes() == before


def test_weights_of_another_run_are_not_overwritten_unless_asked(tmp_path, recipe, few_digits):
    path = train(recipe(), few_digits(), tmp_path / "run", say=quiet)
    (tmp_path / "run.state.pt").unlink()
    before = path.read_bytes()
    assert refusal(recipe(epochs=2), few_digits(), tmp_path / "run") == (
        f"{path} belongs to another run (epochs 5 there, 2 now); choose another --out, or --overwrite to lose it"
    )
    assert path.read_bytes() == before
    train(recipe(epochs=2), few_digits(), tmp_path / "run", say=quiet, overwrite=True)
    assert read_checkpoint(path).recorded("recipe")["epochs"] == 2 and read_run(tmp_path / "run.run.h5").num_epochs == 2


def test_overwriting_trains_a_finished_run_anew_and_goes_on_with_an_unfinished_one(tmp_path, recipe, few_digits):
    path, said = train(recipe(), few_digits(), tmp_path / "run", say=quiet), []
    train(recipe(), few_digits(), tmp_path / "run", say=said.append, overwrite=True, stop_after=2)
    assert [line.split(":")[0] for line in said] == ["epoch 1/5", "epoch 2/5"] and not path.exists()
    train(recipe(), few_digits(), tmp_path / "run", say=said.append, overwrite=True)
    assert said[2].startswith("going on after epoch 2 of 5") and path.exists()


def test_foreign_weights_are_not_overwritten(tmp_path, recipe, few_digits):
    from safetensors.torch import save_file

    path = tmp_path / "run.safetensors"
    save_file({"own": torch.ones(2)}, path)
    assert refusal(recipe(), few_digits(), tmp_path / "run") == (
        f"{path} belongs to another run (it does not say which); choose another --out, or --overwrite to lose it"
    )
    path.write_bytes(b"nothing")
    assert refusal(recipe(), few_digits(), tmp_path / "run").startswith(f"{path} can't be read as safetensors (")
    train(recipe(epochs=1), few_digits(), tmp_path / "run", say=quiet, overwrite=True)
    assert read_checkpoint(path).recorded("epochs") == 1


def test_checkpoints_of_another_run_are_not_mixed_with(tmp_path, recipe, few_digits):
    keep = {"checkpoints": CheckpointRule(1)}
    train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=1, **keep)
    (tmp_path / "run.state.pt").unlink()
    assert refusal(recipe(seed=8), few_digits(), tmp_path / "run", **keep) == (
        f"{tmp_path / 'run-checkpoints/epoch-0000.safetensors'} belongs to another run (seed 3 there, 8 now); "
        "choose another --out, or --overwrite to lose it"
    )


def test_a_damaged_state_is_not_taken_for_none(tmp_path, recipe, few_digits):
    (tmp_path / "run.state.pt").write_bytes(b"half a st")
    assert refusal(recipe(), few_digits(), tmp_path / "run") == (
        f"{tmp_path / 'run.state.pt'} can't be read as a run's state; remove it, or choose another --out"
    )


def test_a_name_that_is_a_folder_is_refused(tmp_path, recipe, few_digits):
    name = f"{tmp_path / 'make'}"
    assert refusal(recipe(), few_digits(), tmp_path) == f"--out names the run, not a folder: try {name}"


def test_two_runs_of_one_name_do_not_write_at_once(tmp_path, recipe, few_digits):
    seen = []

    def try_too(line: str) -> None:
        if line.startswith("epoch 2"):
            seen.append(refusal(recipe(), few_digits(), tmp_path / "run"))

    train(recipe(), few_digits(), tmp_path / "run", say=try_too)
    assert len(seen) == 1 and re.fullmatch(
        f"{tmp_path / 'run.run.h5'} is being written by process \\d+ on this host; wait for it, or choose another --out",
        seen[0],
    )
