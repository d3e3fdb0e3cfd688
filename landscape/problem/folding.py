"""A network for evaluation only: batch norm folded into the convolutions before it, activations and sums fused after it.

With stored statistics a norm is an affine map, so that convolution and norm together are one convolution, linear in the
weights; center and directions are folded once, and every point of the plane is then a folded network of its own.
"""

import copy
import operator
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from landscape.problem.fused import FusedConvolution
from landscape.problem.tracing import Trace, has_hooks, only_user, shape_of, traced

RELU_FUNCTIONS = {torch.relu, torch.relu_, functional.relu, functional.relu_}
ADD_FUNCTIONS = {operator.add, operator.iadd, torch.add}
IN_PLACE = {"iadd", "isub", "imul", "itruediv", "setitem"}
RELU_METHODS, ADD_METHODS = {"relu", "relu_"}, {"add", "add_"}
ROUNDING = 0.01  # a fused call that does another thing is off by the scores' own size
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


@dataclass(frozen=True, slots=True)
class Folding:
    """One convolution of a folded network: names of modules in the model, and of the one that took their place.

    Attributes:
        norm: The batch norm folded into it, if any.
    """

    convolution: str
    norm: str | None
    fused: str


@dataclass(frozen=True, slots=True, eq=False)
class FoldedNetwork:
    """A network that computes what a model in evaluation mode does, from folded weights.

    Attributes:
        module: Takes the model's input; what is not folded it shares with the model.
        foldings: Its convolutions.
    """

    module: nn.Module
    foldings: tuple[Folding, ...]


def folded(model: nn.Module, sample: Tensor) -> FoldedNetwork | None:
    """Fold the convolutions of a model that can be folded.

    What comes out is checked: in float64 its scores are the model's, at the model's weights and at others.

    Args:
        model: In evaluation mode; it must not change afterwards but for its weights, which are shared.
        sample: Inputs of one or two samples, (samples, channels, height, width).

    Returns:
        None where torch.fx can't follow the model, or it has nothing to fold.
    """
    if sample.ndim != 4 or not any(type(module) is nn.Conv2d for module in model.modules()):
        return None
    if (trace := traced(model, sample)) is None:
        return None
    graph = trace.graph
    try:
        foldings = _Folder(trace).fold()
        graph.delete_all_unused_submodules()
        graph.graph.lint()
        graph.recompile()
        network = FoldedNetwork(graph, tuple(foldings))
        is_sound = any(folding.norm for folding in foldings) and _agrees(model, network, sample)
    except Exception:  # a trace that does not run in another precision or anew: the plain path serves it
        return None
    return network if is_sound else None


def folded_tensors(model: nn.Module, folding: Folding, weight: Tensor, bias: Tensor | None, *, shifts: bool = True):
    """Return weight and bias of a convolution with its norm in it, in float64.

    Args:
        model: Holds the norm.
        shifts: Whether the norm's shift is added: to weights, but not to a direction.
    """
    weight = weight.double()
    bias = torch.zeros_like(weight[:, 0, 0, 0]) if bias is None else bias.double()
    if folding.norm is None:
        return weight, bias
    scale, shift = scale_and_shift(model.get_submodule(folding.norm))
    return weight * scale[:, None, None, None], bias * scale + (shift if shifts else 0)


def _agrees(model: nn.Module, network: FoldedNetwork, sample: Tensor) -> bool:
    """Tell whether a folded network's scores are its model's, at two settings of the weights.

    In float64 a right one is off by 1e-12 and less. A trace may hold what was computed from weights as a constant, and
    lose sums in place; the second setting shows it.
    """
    wide, module = copy.deepcopy((model, network.module))  # together, so that what they share stays shared
    wide, module, wide_sample = wide.double(), module.double(), sample.double()
    moved = {name: weights for name, weights in wide.named_parameters() if name not in norm_parameters(network)}
    with torch.no_grad():
        for setting in range(2):
            for number, weights in enumerate(moved.values() if setting else ()):
                ramp = torch.arange(weights.numel(), device=weights.device, dtype=torch.double) + number
                weights.mul_(1 + 0.3 * torch.cos(ramp).reshape(weights.shape))
            for folding in network.foldings:
                convolution = wide.get_submodule(folding.convolution)
                tensors = folded_tensors(wide, folding, convolution.weight, convolution.bias)
                for target, tensor in zip(("weight", "bias"), tensors, strict=True):
                    getattr(module.get_submodule(folding.fused), target).copy_(tensor)
            ours, models = module(wide_sample), wide(wide_sample)
            if not torch.allclose(ours, models, rtol=1e-8, atol=1e-8 * float(models.abs().max()), equal_nan=True):
                return False
        module, narrow = module.to(sample.dtype), wide.to(sample.dtype)(sample)
        difference = (module(sample) - narrow).abs().max()  # by the calls that will be made
        return not bool(difference > ROUNDING * narrow.abs().max())


def norm_parameters(network: FoldedNetwork) -> set[str]:
    """Return the names of the parameters of folded norms; a plane that moves one of them can't be folded."""
    return {f"{folding.norm}.{part}" for folding in network.foldings if folding.norm for part in ("weight", "bias")}


def scale_and_shift(norm: nn.modules.batchnorm._BatchNorm) -> tuple[Tensor, Tensor]:
    """Return a norm with stored statistics as output = scale * input + shift, in float64, (channels,) each."""
    scale = (norm.running_var.double() + norm.eps) ** -0.5
    if norm.weight is not None:
        scale = scale * norm.weight.detach().double()
    shift = -norm.running_mean.double() * scale
    return scale, shift if norm.bias is None else shift + norm.bias.detach().double()


class _Folder:
    """Rewrites a traced graph: convolution, norm, sum and activation become one module."""

    def __init__(self, trace: Trace) -> None:
        self._graph, self._modules, self._is_own = trace.graph, trace.modules, trace.is_own

    def fold(self) -> list[Folding]:
        self._remove_nothings()
        order = {node: place for place, node in enumerate(self._graph.graph.nodes)}
        candidates = [node for node in self._graph.graph.nodes if self._is_convolution(node)]
        return [self._replace(node, order) for node in candidates]

    def _remove_nothings(self) -> None:
        """Take out what passes its input on unchanged."""
        for node in list(self._graph.graph.nodes):
            if node.op == "call_module" and isinstance(self._modules[node.target], (nn.Identity, *DROPOUTS)):
                if not has_hooks(self._modules[node.target]) and len(node.args) == 1 and not node.kwargs:
                    node.replace_all_uses_with(node.args[0])
                    self._graph.graph.erase_node(node)

    def _is_convolution(self, node: fx.Node) -> bool:
        if not self._is_own(node, nn.Conv2d):
            return False
        convolution = self._modules[node.target]
        return convolution.padding_mode == "zeros" and not isinstance(convolution.padding, str)

    def _replace(self, node: fx.Node, order: dict[fx.Node, int]) -> Folding:
        nodes, norm, other, place = [node], None, None, node
        if (after := only_user(node)) is not None and self._is_norm(after):
            nodes, norm = [*nodes, after], after
        last = nodes[-1]
        activation = None
        after = only_user(last)
        if after is not None and self._is_relu(after):
            nodes, activation = [*nodes, after], "relu"
        elif after is not None and (addend := self._addend(after, last, node, order)) is not None:
            place, other, nodes = after, addend, [*nodes, after]
            if (relu := only_user(after)) is not None and self._is_relu(relu):
                nodes, activation = [*nodes, relu], "relu"
        convolution = self._modules[node.target]
        name = f"fused_{node.name}"
        while name in self._modules or hasattr(self._graph, name):
            name += "_"
        self._modules[name] = FusedConvolution(convolution, activation)
        self._graph.add_submodule(name, self._modules[name])
        inputs = node.args if other is None else (*node.args, other)
        with self._graph.graph.inserting_before(place):  # the convolution's own, or the sum's: inputs may change later
            fused = self._graph.graph.call_module(name, inputs)
        fused.meta = dict(nodes[-1].meta)
        order[fused] = order[place]
        nodes[-1].replace_all_uses_with(fused)
        for old in reversed(nodes):
            self._graph.graph.erase_node(old)
            order.pop(old, None)
        return Folding(node.target, norm.target if norm else None, name)

    def _is_norm(self, node: fx.Node) -> bool:
        return self._is_own(node, nn.BatchNorm2d) and self._modules[node.target].running_mean is not None

    def _is_relu(self, node: fx.Node) -> bool:
        if node.op == "call_module":
            module = self._modules[node.target]
            return type(module) is nn.ReLU and not has_hooks(module)
        return (node.op == "call_function" and node.target in RELU_FUNCTIONS) or (
            node.op == "call_method" and node.target in RELU_METHODS
        )

    def _addend(self, node: fx.Node, mine: fx.Node, convolution: fx.Node, order) -> fx.Node | None:
        """Return what a node adds to a convolution's output, if both can be done at once where the node stands."""
        is_add = (node.op == "call_function" and node.target in ADD_FUNCTIONS) or (
            node.op == "call_method" and node.target in ADD_METHODS
        )
        if not is_add or len(node.args) != 2 or node.kwargs:
            return None
        other = node.args[1] if node.args[0] is mine else node.args[0]
        if (
            not isinstance(other, fx.Node)
            or other is mine
            or shape_of(other) != shape_of(mine)
            or shape_of(mine) is None
        ):
            return None
        if node.args[0] is other and self._changes_in_place(node):
            return None
        between = [each for each, place in order.items() if order[convolution] < place < order[node]]
        return None if any(self._changes_in_place(each) for each in between) else other

    def _changes_in_place(self, node: fx.Node) -> bool:
        """Tell whether a node may write into one of its inputs."""
        if node.op == "call_module":
            return bool(getattr(self._modules.get(node.target), "inplace", False))
        if node.op == "call_function":
            name = getattr(node.target, "__name__", "")
            flags = [*node.args, node.kwargs.get("inplace")]
            return name.endswith("_") or name in IN_PLACE or "out" in node.kwargs or any(flag is True for flag in flags)
        return node.op == "call_method" and str(node.target).endswith("_")
