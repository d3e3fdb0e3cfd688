"""One rank's part of a loss: its sum over the rank's samples, that sum's gradient, and products with its Hessian."""

import copy
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.autograd.forward_ad as forward_ad
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.curvature.layout import FlatLayout, layout_of
from landscape.curvature.memory import available_bytes
from landscape.curvature.refusals import plainly, require_second_derivatives
from landscape.gradient_noise import GradientNoise
from landscape.problem.batches import moved
from landscape.problem.losses import calls_only, sums_and_counts
from landscape.problem.merging import merge_norms
from landscape.problem.problem import Problem, arithmetic

DIFFERENTIATIONS = ("double-backward", "forward-over-reverse")
SKETCH = 4096
KEPT_SHARE = 0.4  # of the memory that is free at the start, for graphs that are kept from product to product


@dataclass(frozen=True, slots=True)
class GradientSum:
    """A sum of gradients over samples, and what tells how the samples scatter.

    Attributes:
        total: (dim,) sum over samples.
        count: Samples.
        squares: Sum over chunks of |the chunk's sum|^2 / its samples.
        counts: (chunks,) samples.
        sketches: (chunks, SKETCH or fewer) the chunks' sums, shortened so that their inner products stay about the same.
    """

    total: np.ndarray
    count: float
    squares: float
    counts: np.ndarray
    sketches: np.ndarray


class SampleSums:
    """Differentiates the sum of a loss over fixed batches with respect to chosen parameters.

    The problem's network is copied. Statistics of norms are the stored ones, constants.

    Args:
        problem: Model in evaluation mode, loss, device and precision.
        batches: This rank's; may be none.
        chunks: The same samples in smaller batches, for the scatter of gradients.
        patterns: Which parameters, by name; all if empty.
        differentiation: "double-backward", or "forward-over-reverse", which keeps no second graph.
        sample: Inputs of one or two samples, by which norms are merged into convolutions; None leaves the model as it is.
        shares_host_with: How many ranks share this host's memory, this one included.

    Attributes:
        layout: How vectors hold the chosen parameters.
        center: The chosen parameters' values.
        num_merged: Norms that are computed within convolutions.
    """

    def __init__(
        self,
        problem: Problem,
        batches: Iterable,
        *,
        chunks: Iterable | None = None,
        patterns: Sequence[str] = (),
        differentiation: str = "double-backward",
        sample: Tensor | None = None,
        shares_host_with: int = 1,
    ) -> None:
        if differentiation not in DIFFERENTIATIONS:
            raise ValueError(f"--differentiation must be one of {', '.join(DIFFERENTIATIONS)}, not {differentiation!r}")
        if problem.precision not in ("float32", "float64"):
            raise ValueError(
                f"curvature is measured in float32 or float64, not in {problem.precision}, whose rounding drowns it"
            )
        self._problem, self._batches = problem, batches
        self._chunks = batches if chunks is None else chunks
        self._is_forward = differentiation == "forward-over-reverse"
        model = copy.deepcopy(problem.model)
        self.num_merged = 0 if sample is None else merge_norms(model, sample.to(problem.device, problem.dtype))
        self._whole = _LossOfModel(model, problem.loss)
        self.layout: FlatLayout = layout_of(problem.center, patterns)
        named = dict(model.named_parameters())
        with torch.no_grad():
            for name, tensor in problem.center.items():  # the problem's model stands wherever it was measured last
                named[name].copy_(tensor)
        self._parameters = [named[name].requires_grad_(True) for name in self.layout.shapes]
        self.center = {name: problem.center[name] for name in self.layout.shapes}
        self._kept: list[list[Tensor | None]] = []
        self._is_followed = False
        self._floor_bytes = available_bytes(problem.device) * (1 - KEPT_SHARE / shares_host_with)

    def move_to(self, offset: np.ndarray | None) -> None:
        """Put the chosen parameters at the problem's center plus an offset, (dim,)."""
        self._forget()
        steps = {} if offset is None else self.layout.tensors(offset, self.center)
        with torch.no_grad():
            for name, parameter in zip(self.layout.shapes, self._parameters, strict=True):
                parameter.copy_(self.center[name] + steps[name] if steps else self.center[name])

    def value_sum(self) -> tuple[float, float]:
        """Return the loss summed over samples, and their number."""
        total, count = 0.0, 0.0
        with torch.no_grad(), self._arithmetic():
            for batch in self._batches:
                loss, number = self._loss_sum(batch)
                total, count = total + float(loss), count + float(number)
        return total, count

    def gradient_sum(self) -> GradientSum:
        """Return the sum of gradients over samples.

        Raises:
            ValueError: The loss can't be differentiated, or a gradient is not finite.
        """
        total, squares, counts, sketches = np.zeros(self.layout.dim), 0.0, [], []
        for found, number in self._chunk_gradients():
            total = total + found
            squares += float(found @ found) / number
            counts.append(number)
            sketches.append(sketch(found))
        width = min(SKETCH, self.layout.dim)
        return GradientSum(total, sum(counts), squares, np.array(counts), np.array(sketches).reshape(-1, width))

    def gradient_noise(self) -> GradientNoise:
        """Return how the chunks' gradients scatter: exactly, and of single samples, where a chunk is one sample.

        Raises:
            ValueError: As `gradient_sum`; or a chunk is more than one sample.
        """
        total, squares, num = np.zeros(self.layout.dim), 0.0, 0
        for found, number in self._chunk_gradients():
            if number != 1:
                raise ValueError(f"a chunk counts {number:g} samples, where each must be one")
            total, squares, num = total + found, squares + float(found @ found), num + 1
        mean_square = float(total @ total) / num**2
        return GradientNoise(mean_square, max(squares / num - mean_square, 0.0), num)

    def _chunk_gradients(self) -> Iterator[tuple[np.ndarray, float]]:
        """Yield the gradient of each chunk's sum with the chunk's number of samples."""
        with self._arithmetic():
            for batch in self._chunks:
                loss, number = self._loss_sum(batch)
                found = self._flat(_gradients(loss, self._parameters, create_graph=False))
                if not np.isfinite(found).all():
                    raise ValueError(
                        "the gradient is not finite: the loss overflows, or has no slope there; look at other weights"
                    )
                if float(number) > 0:  # a loss may count none of a chunk's samples
                    yield found, float(number)

    def product_sums(self, vectors: np.ndarray) -> np.ndarray:
        """Return the products of the summed loss's Hessian with vectors, (dim, k) for (dim, k)."""
        columns = [list(self.layout.tensors(column, self.center).values()) for column in vectors.T]
        totals = np.zeros_like(vectors)
        with self._arithmetic():
            if self._is_forward:
                for batch in self._batches:
                    for place, column in enumerate(columns):
                        totals[:, place] += self._flat(self._forward_product(batch, column))
            else:
                for gradients in self._gradient_graphs():
                    for place, column in enumerate(columns):
                        totals[:, place] += self._flat(_backward_product(gradients, self._parameters, column))
        return totals

    def close(self) -> None:
        """Give back the memory of what was kept."""
        self._forget()

    def _gradient_graphs(self):
        """Yield each batch's gradients with their graph; those that memory has room for are kept for the next product."""
        yield from self._kept
        for place, batch in enumerate(self._batches):
            if place < len(self._kept):
                continue
            gradients = _gradients(self._loss_sum(batch)[0], self._parameters, create_graph=True)
            if place == 0 and not self._is_followed:
                require_second_derivatives(gradients)
                self._is_followed = True
            if place == len(self._kept) and available_bytes(self._problem.device) > self._floor_bytes:
                self._kept.append(gradients)
            yield gradients

    def _forward_product(self, batch, column: Sequence[Tensor]) -> list[Tensor | None]:
        with forward_ad.dual_level():
            duals = {
                f"model.{name}": forward_ad.make_dual(parameter.detach().requires_grad_(True), tangent)
                for name, parameter, tangent in zip(self.layout.shapes, self._parameters, column, strict=True)
            }
            loss = torch.func.functional_call(self._whole, duals, (moved_to(batch, self._problem),))
            gradients = _gradients(_sum_of(loss, batch)[0], list(duals.values()), create_graph=False)
            return [None if each is None else forward_ad.unpack_dual(each).tangent for each in gradients]

    def _loss_sum(self, batch) -> tuple[Tensor, int | Tensor]:
        batch = moved_to(batch, self._problem)
        return _sum_of(self._whole(batch), batch)

    def _flat(self, parts: Sequence[Tensor | None]) -> np.ndarray:
        found = [
            (torch.zeros_like(parameter) if part is None else part).detach().reshape(-1)
            for part, parameter in zip(parts, self._parameters, strict=True)
        ]
        return torch.cat(found).cpu().double().numpy()  # a GPU is asked once

    def _forget(self) -> None:
        if self._kept:
            self._kept = []
            gc.collect()

    @contextmanager
    def _arithmetic(self):
        """Compute in the problem's precision, attention by the kernel that has second derivatives; say plainly what fails."""
        with ExitStack() as stack:
            stack.enter_context(arithmetic(self._problem.precision, self._problem.device.type))
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
            try:
                yield
            # Whatever torch raises from the user's model or loss: `plainly` tells a lack of memory or of derivatives from a bug.
            except (RuntimeError, NotImplementedError, MemoryError) as error:
                raise plainly(error) from error


class _LossOfModel(nn.Module):
    """The loss as a module's forward, so that whatever the loss calls of its model sees other parameters.

    Our own losses get their scores in float64: where a network is sure of its answers, 1 - p is all rounding in float32, which
    gives a convex loss eigenvalues below zero.
    """

    def __init__(self, model: nn.Module, loss) -> None:
        super().__init__()
        self.model, self._loss = model, loss

    def forward(self, batch):
        return self._loss(self._scores if calls_only(self._loss) else self.model, batch)

    def _scores(self, inputs: Tensor) -> Tensor:
        return self.model(inputs).double()


def sketch(vector: np.ndarray) -> np.ndarray:
    """Shorten a vector so that inner products of shortened ones are, to a hundredth or two, those of the whole ones.

    Source: count sketch, Charikar, Chen and Farach-Colton 2002.
    """
    if len(vector) <= SKETCH:
        return vector
    stream = np.random.Generator(np.random.Philox(key=0))
    places = stream.integers(SKETCH, size=len(vector))
    signs = stream.integers(2, size=len(vector)) * 2.0 - 1
    return np.bincount(places, weights=signs * vector, minlength=SKETCH)


def moved_to(batch, problem: Problem):
    return moved(batch, problem.device, problem.dtype)


def _sum_of(returned, batch) -> tuple[Tensor, int | Tensor]:
    """Return the sum and count of what a loss returned under the name "loss", or its only name."""
    named = sums_and_counts(returned, batch)
    if "loss" not in named and len(named) > 1:
        raise ValueError(f"curvature needs one of the loss's values to be named loss; they are {', '.join(named)}")
    return named.get("loss") or next(iter(named.values()))


def _gradients(loss: Tensor, parameters: Sequence[Tensor], *, create_graph: bool) -> list[Tensor | None]:
    if not loss.requires_grad:
        raise ValueError(
            "the loss can't be differentiated: no gradient reaches the parameters; "
            "it must be made of torch's operations on the model's output, without .item(), .detach() or counting"
        )
    return list(torch.autograd.grad(loss, parameters, create_graph=create_graph, allow_unused=True))


def _backward_product(
    gradients: Sequence[Tensor | None], parameters: Sequence[Tensor], column: Sequence[Tensor]
) -> Sequence[Tensor | None]:
    pairs = [
        (gradient, part) for gradient, part in zip(gradients, column) if gradient is not None and gradient.requires_grad
    ]
    if not pairs:  # linear in the parameters: the Hessian is zero
        return [None] * len(parameters)
    ours, parts = zip(*pairs)
    return torch.autograd.grad(ours, parameters, parts, retain_graph=True, allow_unused=True)
