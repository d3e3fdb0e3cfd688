"""Runs whose names lead to files of one name: neither takes nor removes what is the other's."""

import pytest
from quiet_runs import quiet, refusal

from landscape.problem.checkpoints import read_checkpoint
from landscape.training.files import CheckpointRule, RunFiles
from landscape.training.kept import kept_averages
from landscape.training.loop import train


@pytest.fixture
def small(recipe):
    """Return a function that makes a recipe of two epochs without batch norm."""
    return lambda **changes: recipe(model="mlp", epochs=2, crop=0, flip=False, **changes)


@pytest.mark.parametrize("name, averaging", [("swa", {"swa_from": 1}), ("ema", {"ema": 0.9})])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_average_does_not_take_the_place_of_another_runs_weights(
    tmp_path, small, few_digits, name, averaging, overwrite
):
    path = train(small(), few_digits(), tmp_path / f"x-{name}", say=quiet)
    before = path.read_bytes()
    assert refusal(small(seed=5, **averaging), few_digits(), tmp_path / "x", overwrite=overwrite) == (
        f"{path} is not this run's, whose {name} weights would take its place; choose another --out"
    )
    assert path.read_bytes() == before and not (tmp_path / "x.state.pt").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_average_of_the_same_recipe_is_not_taken_for_a_finished_run(tmp_path, small, few_digits, overwrite):
    train(small(ema=0.9), few_digits(), tmp_path / "x", say=quiet)
    path = tmp_path / "x-ema.safetensors"
    before = path.read_bytes()
    assert refusal(small(ema=0.9), few_digits(), tmp_path / "x-ema", overwrite=overwrite) == (
        f"{path} holds the ema weights of another run; choose another --out"
    )
    assert path.read_bytes() == before


def test_beginning_anew_removes_the_runs_own_files_and_no_other(tmp_path, small, few_digits):
    neighbour = train(small(), few_digits(), tmp_path / "y-ema", say=quiet)
    before = neighbour.read_bytes()
    train(small(swa_from=1), few_digits(), tmp_path / "y", say=quiet, checkpoints=CheckpointRule(1))
    folder = tmp_path / "y-checkpoints"
    own = [folder / f"epoch-000{number}.safetensors" for number in range(3)] + [tmp_path / "y-swa.safetensors"]
    assert all(path.exists() for path in own)
    assert kept_averages(RunFiles(tmp_path / "y")) == {"swa": own[-1]}  # the neighbour's weights are no average of it
    best = folder / "best.safetensors"
    best.write_bytes(b"a user's")
    train(small(seed=6), few_digits(), tmp_path / "y", say=quiet, overwrite=True)
    assert neighbour.read_bytes() == before and best.read_bytes() == b"a user's"
    assert not any(path.exists() for path in own)
    assert read_checkpoint(tmp_path / "y.safetensors").recorded("recipe")["seed"] == 6


def test_an_average_of_another_recipe_is_lost_only_when_asked(tmp_path, small, few_digits):
    path = train(small(ema=0.9), few_digits(), tmp_path / "x", say=quiet)
    (tmp_path / "x.state.pt").unlink()
    path.unlink()
    assert refusal(small(ema=0.8), few_digits(), tmp_path / "x") == (
        f"{tmp_path / 'x-ema.safetensors'} belongs to another run (ema 0.9 there, 0.8 now); "
        "choose another --out, or --overwrite to lose it"
    )
    train(small(ema=0.8), few_digits(), tmp_path / "x", say=quiet, overwrite=True)
    assert read_checkpoint(tmp_path / "x-ema.safetensors").recorded("recipe")["ema"] == 0.8
