"""A direction without names gets them from the order of the model's parameters, or of its state_dict()."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.directions import in_order
from landscape.weights import weights_of


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4))


def numbered(shapes) -> list[np.ndarray]:
    """Return an array a shape, each with numbers of its own."""
    return [
        np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape) + 100 * k
        for k, shape in enumerate(shapes)
    ]


def refusal(arrays, model) -> str:
    with pytest.raises(ValueError) as caught:
        in_order(arrays, weights_of(model), model.state_dict(), "xdirection of d.h5")
    return str(caught.value)


def test_as_many_tensors_as_parameters_are_in_their_order(model):
    arrays = numbered([tuple(parameter.shape) for parameter in model.parameters()])
    found = in_order(arrays, weights_of(model), model.state_dict(), "d.h5")
    assert list(found) == ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"]
    for array, tensor in zip(arrays, found.values(), strict=True):
        assert torch.equal(tensor, torch.from_numpy(np.asarray(array)))


def test_as_many_as_the_state_dict_are_in_its_order_where_statistics_stay(model):
    state = model.state_dict()
    arrays = numbered([tuple(tensor.shape) for tensor in state.values()])
    arrays = [array * ("running" not in name and "num" not in name) for array, name in zip(arrays, state, strict=True)]
    found = in_order(arrays, weights_of(model), state, "d.h5")
    assert set(found) == set(weights_of(model))
    for array, name in zip(arrays, state, strict=True):
        assert name not in found or torch.equal(found[name], torch.from_numpy(np.asarray(array)))


def test_moving_statistics_is_refused_by_name(model):
    arrays = [np.zeros(tuple(tensor.shape), np.float32) for tensor in model.state_dict().values()]
    arrays[list(model.state_dict()).index("1.running_var")][1] = 0.5
    assert refusal(arrays, model) == (
        "xdirection of d.h5 moves statistics that the model keeps (1.running_var); only parameters are moved here, so make "
        "it of weights, or with zeros there"
    )


def test_another_count_or_shape_is_refused(model):
    arrays = numbered([tuple(parameter.shape) for parameter in model.parameters()])
    assert refusal(arrays[:-1], model) == (
        "xdirection of d.h5 holds 5 tensors, but the model has 6 parameters, and 9 entries in its state_dict(); it was "
        "made for another model"
    )
    arrays[4] = arrays[4].T
    assert refusal(arrays, model) == (
        "xdirection of d.h5 does not fit the model: 4 is (12, 4) instead of (4, 12) (3.weight)"
    )
