import pytest
import torch
from torch import nn

from landscape.filters import FilterLayout, filter_layouts, layouts_by_shape

LAYERS = {
    "linear": (nn.Linear(5, 3), (4, 5)),
    "conv": (nn.Conv2d(4, 6, (3, 2)), (2, 4, 7, 6)),
    "grouped conv": (nn.Conv2d(4, 6, 3, groups=2), (2, 4, 6, 7)),
    "depthwise conv": (nn.Conv1d(3, 6, 2, groups=3), (2, 3, 5)),
    "transposed conv": (nn.ConvTranspose2d(4, 6, (3, 2)), (2, 4, 4, 3)),
    "grouped transposed conv": (nn.ConvTranspose2d(4, 6, 3, groups=2), (2, 4, 4, 3)),
    "transposed conv in 1-D, groups": (nn.ConvTranspose1d(6, 9, 2, groups=3), (2, 6, 4)),
}


def filters_by_what_they_feed(module: nn.Module, inputs: torch.Tensor) -> list[set[int]]:
    """Find, for each output channel, which flat entries of the weight it depends on: slow, and sure by definition."""
    channel_axis = 1
    found = []
    for channel in range(module(inputs).shape[channel_axis]):
        (slope,) = torch.autograd.grad(module(inputs).select(channel_axis, channel).sum(), module.weight)
        found.append(set(slope.flatten().nonzero().flatten().tolist()))
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_a_filter_is_what_one_output_channel_is_made_of(layer):
    module, shape = LAYERS[layer]
    inputs = torch.rand(shape, generator=torch.Generator().manual_seed(3)) + 0.1
    entries = torch.arange(module.weight.numel()).reshape(module.weight.shape)
    rows = filter_layouts(module)["weight"].rows(entries)
    assert [set(row.tolist()) for row in rows] == filters_by_what_they_feed(module, inputs)


@pytest.mark.parametrize("layer", LAYERS)
def test_rows_can_be_undone(layer):
    module, _ = LAYERS[layer]
    layout = filter_layouts(module)["weight"]
    assert torch.equal(layout.tensor(layout.rows(module.weight), module.weight), module.weight)


def test_biases_and_norm_parameters_are_told_from_weights():
    class RMSNorm(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3, 2))

    model = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.LayerNorm([3, 2]), nn.GroupNorm(1, 3), RMSNorm())
    flagged = {name for name, layout in filter_layouts(model).items() if layout.is_bias_or_norm}
    assert flagged == {name for name, _ in model.named_parameters()} - {"0.weight"}


def test_a_bias_or_norm_parameter_counts_as_one_filter():
    assert FilterLayout(is_bias_or_norm=True).rows(torch.ones(3, 2)).shape == (1, 6)


def test_every_parameter_has_a_layout_and_a_tied_one_keeps_its_first_owners():
    model = nn.Sequential(nn.ConvTranspose1d(4, 6, 1, groups=2, bias=False), nn.Conv1d(6, 4, 1, bias=False))
    model[1].weight = model[0].weight
    assert filter_layouts(model) == {"0.weight": FilterLayout(axis=1, groups=2)}


def test_without_a_model_filters_lie_along_the_first_axis():
    assert layouts_by_shape({"w": torch.ones(3, 2), "b": torch.ones(3)}) == {
        "w": FilterLayout(),
        "b": FilterLayout(is_bias_or_norm=True),
    }
