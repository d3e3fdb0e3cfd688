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
from landscape.problem.folding import FoldedNetwork, folded, norm_parameters, scale_and_shift
from landscape.problem.losses import Loss, calls_only
from landscape.problem.problem import Problem
from landscape.weights import Weights

Measure = Callable[[float, float], Mapping[str, float]]
PATHS = ("folded", "plain")
AGREEMENT = 0.01  # folding wrongly changes scores by their own size; rounding by less


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
        ValueError: The path is unknown or can't serve; or the folded network's scores are not the model's.
    """
    if path not in PATHS:
        raise ValueError(f"the path must be one of {', '.join(PATHS)}, not {path!r}")
    if path == "plain":
        return lambda alpha, beta: problem.measure_from(lambda name: plane.tensor_at(name, alpha, beta))
    network = folded(problem.model, _sample_of(problem))
    if network is None or norm_parameters(network) & moved_names(plane) or problem.reestimates:
        raise ValueError("the folded path can't serve this model and plane; take the plain one")
    return _FoldedMeasure(problem, plane, network)


def moved_names(plane: Plane) -> set[str]:
    """Return the names of the parameters that a plane moves."""
    directions = [plane.u] if plane.v is None else [plane.u, plane.v]
    return {name for name in plane.center if any(bool(direction[name].any()) for direction in directions)}


def _sample_of(problem: Problem) -> Tensor:
    """Return the first sample's input as a batch of one, as the problem's network takes it."""
    return moved(_sample_input(next(iter(next(iter(problem.batches.values()))))), problem.device, problem.dtype)


def _sample_input(batch: object) -> Tensor | None:
    """Return the first sample's input as a batch of one; None where the batch is no pair of tensors."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2 or not isinstance(batch[0], Tensor):
        return None
    return batch[0][:1]


class _FoldedMeasure:
    """Measures points by the folded network: folded center and directions in, metrics out."""

    def __init__(self, problem: Problem, plane: Plane, network: FoldedNetwork) -> None:
        self._problem = problem
        self._network = copy.deepcopy(network.module)
        center, directions, targets = _folded_tensors(problem, plane, network, self._network)
        self._plane, self._targets = Plane(center, *directions), targets
        self._fused = [self._network.get_submodule(folding.fused) for folding in network.foldings]
        self._check()
        if problem.precision == "bf16":
            self._shorten(network)

    def __call__(self, alpha: float, beta: float) -> dict[str, float]:
        self._write(alpha, beta)
        return self._problem.metrics(self._network)

    def _check(self) -> None:
        """Compare the scores of the first sample with the model's own."""
        problem = self._problem
        sample = _sample_of(problem)
        with torch.no_grad():
            for name, parameter in problem.parameters.items():
                parameter.copy_(problem.center[name])
            self._write(0.0, 0.0)
            ours, models = self._network(sample).double(), problem.model(sample).double()
        difference, size = float((ours - models).abs().max()), float(models.abs().max())
        if difference > AGREEMENT * size:
            raise ValueError(
                f"the folded network's scores differ from the model's by {difference:.3g} of {size:.3g}; give --plain"
            )

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
    given = [plane.center, plane.u] + ([] if plane.v is None else [plane.v])
    found: list[dict[str, Tensor]] = [{} for _ in given]
    targets: dict[str, Tensor] = {}
    for folding in network.foldings:
        names = f"{folding.convolution}.weight", f"{folding.convolution}.bias"
        for number, weights in enumerate(given):
            weight, bias = _folded_pair(problem, folding, weights, *names, is_center=number == 0)
            found[number][f"{folding.fused}.weight"] = weight
            found[number][f"{folding.fused}.bias"] = bias
        fused = module.get_submodule(folding.fused)
        targets[f"{folding.fused}.weight"], targets[f"{folding.fused}.bias"] = fused.weight, fused.bias
    own_names = {id(parameter): name for name, parameter in problem.parameters.items()}  # a tied weight has several
    for name, parameter in network.module.named_parameters():
        targets[name] = module.get_parameter(name)
        for number, weights in enumerate(given):
            found[number][name] = weights[own_names[id(parameter)]]
    return found[0], found[1:], targets


def _folded_pair(problem: Problem, folding, weights: Weights, weight_name: str, bias_name: str, *, is_center: bool):
    """Return weight and bias of a convolution with its norm in it; a direction takes the scale but not the shift."""
    weight = weights[weight_name].double()
    bias = weights[bias_name].double() if bias_name in weights else torch.zeros_like(weight[:, 0, 0, 0])
    if folding.norm is not None:
        scale, shift = scale_and_shift(problem.model.get_submodule(folding.norm))
        weight, bias = weight * scale[:, None, None, None], bias * scale
        bias = bias + shift if is_center else bias
    return (
        weight.to(problem.dtype).contiguous(memory_format=torch.channels_last),
        bias.to(problem.dtype),
    )
