"""Pairs of layers between which every function is positively homogeneous: f(c z) = c f(z), c > 0.

What the first is multiplied by can be taken back in the second. The first is linear, a convolution, or the scale and shift of a
batch norm; the second linear or a convolution. Nothing else uses what passes between them, so that sums, a shortcut's too, and
concatenations end a way.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from landscape.problem.tracing import Trace, has_hooks, is_shape_query, shape_of, traced

CONVOLUTIONS = {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
DROPOUTS = {nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d}  # in evaluation mode
BY_NUMBER = {nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.Identity, *DROPOUTS} | {
    *(torch.relu, torch.relu_, functional.relu, functional.relu_, functional.leaky_relu, functional.leaky_relu_),
    *("relu", "relu_", "contiguous"),
}
DROPPING = {functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d}
POOLS = {nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3, nn.AvgPool1d: 1, nn.AvgPool2d: 2, nn.AvgPool3d: 3}
POOLS |= {nn.AdaptiveAvgPool1d: 1, nn.AdaptiveAvgPool2d: 2, nn.AdaptiveAvgPool3d: 3}
POOLS |= {nn.AdaptiveMaxPool1d: 1, nn.AdaptiveMaxPool2d: 2, nn.AdaptiveMaxPool3d: 3}
POOLS |= {functional.max_pool1d: 1, functional.max_pool2d: 2, functional.max_pool3d: 3}
POOLS |= {functional.avg_pool1d: 1, functional.avg_pool2d: 2, functional.avg_pool3d: 3}
POOLS |= {functional.adaptive_avg_pool1d: 1, functional.adaptive_avg_pool2d: 2, functional.adaptive_avg_pool3d: 3}
POOLS |= {torch.max_pool1d: 1, torch.max_pool2d: 2, torch.avg_pool1d: 1, torch.adaptive_avg_pool1d: 1}
MEANS = {torch.mean, "mean"}
RESHAPES = {nn.Flatten, torch.flatten, torch.reshape, "flatten", "reshape", "view"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two layers, by the names of their modules.

    Attributes:
        spread: How many inputs of the second, one after the other, each output of the first becomes: 1, or more behind
            a flattening; None where that can't be told.
    """

    first: str
    second: str
    spread: int | None


def homogeneous_pairs(model: nn.Module, sample: Tensor) -> list[Pair] | None:
    """Find a model's pairs, in the order of its calls.

    Modules that are called twice, share a parameter or are hooked, and those whose parameters are used otherwise, are no
    layer of a pair.

    Args:
        model: In evaluation mode.
        sample: Inputs of two samples or so.

    Returns:
        None where torch.fx can't follow the model.
    """
    trace = traced(model, sample)
    if trace is None:
        return None
    nodes = trace.graph.graph.nodes
    used = {node.target.rpartition(".")[0] for node in nodes if node.op == "get_attr"}
    firsts = [node for node in nodes if node.target not in used and _is_first(trace, node)]
    found = [_pair(trace, node) for node in firsts]
    return [pair for pair in found if pair is not None and pair.second not in used]


def _is_first(trace: Trace, node: fx.Node) -> bool:
    return trace.is_own(node, nn.Linear, *CONVOLUTIONS) or (
        trace.is_own(node, *NORMS) and trace.modules[node.target].weight is not None
    )


def _pair(trace: Trace, first: fx.Node) -> Pair | None:
    """Follow what a layer returns to the next layer; None where something else comes before."""
    node, axis, spread = first, _channel_axis(trace, first), 1
    while True:
        users = [user for user in node.users if not is_shape_query(user)]
        if len(users) != 1:
            return None
        (after,) = users
        if trace.is_own(after, nn.Linear, *CONVOLUTIONS):
            is_known = axis is not None and axis == _channel_axis(trace, after, shape_of(node))
            return Pair(first.target, after.target, spread if is_known else None)
        kind = _kind(trace, after)
        if kind is None or after.args[:1] != (node,) or shape_of(after) is None:
            return None
        if axis is not None:
            axis, more = _followed(after, kind, axis, shape_of(node))
            spread *= more
        node = after


def _channel_axis(trace: Trace, node: fx.Node, shape: tuple[int, ...] | None = None) -> int | None:
    """Return the axis of a layer's channels, in its output or in an input of a shape; None without an axis of samples."""
    shape = shape_of(node) if shape is None else shape
    module = trace.modules[node.target]
    if isinstance(module, nn.Linear):
        return len(shape) - 1 if len(shape) > 1 else None
    num = CONVOLUTIONS.get(type(module))
    return 1 if num is None or len(shape) == num + 2 else None


def _kind(trace: Trace, node: fx.Node):
    """Return the class, function or method that a node calls, where it is homogeneous."""
    kind = node.target
    if node.op == "call_module":
        module = trace.modules[node.target]
        kind = None if has_hooks(module) else type(module)
    elif node.op not in ("call_function", "call_method"):
        return None
    if kind in DROPPING:
        training = node.args[2] if len(node.args) > 2 else node.kwargs.get("training", True)
        return kind if training is False else None
    return kind if kind in BY_NUMBER or kind in POOLS or kind in MEANS or kind in RESHAPES else None


def _followed(node: fx.Node, kind, axis: int, before: tuple[int, ...]) -> tuple[int | None, int]:
    """Return the axis of the channels behind a node, None where it mixes them, and how many numbers a channel now is more."""
    after = shape_of(node)
    if kind in POOLS:
        return (axis if axis == len(before) - POOLS[kind] - 1 else None), 1
    if kind in MEANS:
        return _behind_mean(node, axis, before), 1
    if kind not in RESHAPES or after == before:
        return axis, 1
    if axis == 1 and after == (before[0], prod(before[1:])):
        return 1, prod(before[2:])
    return None, 1


def _behind_mean(node: fx.Node, axis: int, before: tuple[int, ...]) -> int | None:
    dims = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
    dims = (dims,) if isinstance(dims, int) else dims
    if not dims or not all(isinstance(dim, int) for dim in dims):
        return None
    gone = {dim % len(before) for dim in dims}
    if axis in gone:
        return None
    stays = len(shape_of(node)) == len(before)
    return axis if stays else axis - sum(dim < axis for dim in gone)
