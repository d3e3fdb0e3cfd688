"""What can't be trained on is refused; what goes wrong on the way ends the run in one sentence, its state kept."""

import re

import numpy as np
import pytest

from landscape.problem.datasets import Dataset, Samples
from landscape.training.loop import TrainingFailed, train


def quiet(line: str) -> None:
    pass


def refusal(*arguments, **options) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        train(*arguments, say=quiet, **options)
    return str(caught.value)


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
        "            raise ValueError('no way')\n"
        "        return super().forward(images.flatten(1))\n"
        "def make():\n"
        "    return Failing(64, 10)\n"
    )
    assert failure(Recipe(model=f"{file}:make"), few_digits(), tmp_path / "run") == (
        f"training stopped after epoch 0: ValueError in {file}:5: no way; no epoch was finished"
    )
