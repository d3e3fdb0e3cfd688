"""How the chosen parameters of a model lie in one flat vector, and which of them form a layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

import numpy as np
import torch
from torch import Tensor

from landscape.weights import Weights


@dataclass(frozen=True, slots=True)
class FlatLayout:
    """Names and shapes in order; a vector holds their numbers one after the other, row by row.

    Attributes:
        shapes: Name -> shape.
    """

    shapes: Mapping[str, tuple[int, ...]]

    @property
    def dim(self) -> int:
        return sum(prod(shape) for shape in self.shapes.values())

    @property
    def places(self) -> dict[str, slice]:
        """Where each parameter lies."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            found[name] = slice(start, start + prod(shape))
            start += prod(shape)
        return found

    @property
    def layers(self) -> dict[str, tuple[slice, ...]]:
        """Where the parameters of each module lie, by the module's name; "(top)" for those of the model itself."""
        found: dict[str, list[slice]] = {}
        for name, place in self.places.items():
            found.setdefault(name.rpartition(".")[0] or "(top)", []).append(place)
        return {name: tuple(places) for name, places in found.items()}

    def flat(self, weights: Weights) -> np.ndarray:
        """Return (dim,) float64 numbers."""
        parts = [weights[name].detach().cpu().double().reshape(-1) for name in self.shapes]
        return torch.cat(parts).numpy() if parts else np.zeros(0)

    def tensors(self, vector: np.ndarray, like: Weights) -> dict[str, Tensor]:
        """Return a vector's numbers as tensors of the kinds of `like`."""
        assert vector.shape == (self.dim,)
        whole = torch.from_numpy(np.ascontiguousarray(vector, np.float64))
        return {name: whole[place].reshape(self.shapes[name]).to(like[name]) for name, place in self.places.items()}


def layout_of(parameters: Weights, patterns: Sequence[str] = ()) -> FlatLayout:
    """Choose parameters by name.

    Args:
        patterns: Shell-like patterns such as "stage1.*"; a name that fits any is chosen. None chooses all.

    Raises:
        ValueError: A pattern fits no name.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in parameters):
            raise ValueError(
                f"--parameters {pattern!r} fits no parameter; the model's are {', '.join(list(parameters)[:12])}"
                + (", ..." if len(parameters) > 12 else "")
            )
    return FlatLayout(
        {
            name: tuple(tensor.shape)
            for name, tensor in parameters.items()
            if tensor.is_floating_point() and (not patterns or any(fnmatchcase(name, pattern) for pattern in patterns))
        }
    )
