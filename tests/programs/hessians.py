"""Models with data whose Hessians have closed forms, named on command lines as path/hessians.py:NAME."""

import numpy as np
import torch
from torch import nn


class _Numbers(nn.Module):
    """A model of a few numbers, given as text: "2,0.5"."""

    def __init__(self, at: str | float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([float(part) for part in str(at).split(",")], dtype=torch.float64))


class _Product(_Numbers):
    def forward(self, inputs):
        return inputs * self.w.prod()


class _Rosenbrock(_Numbers):
    """Residuals whose squares sum to (1 - x)^2 + 100 (y - x^2)^2."""

    def forward(self, inputs):
        x, y = self.w
        return inputs * torch.stack([x, 1 + 10 * (y - x**2)])


class _Factors(nn.Module):
    """W2 W1 on columns; both are (2, 2)."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__()
        self.first, self.second = (nn.Parameter(torch.diag(torch.tensor(_numbers(text)))) for text in (first, second))

    def forward(self, inputs):
        return inputs @ self.first.T @ self.second.T


def _rotations(size: int) -> list[np.ndarray]:
    random = np.random.Generator(np.random.Philox(key=size))
    return [np.linalg.qr(random.standard_normal((size, size)))[0] for _ in range(3)]


def _singular(size: int) -> np.ndarray:
    """Singular values of the matrix that is factored: the last is the one left out."""
    return np.append(np.arange(size, 1, -1.0), 0.25)


def _numbers(text: str) -> list[float]:
    return [float(part) for part in str(text).split(",")]


def product(at="0,0"):
    """(1 - w1 w2 ...)^2 with the data below."""
    return _Product(at)


def rosenbrock(at="1,1"):
    return _Rosenbrock(at)


def factors(first="0,0", second="0,0"):
    """|W2 W1 - diag(3, 1)|^2 / 2 with the data and the loss below."""
    return _Factors(first, second)


def hidden(missing=1, size=6):
    """|W2 W1 - M|^2 / size where W2 W1 lacks M's smallest singular values s: an eigenvalue is -2 s / size, and no filter is zero."""
    left, right, between = _rotations(size)
    roots = np.diag(np.sqrt(np.append(_singular(size)[:-missing], np.zeros(missing))))
    model = _Factors("0", "0")
    model.first = nn.Parameter(torch.from_numpy(between.T @ roots @ right.T))
    model.second = nn.Parameter(torch.from_numpy(left @ roots @ between))
    return model


def softmax(num_classes: int = 10):
    """Softmax regression at zero, without bias."""
    layer = nn.Linear(4, num_classes, bias=False, dtype=torch.float64)
    nn.init.zeros_(layer.weight)
    return layer


def ones():
    """Seven samples of 1 -> 1."""
    return {"train": (np.ones((7, 1)), np.ones((7, 1)))}


def pairs():
    return {"train": (np.ones((5, 2)), np.ones((5, 2)))}


def columns():
    """Columns of diag(3, 1)."""
    return {"train": (np.eye(2), np.diag([3.0, 1.0]))}


def rotated(size=6):
    """Columns of M, one a unit vector."""
    left, right, _ = _rotations(size)
    return {"train": (np.eye(size), (left @ np.diag(_singular(size)) @ right.T).T)}


def classes():
    """Thirteen samples of four numbers in ten classes, ragged in batches of five."""
    random = np.random.Generator(np.random.Philox(key=3))
    return {"train": (random.standard_normal((13, 4)), np.arange(13) % 10)}


def summed(model, batch):
    """Squared error summed over outputs: on the two columns, |W2 W1 - M|^2 / 2 as a mean over samples."""
    inputs, targets = batch
    return ((model(inputs) - targets) ** 2).sum(1)


def counted(model, batch):
    """Right answers, which no gradient passes through."""
    inputs, targets = batch
    return (model(inputs).argmax(1) != targets).double()


def rooted(model, batch):
    """A loss of infinite slope at zero."""
    inputs, targets = batch
    return (model(inputs) ** 2).sum(1).sqrt()


def bent(model, batch):
    """A loss of slope zero and infinite curvature at zero."""
    inputs, targets = batch
    return (model(inputs).abs() ** 1.5).sum(1)
