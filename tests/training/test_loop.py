import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from quiet_runs import quiet, refusal
from safetensors import safe_open

from landscape.problem.batches import SampleBatches
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.losses import cross_entropy
from landscape.problem.models import build_model
from landscape.problem.problem import Problem
from landscape.store.run_file import read_run
from landscape.training.files import CheckpointRule
from landscape.training.loop import train
from landscape.weights import digest

EVERYTHING = {
    "optimizer": "sam",
    "schedule": "plateau",
    "patience": 1,
    "swa_from": 2,
    "ema": 0.9,
    "accumulate": 2,
    "label_smoothing": 0.1,
    "until_train_accuracy": 1.0,
}


def tensors_and_metadata(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())


def untimed(path: Path) -> dict[str, np.ndarray]:
    return {name: column for name, column in read_run(path).columns.items() if not name.endswith("_s")}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": "cosine", "momentum": 0.0},
        {"schedule": "constant", "optimizer": "momentum", "flip": False},
        {"precision": "bf16", "optimizer": "adamw", "schedule": "cyclic"},
        {"model": "resnet20", "epochs": 3, "batch_size": 90},
        {"schedule": "step", "optimizer": "adadelta"},
        {"schedule": "exponential", "optimizer": "adagrad"},
        {"schedule": "warm-restarts", "optimizer": "rmsprop"},
        EVERYTHING,
    ],
)
def test_a_run_that_was_left_ends_with_the_same_bits_as_one_that_was_not(tmp_path, recipe, few_digits, changes):
    keep = {"checkpoints": CheckpointRule(2, "step")}
    whole = train(recipe(**changes), few_digits(), tmp_path / "whole", say=quiet, **keep)
    for epochs in (1, 2):
        left = train(recipe(**changes), few_digits(), tmp_path / "parts", say=quiet, stop_after=epochs, **keep)
        assert left == tmp_path / "parts.state.pt" and not (tmp_path / "parts.safetensors").exists()
        torch.manual_seed(99)  # another process would stand elsewhere in its random numbers
        np.random.seed(99)
    parts = train(recipe(**changes), few_digits(), tmp_path / "parts", say=quiet, **keep)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("whole*/**/*.safetensors"))
    names += sorted(path.name for path in tmp_path.glob("whole*.safetensors"))
    assert len(names) >= 3 and whole.name in names and parts.exists()
    for name in names:
        (first, said), (second, also_said) = map(
            tensors_and_metadata, (tmp_path / name, tmp_path / name.replace("whole", "parts"))
        )
        assert first.keys() == second.keys()
        assert [one for one in first if not torch.equal(first[one], second[one])] == []
        assert {**said, "train_seconds": ""} == {**also_said, "train_seconds": ""}
    first, second = untimed(tmp_path / "whole.run.h5"), untimed(tmp_path / "parts.run.h5")
    assert first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_going_on_is_said(tmp_path, recipe, few_digits):
    said = []
    train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=2)
    train(recipe(), few_digits(), tmp_path / "run", say=said.append)
    assert said[0] == f"going on after epoch 2 of 5 ({tmp_path / 'run.state.pt'})"
    assert [line.split(":")[0] for line in said[1:4]] == ["epoch 3/5", "epoch 4/5", "epoch 5/5"]
    assert said[-1] == f"weights in {tmp_path / 'run.safetensors'}"


def test_going_on_with_other_threads_is_said_and_noted(tmp_path, recipe, few_digits):
    said, threads = [], torch.get_num_threads()
    train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=2)
    torch.set_num_threads(threads + 1)
    try:
        train(recipe(), few_digits(), tmp_path / "run", say=said.append)
    finally:
        torch.set_num_threads(threads)
    assert f"threads {threads + 1}" in said[1] and said[1].endswith(": last digits may differ")
    assert read_run(tmp_path / "run.run.h5").origin.record["notes"] == [said[1]]


def test_another_seed_ends_elsewhere(tmp_path, recipe, few_digits):
    first, other = (
        tensors_and_metadata(train(recipe(seed=seed, epochs=1), few_digits(), tmp_path / str(seed), say=quiet))[0]
        for seed in (1, 2)
    )
    assert not any(torch.equal(first[name], other[name]) for name in ("0.weight", "5.weight"))


def test_a_state_of_another_recipe_is_refused_and_names_what_changed(tmp_path, recipe, few_digits):
    out = tmp_path / "run"
    train(recipe(), few_digits(), out, say=quiet, stop_after=1)
    assert refusal(recipe(epochs=6, seed=4), few_digits(), out) == (
        f"{tmp_path / 'run.state.pt'} belongs to another run (epochs 5 there, 6 now, seed 3 there, 4 now); "
        "choose another --out, or --overwrite to lose it"
    )


def test_a_state_of_other_data_is_refused(tmp_path, recipe, few_digits):
    train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=1)
    dataset = few_digits()
    dataset.splits["train"].targets[3] += 1
    assert "run.state.pt belongs to another run (data '" in refusal(recipe(), dataset, tmp_path / "run")


OWN_CLASS = """
from torch import nn
class Own(nn.Linear):
    def forward(self, images):
        return super().forward(images.flatten(1)).relu()
def make():
    return Own(64, 10)
"""


def edited(monkeypatch, file: Path, old: str, new: str) -> None:
    """Change a user's model as between two commands: the second imports it anew."""
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    for name in [name for name in sys.modules if name.startswith("landscape_user_")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("source, old, new", [(None, "nn.ReLU()", "nn.Sigmoid()"), (OWN_CLASS, "relu", "sigmoid")])
def test_a_state_of_a_model_whose_source_was_changed_is_refused(
    tmp_path, recipe, few_digits, monkeypatch, source, old, new
):
    settings, file = recipe(), tmp_path / "own_model.py"
    file.write_text(source or file.read_text())
    train(settings, few_digits(), tmp_path / "run", say=quiet, stop_after=1)
    whole = train(settings, few_digits(), tmp_path / "whole", say=quiet)
    edited(monkeypatch, file, old, new)
    for name, path in (("run", tmp_path / "run.state.pt"), ("whole", whole)):
        assert refusal(settings, few_digits(), tmp_path / name) == (
            f"{path} belongs to another run (the source of its model was another, which would have to be put back); "
            "choose another --out, or --overwrite to lose it"
        )
    edited(monkeypatch, file, new, old)
    said = []
    train(settings, few_digits(), tmp_path / "run", say=said.append)
    assert said[0].startswith("going on after epoch 1 of 5")


def test_a_state_from_before_sources_were_kept_goes_on(tmp_path, recipe, few_digits):
    state = train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=1)
    held = torch.load(state, weights_only=True)
    settings = json.loads(held["recipe"])
    assert len(settings.pop("source")) == 64
    torch.save({**held, "recipe": json.dumps(settings)}, state)
    said = []
    train(recipe(), few_digits(), tmp_path / "run", say=said.append)
    assert said[0].startswith("going on after epoch 1 of 5") and said[-1].startswith("weights in ")


def test_a_run_from_given_weights_starts_there_and_names_them(tmp_path, recipe, few_digits):
    given = read_checkpoint(train(recipe(epochs=1), few_digits(), tmp_path / "given", say=quiet))
    still = recipe(epochs=1, learning_rate=1e-30, weight_decay=0.0, seed=8)
    found = read_checkpoint(train(still, few_digits(), tmp_path / "run", start=given, say=quiet))
    for name in ("0.weight", "1.bias", "5.weight"):
        assert torch.equal(found.tensors[name], given.tensors[name])
    assert found.recorded("recipe")["start"] == digest(given.tensors)


def test_a_run_can_start_from_anothers_state(tmp_path, recipe, few_digits):
    left = train(recipe(), few_digits(), tmp_path / "first", say=quiet, stop_after=1)
    found = train(recipe(seed=8), few_digits(), tmp_path / "second", start=read_checkpoint(left), say=quiet)
    tensors = torch.load(left, weights_only=True)["model"]
    assert read_checkpoint(found).recorded("recipe")["start"] == digest(tensors)


def test_a_state_that_started_from_other_weights_is_refused(tmp_path, recipe, few_digits):
    given = read_checkpoint(train(recipe(epochs=1), few_digits(), tmp_path / "given", say=quiet))
    train(recipe(), few_digits(), tmp_path / "run", start=given, say=quiet, stop_after=1)
    assert refusal(recipe(), few_digits(), tmp_path / "run") == (
        f"{tmp_path / 'run.state.pt'} belongs to another run (start {digest(given.tensors)!r} there, '' now); "
        "choose another --out, or --overwrite to lose it"
    )


@pytest.mark.parametrize("name", ["run.safetensors", "run-swa.safetensors", "run-ema.safetensors"])
def test_the_recorded_scores_are_those_that_are_measured_again(tmp_path, recipe, few_digits, name):
    dataset = few_digits()
    train(recipe(swa_from=3, ema=0.8), dataset, tmp_path / "run", say=quiet)
    checkpoint = read_checkpoint(tmp_path / name)
    model = build_model(checkpoint.recorded("model"), from_data=dataset.model_arguments)
    load_into(model, checkpoint)
    norms = {"mean": checkpoint.recorded("mean"), "std": checkpoint.recorded("std")}
    batches = {
        split: SampleBatches(samples, np.arange(len(samples)), batch_size=7, **norms)
        for split, samples in dataset.splits.items()
    }
    problem = Problem(model, cross_entropy, batches)
    for metric, value in problem.measure(problem.center).items():
        assert value == pytest.approx(checkpoint.recorded(metric), rel=1e-6)  # float32, in other batches


def test_a_file_of_weights_tells_how_it_came_about(tmp_path, recipe, few_digits):
    checkpoint = read_checkpoint(train(recipe(), few_digits(), tmp_path / "run", say=quiet))
    assert checkpoint.recorded("format") == "landscape checkpoint 1" and checkpoint.recorded("dataset") == "digits"
    told = json.loads(recipe().as_json())
    filled_in = ("data", "source")
    assert {**checkpoint.recorded("recipe"), **dict.fromkeys(filled_in, "")} == told
    history = checkpoint.recorded("history")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5]
    assert history[-1]["test_loss"] == checkpoint.recorded("test_loss")
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert checkpoint.recorded("ended") == "all epochs done" and checkpoint.recorded("epochs") == 5


def test_nothing_half_written_is_left_beside_the_weights(tmp_path, recipe, few_digits):
    train(recipe(), few_digits(), tmp_path / "run", say=quiet)
    found = sorted(path.name for path in tmp_path.iterdir() if "own_model" not in path.name)
    assert found == ["run.run.h5", "run.run.html", "run.safetensors", "run.state.pt"]
