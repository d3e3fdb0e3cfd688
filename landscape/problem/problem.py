"""A problem: a model, a loss and fixed data, which turn weights into numbers."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from landscape.problem.batches import moved
from landscape.problem.losses import Loss, sums_and_counts
from landscape.weights import Weights, require_same_layout, weights_of

NORM_STATS = ("stored", "reestimated")
PRECISIONS = {"float32": torch.float32, "bf16": torch.float32, "tf32": torch.float32, "float64": torch.float64}
Told = Callable[[nn.Module], Mapping[str, float]]  # network -> numbers
NORMS_WITH_STATS = nn.modules.batchnorm._BatchNorm


class Problem:
    """Measures any weights of one model on the same samples in the same batches.

    The model is copied: nobody else's is ever changed. Weights are written into the copy in place, one tensor after the
    other, since that serves every model and every loss alike.

    Args:
        model: Put into evaluation mode, so that dropout is off.
        loss: Returns, for (model, batch), one value a sample, (sum, count), or a dict of names to either.
        batches: Batches by split ("train", "test"), fixed: going through them again gives the same.
        norm_stats: "stored", or "reestimated" as cumulative averages over the train batches at each point.
        precision: "float32", "float64", "bf16" (weights in float32, the network under autocast to bfloat16), or "tf32"
            (float32 with the tensor cores' shorter products, on CUDA only).

    Attributes:
        center: The model's own weights, in the problem's precision and on its device.
        model: The copy.

    Raises:
        ValueError: An option is unknown, or statistics are to be re-estimated without train batches.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        batches: Mapping[str, Iterable],
        *,
        norm_stats: str = "stored",
        precision: str = "float32",
        device: torch.device | str = "cpu",
        estimation_batches: Iterable | None = None,
    ) -> None:
        if norm_stats not in NORM_STATS:
            raise ValueError(f"--norm-stats must be one of {', '.join(NORM_STATS)}, not {norm_stats!r}")
        self.device = torch.device(device)
        self.dtype = dtype_of(precision, self.device.type)
        self.loss, self.batches = loss, dict(batches)
        self.norm_stats, self.precision = norm_stats, precision
        self.model = _in_precision(copy.deepcopy(model), self.device, self.dtype).eval()
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        self.center = weights_of(self.model)
        self.parameters = dict(self.model.named_parameters())
        self._norms = [
            module
            for module in self.model.modules()
            if isinstance(module, NORMS_WITH_STATS) and module.running_mean is not None
        ]
        self._estimation_batches = estimation_batches if estimation_batches is not None else self.batches.get("train")
        if norm_stats == "reestimated" and self._norms and self._estimation_batches is None:
            raise ValueError("norm statistics are re-estimated on training samples, but there are none")

    @property
    def num_norms(self) -> int:
        """How many layers keep running statistics."""
        return len(self._norms)

    @property
    def reestimates(self) -> bool:
        """Whether statistics are estimated anew at each point."""
        return self.norm_stats == "reestimated" and bool(self._norms)

    def on_split(self, split: str) -> "Problem":
        """Return this problem on the samples of one split alone; it shares the model, which either writes weights into."""
        return self.on_samples(split, self.batches[split])

    def on_samples(self, split: str, batches: Iterable) -> "Problem":
        """Return this problem on batches of one split; it shares the model, which either writes weights into."""
        other = copy.copy(self)
        other.batches = {split: batches}
        return other

    def measure(self, weights: Weights) -> dict[str, float]:
        """Return each metric of each split, a mean over samples: train_loss, train_accuracy, test_loss ...

        Raises:
            ValueError: The weights are not those of the model, name by name; or the loss returned a bare mean.
        """
        require_same_layout(weights, self.parameters, "what is to be measured")
        return self.measure_from(weights.__getitem__)

    def measure_from(self, tensor_of: Callable[[str], Tensor], told: Told | None = None) -> Mapping[str, float]:
        """Return the metrics of weights that are made one tensor at a time, by parameter name.

        Args:
            told: What a network is asked for in place of `metrics`.
        """
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(tensor_of(name))
            if self.reestimates:
                self._reestimate()
        return (told or self.metrics)(self.model)

    def metrics(self, network: nn.Module) -> dict[str, float]:
        """Return each metric of each split for a network that stands for the model.

        Sums over samples are taken in float64 and divided once, so that a short last batch weighs no more than its
        samples. Nothing waits for the device until the last sum is asked for.
        """
        sums: dict[str, Tensor] = {}
        counts: dict[str, int | Tensor] = {}
        with torch.no_grad(), arithmetic(self.precision, self.device.type):
            for split, batches in self.batches.items():
                for batch in batches:
                    batch = moved(batch, self.device, self.dtype)
                    for name, (total, count) in sums_and_counts(self.loss(network, batch), batch).items():
                        key = f"{split}_{name}"
                        sums[key] = sums[key] + total if key in sums else total
                        counts[key] = counts[key] + count if key in counts else count
        return means(sums, counts)

    def _reestimate(self) -> None:
        momenta = [norm.momentum for norm in self._norms]
        for norm in self._norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        with arithmetic(self.precision, self.device.type):
            for batch in self._estimation_batches:
                self.loss(self.model, moved(batch, self.device, self.dtype))
        for norm, momentum in zip(self._norms, momenta):
            norm.momentum = momentum
            norm.eval()


def means(sums: Mapping[str, Tensor], counts: Mapping[str, int | Tensor]) -> dict[str, float]:
    """Divide sums by counts, having asked the device once for all of them.

    Raises:
        ValueError: A loss counted no sample.
    """
    if not sums:
        return {}
    device = next((total.device for total in sums.values() if total.device.type != "cpu"), torch.device("cpu"))
    numbers = [
        torch.as_tensor(number).to(device, torch.double) for name in sums for number in (sums[name], counts[name])
    ]
    found = dict(zip(sums, torch.stack(numbers).reshape(-1, 2).tolist(), strict=True))
    for name, (_, count) in found.items():
        if not count > 0:
            raise ValueError(f"the loss counted {count:g} samples for {name}; it must be above 0")
    return {name: total / count for name, (total, count) in found.items()}


def dtype_of(precision: str, device: str) -> torch.dtype:
    """Return the type of the weights for an option's text.

    Raises:
        ValueError: The text is unknown, or the device has no such arithmetic.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"--precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    if precision == "tf32" and device != "cuda":
        raise ValueError("--precision tf32 is arithmetic of CUDA's tensor cores; on a CPU give float32 or bf16")
    return PRECISIONS[precision]


@contextmanager
def arithmetic(precision: str, device: str) -> Iterator[None]:
    """Let torch compute in a precision: "float32" is full float32, on CUDA too, whose convolutions default to less."""
    with ExitStack() as stack:
        if device == "cuda":
            stack.enter_context(_tf32(precision == "tf32"))
        stack.enter_context(torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"))
        yield


@contextmanager
def _tf32(is_allowed: bool) -> Iterator[None]:
    """Allow the tensor cores' shorter products, or not, by the settings that this torch has."""
    parts = (torch.backends.cuda.matmul, getattr(torch.backends.cudnn, "conv", torch.backends.cudnn))
    if all(hasattr(part, "fp32_precision") for part in parts):
        name, value = "fp32_precision", "tf32" if is_allowed else "ieee"
    else:
        name, value, parts = "allow_tf32", is_allowed, (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [getattr(part, name) for part in parts]
    for part in parts:
        setattr(part, name, value)
    try:
        yield
    finally:
        for part, old in zip(parts, before, strict=True):
            setattr(part, name, old)


def _in_precision(model: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a model, and bring its floating-point numbers to `dtype`; complex buffers keep theirs."""
    for name, parameter in model.named_parameters():
        if parameter.is_complex():
            raise ValueError(f"the parameter {name} is complex; planes of complex weights are not supported")
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
    return model.to(memory_format=torch.channels_last)  # convolutions run a third faster so on a CPU
