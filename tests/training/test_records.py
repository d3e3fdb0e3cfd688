"""What a run records is what happened; when it stops by itself, and what it says then."""

import statistics

import numpy as np
import pytest
import torch

from landscape.problem.batches import stratified_subset
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import digits
from landscape.problem.models import build_model
from landscape.store.run_file import read_run
from landscape.training.batches import normalized, padded_images
from landscape.training.files import CheckpointRule
from landscape.training.loop import train
from landscape.training.recipe import SCHEDULES, Recipe
from landscape.training.records import batch_norm_words


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_in_the_record_is_the_one_used(tmp_path, recipe, few_digits, schedule, monkeypatch):
    used = []
    step = torch.optim.SGD.step

    def watched(self, *arguments):
        used.append(self.param_groups[0]["lr"])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", watched)
    options = {"patience": 1} if schedule == "plateau" else {}
    train(recipe(schedule=schedule, **options), few_digits(), tmp_path / "run", say=quiet)
    columns = read_run(tmp_path / "run.run.h5").columns
    epochs = [used[start : start + 3] for start in range(0, len(used), 3)]
    assert len(epochs) == len(columns["learning_rate"])
    assert columns["learning_rate"] == pytest.approx([statistics.fmean(rates) for rates in epochs], rel=1e-12)
    assert columns["first_learning_rate"].tolist() == [rates[0] for rates in epochs]
    assert columns["last_learning_rate"].tolist() == [rates[-1] for rates in epochs]


def test_the_test_scores_of_each_epoch_are_those_of_its_checkpoint(tmp_path, recipe, few_digits):
    dataset = few_digits()
    train(recipe(), dataset, tmp_path / "run", say=quiet, checkpoints=CheckpointRule(2))
    columns, samples = read_run(tmp_path / "run.run.h5").columns, dataset.split("test")
    kept = sorted((tmp_path / "run-checkpoints").iterdir())
    assert [path.name for path in kept] == [f"epoch-000{number}.safetensors" for number in (0, 2, 4)]
    for number, path in zip((2, 4), kept[1:], strict=True):
        model = build_model(recipe().model, from_data=dataset.model_arguments)
        load_into(model, read_checkpoint(path))
        with torch.no_grad():
            scores = model(normalized(padded_images(samples, 0), dataset)).double().log_softmax(1).numpy()
        assert columns["test_loss"][number - 1] == pytest.approx(
            -scores[np.arange(40), samples.targets].mean(), rel=1e-6
        )
        assert columns["test_accuracy"][number - 1] == (scores.argmax(1) == samples.targets).mean()


def test_the_training_scores_of_an_epoch_that_changes_nothing_are_those_of_its_weights(tmp_path, few_digits):
    still = Recipe(model="mlp", epochs=1, batch_size=32, learning_rate=1e-30, weight_decay=0.0, label_smoothing=0.1)
    path, dataset = train(still, few_digits(), tmp_path / "run", say=quiet), few_digits()
    columns = read_run(tmp_path / "run.run.h5").columns
    assert columns["train_loss"][0] == pytest.approx(read_checkpoint(path).recorded("train_loss"), rel=1e-6)
    assert columns["train_accuracy"][0] == read_checkpoint(path).recorded("train_accuracy")
    model, samples = build_model("mlp", from_data=dataset.model_arguments), dataset.split("train")
    load_into(model, read_checkpoint(path))
    inputs, targets = normalized(padded_images(samples, 0), dataset), torch.from_numpy(samples.targets)
    order = np.random.default_rng((1, 0)).permutation(90)
    lengths = []
    for start in range(0, 90, 32):
        chosen = order[start : start + 32]
        loss = torch.nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen], label_smoothing=0.1)
        parts = torch.autograd.grad(loss, list(model.parameters()))
        lengths.append(sum(part.square().sum() for part in parts).sqrt().item())
    assert columns["gradient_norm"][0] == pytest.approx(statistics.fmean(lengths), rel=1e-5)


def test_seconds_are_those_that_passed(tmp_path, recipe, few_digits, monkeypatch):
    train(recipe(), few_digits(), tmp_path / "run", say=quiet)
    run = read_run(tmp_path / "run.run.h5")
    assert (run.columns["epoch_s"] >= 3 * run.columns["update_s"]).all() and (run.columns["update_s"] > 0).all()
    assert run.origin.record["seconds"] == pytest.approx(run.columns["epoch_s"].sum())


def test_steps_are_counted_over_epochs(tmp_path, recipe, few_digits):
    train(recipe(epochs=3), few_digits(), tmp_path / "run", say=quiet, checkpoints=CheckpointRule(4, "step"))
    kept = sorted(path.name for path in (tmp_path / "run-checkpoints").iterdir())
    assert kept == [f"step-00000{number}.safetensors" for number in (0, 4, 8)]
    found = read_checkpoint(tmp_path / "run-checkpoints" / kept[1])
    assert found.recorded("step") == 4 and found.recorded("recipe")["seed"] == 3


def test_the_first_checkpoint_is_the_networks_beginning(tmp_path, recipe, few_digits):
    train(recipe(epochs=1), few_digits(), tmp_path / "run", say=quiet, checkpoints=CheckpointRule(1))
    torch.manual_seed(3)
    fresh = build_model(recipe().model, from_data=few_digits().model_arguments).state_dict()
    found = read_checkpoint(tmp_path / "run-checkpoints/epoch-0000.safetensors").tensors
    assert all(torch.equal(found[name], fresh[name]) for name in fresh)


@pytest.mark.parametrize(
    "text, rule",
    [
        ("5", CheckpointRule(5)),
        ("1epoch", CheckpointRule(1)),
        ("100step", CheckpointRule(100, "step")),
        ("2steps", CheckpointRule(2, "step")),
    ],
)
def test_how_often_to_keep_weights_is_read(text, rule):
    assert CheckpointRule.from_text(text) == rule


@pytest.mark.parametrize("text", ["0", "-1", "step", "3 days", "1.5", ""])
def test_how_often_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError) as caught:
        CheckpointRule.from_text(text)
    assert str(caught.value) == (
        f"--checkpoint-every must be a number of epochs such as 5, or of steps such as 100step, not {text!r}"
    )


# The training accuracy to reach.


def accuracy_on(path, samples, dataset) -> float:
    model = build_model("mlp", from_data=dataset.model_arguments)
    load_into(model, read_checkpoint(path))
    with torch.no_grad():
        scores = model(normalized(padded_images(samples, 0), dataset))
    return (scores.argmax(1).numpy() == samples.targets).mean()


def test_a_run_stops_at_the_first_epoch_that_reaches_the_training_accuracy_on_the_fixed_subset(tmp_path):
    dataset, said = digits(), []
    recipe = Recipe(
        model="mlp", schedule="constant", crop=1, until_train_accuracy=0.96, accuracy_subset=300, subset_seed=5
    )
    path = train(recipe, dataset, tmp_path / "run", say=said.append, checkpoints=CheckpointRule(1))
    run = read_run(tmp_path / "run.run.h5")
    reached = run.columns["subset_accuracy"]
    assert 1 < run.num_epochs < 30 and reached[-1] >= 0.96 and (reached[:-1] < 0.96).all()
    assert run.origin.record["ended"] == "train accuracy reached" and not run.origin.record["under_trained"]
    train_samples = dataset.split("train")
    chosen = stratified_subset(train_samples, 300, 5)
    subset = type(train_samples)(train_samples.inputs[chosen], train_samples.targets[chosen])
    for number, accuracy in enumerate(reached, 1):
        kept = tmp_path / f"run-checkpoints/epoch-{number:04d}.safetensors"
        assert accuracy_on(kept, subset, dataset) == accuracy
    assert read_checkpoint(path).recorded("subset_accuracy") == reached[-1]
    assert read_checkpoint(path).recorded("under_trained") is False
    assert "; train accuracy reached" not in said[0] and said[0].endswith("min left at most")


def test_two_runs_are_measured_on_the_same_images_whatever_their_seeds(tmp_path):
    columns = []
    for seed in (1, 2):
        still = Recipe(
            model="mlp", epochs=1, learning_rate=1e-30, until_train_accuracy=1.0, accuracy_subset=50, seed=seed
        )
        given = read_checkpoint(tmp_path / "1.safetensors") if seed == 2 else None
        train(still, digits(), tmp_path / str(seed), say=quiet, start=given)
        columns.append(read_run(tmp_path / f"{seed}.run.h5").columns)
    assert columns[0]["subset_loss"][0] == columns[1]["subset_loss"][0]


def test_a_run_that_does_not_reach_it_is_labelled_under_trained(tmp_path, recipe, few_digits):
    said = []
    path = train(recipe(until_train_accuracy=1.0), few_digits(), tmp_path / "run", say=said.append)
    record = read_run(tmp_path / "run.run.h5").origin.record
    assert record["under_trained"] is True and record["ended"] == "all epochs done"
    assert read_checkpoint(path).recorded("under_trained") is True
    assert said[-2] == "under-trained: 100.00% train accuracy was not reached (all epochs done)"


def test_a_subset_of_the_training_images_is_what_is_trained_on(tmp_path, few_digits):
    recipe = Recipe(model="mlp", epochs=1, num_train=40, subset_seed=2, batch_size=16)
    path = train(recipe, few_digits(), tmp_path / "run", say=quiet)
    samples = few_digits().split("train")
    chosen = stratified_subset(samples, 40, 2)
    subset = type(samples)(samples.inputs[chosen], samples.targets[chosen])
    assert accuracy_on(path, subset, few_digits()) == read_checkpoint(path).recorded("train_accuracy")


def test_a_plateau_that_no_lower_rate_ends_stops_the_run(tmp_path, recipe, few_digits):
    still = recipe(
        schedule="plateau", patience=1, learning_rate=1e-20, factor=0.5, lowest=0.2, epochs=30, weight_decay=0
    )
    train(still, few_digits(), tmp_path / "run", say=quiet)
    run = read_run(tmp_path / "run.run.h5")
    assert run.origin.record["ended"] == "no lower train loss for 2 epochs" and 3 <= run.num_epochs < 30


def test_early_stopping_watches_the_loss_that_it_is_told(tmp_path, recipe, few_digits):
    never_better = recipe(schedule="constant", learning_rate=1e-30, weight_decay=0, early_stop=2, watch="test", crop=0)
    train(never_better, few_digits(), tmp_path / "run", say=quiet)
    run = read_run(tmp_path / "run.run.h5")
    losses = run.columns["test_loss"]
    best = int(np.argmin(losses))
    assert run.origin.record["ended"] in ("no lower test loss for 2 epochs", "all epochs done")
    assert run.num_epochs <= best + 3


# What batch norm saw.


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "whole batches of 32"),
        ({"accumulate": 4}, "ghost batch norm: 8 of 32 at a time (4 parts accumulated)"),
        ({"model": "mlp", "accumulate": 4}, "none"),
        ({"batch_size": 500}, "whole batches of 90"),
        (
            {"batch_size": 500, "num_train": 70, "accumulate": 3},
            "ghost batch norm: 23 of 70 at a time (3 parts accumulated)",
        ),
    ],
)
def test_what_batch_norm_saw_is_recorded(tmp_path, recipe, few_digits, changes, words):
    path = train(recipe(epochs=1, **changes), few_digits(), tmp_path / "run", say=quiet, command="landscape train x")
    record = read_run(tmp_path / "run.run.h5").origin.record
    assert record["batch_norm"] == words and read_checkpoint(path).metadata["batch_norm"] == words
    assert record["command"] == "landscape train x"


def test_ranks_are_said_to_see_a_part_each():
    model = torch.nn.BatchNorm2d(3)
    assert batch_norm_words(Recipe(ranks=2, batch_size=100), model) == (
        "ghost batch norm: 50 of 100 at a time (2 ranks, running statistics averaged over them)"
    )
    assert batch_norm_words(Recipe(ranks=2, accumulate=5, batch_size=100), model) == (
        "ghost batch norm: 10 of 100 at a time (5 parts accumulated; 2 ranks, running statistics averaged over them)"
    )
