"""A clock on the network's forward passes alone, whatever stands for the network in a measure."""

import time
from collections.abc import Sequence
from statistics import median

from torch import Tensor, nn

from landscape.problem.losses import Loss


class ClockedLoss:
    """A loss that is another one, and notes how long the model that it is handed takes for each batch.

    It takes the loss's place in a problem whose measure is chosen already, so that it changes nothing but the time of
    a Python call a batch.
    """

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._passes_s: list[float] = []

    def __call__(self, model: nn.Module, batch) -> object:
        def clocked(inputs: Tensor) -> Tensor:
            began = time.perf_counter()
            scores = model(inputs)
            self._passes_s.append(time.perf_counter() - began)
            return scores

        return self._loss(clocked, batch)

    def take(self) -> list[float]:
        """Return the seconds of each pass since the last time."""
        assert self._passes_s, "no forward pass went through the loss"
        taken, self._passes_s = self._passes_s, []
        return taken


def outside_s(point_s: float, passes_s: Sequence[float]) -> float:
    """Return a point's seconds outside its forward passes.

    What its first pass takes beyond the median of the others is no forward pass: weights are laid out for the processor
    then.
    """
    first, others = passes_s[0], passes_s[1:]
    return point_s - sum(passes_s) + (max(0.0, first - median(others)) if others else 0.0)
