"""A problem: a model, a loss and fixed data, which turn weights into numbers."""

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from landscape.problem.batches import moved
from landscape.problem.losses import Loss, sums_and_counts
from landscape.weights import Weights, require_same_layout, weights_of

NORM_STATS = ("stored", "reestimated")
PRECISIONS = {"float32": torch.float32, "float64": torch.float64}
NORMS_WITH_STATS = nn.modules.batchnorm._BatchNorm


class Problem:
    """Measures any weights of one model on the same samples in the same batches.

    The model is copied: nobody else's is ever changed. Weights are written into the copy in place, since that serves
    every model and every loss alike.

    Args:
        model: Put into evaluation mode, so that dropout is off.
        loss: Returns, for (model, batch), one value a sample, (sum, count), or a dict of names to either.
        batches: Batches by split ("train", "test"), fixed: going through them again gives the same.
        norm_stats: "stored", or "reestimated" as cumulative averages over the train batches at each point.
        precision: "float32" or "float64".

    Attributes:
        center: The model's own weights, in the problem's precision and on its device.

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
        if precision not in PRECISIONS:
            raise ValueError(f"--precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
        self.device, self.dtype = torch.device(device), PRECISIONS[precision]
        self.loss, self.batches = loss, dict(batches)
        self.norm_stats, self.precision = norm_stats, precision
        self._model = _in_precision(copy.deepcopy(model), self.device, self.dtype).eval()
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)
        self.center = weights_of(self._model)
        self._norms = [
            module
            for module in self._model.modules()
            if isinstance(module, NORMS_WITH_STATS) and module.running_mean is not None
        ]
        self._estimation_batches = estimation_batches if estimation_batches is not None else self.batches.get("train")
        if norm_stats == "reestimated" and self._norms and self._estimation_batches is None:
            raise ValueError("norm statistics are re-estimated on training samples, but there are none")

    @property
    def num_norms(self) -> int:
        """How many layers keep running statistics."""
        return len(self._norms)

    def measure(self, weights: Weights) -> dict[str, float]:
        """Return each metric of each split, a mean over samples: train_loss, train_accuracy, test_loss ...

        Sums over samples are taken in float64 and divided once, so that a short last batch weighs no more than its samples.

        Raises:
            ValueError: The weights are not those of the model, name by name; or the loss returned a bare mean.
        """
        own = dict(self._model.named_parameters())
        require_same_layout(weights, own, "what is to be measured")
        with torch.no_grad():
            for name, tensor in weights.items():
                own[name].copy_(tensor)
            if self.norm_stats == "reestimated" and self._norms:
                self._reestimate()
            return {
                f"{split}_{name}": value
                for split, batches in self.batches.items()
                for name, value in self._means(batches).items()
            }

    def _means(self, batches: Iterable) -> dict[str, float]:
        sums: dict[str, Tensor] = {}
        counts: dict[str, int] = {}
        for batch in batches:
            batch = moved(batch, self.device, self.dtype)
            for name, (total, count) in sums_and_counts(self.loss(self._model, batch), batch).items():
                sums[name] = sums[name] + total if name in sums else total
                counts[name] = counts.get(name, 0) + count
        return {name: float(sums[name]) / counts[name] for name in sums}

    def _reestimate(self) -> None:
        momenta = [norm.momentum for norm in self._norms]
        for norm in self._norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        for batch in self._estimation_batches:
            batch = moved(batch, self.device, self.dtype)
            self.loss(self._model, batch)
        for norm, momentum in zip(self._norms, momenta):
            norm.momentum = momentum
            norm.eval()


def _in_precision(model: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Move a model, and bring its floating-point numbers to `dtype`; complex buffers keep theirs."""
    for name, parameter in model.named_parameters():
        if parameter.is_complex():
            raise ValueError(f"the parameter {name} is complex; planes of complex weights are not supported")
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.to(device, dtype if tensor.is_floating_point() else tensor.dtype)
    return model.to(memory_format=torch.channels_last)  # convolutions run a third faster so on a CPU
