"""What a product with the Hessian costs, in gradients: each way of ours beside curvlinops, on the same samples, one core.

Counted in convolutions or matrix products, a gradient is 3 a layer, a product 6 more: 3 gradients from the beginning, 2 where
the gradient's graph is kept. Seconds are the process's own, and the least of all repetitions: what else the machine does
makes both longer, never shorter.
"""

import copy
import time
from collections.abc import Callable, Mapping
from unittest import mock

import numpy as np
import torch
from curvlinops import HessianLinearOperator
from torch import nn
from torch.nn import functional

from benchmarks.options import Options
from benchmarks.subject import CIFAR10, fresh_network
from benchmarks.table import Result, Row
from landscape.cli.program import keep_freed_memory, use_one_thread
from landscape.curvature import sums
from landscape.problem.batches import SampleBatches, default_batch_size
from landscape.problem.datasets import Samples
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem

NETWORKS = {
    "resnet20": 64,
    "mlp": 640,
}  # with how many images: so many that a product takes some hundredths of a second
GRADIENT, THEIRS = "a gradient", "curvlinops"
OURS = ("first product, graphs being kept", "later products", "no graph kept", "forward over reverse")
AIM = 0.5  # of curvlinops' time
DIGITS = 1e-10  # what float64 leaves of two ways of the same product


def measure(options: Options, *, networks: Mapping[str, int] = NETWORKS) -> Result:
    """Time each way in turn, and compare what they give."""
    use_one_thread()
    keep_freed_memory(all_of_it=True)
    rows, raw = [], {}
    for network, num_images in networks.items():
        subject = _Subject(network, num_images)
        seconds = _seconds(subject.ways(), options.repetitions)
        differences = subject.differences()
        raw[network] = {"seconds": seconds, "relative differences": differences, "parameters": subject.dim}
        rows += [*_rows(subject.words, seconds), _agreement(subject.words, differences)]
    return Result(tuple(rows), raw)


class _Subject:
    """One network with fresh weights, random images in the default batches, and a vector."""

    def __init__(self, network: str, num_images: int) -> None:
        random = np.random.Generator(np.random.Philox(key=0))
        images = random.integers(0, 256, (num_images, 32, 32, 3), np.uint8)
        samples = Samples(images, np.arange(num_images) % 10)
        size = default_batch_size(samples, "cpu", "folded")
        chosen = SampleBatches(samples, np.arange(num_images), batch_size=size, mean=CIFAR10.mean, std=CIFAR10.std)
        self._batches = list(chosen)
        self._model = fresh_network(network, samples)
        self.dim = sum(parameter.numel() for parameter in self._model.parameters())
        self.words = f"{network}, {num_images} images in batches of {size}"
        self._vector = random.standard_normal((self.dim, 1))

    def ways(self) -> dict[str, tuple[Callable, Callable]]:
        """Return, by name, what is to be done before each measurement, and what is measured."""
        kept, unkept, forward = self._ours(), self._ours(), self._ours(differentiation="forward-over-reverse")
        gradient, theirs = self._gradient(), self._theirs("float32")

        def without_keeping() -> None:
            with mock.patch.object(sums, "available_bytes", lambda device: 0):
                unkept.product_sums(self._vector)

        def nothing() -> None:
            pass

        return {
            GRADIENT: (nothing, gradient),
            THEIRS: (nothing, theirs),
            OURS[0]: (lambda: kept.move_to(None), lambda: kept.product_sums(self._vector)),
            OURS[1]: (nothing, lambda: kept.product_sums(self._vector)),
            OURS[2]: (lambda: kept.move_to(None), without_keeping),
            OURS[3]: (nothing, lambda: forward.product_sums(self._vector)),
        }

    def differences(self) -> dict[str, float]:
        """Return how far products lie from our own in float64, relative to their length."""
        found = {
            "ours, float32": self._mean(self._ours()),
            "forward over reverse, float32": self._mean(self._ours(differentiation="forward-over-reverse")),
            "curvlinops, float32": self._theirs("float32")(),
            "curvlinops, float64": self._theirs("float64")(),
        }
        wide = self._mean(self._ours(precision="float64"))
        return {name: float(np.linalg.norm(each - wide) / np.linalg.norm(wide)) for name, each in found.items()}

    def _ours(self, *, precision: str = "float32", **options) -> sums.SampleSums:
        problem = Problem(self._model, cross_entropy, {}, precision=precision)
        return sums.SampleSums(problem, self._batches, sample=self._batches[0][0][:2], **options)

    def _mean(self, ours: sums.SampleSums) -> np.ndarray:
        return ours.product_sums(self._vector)[:, 0] / sum(len(targets) for _, targets in self._batches)

    def _gradient(self) -> Callable:
        """Return what computes the gradient by torch, in the layout that convolutions are fastest in."""
        model = copy.deepcopy(self._model).to(memory_format=torch.channels_last)
        parameters = list(model.parameters())

        def gradient() -> None:
            for inputs, targets in self._batches:
                torch.autograd.grad(functional.cross_entropy(model(inputs), targets, reduction="sum"), parameters)

        return gradient

    def _theirs(self, precision: str) -> Callable:
        dtype = getattr(torch, precision)
        model = copy.deepcopy(self._model).to(dtype)
        batches = [(inputs.to(dtype), targets) for inputs, targets in self._batches]
        operator = HessianLinearOperator(
            model, nn.CrossEntropyLoss(), list(model.parameters()), batches, check_deterministic=False
        )
        vector = torch.from_numpy(self._vector[:, 0]).to(dtype)
        return lambda: (operator @ vector).double().numpy()


def _seconds(ways, repetitions: int) -> dict[str, list[float]]:
    for prepare, run in ways.values():
        prepare()
        run()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repetitions):
        for name, (prepare, run) in ways.items():
            prepare()
            began = time.process_time()
            run()
            seconds[name].append(time.process_time() - began)
    return seconds


def _rows(words: str, seconds) -> list[Row]:
    least = {name: min(found) for name, found in seconds.items()}

    def cost(name: str) -> str:
        return f"{least[name] / least[GRADIENT]:.2f} gradients, {1000 * least[name]:.3g} ms"

    return [
        Row(
            what=f"Hessian product, {words}, float32, one core: {name}",
            against=f"curvlinops, {cost(THEIRS)}",
            measured=cost(name),
            ratio=f"{least[name] / least[THEIRS]:.2f} of its time",
            reach=f"{AIM:g}",
            is_reached=least[name] <= AIM * least[THEIRS],
        )
        for name in OURS
    ]


def _agreement(words: str, differences: dict[str, float]) -> Row:
    wide = differences["curvlinops, float64"]
    narrow = [f"{name.removesuffix(', float32')} {found:.1e}" for name, found in differences.items() if "32" in name]
    return Row(
        what=f"Hessian product, {words}: relative difference from curvlinops in float64",
        against="ours in float64",
        measured=f"{wide:.1e}",
        ratio=f"in float32: {', '.join(narrow)}",
        reach=f"{DIGITS:g}",
        is_reached=wide <= DIGITS,
    )
