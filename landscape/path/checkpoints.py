"""Checkpoints of one network in their order, read one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscape.weights import Weights, require_same_layout

Read = Callable[[int], Weights]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoints:
    """Weights by number; nothing of them is kept.

    Attributes:
        names: One a checkpoint, for messages.
        read: A number from 0 -> parameters by name.
        layout: Names and shapes that all of them have; without values.
    """

    names: tuple[str, ...]
    read: Read
    layout: Weights

    def __len__(self) -> int:
        return len(self.names)

    def weights(self, number: int) -> Weights:
        """Read one checkpoint.

        Raises:
            ValueError: It is of another network than the first, or holds inf or nan.
        """
        found, name = self.read(number), self.names[number]
        if set(found) != set(self.layout) or any(found[key].shape != self.layout[key].shape for key in self.layout):
            require_same_layout(found, self.layout, f"{name} is of another network than {self.names[0]}, and")
        wrong = [key for key, tensor in found.items() if not bool(torch.isfinite(tensor).all())]
        if wrong:
            raise ValueError(
                f"{name} holds inf or nan (in {', '.join(wrong[:3])}), so that it lies nowhere; training diverged "
                "there, so give the checkpoints before it"
            )
        return found

    def vector(self, number: int) -> np.ndarray:
        """Read one checkpoint as one float64 vector, its tensors in the layout's order."""
        found = self.weights(number)
        parts = [found[name].detach().cpu().reshape(-1).numpy() for name in self.layout]
        return np.concatenate(parts, dtype=np.float64)

    def tensors(self, vector: np.ndarray) -> dict[str, Tensor]:
        """Cut a vector into tensors, which share its memory."""
        found, start = {}, 0
        for name, like in self.layout.items():
            found[name] = torch.from_numpy(vector[start : start + like.numel()]).reshape(like.shape)
            start += like.numel()
        return found


def checkpoints_of(names: Sequence[str], read: Read) -> Checkpoints:
    """Return checkpoints that are read by number; the first tells the layout.

    Raises:
        ValueError: There are none.
    """
    if not names:
        raise ValueError("a path needs checkpoints, and there are none")
    layout = {name: torch.empty(tensor.shape, device="meta") for name, tensor in read(0).items()}
    return Checkpoints(tuple(names), read, layout)
