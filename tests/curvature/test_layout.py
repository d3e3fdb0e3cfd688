"""How parameters lie in one vector: names, places, layers, and back."""

import numpy as np
import pytest
import torch
from small_models import doubles
from torch import nn

from landscape.curvature.layout import FlatLayout, layout_of


class Network(nn.Module):
    """Parameters of its own, and of modules within modules."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(doubles(2, seed=1))
        self.stage = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1, bias=False)))
        self.offset = nn.Parameter(doubles(1, 2, seed=2))


def weights() -> dict[str, torch.Tensor]:
    return dict(Network().double().named_parameters())


def test_a_vector_holds_the_parameters_one_after_the_other_row_by_row():
    given = weights()
    layout = layout_of(given)
    assert list(layout.shapes) == ["scale", "offset", "stage.0.weight", "stage.0.bias", "stage.1.0.weight"]
    assert layout.dim == 2 + 2 + 6 + 3 + 3
    wanted = [number for tensor in given.values() for number in tensor.detach().reshape(-1).tolist()]
    assert layout.flat(given).tolist() == wanted


def test_places_and_layers_cut_the_vector_into_parts():
    layout = layout_of(weights())
    assert layout.places["stage.0.weight"] == slice(4, 10)
    assert layout.layers == {
        "(top)": (slice(0, 2), slice(2, 4)),
        "stage.0": (slice(4, 10), slice(10, 13)),
        "stage.1.0": (slice(13, 16),),
    }
    covered = sorted(place for places in layout.layers.values() for part in places for place in range(layout.dim)[part])
    assert covered == list(range(layout.dim))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_of_a_vector_are_those_it_was_made_of(dtype):
    given = {name: tensor.detach().to(dtype) for name, tensor in weights().items()}
    layout = layout_of(given)
    back = layout.tensors(layout.flat(given), given)
    assert all(torch.equal(back[name], given[name]) and back[name].dtype == dtype for name in given)


def test_channels_last_weights_are_read_in_the_order_of_their_axes():
    images = doubles(2, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    assert layout_of({"w": images}).flat({"w": images}).tolist() == images.contiguous().reshape(-1).tolist()


@pytest.mark.parametrize(
    "patterns, chosen",
    [
        (["*.bias"], ["stage.0.bias"]),
        (["stage.*.weight", "off*"], ["offset", "stage.0.weight", "stage.1.0.weight"]),
        (["stage.[01].?eight"], ["stage.0.weight"]),
    ],
)
def test_patterns_choose_by_name_in_the_models_order(patterns, chosen):
    assert list(layout_of(weights(), patterns).shapes) == chosen


def test_whole_numbers_are_no_parameters_to_differentiate():
    given = {"steps": torch.arange(3), "weight": doubles(2)}
    assert list(layout_of(given).shapes) == ["weight"]


def test_nothing_has_a_vector_of_no_length():
    assert FlatLayout({}).flat({}).shape == np.zeros(0).shape and FlatLayout({}).dim == 0
