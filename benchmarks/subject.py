"""What the speed benchmarks compute: a fixed set of CIFAR-10 images and trained weights, or stand-ins that say so."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from landscape.problem.batches import SampleBatches, stratified_subset
from landscape.problem.datasets import Samples, open_dataset
from landscape.problem.images import PUBLISHED
from landscape.problem.models import build_model, own_models_folder
from landscape.problem.problem import NORMS_WITH_STATS

CIFAR10 = PUBLISHED["cifar10"]
NETWORK = "resnet56"
NUM_IMAGES = 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """Files that the tool and what it is compared with both read.

    Attributes:
        images: An npz archive as `--dataset npz:FILE` takes it, train_images and train_labels.
        checkpoint: A safetensors file, running statistics included.
        words: What they are, for the table; a stand-in is called one.
    """

    network: str
    num_images: int
    images: Path
    checkpoint: Path
    words: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options of `landscape surface` that choose them."""
        return (
            *("--model", self.network, "--checkpoint", str(self.checkpoint)),
            *("--dataset", f"npz:{self.images}", "--num-samples", "all", "--cache-dir", str(self.images.parent)),
            f"--mean={','.join(map(str, CIFAR10.mean))}",
            f"--std={','.join(map(str, CIFAR10.std))}",
        )


def prepared(folder: Path, data_dir: Path, *, network: str = NETWORK, num_images: int = NUM_IMAGES) -> Subject:
    """Write the images, and weights where none are committed, into a folder.

    Raises:
        OSError: CIFAR-10 is there, but damaged.
    """
    samples, of_images = _samples(data_dir, num_images)
    images = folder / "images.npz"
    np.savez(images, train_images=samples.inputs, train_labels=samples.targets)
    committed = own_models_folder() / "weights" / f"{network}-cifar10.safetensors"
    if committed.is_file():
        checkpoint, of_weights = committed, ""
    else:
        checkpoint, of_weights = folder / "fresh.safetensors", " (fresh weights)"
        save_file(fresh_network(network, samples).state_dict(), checkpoint)
    return Subject(network, num_images, images, checkpoint, f"{network}{of_weights} over {of_images}")


def fresh_network(network: str, samples: Samples) -> nn.Module:
    """Return a seeded network whose norms hold the mean statistics of one pass over the images."""
    torch.manual_seed(0)
    model = build_model(network, from_data={"channels": 3, "image_size": 32, "num_classes": 10})
    for norm in model.modules():
        if isinstance(norm, NORMS_WITH_STATS):
            norm.momentum = None
            norm.reset_running_stats()
    model.train()
    batches = SampleBatches(samples, np.arange(len(samples)), batch_size=100, mean=CIFAR10.mean, std=CIFAR10.std)
    with torch.no_grad():
        for inputs, _ in batches:
            model(inputs)
    return model.eval()


def _samples(data_dir: Path, num_images: int) -> tuple[Samples, str]:
    if not (data_dir / "cifar10.npz").is_file() and not (data_dir / "cifar-10-batches-py").is_dir():
        random = np.random.Generator(np.random.Philox(key=0))
        inputs = random.integers(0, 256, (num_images, 32, 32, 3), np.uint8)
        return Samples(inputs, np.arange(num_images) % 10), f"{num_images:,} random images (no CIFAR-10 in {data_dir})"
    train = open_dataset("cifar10", data_dir=data_dir).split("train")
    chosen = stratified_subset(train, num_images, seed=0)
    return Samples(train.inputs[chosen], train.targets[chosen]), f"{num_images:,} CIFAR-10 images"
