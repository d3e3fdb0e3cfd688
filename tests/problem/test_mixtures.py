"""Mixtures of networks: each end its network to the bit, statistics included, and everything between as its own state says."""

import copy

import pytest
import torch
from torch import nn

from landscape.problem.losses import cross_entropy
from landscape.problem.mixtures import MixtureMeasure, state_of
from landscape.problem.problem import Problem
from landscape.triangle import shares_on_line


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten(), nn.Linear(20, 4)).eval()
    with torch.no_grad():
        model[1].running_mean.normal_()
        model[1].running_var.uniform_(0.5, 2)
        model[1].weight.uniform_(0.5, 2)
    return model


def problem(model: nn.Module, **options) -> Problem:
    random = torch.Generator().manual_seed(6)
    batches = [(torch.randn(size, 2, 4, 4, generator=random), torch.arange(size) % 4) for size in (8, 8, 3)]
    return Problem(model, cross_entropy, {"train": batches}, **options)


NETWORKS = network(1), network(2)
STATES = tuple(state_of(model) for model in NETWORKS)


def own(model: nn.Module, **options) -> dict[str, float]:
    found = problem(model, **options)
    return found.measure(found.center)


def line(*states, **options) -> MixtureMeasure:
    return MixtureMeasure(problem(network(7), **options), lambda _: states, shares_on_line)


@pytest.mark.parametrize(
    "options", [{}, {"precision": "float64"}, {"precision": "bf16"}, {"norm_stats": "reestimated"}]
)
def test_each_end_is_its_network_to_the_bit(options):
    measure = line(*STATES, **options)
    for at, model in enumerate(NETWORKS):
        assert measure(float(at), 0.0) == own(model, **options)
    assert measure(0.0, 0.0) == own(NETWORKS[0], **options), "what was measured before leaves nothing behind"


@pytest.mark.parametrize("alpha", [0.3, -0.25, 1.25])
def test_between_and_beyond_parameters_and_statistics_are_mixed_alike(alpha):
    model = copy.deepcopy(NETWORKS[0])
    with torch.no_grad():
        for name, tensor in state_of(model).items():
            target = dict(model.named_parameters()) | dict(model.named_buffers())
            target[name].copy_(STATES[0][name] * (1 - alpha) + STATES[1][name] * alpha)
            assert not name.endswith("running_var") or (target[name] > 0).all()
    found = line(*STATES, precision="float64")(alpha, 0.0)
    assert found["train_loss"] == pytest.approx(own(model, precision="float64")["train_loss"], rel=1e-5)


def test_a_variance_that_would_be_negative_is_zero():
    model = copy.deepcopy(NETWORKS[0])
    with torch.no_grad():
        for name, target in (dict(model.named_parameters()) | dict(model.named_buffers())).items():
            if name in STATES[0]:
                target.copy_(STATES[0][name] * -2.0 + STATES[1][name] * 3.0)
        assert (model[1].running_var < 0).any()
        model[1].running_var.clamp_(min=0)
    assert line(*STATES)(3.0, 0.0)["train_loss"] == pytest.approx(own(model)["train_loss"], rel=1e-5)


def test_the_way_back_is_the_way_there_to_the_bit():
    there, back = line(*STATES), line(*reversed(STATES))
    for alpha in (-0.25, 0.25, 0.5, 1.25):
        assert there(alpha, 0.0) == back(1 - alpha, 0.0)


def test_networks_are_read_when_another_line_is_begun():
    asked = []

    def networks_of(number: int):
        asked.append(number)
        return STATES

    measure = MixtureMeasure(problem(network(7)), networks_of, shares_on_line)
    for number in (0, 0, 1, 1, 0):
        measure(0.5, 0.0, number)
    assert asked == [0, 1, 0]
