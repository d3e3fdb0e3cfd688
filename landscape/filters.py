"""Which parameters of a model a random direction moves, and how their filters lie in memory."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

NORMS = (
    nn.modules.batchnorm._BatchNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.LayerNorm,
    nn.GroupNorm,
)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass(frozen=True, slots=True)
class FilterLayout:
    """How the filters of one tensor lie.

    Attributes:
        axis: The axis along which filters are counted: 0 for (out, in, ...), 1 for transposed convolutions' (in, out, ...).
        groups: A transposed convolution's groups; each has filters of its own.
        is_bias_or_norm: Whether the tensor is a bias, a scale, or another of fewer than two axes or of a norm.
    """

    axis: int = 0
    groups: int = 1
    is_bias_or_norm: bool = False

    def rows(self, tensor: Tensor) -> Tensor:
        """Return (filters, numbers a filter); a bias or norm parameter counts as one filter."""
        if self.is_bias_or_norm:
            return tensor.reshape(1, -1)
        if self.axis == 0:
            return tensor.reshape(tensor.shape[0], -1)
        grouped = tensor.reshape(self.groups, tensor.shape[0] // self.groups, tensor.shape[1], -1)
        return grouped.transpose(1, 2).reshape(self.groups * tensor.shape[1], -1)

    def tensor(self, rows: Tensor, like: Tensor) -> Tensor:
        """Undo `rows` for a tensor of the shape of `like`."""
        if self.is_bias_or_norm or self.axis == 0:
            return rows.reshape(like.shape)
        grouped = rows.reshape(self.groups, like.shape[1], like.shape[0] // self.groups, -1)
        return grouped.transpose(1, 2).reshape(like.shape)


def filter_layouts(model: nn.Module) -> dict[str, FilterLayout]:
    """Return the layout of each named parameter of a model; a tied weight keeps that of its first owner."""
    layouts: dict[str, FilterLayout] = {}
    names = {parameter: name for name, parameter in model.named_parameters()}
    for module in model.modules():
        is_norm = isinstance(module, NORMS) or "Norm" in type(module).__name__
        for parameter in module.parameters(recurse=False):
            layout = FilterLayout(is_bias_or_norm=is_norm or parameter.ndim < 2)
            if isinstance(module, TRANSPOSED) and parameter.ndim >= 2:
                layout = FilterLayout(axis=1, groups=module.groups)
            layouts.setdefault(names[parameter], layout)
    return layouts


def layouts_by_shape(weights: Mapping[str, Tensor]) -> dict[str, FilterLayout]:
    """Return layouts where only tensors are known: filters along the first axis, fewer than two axes a bias."""
    return {name: FilterLayout(is_bias_or_norm=tensor.ndim < 2) for name, tensor in weights.items()}
