"""The convolutions of a network, and every call that PyTorch has for one on a CPU."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

Call = Callable[[], Tensor]
AT_LEAST_S, AT_LEAST_CALLS, UNTIMED_CALLS = 0.03, 5, 2


@dataclass(frozen=True, slots=True)
class Convolution:
    """One layer's shape: square kernel, stride and padding, over an image of the given side."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    padding: int
    side: int

    def __str__(self) -> str:
        return f"{self.in_channels}>{self.out_channels}, {self.kernel}x{self.kernel}/{self.stride}, {self.side}x{self.side}"


def convolutions_of(model: nn.Module, image: Tensor) -> Counter[Convolution]:
    """Return how often a network has each shape of convolution, in one pass over an image (1, channels, side, side)."""
    found: Counter[Convolution] = Counter()

    def note(layer: nn.Conv2d, inputs: tuple[Tensor, ...]) -> None:
        assert layer.groups == 1 and layer.dilation == (1, 1)
        kernel, stride, padding = (pair[0] for pair in (layer.kernel_size, layer.stride, layer.padding))
        found[Convolution(layer.in_channels, layer.out_channels, kernel, stride, padding, inputs[0].shape[-1])] += 1

    handles = [m.register_forward_pre_hook(note) for m in model.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        model(image)
    for handle in handles:
        handle.remove()
    return found


def calls(shape: Convolution, batch_size: int) -> dict[str, Call]:
    """Return ways to convolve one batch, by name: plain, channels-last, oneDNN's own call, its packed weights, its layout."""
    last = torch.channels_last
    stride, padding, dilation = [shape.stride] * 2, [shape.padding] * 2, [1, 1]
    x = torch.randn(batch_size, shape.in_channels, shape.side, shape.side)
    w = torch.randn(shape.out_channels, shape.in_channels, shape.kernel, shape.kernel)
    x_last, w_last = x.to(memory_format=last), w.to(memory_format=last)
    found = {
        "conv2d": lambda: functional.conv2d(x, w, None, stride, padding),
        "conv2d, channels-last": lambda: functional.conv2d(x_last, w_last, None, stride, padding),
    }
    if not torch.backends.mkldnn.is_available():
        return found

    def pointwise(images: Tensor, weight: Tensor) -> Call:
        return lambda: torch.ops.mkldnn._convolution_pointwise(
            images, weight, None, padding, stride, dilation, 1, "none", [], ""
        )

    packed = torch.ops.mkldnn._reorder_convolution_weight(w_last, padding, stride, dilation, 1, list(x.shape))
    blocked = torch._C._nn.mkldnn_reorder_conv2d_weight(w.to_mkldnn(), padding, stride, dilation, 1, list(x.shape))
    x_blocked = x.to_mkldnn()
    return found | {
        "pointwise": pointwise(x, w),
        "pointwise, channels-last": pointwise(x_last, w_last),
        "pointwise, packed": pointwise(x, packed),
        "pointwise, packed, channels-last": pointwise(x_last, packed),
        "blocked": lambda: torch.convolution(x_blocked, blocked, None, stride, padding, dilation, False, [0, 0], 1),
    }


def seconds_a_call(call: Call) -> float:
    """Return the median over calls made one after the other."""
    for _ in range(UNTIMED_CALLS):
        call()
    seconds: list[float] = []
    while len(seconds) < AT_LEAST_CALLS or sum(seconds) < AT_LEAST_S:
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return median(seconds)
