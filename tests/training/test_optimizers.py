"""Optimizers by name, three steps each on a quadratic, against the formulas of their papers written out."""

import math

import pytest
import torch
from torch import nn

from landscape.training.optimizers import optimizer_of, sharpness_aware_step
from landscape.training.recipe import OPTIMIZERS, Recipe

CURVATURE = (3.0, -1.0, 0.25)
START = (0.7, -0.4, 2.0)
RATE, DECAY = 0.03, 0.1


def gradient(weights) -> list[float]:
    return [h * w for h, w in zip(CURVATURE, weights)]


def stepped(recipe: Recipe, num_steps: int = 3) -> list[float]:
    weights = nn.Parameter(torch.tensor(START, dtype=torch.float64))
    curvature = torch.tensor(CURVATURE, dtype=torch.float64)
    optimizer = optimizer_of(recipe, [weights])

    def set_gradient() -> None:
        optimizer.zero_grad()
        (0.5 * curvature * weights**2).sum().backward()

    for _ in range(num_steps):
        set_gradient()
        if recipe.rho is None:
            optimizer.step()
        else:
            sharpness_aware_step(optimizer, recipe.rho, set_gradient)
    return weights.tolist()


def by_hand(step, num_steps: int = 3, *, decay: float = DECAY) -> list[float]:
    """Move each weight by `step(gradient + decay * weight, memory, number)`."""
    found = []
    for h, weight in zip(CURVATURE, START):
        memory: dict[str, float] = {}
        for number in range(1, num_steps + 1):
            weight -= step(h * weight + decay * weight, memory, number)
        found.append(weight)
    return found


def sgd(g, memory, number):
    return RATE * g


def momentum(g, memory, number):
    memory["v"] = 0.8 * memory.get("v", 0.0) + g
    return RATE * memory["v"]


def nesterov(g, memory, number):
    memory["v"] = 0.8 * memory.get("v", 0.0) + g
    return RATE * (g + 0.8 * memory["v"])


def rmsprop(g, memory, number):
    memory["s"] = 0.99 * memory.get("s", 0.0) + 0.01 * g * g
    return RATE * g / (math.sqrt(memory["s"]) + 1e-8)


def adagrad(g, memory, number):
    memory["s"] = memory.get("s", 0.0) + g * g
    return RATE * g / (math.sqrt(memory["s"]) + 1e-10)


def adadelta(g, memory, number):
    memory["s"] = 0.9 * memory.get("s", 0.0) + 0.1 * g * g
    move = math.sqrt(memory.get("d", 0.0) + 1e-6) / math.sqrt(memory["s"] + 1e-6) * g
    memory["d"] = 0.9 * memory.get("d", 0.0) + 0.1 * move * move
    return RATE * move


def adam(g, memory, number):
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["s"] = 0.999 * memory.get("s", 0.0) + 0.001 * g * g
    mean, square = memory["m"] / (1 - 0.9**number), memory["s"] / (1 - 0.999**number)
    return RATE * mean / (math.sqrt(square) + 1e-8)


FORMULAS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "adam": adam,
}


def recipe_of(name: str, **more) -> Recipe:
    if name in ("momentum", "nesterov"):
        more["momentum"] = 0.8
    return Recipe(optimizer=name, learning_rate=RATE, weight_decay=DECAY, **more)


@pytest.mark.parametrize("name", FORMULAS)
def test_an_optimizer_steps_as_its_formula_with_weight_decay_in_the_gradient(name):
    assert stepped(recipe_of(name)) == pytest.approx(by_hand(FORMULAS[name]), rel=1e-12)


def test_adamw_shrinks_the_weights_apart_from_the_gradient():
    found = []
    for h, weight in zip(CURVATURE, START):
        memory: dict[str, float] = {}
        for number in (1, 2, 3):
            g = h * weight
            weight *= 1 - RATE * DECAY
            weight -= adam(g, memory, number)
        found.append(weight)
    assert stepped(recipe_of("adamw")) == pytest.approx(found, rel=1e-12)


def test_every_optimizer_is_checked_here():
    assert {*FORMULAS, "adamw", "sam"} == set(OPTIMIZERS)


def test_momentum_0_makes_nesterov_plain_descent():
    recipe = Recipe(optimizer="nesterov", momentum=0.0, learning_rate=RATE, weight_decay=DECAY)
    assert stepped(recipe) == pytest.approx(by_hand(sgd), rel=1e-12)


# Sharpness-aware minimization.


def sharpness_aware_by_hand(num_steps: int, rho: float, *, beta: float, decay: float) -> list[float]:
    weights, velocity = list(START), [0.0] * len(START)
    for _ in range(num_steps):
        first = gradient(weights)
        length = math.sqrt(sum(g * g for g in first))
        above = [w + rho * g / length for w, g in zip(weights, first)]
        second = [g + decay * w for g, w in zip(gradient(above), weights)]
        velocity = [beta * v + g for v, g in zip(velocity, second)]
        weights = [w - RATE * v for w, v in zip(weights, velocity)]
    return weights


@pytest.mark.parametrize("base, beta", [("sgd", 0.0), ("momentum", 0.8)])
def test_sam_steps_from_the_weights_with_the_gradient_a_radius_uphill(base, beta):
    more = {"momentum": beta} if beta else {}
    recipe = Recipe(optimizer="sam", base_optimizer=base, rho=0.2, learning_rate=RATE, weight_decay=DECAY, **more)
    assert stepped(recipe) == pytest.approx(sharpness_aware_by_hand(3, 0.2, beta=beta, decay=DECAY), rel=1e-9)


def test_a_sam_step_on_one_weight_with_the_numbers_written_out():
    weight = nn.Parameter(torch.tensor([2.0], dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=0.1)

    def set_gradient() -> None:
        optimizer.zero_grad()
        (1.5 * weight**2).sum().backward()

    set_gradient()  # 3 * 2 = 6, so that the weight goes up to 2.5, where the gradient is 7.5
    sharpness_aware_step(optimizer, 0.5, set_gradient)
    assert weight.item() == pytest.approx(2.0 - 0.1 * 7.5, rel=1e-12)
