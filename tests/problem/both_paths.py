"""A problem to be measured by both paths: a model whose norms know its activations, a few images, a plane."""

import torch
from torch import nn

from landscape.directions import RandomRule, random_direction
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import cross_entropy
from landscape.problem.measures import measure_on_plane, path_for
from landscape.problem.problem import Problem

POINTS = ((0.0, 0.0), (0.15, -0.1), (-0.4, 0.3))


def images(number: int = 7, size: int = 32, channels: int = 3) -> torch.Tensor:
    return torch.randn(number, channels, size, size, generator=torch.Generator().manual_seed(3))


def batches(number: int = 7, size: int = 32) -> list:
    inputs, targets = images(number, size), torch.arange(number) % 10
    return list(zip(inputs.split(4), targets.split(4)))


def calibrated(model: nn.Module, size: int = 32) -> nn.Module:
    """Return a model in evaluation mode whose norms know its activations, off-center scales and shifts included."""
    torch.manual_seed(5)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            if module.affine:
                nn.init.normal_(module.weight, 1, 0.2)
                nn.init.normal_(module.bias, 0, 0.2)
    with torch.no_grad():
        model.train()(images(20, size))
    return model.eval()


def problem_of(model: nn.Module, loss=cross_entropy, size: int = 32, **options) -> Problem:
    return Problem(model, loss, {"train": batches(size=size)}, **options)


def plane_of(problem: Problem, biases: str = "fixed") -> Plane:
    layouts, rule = filter_layouts(problem.model), RandomRule(biases=biases)
    return Plane(problem.center, *(random_direction(problem.center, layouts, seed=2, axis=a, rule=rule) for a in "xy"))


def both_ways(model: nn.Module, size: int = 32, **options) -> list[tuple[dict, dict]]:
    problem = problem_of(model, size=size, **options)
    plane = plane_of(problem)
    fast, plain = measure_on_plane(problem, plane, "folded"), measure_on_plane(problem, plane, "plain")
    return [(fast(*point), plain(*point)) for point in POINTS]


def chosen(model: nn.Module, loss=cross_entropy, batch=None, norm_stats="stored", moves_norms=False) -> str:
    return path_for(model.eval(), loss, batch or batches()[0], norm_stats=norm_stats, moves_norms=moves_norms)
