"""Rescalings that leave a network's function unchanged: which measures stay, and which move."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from objectives import classes, objective_of, split, whole
from torch import nn

from landscape.filters import filter_layouts
from landscape.flatness.ascent import ball_sharpness
from landscape.flatness.average import average_sharpness
from landscape.flatness.fisher import fisher_rao_norm, fisher_sums
from landscape.flatness.keskar import keskar_sharpness
from landscape.flatness.relative import relative_flatness
from landscape.flatness.scales import filter_deviations, filter_lengths, magnitudes, ones
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem
from landscape.weights import weights_of

FACTORS = torch.tensor([0.3, 2.6, 5.0], dtype=torch.float64)


def normed() -> nn.Module:
    torch.manual_seed(8)
    layers = [nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3, eps=1e-30), nn.Tanh(), nn.Flatten(), nn.Linear(12, 3)]
    model = nn.Sequential(*layers).double().eval()
    with torch.no_grad():
        model[1].running_mean.normal_(0.2, 0.3)
        model[1].running_var.uniform_(0.4, 2)
        model[1].weight.normal_(1.2, 0.3)
        model[1].bias.normal_(0.1, 0.3)
    return model


def rectified() -> nn.Module:
    torch.manual_seed(9)
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3)).double()


@torch.no_grad()
def scale_normed_filters(model: nn.Module) -> None:
    model[0].weight *= FACTORS[:, None, None, None]
    model[1].running_mean *= FACTORS
    model[1].running_var *= FACTORS**2


@torch.no_grad()
def scale_layers(model: nn.Module) -> None:
    scale_neurons(model, torch.full((3,), 3.3, dtype=torch.float64))


@torch.no_grad()
def scale_neurons(model: nn.Module, factors: torch.Tensor = FACTORS) -> None:
    model[0].weight *= factors[:, None]
    model[0].bias *= factors
    model[2].weight /= factors


RESCALINGS = {
    "normed filters": (normed, (2, 3, 3), scale_normed_filters),
    "layers": (rectified, (4,), scale_layers),
    "neurons": (rectified, (4,), scale_neurons),
}
ALL = set(RESCALINGS)
BY_FILTER = {"normed filters", "layers"}


def by_scale(make: Callable, measure: Callable) -> Callable:
    """Return a measure of a model that takes its own scale."""

    def measured(model: nn.Module, batches) -> float:
        objective = objective_of(model, batches)
        return measure(objective, make(objective.layout, weights_of(model), filter_layouts(model)))

    return measured


def average(objective, scale) -> float:
    return average_sharpness(objective, scale, sigma=0.2, num_pairs=20).sharpness


def smoothed(objective, scale) -> float:
    return average_sharpness(objective, scale, sigma=0.6, num_pairs=20).smoothed_loss


def worst(objective, scale) -> float:
    return ball_sharpness(objective, scale, rho=0.2, num_steps=10).value


def trace(model: nn.Module, batches) -> float:
    return float(np.trace(whole(objective_of(model, batches))))


def trace_of_sh(model: nn.Module, batches) -> float:
    objective = objective_of(model, batches)
    scale = filter_deviations(objective.layout, weights_of(model), filter_layouts(model))
    return float(scale**2 @ np.diag(whole(objective)))


def relative(place: int) -> Callable:
    """Return the relative flatness of the first (0) or last (-1) layer that has a weight of two axes or more."""

    def measured(model: nn.Module, batches) -> float:
        layouts = {name: layout for name, layout in filter_layouts(model).items() if not layout.is_bias_or_norm}
        name = list(layouts)[place]
        found = relative_flatness(objective_of(model, batches), name, layouts[name])
        assert found.is_exact
        return found.value

    return measured


def fisher(biases: str) -> Callable:
    def measured(model: nn.Module, batches) -> float:
        problem = Problem(model, cross_entropy, {}, precision="float64")
        return fisher_rao_norm([fisher_sums(problem, batches, filter_layouts(model), biases=biases)]).value

    return measured


def no_scale(layout, center, filters) -> np.ndarray:
    return ones(layout)


def by_number(layout, center, filters) -> np.ndarray:
    return magnitudes(layout, center)


def with_biases(layout, center, filters) -> np.ndarray:
    return filter_lengths(layout, center, filters, biases="moved")


# Each measure, and the rescalings that leave it unchanged; all others move it.
MEASURES = {
    "average": (by_scale(filter_deviations, average), BY_FILTER),
    "LPF by filter": (by_scale(filter_deviations, smoothed), BY_FILTER),
    "LPF": (by_scale(no_scale, smoothed), set()),
    "SAM": (by_scale(no_scale, worst), set()),
    "ASAM": (by_scale(by_number, worst), ALL),
    "ASAM by filter": (by_scale(filter_lengths, worst), BY_FILTER),
    "ASAM by filter, biases too": (by_scale(with_biases, worst), BY_FILTER),
    "Keskar": (lambda model, batches: keskar_sharpness(objective_of(model, batches), eps=0.05).value, set()),
    "relative flatness of the first layer": (relative(0), ALL),
    "relative flatness of the last layer": (relative(-1), BY_FILTER),
    "Fisher-Rao": (fisher("moved"), ALL),
    "Fisher-Rao without biases": (fisher("fixed"), ALL),
    "trace": (trace, set()),
    "trace of SH": (trace_of_sh, BY_FILTER),
}


@pytest.mark.parametrize("rescaling", RESCALINGS)
def test_the_function_stays(rescaling):
    build, shape, rescale = RESCALINGS[rescaling]
    model, samples = build(), classes(*shape, num=9)
    before, weights = model(samples[0]), weights_of(model)
    rescale(model)
    assert torch.allclose(model(samples[0]), before, rtol=1e-12, atol=1e-12)
    assert any((weights_of(model)[name] / weight).max() > 2 for name, weight in weights.items())


@pytest.mark.parametrize("rescaling", RESCALINGS)
@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_stays_where_theory_says_and_moves_elsewhere(name, rescaling):
    (measure, unmoved_by), (build, shape, rescale) = MEASURES[name], RESCALINGS[rescaling]
    batches = split(classes(*shape, num=9), (5, 1, 3))
    model = build()
    before = measure(model, batches)
    rescale(model)
    after = measure(model, batches)
    assert before > 0
    if rescaling in unmoved_by:
        assert after == pytest.approx(before, rel=1e-9)  # rounding, which an ascent's steps carry on
    else:
        assert abs(after - before) > 0.005 * before
