"""Small networks with convolutions and batch norm in float64, whose centers are measured from around."""

import copy

import torch
from torch import nn

from landscape.belief.measuring import differences_on_fresh_planes
from landscape.curvature.objective import Objective
from landscape.curvature.sums import SampleSums
from landscape.directions import random_directions
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import named_loss
from landscape.problem.measures import measure_on_plane
from landscape.problem.problem import Problem

NUM_SAMPLES, STEP = 22, 1e-3


class Network(nn.Module):
    """Convolution, batch norm, hidden layer, scores: filters of 18, 48 and 5 numbers."""

    def __init__(self, activation: type[nn.Module], eps: float = 1e-5) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, eps=eps)
        self.hidden, self.scores, self.act = nn.Linear(48, 5), nn.Linear(5, 4), activation()

    def forward(self, inputs):
        found = self.act(self.norm(self.conv(inputs)))
        return self.scores(self.act(self.hidden(found.flatten(1))))


def batches() -> list:
    """Return batches of 9, 9 and 4 samples."""
    draw = torch.Generator().manual_seed(3)
    inputs = torch.randn(NUM_SAMPLES, 2, 6, 6, generator=draw, dtype=torch.float64)
    targets = torch.randint(4, (NUM_SAMPLES,), generator=draw)
    return [(inputs[first : first + 9], targets[first : first + 9]) for first in range(0, NUM_SAMPLES, 9)]


def network_of(activation: type[nn.Module], eps: float = 1e-5) -> Network:
    torch.manual_seed(8)
    network = Network(activation, eps).double()
    with torch.no_grad():
        network.conv.weight *= torch.tensor([0.3, 1.0, 2.5])[:, None, None, None]
        network.norm.running_mean.copy_(torch.tensor([0.1, -0.2, 0.3]))
        network.norm.running_var.copy_(torch.tensor([0.04, 0.5, 3.0]))
        network.norm.weight.copy_(torch.tensor([1.2, 0.7, 0.9]))
    return network


class Subject:
    """A problem in float64 with its planes, objective and center."""

    def __init__(self, network: nn.Module, axes: str = "xy") -> None:
        self.problem = Problem(network, named_loss("cross-entropy"), {"train": batches()}, precision="float64")
        self.layouts, self.axes = filter_layouts(network), axes
        self.center = self.problem.measure(self.problem.center)["train_loss"]

    def plane_of(self, number: int) -> Plane:
        stream = f"fresh plane {number + 1}"
        directions = random_directions(self.problem.center, self.layouts, seed=5, axes=self.axes, stream=stream)
        return Plane(self.problem.center, *directions)

    def objective(self) -> Objective:
        return Objective(SampleSums(self.problem, self.problem.batches["train"]))

    def fresh(self, with_products: bool = True, plane_of=None):
        return differences_on_fresh_planes(
            plane_of or self.plane_of,
            lambda plane: measure_on_plane(self.problem, plane, "plain"),
            step=STEP,
            metric="train_loss",
            center=self.center,
            objective=self.objective if with_products else None,
        )


def rescaled(network: Network) -> Network:
    """Return a network of the same function, its normalized filters of other lengths and their statistics scaled along."""
    other, factors = copy.deepcopy(network), torch.tensor([0.2, 3.0, 7.0], dtype=torch.float64)
    with torch.no_grad():
        other.conv.weight *= factors[:, None, None, None]
        other.conv.bias *= factors
        other.norm.running_mean *= factors
        other.norm.running_var *= factors**2
    return other


def reordered(tensors, order: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return tensors of a network whose hidden units stand in another order."""
    columns = {"scores.weight"}
    rows = {"hidden.weight", "hidden.bias"}
    return {
        name: tensor[order] if name in rows else tensor[:, order] if name in columns else tensor
        for name, tensor in tensors.items()
    }
