"""Convolutions that carry the batch norm after them, for derivatives: the same function of the same parameters, in fewer passes.

With stored statistics a norm is an affine map of each channel. Its scale goes into the convolution's weight by a product that
autograd follows, so that derivatives with respect to the norm's own parameters stay exact.
"""

from torch import Tensor, nn
from torch.nn import functional

from landscape.problem.folding import folded


def merge_norms(model: nn.Module, sample: Tensor) -> int:
    """Let each convolution of a model compute the norm after it, where torch.fx sees that nothing else comes between.

    Args:
        model: In evaluation mode; changed in place, its parameters and buffers stay where they are.
        sample: Inputs of one or two samples.

    Returns:
        How many norms were merged; 0 where the model can't be followed.
    """
    network = folded(model, sample)
    pairs = [] if network is None else [(each.convolution, each.norm) for each in network.foldings if each.norm]
    for convolution, norm in pairs:
        _merge(model.get_submodule(convolution), model.get_submodule(norm))
    return len(pairs)


def _merge(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    def forward(images: Tensor) -> Tensor:
        scale = (norm.running_var + norm.eps).rsqrt()
        if norm.weight is not None:
            scale = scale * norm.weight
        shift = -norm.running_mean * scale
        if norm.bias is not None:
            shift = shift + norm.bias
        if convolution.bias is not None:
            shift = shift + convolution.bias * scale
        weight = convolution.weight * scale[:, None, None, None]
        sizes = convolution.stride, convolution.padding, convolution.dilation, convolution.groups
        return functional.conv2d(images, weight, shift, *sizes)

    convolution.forward = forward
    norm.forward = lambda images: images
