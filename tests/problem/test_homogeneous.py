"""Which layers form a pair, and which inputs of the second a channel of the first becomes."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.problem.homogeneous import Pair, homogeneous_pairs

IMAGES = torch.linspace(-1, 2, 2 * 2 * 6 * 5).reshape(2, 2, 6, 5)


class Between(nn.Module):
    """A convolution to three channels of 6 x 5, what a test wants, and a second layer that takes it."""

    def __init__(self, between, second: nn.Module, first: nn.Module | None = None) -> None:
        super().__init__()
        self.first = first or nn.Conv2d(2, 3, 3, padding=1)
        self.second, self.between, self.pool = second, between, nn.AdaptiveMaxPool2d((2, 1))
        self.prelu, self.drop, self.flat = nn.PReLU(3), nn.Dropout(0.3), nn.Flatten()

    def forward(self, inputs):
        return self.second(self.between(self, self.first(inputs)))


def convolution(channels: int = 3) -> nn.Module:
    return nn.Conv2d(channels, 2, 1)


FOLLOWED = {
    "nothing": (lambda net, x: x, convolution(), 1),
    "relu": (lambda net, x: torch.relu_(x), convolution(), 1),
    "leaky and per-channel": (lambda net, x: functional.leaky_relu(net.prelu(x), 0.2), convolution(), 1),
    "method": (lambda net, x: x.relu().contiguous(), convolution(), 1),
    "pools": (lambda net, x: functional.avg_pool2d(functional.max_pool2d(x, 2), 2, 1), convolution(), 1),
    "dropout": (lambda net, x: functional.dropout(net.drop(x), 0.5, False), convolution(), 1),
    "flattened": (lambda net, x: net.flat(torch.relu(x)), nn.Linear(90, 2), 30),
    "pooled and viewed": (lambda net, x: net.pool(x).view(x.size(0), -1), nn.Linear(6, 2), 2),
    "reshaped by shape": (lambda net, x: torch.reshape(x, (x.shape[0], 90)), nn.Linear(90, 2), 30),
    "mean": (lambda net, x: x.mean((2, -1)), nn.Linear(3, 2), 1),
    "mean that keeps": (lambda net, x: torch.mean(x, dim=[-2, -1], keepdim=True).flatten(1), nn.Linear(3, 2), 1),
}
MIXED = {
    "mean over channels": (lambda net, x: x.mean(1), nn.Linear(5, 2)),
    "channels apart": (lambda net, x: x.reshape(2, 1, 18, 5), nn.Conv2d(1, 2, 1)),
    "samples mixed": (lambda net, x: x.reshape(6, 30), nn.Linear(30, 2)),
    "linear along the width": (lambda net, x: torch.relu(x), nn.Linear(5, 2)),
}
NOT_HOMOGENEOUS = {
    "tanh": lambda net, x: torch.tanh(x),
    "gelu": lambda net, x: functional.gelu(x),
    "sum": lambda net, x: torch.relu(x) + 1,
    "product with itself": lambda net, x: x * x,
    "used twice": lambda net, x: torch.relu(x) + functional.leaky_relu(x),
    "dropout that stays on": lambda net, x: functional.dropout(x, 0.5),
    "capped": lambda net, x: functional.relu6(x),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_channel_is_followed_to_the_inputs_that_it_becomes(case):
    between, second, spread = FOLLOWED[case]
    model = Between(between, second).eval()
    assert homogeneous_pairs(model, IMAGES) == [Pair("first", "second", spread)]
    with torch.no_grad():  # by setting one channel after the other to zero: which inputs of the second can change?
        for channel in range(3):
            features = model.first(IMAGES) + 10.0
            without = features.clone()
            without[:, channel] = 0
            changed = (
                (model.between(model, features) != model.between(model, without)).transpose(0, 1).flatten(1).any(1)
            )
            assert changed.tolist() == [number // spread == channel for number in range(3 * spread)]


@pytest.mark.parametrize("case", MIXED)
def test_where_channels_are_mixed_the_layers_are_a_pair_but_not_their_neurons(case):
    assert homogeneous_pairs(Between(*MIXED[case]).eval(), IMAGES) == [Pair("first", "second", None)]


@pytest.mark.parametrize("case", NOT_HOMOGENEOUS)
def test_what_is_not_homogeneous_or_used_twice_ends_the_way(case):
    assert homogeneous_pairs(Between(NOT_HOMOGENEOUS[case], convolution()).eval(), IMAGES) == []


def test_a_norms_scale_and_shift_are_a_first_layer_and_what_comes_before_a_norm_is_none():
    norms = [nn.BatchNorm2d(2), nn.BatchNorm2d(3), nn.BatchNorm2d(3, affine=False)]
    model = nn.Sequential(norms[0], nn.ReLU(), nn.Conv2d(2, 3, 1), norms[1], norms[2], nn.ReLU(), convolution()).eval()
    assert homogeneous_pairs(model, IMAGES) == [Pair("0", "2", 1)]


class MeanOverTokens(nn.Module):
    def forward(self, tokens):
        return tokens.mean(1)


def test_features_of_tokens_lie_along_the_last_axis():
    tokens = torch.linspace(-1, 1, 2 * 4 * 3).reshape(2, 4, 3)
    layers = nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2)
    assert homogeneous_pairs(nn.Sequential(*layers).eval(), tokens) == [Pair("0", "2", 1)]
    averaged = nn.Sequential(nn.Linear(3, 6), MeanOverTokens(), nn.Linear(6, 2)).eval()
    assert homogeneous_pairs(averaged, tokens) == [Pair("0", "2", 1)]
    pooled = nn.Sequential(nn.Linear(3, 6), nn.MaxPool1d(2), nn.Linear(3, 2)).eval()  # over the features
    assert homogeneous_pairs(pooled, tokens) == [Pair("0", "2", None)]


class Odd(nn.Module):
    """What must not be a layer of a pair: called twice, sharing a weight, hooked, its weight used otherwise too."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = nn.ModuleList(nn.Linear(3, 3) for _ in range(9))
        self.lines[3].weight = self.lines[8].weight
        self.lines[5].register_forward_hook(lambda module, inputs, output: output + 1)

    def forward(self, inputs):
        order = (0, 1, 1, 2, 3, 4, 5, 6, 7)
        for number in order:
            inputs = torch.relu(self.lines[number](inputs))
        return functional.linear(self.lines[8](inputs), self.lines[7].weight)


def test_layers_that_are_called_twice_shared_hooked_or_used_otherwise_are_left_alone():
    model, inputs = Odd().eval(), torch.linspace(-1, 1, 6).reshape(2, 3)
    pairs = homogeneous_pairs(model, inputs)
    assert pairs == []
    assert homogeneous_pairs(nn.Sequential(*(model.lines[number] for number in (0, 2, 4))).eval(), inputs) == [
        Pair("0", "1", 1),
        Pair("1", "2", 1),
    ]


def test_where_the_model_can_not_be_followed_nothing_is_said():
    class Branching(nn.Linear):
        def forward(self, inputs):
            return super().forward(inputs if inputs.sum() > 0 else -inputs)

    assert homogeneous_pairs(nn.Sequential(Branching(3, 3)).eval(), torch.ones(2, 3)) is None
    assert homogeneous_pairs(nn.Sequential(nn.Linear(3, 3)).train(), torch.ones(2, 3)) is None
