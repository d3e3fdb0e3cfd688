"""Weights as a mapping from parameter name to tensor, and their digest."""

from collections.abc import Collection, Mapping
from hashlib import sha256

import torch
from torch import Tensor, nn

Weights = Mapping[str, Tensor]
NUM_NAMED = 2  # of the tensors that do not fit


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
        ValueError: They don't; the message gives the first names.
    """
    if wrong := misfit(given, center):
        raise ValueError(f"{what} does not fit the weights: {wrong}")


def misfit(given: Weights, wanted: Weights, *, may_miss: Collection[str] = ()) -> str:
    """Say which tensors are missing, unexpected or of another shape: the first two of each kind, and how many more.

    Args:
        may_miss: Names that need not be given.

    Returns:
        The empty text where all fit.
    """
    kinds = {
        "missing": [f"missing {name}" for name in wanted if name not in given and name not in may_miss],
        "unexpected": [f"unexpected {name}" for name in given if name not in wanted],
        "of another shape": [
            f"{name} is {tuple(given[name].shape)} instead of {tuple(wanted[name].shape)}"
            for name in wanted
            if name in given and given[name].shape != wanted[name].shape
        ],
    }
    told: list[str] = []
    for kind, wrong in kinds.items():
        rest = wrong[NUM_NAMED:]
        told += wrong if len(rest) == 1 else [*wrong[:NUM_NAMED], *([f"{len(rest)} more {kind}"] if rest else [])]
    return "; ".join(told)
