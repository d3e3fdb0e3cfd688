"""The Fisher-Rao norm of a classifier: how much its answers change when all of its weights grow together."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
import torch.autograd.forward_ad as forward_ad
from torch import Tensor
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.directions import BIASES
from landscape.filters import FilterLayout
from landscape.problem.batches import moved
from landscape.problem.losses import NOT_A_CLASS, cross_entropy
from landscape.problem.problem import Problem, arithmetic


@dataclass(frozen=True, slots=True)
class FisherSums:
    """One rank's part: over its samples, the sum of Var_{y~p}[(Jw)_y], that of its squares, and their number."""

    total: float
    squares: float
    count: float


@dataclass(frozen=True, slots=True)
class FisherRaoNorm:
    """w'Fw, of the Fisher information that the model's own answers give.

    Attributes:
        value: In squared nats; the norm is its root.
        standard_error: By the scatter of samples, as an estimate for all samples such as these; nan of a single one.
        num_samples: That it was averaged over.
    """

    value: float
    standard_error: float
    num_samples: float


def fisher_rao_norm(parts: Sequence[FisherSums]) -> FisherRaoNorm:
    """Put the ranks' parts together.

    Raises:
        ValueError: They count no sample.
    """
    total, squares, count = (sum(numbers) for numbers in zip(*((p.total, p.squares, p.count) for p in parts)))
    if not count > 0:
        raise ValueError("the Fisher-Rao norm counted no sample, so that there is nothing to average")
    mean = total / count
    scatter = max(squares / count - mean**2, 0.0)
    return FisherRaoNorm(mean, (scatter / (count - 1)) ** 0.5 if count > 1 else float("nan"), count)


def fisher_sums(
    problem: Problem, batches: Iterable, filters: Mapping[str, FilterLayout], *, biases: str = "moved"
) -> FisherSums:
    """Sum Var_{y~p}[(Jw)_y] over samples, p being the model's probabilities at the center and J its scores' Jacobian.

    By one forward-mode product Jw a batch. Whatever rescales weights and leaves the function unchanged leaves this
    unchanged, with biases and without. Of a network of L layers without biases or norms, whose activations are positively
    homogeneous, Jw is L times the scores.

    Args:
        problem: Its loss is cross entropy.
        batches: This rank's; may be none.
        filters: Which parameters are biases or of norms.
        biases: Whether those are "moved" together with the weights, or "fixed".

    Raises:
        ValueError: The loss is another, or the model can't be differentiated forward.

    Source: Liang et al. 2019, arXiv:1711.01530, with answers drawn from the model itself rather than from the labels.
    """
    if problem.loss is not cross_entropy:
        raise ValueError("the Fisher-Rao norm is that of a classifier's probabilities; give --loss cross-entropy")
    if biases not in BIASES:
        raise ValueError(f"biases must be one of {', '.join(BIASES)}, not {biases!r}")
    moving = {name: w for name, w in problem.center.items() if biases == "moved" or not filters[name].is_bias_or_norm}
    total = squares = count = 0.0
    for batch in batches:
        batch = moved(batch, problem.device, problem.dtype)
        values = _of_samples(_variances(problem, moving, batch[0]), batch[1])
        total, squares = total + float(values.sum()), squares + float((values**2).sum())
        count += len(values)
    return FisherSums(total, squares, count)


def _variances(problem: Problem, moving: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
    """Return Var_{y~p}[(Jw)_y] for every answer that the model gives to a batch."""
    with ExitStack() as stack:
        stack.enter_context(arithmetic(problem.precision, problem.device.type))
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(forward_ad.dual_level())
        at = {  # that they require gradients keeps torch from fusing what it can't follow
            name: forward_ad.make_dual(weight.detach().requires_grad_(), weight) for name, weight in moving.items()
        }
        try:
            scores, changes = forward_ad.unpack_dual(
                functional_call(problem.model, {**problem.center, **at}, (inputs,))
            )
        # What torch raises where an operation of the user's model has no forward derivative.
        except NotImplementedError as error:
            words = str(error).split("\n")[0]
            raise ValueError(
                f"the Fisher-Rao norm needs forward derivatives, which torch lacks here ({words})"
            ) from error
    shares = scores.detach().double().softmax(1)
    changes = torch.zeros_like(shares) if changes is None else changes.detach().double()
    mean = (shares * changes).sum(1, keepdim=True)
    return (shares * (changes - mean) ** 2).sum(1)


def _of_samples(values: Tensor, targets: Tensor) -> Tensor:
    """Return what cross entropy counts as a sample: a class that is not left out, or a mean over a sample's answers."""
    if targets.is_floating_point():
        return values if values.ndim == 1 else values.flatten(1).mean(1)
    return values[targets != NOT_A_CLASS]
