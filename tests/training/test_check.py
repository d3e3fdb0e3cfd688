"""What is found out before the first update: whether two images go through, and whether labels are classes."""

import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from landscape.problem.datasets import Dataset, Samples
from landscape.store.run_file import read_run
from landscape.training import check
from landscape.training.loop import train
from landscape.training.recipe import Recipe


def quiet(line: str) -> None:
    pass


def refusal(recipe: Recipe, dataset: Dataset, tmp_path) -> str:
    """Return the sentence with which a run is refused; nothing was written."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError) as caught:
        train(recipe, dataset, tmp_path / "folder" / "run", say=quiet)
    assert [path for path in sorted(tmp_path.rglob("*")) if "__pycache__" not in path.parts] == before
    return str(caught.value)


def pictures(height: int, width: int, channels: int = 3, *, labels=(0, 1, 2, 1, 0, 2), splits=("train", "test")):
    """Return a data set of uint8 noise."""
    images = np.random.default_rng(5).integers(0, 256, (len(labels), height, width, channels), np.uint8)
    return Dataset("pictures", {name: Samples(images, np.asarray(labels)) for name in splits})


@pytest.mark.parametrize("changes", [{}, {"optimizer": "sam", "precision": "bf16", "swa_from": 1}])
def test_the_check_changes_no_bit_of_what_a_run_ends_with(tmp_path, recipe, few_digits, monkeypatch, changes):
    settings = recipe(epochs=3, batch_size=40, **changes)
    train(settings, few_digits(), tmp_path / "tried", say=quiet)
    tries = []
    monkeypatch.setattr(check, "_num_outputs", lambda *given: tries.append(given) or 10)
    train(settings, few_digits(), tmp_path / "untried", say=quiet)
    assert len(tries) == 1
    one, other = (load_file(tmp_path / f"{name}.safetensors") for name in ("tried", "untried"))
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    columns, others = (read_run(tmp_path / f"{name}.run.h5").columns for name in ("tried", "untried"))
    assert all(np.array_equal(columns[name], others[name]) for name in columns if not name.endswith("_s"))


def test_the_check_leaves_network_mode_and_random_numbers_as_they_were(recipe, few_digits):
    layers = torch.nn.Conv2d(1, 3, 5), torch.nn.BatchNorm2d(3), torch.nn.Dropout(), torch.nn.Flatten()
    model = torch.nn.Sequential(*layers, torch.nn.LazyLinear(10)).eval()
    model(torch.zeros(1, 1, 8, 8))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(12)
    wanted = torch.rand(4)
    torch.manual_seed(12)
    check.checked(recipe(), few_digits(), model)
    assert torch.equal(torch.rand(4), wanted)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_model_for_other_channels_is_refused_with_what_came(tmp_path, few_digits):
    said = refusal(Recipe(model="torchvision:resnet18", num_train=64), few_digits(), tmp_path)
    assert re.fullmatch(
        "the model torchvision:resnet18 can't be trained on digits, whose images are 8 pixels high and 8 wide with "
        r"1 channel: RuntimeError in \S+conv.py:\d+: .* to have 3 channels, but got 1 channels instead; "
        "choose another --model, --model-arg or --dataset",
        said,
    )


def test_labels_beyond_the_networks_scores_are_refused(tmp_path, few_digits):
    said = refusal(Recipe(model="mlp", model_arguments={"num_classes": 5}), few_digits(), tmp_path)
    assert said == (
        "the model mlp gives 5 scores, but digits (train) has labels up to 9; give the model 10 classes "
        "(such as --model-arg num_classes=10), or number the labels anew"
    )


def test_labels_of_the_test_split_are_checked_too(tmp_path):
    dataset = pictures(8, 8)
    dataset.splits["test"] = Samples(dataset.splits["test"].inputs, np.array([0, 1, 2, 3, 4, 5]))
    said = refusal(Recipe(model="mlp", model_arguments={"num_classes": 3}), dataset, tmp_path)
    assert said.startswith("the model mlp gives 3 scores, but pictures (test) has labels up to 5; ")


def test_labels_below_0_are_refused(tmp_path):
    said = refusal(Recipe(model="mlp"), pictures(8, 8, labels=(0, -1, 1, 1, 0, 1)), tmp_path)
    assert said == ("the labels of pictures (train) must be classes from 0 on, but the least is -1; number them anew")


@pytest.mark.parametrize("model", ["mlp", "vgg9", "vgg11"])
def test_a_model_built_for_square_images_says_so_of_others(tmp_path, model):
    said = refusal(Recipe(model=model), pictures(8, 12), tmp_path)
    assert said.startswith(
        f"the model {model} can't be trained on pictures, whose images are 8 pixels high and 12 wide with 3 channels "
        "(it is built for square images, of `image_size` pixels a side): "
    )


@pytest.mark.parametrize("model", ["resnet20", "wrn"])
def test_residual_networks_take_images_of_any_shape(tmp_path, model):
    small = {"depth": 10, "width": 1} if model == "wrn" else {}
    train(Recipe(model=model, model_arguments=small, epochs=1), pictures(8, 12), tmp_path / "run", say=quiet)
    assert (tmp_path / "run.safetensors").is_file()


RETURNS = {
    "scores, scores": "a tensor of scores (images, classes) was expected, and it returns a tuple",
    "scores if not self.training else {'scores': scores}": "a tensor of scores (images, classes) was expected, and it returns a dict",
    "scores[:, :, None]": "scores of shape (2, classes) were expected for 2 images, not (2, 10, 1)",
    "scores.sum(0)": "scores of shape (2, classes) were expected for 2 images, not (10,)",
}


@pytest.mark.parametrize("returned", RETURNS)
def test_what_is_no_tensor_of_scores_is_refused(tmp_path, few_digits, returned):
    file = tmp_path / "own.py"
    file.write_text(
        "from torch import nn\n"
        "class Own(nn.Linear):\n"
        "    def forward(self, images):\n"
        "        scores = super().forward(images.flatten(1))\n"
        f"        return {returned}\n"
        "def make():\n"
        "    return Own(64, 10)\n"
    )
    assert refusal(Recipe(model=f"{file}:make"), few_digits(), tmp_path) == (
        f"the model {file}:make can't be trained on digits, whose images are 8 pixels high and 8 wide with 1 channel: "
        f"{RETURNS[returned]}; let its forward return one score a class"
    )


def test_a_network_that_can_not_be_copied_is_trained_untried(tmp_path, few_digits):
    file = tmp_path / "own.py"
    file.write_text(
        "from torch import nn\n"
        "class Own(nn.Linear):\n"
        "    def __deepcopy__(self, memo):\n"
        "        raise RuntimeError('not this one')\n"
        "    def forward(self, images):\n"
        "        return super().forward(images.flatten(1))\n"
        "def make():\n"
        "    return Own(64, 10)\n"
    )
    train(Recipe(model=f"{file}:make", epochs=1), few_digits(), tmp_path / "run", say=quiet)
    assert (tmp_path / "run.safetensors").is_file()


@pytest.mark.parametrize("crop", [8, 50, 100_000])
def test_a_crop_that_leaves_nothing_of_an_image_is_refused(tmp_path, crop):
    assert refusal(Recipe(model="resnet20", crop=crop), pictures(12, 8), tmp_path) == (
        f"crop must be below the images' shorter side, of 8 pixels, not {crop}: nothing of an image would be left"
    )


@pytest.mark.parametrize("settings", [{"schedule": "plateau"}, {"early_stop": 2}])
def test_a_test_loss_that_is_not_there_can_not_be_watched(tmp_path, settings):
    said = refusal(Recipe(model="mlp", watch="test", **settings), pictures(8, 8, splits=("train",)), tmp_path)
    assert said == "the test loss is to be watched, but pictures has no test samples; give --watch train"


def test_splits_of_other_shapes_are_refused(tmp_path):
    dataset = pictures(8, 8)
    dataset.splits["test"] = pictures(8, 9).splits["test"]
    assert refusal(Recipe(model="resnet20"), dataset, tmp_path) == (
        "the images of all splits must be alike; pictures (test) has uint8 of shape (8, 9, 3), the training images are "
        "uint8 of shape (8, 8, 3); convert them first"
    )


@pytest.mark.parametrize("labels", [np.array([[0], [1], [2], [1], [0], [2]]), np.array([0.0, 1, 2, 1, 0, 2])])
def test_labels_that_are_no_whole_numbers_are_named_with_shape_and_type(tmp_path, labels):
    dataset = pictures(8, 8)
    dataset.splits["train"] = Samples(dataset.splits["train"].inputs, labels)
    assert refusal(Recipe(model="mlp"), dataset, tmp_path) == (
        "training here takes images (samples, height, width, channels) with one whole number each as label; pictures "
        f"(train) has inputs of shape (6, 8, 8, 3) and labels of shape {labels.shape}, {labels.dtype}; convert them first"
    )
