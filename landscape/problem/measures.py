"""From a problem and a plane to the measure: coordinates -> metrics, by the path that suits the model.

The folded path computes the same function faster; the plain path serves everything. Which one a run takes depends on the
model, the loss and the plane alone, never on a timing.
"""

import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from landscape.plane import Plane
from landscape.problem.batches import moved
from landscape.problem.folding import FoldedNetwork, folded, folded_tensors, norm_parameters
from landscape.problem.losses import Loss, calls_only
from landscape.problem.problem import Problem, Told

Measure = Callable[[float, float], Mapping[str, float]]
PATHS = ("folded", "plain")


def path_for(model: nn.Module, loss: Loss, batch: object, *, norm_stats: str, moves_norms: bool) -> str:
    """Return the fastest path that measures the same: "folded", or "plain" where model, loss or plane needs it.

    Args:
        model: In evaluation mode.
        batch: One of the batches that the loss takes.
        moves_norms: Whether the plane moves parameters of norms.
    """
    if norm_stats == "reestimated" or moves_norms or not calls_only(loss):
        return "plain"
    sample = _sample_input(batch)
    return "plain" if sample is None or folded(model, sample) is None else "folded"


def measure_on_plane(problem: Problem, plane: Plane, path: str) -> Measure:
    """Return the function from coordinates to metrics; a point's weights are made one tensor at a time.

    Args:
        path: What `path_for` returned, or "plain".

    Raises:
        ValueError: The path is unknown, or can't serve.
    """
    return PlaneMeasures(problem, path).on(plane)


class PlaneMeasures:
    """Makes measures of points on any plane; what a path needs of the model is worked out once.

    Args:
        path: As for `measure_on_plane`.
        told: What the network is asked for at each point; the problem's metrics if None.
    """

    def __init__(self, problem: Problem, path: str, told: Told | None = None) -> None:
        if path not in PATHS:
            raise ValueError(f"the path must be one of {', '.join(PATHS)}, not {path!r}")
        self._problem, self._path, self._told = problem, path, told or problem.metrics
        sample = _sample_of(problem) if path == "folded" and calls_only(problem.loss) else None
        self._network = None if sample is None else folded(problem.model, sample)

    def on(self, plane: Plane) -> Measure:
        """Return the measure of a plane's points."""
        problem, network, told = self._problem, self._network, self._told
        if self._path == "plain":
            return lambda alpha, beta: problem.measure_from(lambda name: plane.tensor_at(name, alpha, beta), told)
        if network is None or norm_parameters(network) & moved_names(plane) or problem.reestimates:
            raise ValueError("the folded path can't serve this model and plane; take the plain one")
        return _FoldedMeasure(problem, plane, network, told)


class MeasureOnPlanes:
    """Measures points of several planes, (alpha, beta, plane's place) -> metrics; it holds the directions of one at a time.

    Args:
        plane_of: A plane's place -> the plane.
        path: As for `measure_on_plane`.
    """

    def __init__(self, problem: Problem, plane_of: Callable[[int], Plane], path: str) -> None:
        self._plane_of, self._measures = plane_of, PlaneMeasures(problem, path)
        self._number, self._measure = 0, self._measures.on(plane_of(0))

    def __call__(self, alpha: float, beta: float, number: int = 0) -> Mapping[str, float]:
        if number != self._number:
            self._measure = None  # before the next one takes memory
            self._measure, self._number = self._measures.on(self._plane_of(number)), number
        return self._measure(alpha, beta)


def moved_names(plane: Plane) -> set[str]:
    """Return the names of the parameters that a plane moves."""
    return {name for name in plane.center if any(bool(direction[name].any()) for direction in plane.directions)}


def _sample_of(problem: Problem) -> Tensor | None:
    """Return the first samples' inputs as the problem's network takes them."""
    sample = _sample_input(next(iter(next(iter(problem.batches.values())))))
    return None if sample is None else moved(sample, problem.device, problem.dtype)


def _sample_input(batch: object) -> Tensor | None:
    """Return the first two samples' inputs; None where the batch is no pair of tensors."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2 or not isinstance(batch[0], Tensor):
        return None
    return batch[0][:2]


class _FoldedMeasure:
    """Measures points by the folded network: folded center and directions in, metrics out."""

    def __init__(self, problem: Problem, plane: Plane, network: FoldedNetwork, told: Told) -> None:
        self._told = told
        self._network = copy.deepcopy(network.module)
        center, directions, targets = _folded_tensors(problem, plane, network, self._network)
        self._plane, self._targets = Plane(center, *directions), targets
        self._fused = [self._network.get_submodule(folding.fused) for folding in network.foldings]
        if problem.precision == "bf16":
            self._shorten(network)

    def __call__(self, alpha: float, beta: float) -> Mapping[str, float]:
        self._write(alpha, beta)
        return self._told(self._network)

    def _shorten(self, network: FoldedNetwork) -> None:
        """From now on hold the convolutions' weights in bfloat16; points are still formed in float32."""
        for folding in network.foldings:
            fused = self._network.get_submodule(folding.fused)
            for name in ("weight", "bias"):
                setattr(fused, name, getattr(fused, name).bfloat16())
                self._targets[f"{folding.fused}.{name}"] = getattr(fused, name)

    def _write(self, alpha: float, beta: float) -> None:
        with torch.no_grad():
            for name, target in self._targets.items():
                target.copy_(self._plane.tensor_at(name, alpha, beta))
        for fused in self._fused:
            fused.weights_changed()


def _folded_tensors(problem: Problem, plane: Plane, network: FoldedNetwork, module: nn.Module):
    """Return center, directions and the tensors that points are written to, all by the folded network's names."""
    given = [plane.center, *plane.directions]
    found: list[dict[str, Tensor]] = [{} for _ in given]
    targets: dict[str, Tensor] = {}
    for folding in network.foldings:
        names = f"{folding.convolution}.weight", f"{folding.convolution}.bias"
        for number, weights in enumerate(given):
            given_pair = weights[names[0]], weights.get(names[1])
            weight, bias = folded_tensors(problem.model, folding, *given_pair, shifts=number == 0)
            weight = weight.to(problem.dtype).contiguous(memory_format=torch.channels_last)
            found[number][f"{folding.fused}.weight"] = weight
            found[number][f"{folding.fused}.bias"] = bias.to(problem.dtype)
        fused = module.get_submodule(folding.fused)
        targets[f"{folding.fused}.weight"], targets[f"{folding.fused}.bias"] = fused.weight, fused.bias
    own_names = {id(parameter): name for name, parameter in problem.parameters.items()}  # a tied weight has several
    for name, parameter in network.module.named_parameters():
        targets[name] = module.get_parameter(name)
        for number, weights in enumerate(given):
            found[number][name] = weights[own_names[id(parameter)]]
    return found[0], found[1:], targets
