"""Linear regression near its minimum: each sample's loss is (x w - y)^2 / 2, so that every batch's surface is a quadratic."""

import numpy as np
import torch
from torch import nn

NUM = 60
TRUE = np.array([1.0, -0.7, 0.4, 0.2, -0.3])


def network():
    """x w without a bias, w near the truth."""
    layer = nn.Linear(len(TRUE), 1, bias=False, dtype=torch.float64)
    layer.weight = nn.Parameter(torch.tensor(TRUE[None] + [[0.05, 0.0, -0.04, 0.02, 0.01]]))
    return layer


def rows():
    """Off-centre inputs of unequal spread, and targets with noise."""
    random = np.random.Generator(np.random.Philox(key=9))
    inputs = random.standard_normal((NUM, len(TRUE))) * [1.0, 0.6, 1.4, 0.8, 1.1] + 0.2
    return {"train": (inputs, inputs @ TRUE[:, None] + 0.15 * random.standard_normal((NUM, 1)))}


def halved(model, batch):
    inputs, targets = batch
    return ((model(inputs) - targets) ** 2).sum(1) / 2


def counted(model, batch):
    """Whether the answer's sign is right, which no gradient passes through."""
    inputs, targets = batch
    return ((model(inputs) > 0) != (targets > 0)).double()[:, 0]
