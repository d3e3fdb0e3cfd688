"""Measures the checkpoints of a path, and beside each its nearest point in a plane."""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from landscape.plane import Plane
from landscape.problem.mixtures import statistics_of
from landscape.problem.problem import Problem
from landscape.weights import Weights

CHECKPOINT, IN_PLANE = 0, 1


class AlongPath:
    """Measures (checkpoint's number, 0, CHECKPOINT or IN_PLANE) -> metrics; it holds the plane, and one checkpoint at a time.

    Where norm statistics are stored ones, a checkpoint is measured with its own, and every point of the plane with
    those that the problem's model came with.

    Args:
        problem: Whose model the tensors are written into.
        state_of: A number -> a checkpoint's parameters and stored statistics by name.
        plane: In any precision; the problem's is given to it.
        places: (alpha, beta) of each checkpoint in the plane.
    """

    def __init__(
        self,
        problem: Problem,
        state_of: Callable[[int], Weights],
        plane: Plane,
        places: Sequence[Sequence[float]],
    ) -> None:
        self._problem, self._state_of, self._places = problem, state_of, places
        self._plane = Plane(*(self._on_device(part) for part in (plane.center, *plane.directions)))
        self._statistics = {} if problem.reestimates else statistics_of(problem.model)
        self._plane_statistics = {name: buffer.clone() for name, buffer in self._statistics.items()}

    def __call__(self, number: float, _beta: float = 0.0, which: int = CHECKPOINT) -> Mapping[str, float]:
        if which == IN_PLANE:
            return self.in_plane(*self._places[int(number)])
        state = self._state_of(int(number))
        self._take(state)
        return self._problem.measure(self._on_device({name: state[name] for name in self._problem.parameters}))

    def in_plane(self, alpha: float, beta: float) -> Mapping[str, float]:
        """Measure a point of the plane."""
        self._take(self._plane_statistics)
        return self._problem.measure_from(lambda name: self._plane.tensor_at(name, alpha, beta))

    def _take(self, state: Weights) -> None:
        for name, buffer in self._statistics.items():
            buffer.copy_(state[name])

    def _on_device(self, weights: Weights) -> dict[str, Tensor]:
        return {name: tensor.to(self._problem.device, self._problem.dtype) for name, tensor in weights.items()}
