"""Objectives of small models in float64, and their Hessians by torch's own dense differentiation, all samples at once."""

from fnmatch import fnmatchcase
from math import prod

import numpy as np
import torch
from small_models import doubles
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.curvature.objective import Objective
from landscape.curvature.sums import SampleSums
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem

RAGGED = (4, 1, 2)


def sums_of(model, batches, loss=cross_entropy, *, precision: str = "float64", **options) -> SampleSums:
    return SampleSums(Problem(model, loss, {}, precision=precision), batches, **options)


def objective_of(model, batches, loss=cross_entropy, *, weight_decay: float = 0.0, **options) -> Objective:
    return Objective(sums_of(model, batches, loss, **options), weight_decay=weight_decay)


def classes(*shape: int, num_classes: int = 3, num: int = sum(RAGGED), seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return inputs away from zero and classes, not the same number of each."""
    return doubles(num, *shape, seed=seed) + 0.3, torch.arange(num) ** 2 % num_classes


def split(samples: tuple[Tensor, Tensor], sizes=RAGGED) -> list[tuple[Tensor, Tensor]]:
    return list(zip(*(part.split(list(sizes)) for part in samples), strict=True))


def vectors(dim: int, num: int = 5, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((dim, num))


def close(found: np.ndarray, wanted: np.ndarray, tolerance: float = 1e-10) -> bool:
    """Tell whether arrays agree to a tolerance relative to the largest entry; rounding is 1e-16 of that an operation."""
    assert found.shape == wanted.shape and np.abs(wanted).max() > 1e-3
    return bool(np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max())


def has_hessian(objective: Objective, hessian: np.ndarray, tolerance: float = 1e-10) -> bool:
    """Tell whether an objective's products with five random vectors are a matrix's."""
    given = vectors(objective.dim)
    return close(objective.products(given), hessian @ given, tolerance)


def whole(objective: Objective) -> np.ndarray:
    """Return the Hessian, column by column, as the products give it: not made symmetric."""
    return objective.products(np.eye(objective.dim))


def hessian_by_torch(model: nn.Module, samples, mean_loss=functional.cross_entropy, patterns=("*",)) -> np.ndarray:
    """Return the Hessian of a mean loss of (outputs, targets) at the model's weights, over parameters chosen by name."""
    model = model.double().eval()
    named = {
        name: parameter.detach()
        for name, parameter in model.named_parameters()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    center = torch.cat([parameter.reshape(-1) for parameter in named.values()])

    def loss(flat: Tensor) -> Tensor:
        parts = flat.split([prod(parameter.shape) for parameter in named.values()])
        weights = {name: part.reshape(named[name].shape) for name, part in zip(named, parts, strict=True)}
        return mean_loss(functional_call(model, weights, (samples[0],)), samples[1])

    with sdpa_kernel(SDPBackend.MATH):
        return torch.autograd.functional.hessian(loss, center).numpy()


# Networks of 30 to 150 parameters, for classes(*shape): see NETWORKS.


def tanh_network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def convolutions(activation=nn.ReLU) -> nn.Module:
    """Return a network of convolutions and norms whose statistics, scales and shifts are off their defaults."""
    torch.manual_seed(2)
    layers = [nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(3), activation()]
    layers += [nn.Conv2d(3, 2, 2), nn.BatchNorm2d(2, eps=0.01), activation(), nn.Flatten(), nn.Linear(8, 3)]
    model = nn.Sequential(*layers).double().eval()
    with torch.no_grad():
        for norm in (model[1], model[4]):
            norm.running_mean.normal_(0.2, 0.3)
            norm.running_var.uniform_(0.4, 2)
            norm.weight.normal_(1.2, 0.3)
            norm.bias.normal_(0.1, 0.3)
    return model


class Attending(nn.Module):
    """Attention over positions, (samples, 5, 3), and a mean over them."""

    def __init__(self, encoder: bool) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.enter = nn.Linear(3, 4)
        self.attention = (
            nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, activation="gelu")
            if encoder
            else nn.MultiheadAttention(4, 2, batch_first=True)
        )
        self.leave = nn.Linear(4, 3)
        self.double().eval()

    def forward(self, positions: Tensor) -> Tensor:
        hidden = self.enter(positions)
        if isinstance(self.attention, nn.MultiheadAttention):
            hidden = hidden + self.attention(hidden, hidden, hidden, need_weights=False)[0]
        else:
            hidden = self.attention(hidden)
        return self.leave(hidden.mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.layer, self.leave = kind(3, 2, batch_first=True), nn.Linear(2, 3)
        self.double()

    def forward(self, positions: Tensor) -> Tensor:
        return self.leave(self.layer(positions)[0][:, -1])


class Tied(nn.Module):
    """Words to words, by one matrix on both sides."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.words, self.leave = nn.Embedding(5, 3), nn.Linear(3, 5)
        self.leave.weight = self.words.weight
        self.double()

    def forward(self, words: Tensor) -> Tensor:
        return self.leave(torch.tanh(self.words(words).sum(1)))


NETWORKS = {
    "tanh": (tanh_network, (3,)),
    "convolutions": (convolutions, (2, 6, 6)),
    "attention": (lambda: Attending(encoder=False), (5, 3)),
    "encoder layer": (lambda: Attending(encoder=True), (5, 3)),
    "LSTM": (lambda: Recurrent(nn.LSTM), (4, 3)),
    "GRU": (lambda: Recurrent(nn.GRU), (4, 3)),
}
