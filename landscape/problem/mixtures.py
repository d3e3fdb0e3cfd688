"""Measures mixtures of networks: each parameter a sum of several networks' own, and stored norm statistics likewise."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from landscape.problem.problem import NORMS_WITH_STATS, Problem
from landscape.weights import Weights

Shares = Callable[[float, float], tuple[float, ...]]


def mixed(name: str, networks: tuple[Weights, ...], shares: tuple[float, ...]) -> Tensor:
    """Return one tensor of a mixture; a network whose share is 0 is left out, so that one alone is itself to the bit."""
    terms = [network[name] * share for network, share in zip(networks, shares, strict=True) if share != 0]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


class MixtureMeasure:
    """Measures points on lines or planes through networks: (alpha, beta, which line) -> metrics.

    It holds the networks of one line or plane at a time. Stored norm statistics are mixed as the parameters are, so that
    each network is measured with its own; a variance that extrapolation makes negative becomes 0.

    Args:
        problem: Whose model the tensors are written into.
        networks_of: A line's place -> its networks, parameters and statistics by name.
        shares: What each network contributes to a point.
    """

    def __init__(self, problem: Problem, networks_of: Callable[[int], tuple[Weights, ...]], shares: Shares) -> None:
        self._problem, self._networks_of, self._shares = problem, networks_of, shares
        self._number, self._networks = 0, None
        self._statistics = {} if problem.reestimates else statistics_of(problem.model)

    def __call__(self, alpha: float, beta: float, number: int = 0) -> Mapping[str, float]:
        if self._networks is None or number != self._number:
            self._networks = None  # before the next ones take memory
            self._networks, self._number = self._on_device(self._networks_of(number)), number
        shares = self._shares(alpha, beta)
        for name, buffer in self._statistics.items():
            value = mixed(name, self._networks, shares)
            buffer.copy_(value.clamp(min=0) if name.endswith("running_var") else value)
        return self._problem.measure_from(lambda name: mixed(name, self._networks, shares))

    def _on_device(self, networks: tuple[Weights, ...]) -> tuple[dict[str, Tensor], ...]:
        device, dtype = self._problem.device, self._problem.dtype
        names = [*self._problem.parameters, *self._statistics]
        return tuple({name: network[name].to(device, dtype) for name in names} for network in networks)


def statistics_of(model: nn.Module) -> dict[str, Tensor]:
    """Return the running means and variances of a model's norms, by the names that its state dict gives them."""
    found = {}
    for prefix, module in model.named_modules():
        if isinstance(module, NORMS_WITH_STATS) and module.running_mean is not None:
            for name in ("running_mean", "running_var"):
                found[f"{prefix}.{name}" if prefix else name] = getattr(module, name)
    return found


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """Return copies of what a mixture is made of: parameters, and the norms' statistics."""
    tensors = {**dict(model.named_parameters()), **statistics_of(model)}
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
