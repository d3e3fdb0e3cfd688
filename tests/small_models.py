"""Small models of given weights in float64, and their losses on a plane."""

import numpy as np
import torch
from torch import nn

import landscape


def doubles(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear(weight, bias=None) -> nn.Linear:
    weight = torch.as_tensor(weight, dtype=torch.float64)
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(torch.as_tensor(bias))
    return layer


def losses(model, loss, batch, **options) -> np.ndarray:
    return landscape.sample(model, loss, [batch], precision="float64", **options).values["train_loss"]


ONE = (torch.ones(1, 1).double(), torch.ones(1, 1).double())
