"""A convolution with what follows it, in one call where the processor's library offers one."""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

ONEDNN_TYPES = (torch.float32, torch.bfloat16)


class FusedConvolution(nn.Module):
    """Convolution, bias, an optional sum and an optional activation; its weights are written into it, point by point.

    Attributes:
        weight: (out, in / groups, height, width), channels-last.
        bias: (out,).
    """

    def __init__(self, convolution: nn.Conv2d, activation: str | None) -> None:
        super().__init__()
        self.sizes = tuple(
            [list(sizes) for sizes in (convolution.padding, convolution.stride, convolution.dilation)]
        ) + (convolution.groups,)
        self.activation = activation
        self.register_buffer("weight", convolution.weight.detach().clone(memory_format=torch.channels_last))
        self.register_buffer("bias", torch.zeros_like(self.weight[:, 0, 0, 0]))
        self._packed: Tensor | None = None

    def weights_changed(self) -> None:
        """Say that other weights were written; what was laid out for the processor is laid out anew."""
        self._packed = None

    def forward(self, images: Tensor, other: Tensor | None = None) -> Tensor:
        dtype = self.weight.dtype
        images = images.to(dtype)
        if images.device.type == "cpu" and dtype in ONEDNN_TYPES and has_fused_calls(dtype):
            if self._packed is None:
                self._packed = packed(self.weight, self.sizes, images.shape)
            return in_one_call(images, None if other is None else other.to(dtype), self._packed, self)
        padding, stride, dilation, groups = self.sizes
        features = functional.conv2d(images, self.weight, self.bias, stride, padding, dilation, groups)
        if other is not None:
            features = features.add_(other)
        return features.relu_() if self.activation else features


def packed(weight: Tensor, sizes: tuple, images_shape: torch.Size) -> Tensor:
    """Lay a weight out as oneDNN wants it for images of this shape."""
    return torch.ops.mkldnn._reorder_convolution_weight(weight, *sizes, list(images_shape))


def in_one_call(images: Tensor, other: Tensor | None, weight: Tensor, layer) -> Tensor:
    """Compute activation(convolution(images) + bias + other) by the call that torch's own compiler makes."""
    call = torch.ops.mkldnn._convolution_pointwise
    if other is None:
        return call(images, weight, layer.bias, *layer.sizes, layer.activation or "none", [], "")
    return call.binary(images, other, weight, layer.bias, *layer.sizes, "add", 1.0, layer.activation, [], "")


@cache
def has_fused_calls(dtype: torch.dtype) -> bool:
    """Tell whether this torch has oneDNN's fused convolutions, and they do what is meant."""
    if not torch.backends.mkldnn.is_available():
        return False
    convolution = nn.utils.skip_init(nn.Conv2d, 3, 3, 3, padding=1)  # draws no random number
    ramp = torch.linspace(-1, 1, 2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    images = ramp.to(dtype).contiguous(memory_format=torch.channels_last)
    layer = FusedConvolution(convolution, "relu").to(dtype)
    layer.weight.copy_(torch.linspace(-1, 1, 3 * 3 * 9).reshape(3, 3, 3, 3))
    layer.bias.copy_(torch.linspace(-1, 1, 3))
    plain = functional.conv2d(images.double(), layer.weight.double(), layer.bias.double(), padding=1)
    tolerance = 1e-5 if dtype == torch.float32 else 0.05
    try:
        weight = packed(layer.weight, layer.sizes, images.shape)
        pairs = (
            (in_one_call(images, None, weight, layer), plain),
            (in_one_call(images, images, weight, layer), plain + images.double()),
        )
    except (AttributeError, RuntimeError):
        return False
    return all(
        torch.allclose(found.double(), torch.relu(expected), atol=10 * tolerance, rtol=tolerance)
        for found, expected in pairs
    )
