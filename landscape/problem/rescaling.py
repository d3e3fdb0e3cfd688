"""Copies of a network with other weights and the same function: what follows such rescalings measures the function alone."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape.directions import gaussian
from landscape.problem.batches import moved
from landscape.problem.folding import folded
from landscape.problem.homogeneous import CONVOLUTIONS, Pair, homogeneous_pairs

KINDS = ("filters", "layers", "neurons")
LARGEST = 4.0  # factors lie between its inverse and itself
SAME = 1e-8  # of the largest score: in float64 right ones are off by 1e-12 and less


@dataclass(frozen=True, slots=True, eq=False)
class Rescaled:
    """A model of the same function.

    Attributes:
        model: A copy.
        num_changed: How many filters, layers or neurons were multiplied by a factor of their own.
        factors: By name of the convolution, or of the pair's first layer: (channels,), or one number; float64.
        left_out: Names of first layers whose neurons can't be followed to the inputs of the next.
    """

    model: nn.Module
    num_changed: int
    factors: Mapping[str, Tensor]
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of what was multiplied."""
        return tuple(self.factors)


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """How far two models' scores lie apart: the largest difference, and the largest of the first model's scores."""

    largest: float
    largest_score: float


def rescaled(model: nn.Module, sample: Tensor, kind: str, seed: int = 0) -> Rescaled:
    """Multiply parts of a network by factors that leave its function unchanged.

    - "filters": each filter of a convolution that a batch norm follows, its bias and the norm's stored statistics along. The
      norm's eps stays, so that scores change a little: by as much as eps counts beside the variances.
    - "layers": the first of two layers with nothing but positively homogeneous functions between them, the second divided
      by it. A norm's scale and shift count as a first layer.
    - "neurons": likewise each neuron or channel of the first by a factor of its own.

    Factors are drawn evenly in their logarithm, from 1/4 to 4, from one stream a layer.

    Args:
        model: In evaluation mode; stays as it is.
        sample: Inputs of two samples or so.
        kind: One of `KINDS`.
        seed: Of the factors.

    Raises:
        ValueError: The kind is unknown, nothing can be rescaled, or the scores of layers or neurons change nonetheless.

    Source: of layers and neurons, Neyshabur et al. 2015, arXiv:1506.02617, and Dinh et al. 2017, arXiv:1703.04933; of
    normalized filters, Li et al. 2018, arXiv:1712.09913, section 4.
    """
    if kind not in KINDS:
        raise ValueError(f"what is rescaled must be one of {', '.join(KINDS)}, not {kind!r}")
    if any(module.training for module in model.modules()):
        raise ValueError("a model is rescaled in evaluation mode, but this one is in training mode; call model.eval()")
    return _with_filters(model, sample, seed) if kind == "filters" else _with_pairs(model, sample, kind, seed)


def largest_difference(model: nn.Module, other: nn.Module, batches: Iterable) -> ScoreDifference:
    """Compare the scores of two models, over batches whose first part is the input; nan where a score is not finite."""
    weight = next(model.parameters())
    differences, scores = [0.0], [0.0]
    with torch.no_grad():
        for batch in batches:
            inputs = moved(batch, weight.device, weight.dtype)[0]
            first, second = model(inputs).double(), other(inputs).double()
            differences.append(float((first - second).abs().max()))
            scores.append(float(first.abs().max()))
    return ScoreDifference(float(torch.tensor(differences).max()), float(torch.tensor(scores).max()))


def _with_filters(model: nn.Module, sample: Tensor, seed: int) -> Rescaled:
    network = folded(model, sample)
    pairs = [] if network is None else [(each.convolution, each.norm) for each in network.foldings if each.norm]
    if not pairs:
        raise ValueError("no filter can be rescaled: no convolution is followed by a batch norm directly")
    other, factors = copy.deepcopy(model), {}
    for convolution, norm in pairs:
        layer, statistics = other.get_submodule(convolution), other.get_submodule(norm)
        factor = factors[convolution] = _drawn(len(layer.weight), "filters", convolution, seed)
        _multiply(layer.weight, factor, 0)
        _multiply(layer.bias, factor, 0)
        _multiply(statistics.running_mean, factor, 0)
        _multiply(statistics.running_var, factor**2, 0)
    return Rescaled(other, sum(map(len, factors.values())), factors)


def _with_pairs(model: nn.Module, sample: Tensor, kind: str, seed: int) -> Rescaled:
    found = homogeneous_pairs(model, sample)
    if found is None:
        raise ValueError(f"no {kind} can be rescaled: torch.fx can't follow the model")
    pairs = found if kind == "layers" else [pair for pair in found if pair.spread is not None]
    if not pairs:
        raise ValueError(
            f"no {kind} can be rescaled: nowhere do two layers have only ReLU, pooling and other positively homogeneous "
            "functions between them, and no other use"
        )
    factors = {}
    for pair in pairs:
        num = 1 if kind == "layers" else len(model.get_submodule(pair.first).weight)
        factors[pair.first] = _drawn(num, kind, pair.first, seed)
    wide = copy.deepcopy(model).double()
    _require_same_scores(wide, _multiplied(wide, pairs, factors), sample.double(), kind)
    left_out = tuple(pair.first for pair in found if pair not in pairs)
    num_changed = sum(map(len, factors.values()))
    return Rescaled(_multiplied(model, pairs, factors), num_changed, factors, left_out)


def _multiplied(model: nn.Module, pairs: list[Pair], factors: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy in which each first layer is multiplied by its factors, and each second divided by them."""
    other = copy.deepcopy(model)
    for pair in pairs:
        first, second, factor = other.get_submodule(pair.first), other.get_submodule(pair.second), factors[pair.first]
        _multiply(first.weight, factor, 0)
        _multiply(first.bias, factor, 0)
        if len(factor) > 1:
            factor = factor.repeat_interleave(pair.spread)
        _multiply(second.weight, *_by_input(second, 1 / factor))
    return other


def _by_input(layer: nn.Module, factor: Tensor) -> tuple[Tensor, int]:
    """Lay factors of a layer's inputs as they lie in its weight: (out, in / groups, ...)."""
    groups = layer.groups if type(layer) in CONVOLUTIONS else 1
    if groups == 1 or len(factor) == 1:
        return factor, 1
    return factor.reshape(groups, -1).repeat_interleave(len(layer.weight) // groups, 0), 0


def _multiply(tensor: Tensor | None, factor: Tensor, axis: int) -> None:
    """Multiply in place, in float64, along axes that begin with a given one."""
    if tensor is None:
        return
    shape = [1] * axis + list(factor.shape) + [1] * (tensor.ndim - axis - factor.ndim)
    with torch.no_grad():
        tensor.copy_(tensor.double() * factor.to(tensor.device).reshape(shape))


def _drawn(num: int, kind: str, name: str, seed: int) -> Tensor:
    draw = torch.from_numpy(gaussian((num,), seed, f"rescaled {kind}", name))
    return LARGEST ** torch.erf(draw / 2**0.5)  # even from -1 to 1


def _require_same_scores(model: nn.Module, other: nn.Module, sample: Tensor, kind: str) -> None:
    found = largest_difference(model, other, [(sample,)])
    if not found.largest <= SAME * found.largest_score:
        raise ValueError(
            f"the {kind} that look as if they could be rescaled can't: scores change by {found.largest:.1e}, the largest "
            f"being {found.largest_score:.1e}, so that the model does what torch.fx doesn't see"
        )
