"""A model in evaluation mode as a graph of calls, by torch.fx: with the shapes that pass, and what each module has for itself."""

from collections import Counter

from torch import Tensor, fx, nn, no_grad

SHAPE_QUERIES = {"size", "dim"}


class Trace:
    """A graph of calls.

    Attributes:
        graph: Its nodes know the shapes of what they returned.
        modules: By the names that nodes call them by; those of the model itself.
    """

    def __init__(self, graph: fx.GraphModule, model: nn.Module) -> None:
        self.graph = graph
        self.modules = dict(graph.named_modules())
        self._calls = Counter(node.target for node in graph.graph.nodes if node.op == "call_module")
        owners = Counter(id(p) for module in model.modules() for p in module.parameters(recurse=False))
        self._shared = {name for name in owners if owners[name] > 1}

    def is_own(self, node: fx.Node, *kinds: type) -> bool:
        """Tell whether a node calls a module of just such a class, which nothing else calls, hooks or shares."""
        if node.op != "call_module" or self._calls[node.target] != 1 or len(node.args) != 1 or node.kwargs:
            return False
        module = self.modules[node.target]
        is_shared = any(id(parameter) in self._shared for parameter in module.parameters())
        return type(module) in kinds and not is_shared and not has_hooks(module)


def traced(model: nn.Module, sample: Tensor) -> Trace | None:
    """Follow a model of one input by a sample.

    A trace holds as constants what Python made of weights or shapes; whoever relies on it compares scores.

    Returns:
        None where torch.fx can't follow, the model is hooked or in training mode, or a module's forward was replaced.
    """
    if has_hooks(model) or any("forward" in vars(module) or module.training for module in model.modules()):
        return None
    try:
        graph = fx.symbolic_trace(model)
        if len([node for node in graph.graph.nodes if node.op == "placeholder" and not node.args]) != 1:
            return None
        with no_grad():
            _ShapeRecorder(graph).run(sample)
    except Exception:  # control flow by values, or anything else that no tracer follows
        return None
    return Trace(graph, model)


def only_user(node: fx.Node) -> fx.Node | None:
    """Return the one node that takes what another returned; None of several."""
    return next(iter(node.users)) if len(node.users) == 1 else None


def is_shape_query(node: fx.Node) -> bool:
    """Tell whether a node asks for a shape alone."""
    return (node.op == "call_method" and node.target in SHAPE_QUERIES) or (
        node.op == "call_function" and node.target is getattr and node.args[1] == "shape"
    )


def shape_of(node: fx.Node) -> tuple[int, ...] | None:
    return node.meta.get("shape")


def has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


class _ShapeRecorder(fx.Interpreter):
    """Runs a graph and notes at each node the shape of what it returned."""

    def run_node(self, node: fx.Node):
        found = super().run_node(node)
        if isinstance(found, Tensor):
            node.meta["shape"] = tuple(found.shape)
        return found
