"""Minima whose flatness has closed forms, named on command lines as path/minima.py:NAME."""

import numpy as np
import torch
from torch import nn

CURVATURES = (5.0, 3.0, 2.0, 1.0, 0.5, 0.1)
LOWEST = 0.7


class _Bowl(nn.Module):
    """LOWEST + a quadratic of two filters of three numbers, whose Hessian is diagonal, at its minimum."""

    def __init__(self, sharpness: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0, 2.0, -2.0], [0.5, -1.0, 0.2]], dtype=torch.float64))
        self.register_buffer("minimum", self.weight.detach().clone())
        self.register_buffer("curvatures", sharpness * torch.tensor(CURVATURES, dtype=torch.float64))

    def forward(self, inputs):
        away = (self.weight - self.minimum).reshape(-1)
        return (LOWEST + (self.curvatures * away**2).sum() / 2).expand(len(inputs))


def bowl(sharpness=1.0):
    return _Bowl(float(sharpness))


def normed(eps=1e-30, width=4):
    """Two convolutions, each with a batch norm, and a linear layer; in float64."""
    torch.manual_seed(5)
    norms = [nn.BatchNorm2d(width, eps=float(eps)) for _ in range(2)]
    for norm in norms:
        for tensor in (norm.running_mean, norm.bias.data):
            tensor.normal_(0, 0.3)
        for tensor in (norm.running_var, norm.weight.data):
            tensor.uniform_(0.5, 2)
    first, second = nn.Conv2d(1, width, 3, bias=False), nn.Conv2d(width, width, 3, bias=False)
    layers = [first, norms[0], nn.ReLU(), second, norms[1], nn.ReLU(), nn.Flatten(), nn.Linear(4 * width, 3)]
    return nn.Sequential(*layers).double()


def least_squares():
    """Linear regression without bias, 3 -> 1, at the least squares of its training samples."""
    inputs, targets = regression()["train"]
    layer = nn.Linear(3, 1, bias=False, dtype=torch.float64)
    layer.weight.data = torch.from_numpy(np.linalg.lstsq(inputs, targets, rcond=None)[0].T.copy())
    return layer


def blank():
    """Four samples and three, of nothing."""
    return {"train": (np.zeros((4, 1)), np.zeros((4, 1))), "test": (np.zeros((3, 1)), np.zeros((3, 1)))}


def regression():
    """Fourteen training samples and nine others of one noisy rule, so that their least squares differ."""
    random = np.random.Generator(np.random.Philox(key=8))
    found = {}
    for split, num in (("train", 14), ("test", 9)):
        inputs = random.standard_normal((num, 3))
        found[split] = (inputs, inputs @ [[1.0], [-2.0], [0.5]] + 0.3 * random.standard_normal((num, 1)))
    return found


def small_images():
    random = np.random.Generator(np.random.Philox(key=2))
    return {
        split: (random.standard_normal((num, 1, 6, 6)), np.arange(num) % 3)
        for split, num in (("train", 12), ("test", 7))
    }


def own(model, batch):
    """What the model itself says."""
    return model(batch[0])


def halved(model, batch):
    inputs, targets = batch
    return ((model(inputs) - targets) ** 2).sum(1) / 2
