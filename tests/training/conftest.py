"""A small network with batch norm and dropout on a few digits."""

import pytest
import torch

from landscape.problem.datasets import Dataset, Samples, digits
from landscape.training.recipe import Recipe

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


@pytest.fixture
def few_digits():
    """Return a function that gives 90 train and 40 test digits: the last batch of 32 is short."""

    def make() -> Dataset:
        whole = digits()
        splits = {
            name: Samples(whole.split(name).inputs[:n], whole.split(name).targets[:n])
            for name, n in (("train", 90), ("test", 40))
        }
        return Dataset("digits", splits, whole.mean, whole.std)

    return make


@pytest.fixture(autouse=True)
def one_thread():
    """Train on one thread, as the program does unless told: on a busy machine several wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
