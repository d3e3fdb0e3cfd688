"""The loss at the center, for every residual and plain network that comes with the tool, against a forward pass written here."""

import functools
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.nn import functional
from torchvision.transforms.functional import convert_image_dtype, normalize

from landscape.directions import random_direction
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.batches import SampleBatches
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import Samples
from landscape.problem.losses import cross_entropy
from landscape.problem.models import build_model
from landscape.problem.problem import Problem

FOLDER = Path(__file__).parents[2] / "models" / "weights"
FILES = sorted(FOLDER.glob("*.safetensors"))
NUM_SAMPLES = {"float32": 300, "float64": 60}  # of each split, for the time that it takes


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return file.metadata()


ON_DIGITS = [path for path in FILES if metadata_of(path)["dataset"] == "digits"]
# Those whose forward pass is written out here.
RESIDUAL = [path for path in FILES if metadata_of(path)["model"].startswith(("resnet", "vgg56"))]


@functools.cache
def digits_arrays() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    is_test = np.arange(1797) % 5 == 4
    return {"train": (images[~is_test], labels[~is_test]), "test": (images[is_test], labels[is_test])}


@functools.cache
def cifar10_arrays(data_dir: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    with np.load(data_dir / "cifar10.npz") as archive:
        return {"test": (archive["test_images"], archive["test_labels"].astype(np.int64))}


# A residual network with or without shortcuts, as plain functions of named tensors.


def convolved(tensors, name: str, images, stride: int = 1):
    weight = tensors[f"{name}.weight"]
    return functional.conv2d(images, weight, stride=stride, padding=weight.shape[-1] // 2)


def normed(tensors, name: str, images):
    mean, var, scale, shift = (tensors[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(images, mean, var, scale, shift)


def carried(tensors, name: str, images, stride: int):
    """Return what a shortcut adds: projected where the file has a projection, or else halved and filled with zeros."""
    if f"{name}.shortcut.0.weight" in tensors:
        return normed(tensors, f"{name}.shortcut.1", convolved(tensors, f"{name}.shortcut.0", images, stride))
    missing = tensors[f"{name}.conv1.weight"].shape[0] - images.shape[1]
    return functional.pad(images[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, missing))


def scores(tensors, images, has_shortcuts: bool):
    assert "stage1.0.conv1.weight" in tensors, "these weights are of an architecture that is not written out here"
    images = normed(tensors, "bn1", convolved(tensors, "conv1", images)).relu()
    for stage, block in itertools.product((1, 2, 3), range(100)):
        name = f"stage{stage}.{block}"
        if f"{name}.conv1.weight" in tensors:
            stride = 2 if stage > 1 and block == 0 else 1
            inner = normed(tensors, f"{name}.bn1", convolved(tensors, f"{name}.conv1", images, stride)).relu()
            inner = normed(tensors, f"{name}.bn2", convolved(tensors, f"{name}.conv2", inner))
            images = (inner + carried(tensors, name, images, stride) if has_shortcuts else inner).relu()
    return functional.linear(images.mean((2, 3)), tensors["linear.weight"], tensors["linear.bias"])


def plainly(path: Path, inputs: np.ndarray, labels: np.ndarray, kind: torch.dtype) -> dict[str, float]:
    """Return mean loss and accuracy, from torch and torchvision alone."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name).to(kind) for name in file.keys() if "num_batches" not in name}
    has_shortcuts = metadata["model"].startswith("resnet") and not metadata["model"].endswith("noshort")
    images = torch.from_numpy(inputs)
    if inputs.dtype == np.uint8:
        images = convert_image_dtype(images.permute(0, 3, 1, 2))
    images = normalize(images, json.loads(metadata["mean"]), json.loads(metadata["std"])).to(kind)
    with torch.inference_mode():
        found = torch.cat([scores(tensors, part, has_shortcuts) for part in images.split(60)])
    targets = torch.from_numpy(labels)
    return {
        "loss": float(functional.cross_entropy(found.double(), targets)),
        "accuracy": float((found.argmax(1) == targets).double().mean()),
    }


def at_zero(path: Path, data, precision: str) -> dict[str, float]:
    """Return what the tool measures at (0, 0) of a random plane."""
    checkpoint = read_checkpoint(path)
    model = build_model(checkpoint.recorded("model"), checkpoint.recorded("model_arguments"), from_data=shape_of(data))
    load_into(model, checkpoint)
    norms = {"mean": checkpoint.recorded("mean"), "std": checkpoint.recorded("std")}
    batches = {
        split: SampleBatches(Samples(*pair), np.arange(len(pair[1])), batch_size=50, **norms)
        for split, pair in data.items()
    }
    problem = Problem(model, cross_entropy, batches, precision=precision)
    u, v = (random_direction(problem.center, filter_layouts(model), seed=0, axis=axis) for axis in "xy")
    return problem.measure(Plane(problem.center, u, v).at(0.0, 0.0))


def shape_of(data) -> dict[str, int]:
    shape = data["test"][0].shape
    return {"channels": min(shape[1], shape[3]), "image_size": shape[2], "num_classes": 10}


def test_the_networks_of_the_main_job_have_their_weights_here():
    assert {"vgg56-digits.safetensors", "resnet56-digits.safetensors"} <= {path.name for path in FILES}


@pytest.mark.parametrize("precision, tolerance", [("float32", {"abs": 1e-6}), ("float64", {"rel": 1e-9})])
@pytest.mark.parametrize("path", RESIDUAL, ids=lambda path: path.stem)
def test_the_loss_at_zero_is_that_of_the_checkpoint(path, precision, tolerance, request):
    data = digits_arrays() if path in ON_DIGITS else cifar10_arrays(request.getfixturevalue("data_dir"))
    data = {split: tuple(array[: NUM_SAMPLES[precision]] for array in pair) for split, pair in data.items()}
    found = at_zero(path, data, precision)
    for split, (inputs, labels) in data.items():
        expected = plainly(path, inputs, labels, getattr(torch, precision))
        assert found[f"{split}_loss"] == pytest.approx(expected["loss"], **tolerance)
        assert found[f"{split}_accuracy"] == pytest.approx(expected["accuracy"], rel=1e-12)
