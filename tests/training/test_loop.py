import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from landscape.problem.batches import SampleBatches
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import Dataset, Samples, digits
from landscape.problem.losses import cross_entropy
from landscape.problem.models import build_model
from landscape.problem.problem import Problem
from landscape.training.batches import normalized, padded_images, training_batches
from landscape.training.loop import schedule_of, train
from landscape.training.recipe import Recipe
from landscape.weights import digest

OWN = """
from torch import nn
def make(*, num_classes):
    layers = [nn.Conv2d(1, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(36, num_classes))
"""


@pytest.fixture
def recipe(tmp_path):
    """Return a function that makes a recipe of a small network with batch norm and dropout."""
    file = tmp_path / "own_model.py"
    file.write_text(OWN)

    def make(**changes) -> Recipe:
        settings = {"model": f"{file}:make", "epochs": 5, "batch_size": 32, "crop": 1, "flip": True, "seed": 3}
        return Recipe(**(settings | changes))

    return make


def few_digits() -> Dataset:
    """Return 90 train and 40 test digits: the last batch of 32 is short."""
    whole = digits()
    splits = {
        name: Samples(whole.split(name).inputs[:n], whole.split(name).targets[:n])
        for name, n in (("train", 90), ("test", 40))
    }
    return Dataset("digits", splits, whole.mean, whole.std)


def quiet(line: str) -> None:
    pass


def tensors_and_metadata(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schedule": "cosine", "momentum": 0.0},
        {"schedule": "constant", "nesterov": False, "flip": False},
        {"precision": "bf16"},
        {"model": "resnet20", "epochs": 3, "batch_size": 90},
    ],
)
def test_a_run_that_was_left_ends_with_the_same_bits_as_one_that_was_not(tmp_path, recipe, changes):
    whole = train(recipe(**changes), few_digits(), tmp_path / "whole", say=quiet)
    for epochs in (1, 2):
        left = train(recipe(**changes), few_digits(), tmp_path / "parts", say=quiet, stop_after=epochs)
        assert left == tmp_path / "parts.state.pt" and not (tmp_path / "parts.safetensors").exists()
        torch.manual_seed(99)  # another process would stand elsewhere in its random numbers
        np.random.seed(99)
    parts = train(recipe(**changes), few_digits(), tmp_path / "parts", say=quiet)
    (first, said), (second, also_said) = tensors_and_metadata(whole), tensors_and_metadata(parts)
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    assert {**said, "train_seconds": ""} == {**also_said, "train_seconds": ""}


def test_going_on_is_said(tmp_path, recipe):
    said = []
    train(recipe(), few_digits(), tmp_path / "run", say=quiet, stop_after=2)
    train(recipe(), few_digits(), tmp_path / "run", say=said.append)
    assert said[0] == f"going on after epoch 2 of 5 ({tmp_path / 'run.state.pt'})"
    assert [line.split(":")[0] for line in said[1:4]] == ["epoch 3/5", "epoch 4/5", "epoch 5/5"]
    assert said[-1] == f"weights in {tmp_path / 'run.safetensors'}"


def test_another_seed_ends_elsewhere(tmp_path, recipe):
    first, other = (
        tensors_and_metadata(train(recipe(seed=seed, epochs=1), few_digits(), tmp_path / str(seed), say=quiet))[0]
        for seed in (1, 2)
    )
    assert not any(torch.equal(first[name], other[name]) for name in ("0.weight", "5.weight"))


def test_a_state_of_another_recipe_is_refused_and_names_what_changed(tmp_path, recipe):
    out = tmp_path / "run"
    train(recipe(), few_digits(), out, say=quiet, stop_after=1)
    sentence = (
        f"{tmp_path / 'run.state.pt'} belongs to another run (epochs 5 there, 6 now, seed 3 there, 4 now); "
        "choose another --out or remove it"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        train(recipe(epochs=6, seed=4), few_digits(), out, say=quiet)


def test_a_run_from_given_weights_starts_there_and_names_them(tmp_path, recipe):
    given = read_checkpoint(train(recipe(epochs=1), few_digits(), tmp_path / "given", say=quiet))
    still = recipe(epochs=1, learning_rate=1e-30, weight_decay=0.0, seed=8)
    found = read_checkpoint(train(still, few_digits(), tmp_path / "run", start=given, say=quiet))
    for name in ("0.weight", "1.bias", "5.weight"):
        assert torch.equal(found.tensors[name], given.tensors[name])
    assert found.recorded("recipe")["start"] == digest(given.tensors)


def test_a_state_that_started_from_other_weights_is_refused(tmp_path, recipe):
    given = read_checkpoint(train(recipe(epochs=1), few_digits(), tmp_path / "given", say=quiet))
    train(recipe(), few_digits(), tmp_path / "run", start=given, say=quiet, stop_after=1)
    sentence = (
        f"{tmp_path / 'run.state.pt'} belongs to another run (start {digest(given.tensors)!r} there, '' now); "
        "choose another --out or remove it"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        train(recipe(), few_digits(), tmp_path / "run", say=quiet)


def test_the_recorded_scores_are_those_that_are_measured_again(tmp_path, recipe):
    path, dataset = train(recipe(), few_digits(), tmp_path / "run", say=quiet), few_digits()
    checkpoint = read_checkpoint(path)
    model = build_model(checkpoint.recorded("model"), from_data=dataset.model_arguments)
    load_into(model, checkpoint)
    norms = {"mean": checkpoint.recorded("mean"), "std": checkpoint.recorded("std")}
    batches = {
        name: SampleBatches(samples, np.arange(len(samples)), batch_size=7, **norms)
        for name, samples in dataset.splits.items()
    }
    problem = Problem(model, cross_entropy, batches)
    for name, value in problem.measure(problem.center).items():
        assert value == pytest.approx(checkpoint.recorded(name), rel=1e-6)  # float32, in other batches


def test_a_file_of_weights_tells_how_it_came_about(tmp_path, recipe):
    checkpoint = read_checkpoint(train(recipe(), few_digits(), tmp_path / "run", say=quiet))
    assert checkpoint.recorded("format") == "landscape checkpoint 1"
    assert checkpoint.recorded("dataset") == "digits" and checkpoint.recorded("recipe") == json.loads(
        recipe().as_json()
    )
    history = checkpoint.recorded("history")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5]
    assert history[-1]["test_loss"] == checkpoint.recorded("test_loss")
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_nothing_half_written_is_left_beside_the_weights(tmp_path, recipe):
    train(recipe(), few_digits(), tmp_path / "run", say=quiet)
    assert sorted(path.name for path in tmp_path.glob("run*")) == ["run.safetensors", "run.state.pt"]


def test_samples_that_are_no_images_of_classes_are_refused(tmp_path, recipe):
    dataset = Dataset("numbers", {"train": Samples(np.zeros((5, 3), np.float32), np.zeros(5))})
    sentence = "training here takes images with class labels; numbers has other samples"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        train(recipe(), dataset, tmp_path / "run", say=quiet)


# Recipes.


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"epochs": 0}, "epochs must be 1 or more, not 0"),
        ({"batch_size": 0}, "batch size must be 1 or more, not 0"),
        ({"crop": -1}, "crop must be 0 or more, not -1"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
        ({"learning_rate": 0.0}, "the learning rate must be above 0, not 0.0"),
        ({"learning_rate": float("nan")}, "the learning rate must be above 0, not nan"),
        ({"momentum": 1.0}, "momentum must lie in [0, 1), not 1.0"),
        ({"weight_decay": -0.1}, "weight decay must be 0 or more, not -0.1"),
        ({"schedule": "step"}, "unknown schedule 'step'; choose one of constant, cosine, one-cycle"),
        ({"precision": "half"}, "unknown precision 'half'; choose one of float32, bf16"),
    ],
)
def test_a_recipe_that_can_not_be_followed_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Recipe(**changes)


def rates(schedule: str) -> list[float]:
    """Return the learning rate of each of 10 updates."""
    recipe = Recipe(schedule=schedule, learning_rate=0.2)
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.2)
    scheduler = schedule_of(recipe, optimizer, 10)
    found = []
    for _ in range(10):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_a_constant_schedule_stays():
    assert rates("constant") == [0.2] * 10


def test_a_cosine_schedule_falls_from_the_given_rate_along_half_a_wave():
    assert rates("cosine") == pytest.approx([0.1 * (1 + np.cos(np.pi * step / 10)) for step in range(10)])


def test_a_one_cycle_schedule_rises_to_the_given_rate_and_falls_near_zero():
    found = rates("one-cycle")
    assert max(found) == pytest.approx(0.2) and 0 < found.index(max(found)) < 5
    assert found[0] == pytest.approx(0.2 / 25) and found[-1] < 1e-5


# Training batches, against a slow loop.


def pictures(number: int = 11) -> tuple[Samples, Dataset]:
    """Return images whose first pixel of the first channel numbers them, in a data set of odd means."""
    random = np.random.default_rng(1)
    images = random.integers(1, 256, (number, 4, 5, 2), np.uint8)
    samples = Samples(images, np.arange(number))
    return samples, Dataset("pictures", {"train": samples}, (0.2, 0.6), (0.5, 2.0))


def epoch(samples, dataset, *, crop: int, flip: bool, seed=(3, 0)) -> list[tuple[torch.Tensor, torch.Tensor]]:
    images = padded_images(samples, crop)
    return list(training_batches(images, samples.targets, dataset, batch_size=4, crop=crop, flip=flip, seed=seed))


@pytest.mark.parametrize("crop, flip", [(0, False), (2, True)])
def test_each_sample_comes_once_an_epoch(crop, flip):
    batches = epoch(*pictures(), crop=crop, flip=flip)
    assert [len(targets) for _, targets in batches] == [4, 4, 3]
    assert sorted(torch.cat([targets for _, targets in batches]).tolist()) == list(range(11))


def test_without_shift_and_mirror_images_are_as_they_are():
    samples, dataset = pictures()
    for inputs, targets in epoch(samples, dataset, crop=0, flip=False):
        assert torch.equal(inputs, normalized(samples.inputs[targets], dataset))


def test_training_images_are_normalized_as_measured_ones_are():
    samples, dataset = pictures()
    measured, _ = next(iter(SampleBatches(samples, np.arange(11), batch_size=11, mean=dataset.mean, std=dataset.std)))
    assert torch.allclose(normalized(samples.inputs, dataset), measured, atol=1e-6)


def test_floating_point_images_are_normalized_as_measured_ones_are():
    dataset = digits()
    samples = dataset.split("test")
    measured, _ = next(iter(SampleBatches(samples, np.arange(9), batch_size=9, mean=dataset.mean, std=dataset.std)))
    assert torch.allclose(normalized(padded_images(samples, 0)[:9], dataset), measured, atol=1e-6)


def shifted_slowly(image: np.ndarray, down: int, right: int, is_mirrored: bool) -> np.ndarray:
    """Move an image pixel by pixel, zeros coming in, and then mirror it."""
    height, width, _ = image.shape
    result = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[row, column] = image[row - down, column - right]
    return result[:, ::-1] if is_mirrored else result


def ways_seen(crop: int, flip: bool) -> set[tuple[int, int, bool]]:
    """Find how each training image of many epochs was moved; fail where no way explains it."""
    samples, dataset = pictures()
    ways = [
        (down, right, m) for down in range(-crop, crop + 1) for right in range(-crop, crop + 1) for m in {False, flip}
    ]
    tables = [
        {normalized(shifted_slowly(image, *way)[None], dataset).numpy().tobytes(): way for way in ways}
        for image in samples.inputs
    ]
    return {
        tables[target][inputs[place : place + 1].numpy().tobytes()]
        for number in range(40)
        for inputs, targets in epoch(samples, dataset, crop=crop, flip=flip, seed=(3, number))
        for place, target in enumerate(targets.tolist())
    }


def test_images_are_shifted_by_up_to_the_crop_in_all_ways_and_mirrored_or_not():
    assert ways_seen(1, True) == {
        (down, right, m) for down in (-1, 0, 1) for right in (-1, 0, 1) for m in (False, True)
    }


def test_images_are_not_mirrored_unless_told():
    assert ways_seen(1, False) == {(down, right, False) for down in (-1, 0, 1) for right in (-1, 0, 1)}


def test_another_epoch_has_another_order_and_the_same_epoch_the_same():
    first, again, other = (epoch(*pictures(), crop=2, flip=True, seed=(3, number)) for number in (0, 0, 1))
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(first, again))
    assert [targets.tolist() for _, targets in first] != [targets.tolist() for _, targets in other]
