"""Checkpoints that tests make up, and the dense matrices of the same."""

import numpy as np
import torch

from landscape.path.checkpoints import Checkpoints, checkpoints_of

SHAPES = {"first.weight": (4, 3), "first.bias": (4,), "last.weight": (2, 4)}
SIZE = sum(int(np.prod(shape)) for shape in SHAPES.values())


def tensors(vector: np.ndarray, dtype=torch.float64) -> dict[str, torch.Tensor]:
    found, start = {}, 0
    for name, shape in SHAPES.items():
        size = int(np.prod(shape))
        found[name] = torch.tensor(vector[start : start + size], dtype=dtype).reshape(shape)
        start += size
    return found


def flat(weights) -> np.ndarray:
    return np.concatenate([weights[name].double().numpy().ravel() for name in SHAPES])


def checkpoints(rows: np.ndarray, dtype=torch.float64) -> Checkpoints:
    return checkpoints_of([f"epoch {number}" for number in range(len(rows))], lambda n: tensors(rows[n], dtype))


def turning_path(num: int, seed: int = 3) -> np.ndarray:
    """Return rows far from zero, of a path with unequal extents along directions that are no axes."""
    random = np.random.default_rng(seed)
    times = np.linspace(0, 1, num)[:, None]
    shape = np.hstack(
        [5 * times**0.5, 2 * np.sin(4 * times), 0.5 * np.cos(9 * times), 0.1 * random.normal(size=(num, 2))]
    )
    basis = np.linalg.qr(random.normal(size=(SIZE, 5)))[0]
    return 40 + 3 * random.normal(size=SIZE) + shape @ basis.T
