"""A program: the loss at points of a plane, the usual way, written plainly: what the tool is compared with.

One process, two torch threads, a DataLoader with two workers, PIL transforms, batches of 128; a point's weights are
assigned to the module's parameters.

usage: python -m benchmarks.usual_way --model NAME --checkpoint FILE --images FILE.npz --x MIN:MAX:NUM --y MIN:MAX:NUM
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from landscape.directions import random_direction
from landscape.filters import filter_layouts
from landscape.grid import Grid, axis_from_text
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.images import PUBLISHED
from landscape.problem.models import build_model
from landscape.weights import Weights, weights_of

NUM_THREADS = 2
NUM_WORKERS = 2
BATCH_SIZE = 128
FASTEST_START = "fork" if sys.platform == "linux" else None  # of workers; no longer Linux's default from Python 3.14 on


class Pictures(Dataset):
    """Images of an npz archive, given one by one through PIL, as torchvision's CIFAR10 does."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as archive:
            self.images, self.labels = archive["train_images"], archive["train_labels"]
        cifar10 = PUBLISHED["cifar10"]
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(cifar10.mean, cifar10.std)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int):
        return self.transform(Image.fromarray(self.images[place])), int(self.labels[place])


def mean_loss(model: nn.Module, loader: DataLoader, criterion: nn.Module) -> float:
    """Return the mean loss over a loader's images."""
    total, count = 0.0, 0
    with torch.no_grad():
        for images, labels in loader:
            loss = criterion(model(images), labels)
            total += loss.item() * len(labels)
            count += len(labels)
    return total / count


def assign(model: nn.Module, center: Weights, u: Weights, v: Weights, point: tuple[float, float]) -> None:
    """Give a model the weights center + alpha u + beta v."""
    alpha, beta = point
    for name, parameter in model.named_parameters():
        parameter.data = center[name] + alpha * u[name] + beta * v[name]


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("--model", "--checkpoint", "--images", "--x", "--y"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()
    torch.set_num_threads(NUM_THREADS)
    model = build_model(options.model, from_data={"channels": 3, "image_size": 32, "num_classes": 10})
    load_into(model, read_checkpoint(Path(options.checkpoint)))
    center, layouts = weights_of(model), filter_layouts(model)
    u, v = (random_direction(center, layouts, seed=0, axis=axis) for axis in ("x", "y"))
    grid = Grid(axis_from_text(options.x, "x"), axis_from_text(options.y, "y"))
    loader = DataLoader(
        Pictures(options.images), batch_size=BATCH_SIZE, num_workers=NUM_WORKERS, multiprocessing_context=FASTEST_START
    )
    criterion = nn.CrossEntropyLoss()
    mean_loss(model, loader, criterion)  # once unmeasured, as the tool measures its center
    losses = []
    began = time.perf_counter()
    for index in grid.indices():
        assign(model, center, u, v, grid.point(index))
        losses.append(mean_loss(model, loader, criterion))
    print(json.dumps({"seconds": time.perf_counter() - began, "losses": losses}))


if __name__ == "__main__":
    main()
