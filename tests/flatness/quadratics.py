"""A model of two weight matrices and a bias whose loss is a quadratic of a given Hessian."""

from collections.abc import Callable

import numpy as np
import torch
from known_functions import BLANK, of_formula
from matrices import symmetric
from objectives import objective_of
from torch import Tensor, nn

from landscape.curvature.objective import Objective
from landscape.filters import filter_layouts
from landscape.weights import weights_of

SPECTRUM = np.array([7.0, 4.5, 3, 2, 1.2, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01])
HESSIAN = symmetric(SPECTRUM, seed=4)
LOWEST = 0.7


class Quadratic(nn.Module):
    """LOWEST + (w - minimum)' H (w - minimum) / 2 of 13 numbers: filters of two and of three, one of them long, and a bias."""

    def __init__(self, hessian: np.ndarray, off: float) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.tensor([[0.3, -0.5], [1.4, 2.0]], dtype=torch.float64))
        self.bias = nn.Parameter(torch.tensor([0.6, -0.2, 0.9], dtype=torch.float64))
        self.second = nn.Parameter(torch.tensor([[-0.4, 0.1, 0.2], [3.0, 1.0, -2.0]], dtype=torch.float64))
        self.hessian = torch.from_numpy(hessian)
        self.minimum = self.flat().detach() - off * torch.linspace(-1, 2, 13, dtype=torch.float64)

    def flat(self) -> Tensor:
        return torch.cat([part.reshape(-1) for part in self.parameters()])

    def forward(self, samples: Tensor) -> Tensor:
        away = self.flat() - self.minimum
        return (LOWEST + away @ self.hessian @ away / 2).expand(len(samples))


def bowl(hessian: np.ndarray = HESSIAN, off: float = 0.0) -> Objective:
    """Return the objective of a quadratic; `off` is how far its center lies from the minimum."""
    return objective_of(Quadratic(hessian, off), BLANK, of_formula)


def scale_by(make: Callable, model: nn.Module, objective: Objective, **options) -> np.ndarray:
    return make(objective.layout, weights_of(model), filter_layouts(model), **options)
