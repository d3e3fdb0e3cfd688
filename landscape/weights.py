"""Weights as a mapping from parameter name to tensor, and their digest."""

from collections.abc import Mapping
from hashlib import sha256

import torch
from torch import Tensor, nn

Weights = Mapping[str, Tensor]


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Return detached copies of a model's parameters by name; a tied weight appears once."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def digest(tensors: Weights) -> str:
    """Return the SHA-256, in hexadecimal, of names, types, shapes and values, whatever the order of the names."""
    total = sha256()
    for name in sorted(tensors):
        total.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}\n".encode())
        total.update(raw_bytes(tensors[name]))
    return total.hexdigest()


def raw_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's values as they lie in memory, row by row."""
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def require_same_layout(given: Weights, center: Weights, what: str) -> None:
    """Check that two mappings hold the same names and shapes.

    Raises:
        ValueError: They don't; the message lists the names.
    """
    wrong = [f"missing {name}" for name in center if name not in given]
    wrong += [f"unexpected {name}" for name in given if name not in center]
    wrong += [
        f"{name} is {tuple(given[name].shape)} instead of {tuple(center[name].shape)}"
        for name in center
        if name in given and given[name].shape != center[name].shape
    ]
    if wrong:
        raise ValueError(f"{what} does not fit the weights: {'; '.join(wrong)}")
