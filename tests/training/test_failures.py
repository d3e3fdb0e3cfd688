"""What can't be trained on is refused; what goes wrong on the way ends the run in one sentence, its state kept."""

import base64
import errno
import gzip
import math
import os
import re

import numpy as np
import pytest
from quiet_runs import quiet, refusal

from landscape.problem.checkpoints import read_checkpoint
from landscape.problem.datasets import Dataset, Samples
from landscape.store.run_file import read_run
from landscape.training.loop import TrainingFailed, train

# What can't be trained on, and what goes wrong on the way.


def test_samples_that_are_no_images_of_classes_are_refused(tmp_path, recipe):
    dataset = Dataset("numbers", {"train": Samples(np.zeros((5, 3), np.float32), np.zeros(5))})
    said = refusal(recipe(), dataset, tmp_path / "run")
    assert said == (
        "training here takes images (samples, height, width, channels) with one whole number each as label; "
        "numbers (train) has inputs of shape (5, 3) and labels of shape (5,), float64; convert them first"
    )


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"num_train": 91}, "num train must lie between 1 and the 90 training images, not 91"),
        (
            {"until_train_accuracy": 0.5, "accuracy_subset": 71, "num_train": 70},
            "accuracy subset must lie between 1 and the 70 images trained on, not 71",
        ),
        (
            {"batch_size": 89},
            "the last batch of an epoch has 1 of the 90 samples, too few for batch norm, which needs 2; "
            "choose another --batch-size",
        ),
        (
            {"batch_size": 29, "accumulate": 2},
            "the last batch of an epoch has 3 of the 90 samples over 2 parts, too few for batch norm, which needs 2; "
            "choose another --batch-size",
        ),
        (
            {"batch_size": 88, "accumulate": 3, "model": "mlp"},
            "the last batch of an epoch has 2 of the 90 samples over 3 parts, too few for one each; "
            "choose another --batch-size",
        ),
    ],
)
def test_what_does_not_fit_the_data_is_refused(tmp_path, recipe, few_digits, changes, sentence):
    assert refusal(recipe(**changes), few_digits(), tmp_path / "run") == sentence
    assert [path.name for path in tmp_path.iterdir()] == ["own_model.py"]


def failure(*arguments, **options) -> str:
    with pytest.raises(TrainingFailed) as caught:
        train(*arguments, say=quiet, **options)
    return str(caught.value)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path, recipe, few_digits):
    said = failure(recipe(learning_rate=1e30, schedule="constant"), few_digits(), tmp_path / "run")
    assert re.fullmatch(
        r"training stopped after epoch 0: the loss became (inf|nan) at update \d+; try a lower --learning-rate; "
        "no epoch was finished",
        said,
    )
    assert not (tmp_path / "run.safetensors").exists()


def test_files_that_can_not_be_written_on_the_way_end_the_run_and_leave_the_state(tmp_path, recipe, few_digits):
    (tmp_path / "run.run.html").mkdir()
    page = tmp_path / "run.run.html"
    assert failure(recipe(), few_digits(), tmp_path / "run", stop_after=2) == (
        f"training stopped after epoch 2: {page} can't be written (is a directory); what stood there is as it was; "
        "the state after epoch 2 is kept"
    )
    page.rmdir()
    said = []
    train(recipe(), few_digits(), tmp_path / "run", say=said.append)
    assert said[0].startswith("going on after epoch 2 of 5")


@pytest.mark.parametrize("at, kept", [(1, "no state is kept"), (3, "the state after epoch 2 is kept")])
def test_what_is_said_to_be_kept_is_the_last_state_that_could_be_written(
    tmp_path, recipe, few_digits, monkeypatch, at, kept
):
    moves, rename = [], os.replace

    def full(part, path):
        moves.append(path.name)
        if moves.count("run.state.pt") == at:
            raise OSError(errno.ENOSPC, "")
        rename(part, path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        said = failure(recipe(), few_digits(), tmp_path / "run")
    state = tmp_path / "run.state.pt"
    assert said == (
        f"training stopped after epoch {at}: {state} can't be written (no space left on device); "
        f"what stood there is as it was; {kept}"
    )
    lines = []
    train(recipe(), few_digits(), tmp_path / "run", say=lines.append, stop_after=at)
    assert lines[0].startswith("epoch 1/5" if at == 1 else "going on after epoch 2 of 5")


def test_a_model_that_fails_is_named_with_its_place_before_anything_is_written(tmp_path, few_digits):
    from landscape.training.recipe import Recipe

    file = tmp_path / "failing.py"
    file.write_text(
        "from torch import nn\n"
        "class Failing(nn.Linear):\n"
        "    def forward(self, images):\n"
        "        raise ValueError('no way')\n"
        "def make():\n"
        "    return Failing(2, 2)\n"
    )
    assert refusal(Recipe(model=f"{file}:make"), few_digits(), tmp_path / "run") == (
        f"the model {file}:make can't be trained on digits, whose images are 8 pixels high and 8 wide with 1 channel: "
        f"ValueError in {file}:4: no way; choose another --model, --model-arg or --dataset"
    )
    assert not list(tmp_path.glob("run*"))


def test_a_model_that_fails_on_the_way_is_named_with_its_place(tmp_path, few_digits):
    from landscape.training.recipe import Recipe

    file = tmp_path / "failing.py"
    file.write_text(
        "from torch import nn\n"
        "class Failing(nn.Linear):\n"
        "    def forward(self, images):\n"
        "        if len(images) > 2:\n"
        "            raise RuntimeError('no way')\n"
        "        return super().forward(images.flatten(1))\n"
        "def make():\n"
        "    return Failing(64, 10)\n"
    )
    assert failure(Recipe(model=f"{file}:make"), few_digits(), tmp_path / "run") == (
        f"training stopped after epoch 0: RuntimeError in {file}:5: no way; no epoch was finished"
    )


# What is no run.

ONE_UPDATE = {"model": "mlp", "epochs": 1, "batch_size": 90, "optimizer": "sgd", "schedule": "constant"}


def test_a_last_update_that_leaves_no_loss_ends_the_run(tmp_path, recipe, few_digits):
    said = failure(recipe(**ONE_UPDATE, learning_rate=1e30), few_digits(), tmp_path / "run")
    assert said == (
        "training stopped after epoch 0: the loss became nan; try a lower --learning-rate; no epoch was finished"
    )
    assert [path.name for path in tmp_path.glob("run*")] == []


def test_last_scores_that_are_no_numbers_end_the_run(tmp_path, recipe, few_digits):
    dataset = few_digits()
    untested = Dataset("digits", {"train": dataset.split("train")}, dataset.mean, dataset.std)
    for _ in range(2):  # the state leads there again
        said = failure(recipe(**ONE_UPDATE, learning_rate=1e30), untested, tmp_path / "run")
        assert said == (
            "training stopped after epoch 1: the loss became nan; try a lower --learning-rate; "
            "the state after epoch 1 is kept"
        )
        assert not (tmp_path / "run.safetensors").exists()
    assert "weights" not in read_run(tmp_path / "run.run.h5").origin.record["scores"]


def test_weights_that_are_no_numbers_end_the_run(tmp_path, recipe, few_digits):
    dataset = few_digits()
    untested = Dataset("digits", {"train": dataset.split("train")}, dataset.mean, dataset.std)
    huge = recipe(**ONE_UPDATE | {"epochs": 2}, learning_rate=3e38, weight_decay=100.0)
    assert failure(huge, untested, tmp_path / "run") == (
        "training stopped after epoch 0: the weights became inf or nan; try a lower --learning-rate; "
        "no epoch was finished"
    )


NEVER_ZERO = """
import torch
from torch import nn
class Sure(nn.Linear):
    def forward(self, images):
        flat = images.flatten(1)
        blank = (flat == flat[:, :1]).all(1)[:, None] & (torch.arange(10) == 0)
        return super().forward(flat).masked_fill(blank, -torch.inf)
def make(*, num_classes):
    return Sure(64, num_classes)
"""


def test_an_infinite_test_loss_beside_a_finite_train_loss_is_a_number_in_every_file(tmp_path, recipe, few_digits):
    (tmp_path / "sure.py").write_text(NEVER_ZERO)
    dataset = few_digits()
    test = dataset.split("test")
    test.inputs[0], test.targets[0] = 0, 0
    path = train(recipe(model=f"{tmp_path / 'sure.py'}:make", epochs=2), dataset, tmp_path / "run", say=quiet)
    found, run = read_checkpoint(path), read_run(tmp_path / "run.run.h5")
    assert found.recorded("test_loss") == math.inf and found.recorded("history")[1]["test_loss"] == math.inf
    assert 0 < found.recorded("train_loss") < math.inf
    assert run.columns["test_loss"].tolist() == [math.inf] * 2
    assert run.origin.record["scores"]["weights"]["test_loss"] == math.inf
    packed = re.search(r'id="page-data">([^<]*)<', (tmp_path / "run.run.html").read_text())[1]
    assert b"Infinity" not in gzip.decompress(base64.b64decode(packed))  # a browser would read nothing of it
