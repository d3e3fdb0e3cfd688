"""Each schedule's rates, update by update, against its formula."""

import math

import pytest
import torch
from torch import nn

from landscape.training.recipe import SCHEDULES, Recipe
from landscape.training.schedules import epochs_without_gain, schedule_of

RATE, EPOCHS, UPDATES = 0.2, 12, 5
TOTAL = EPOCHS * UPDATES


def stepped(recipe: Recipe, num_updates: int = TOTAL) -> list[float]:
    """Return the rate of each update, as training uses them."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=recipe.learning_rate)
    scheduler = schedule_of(recipe, optimizer, UPDATES)
    found = []
    for _ in range(num_updates):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2


def one_cycle(update: int) -> float:
    first, last, top = RATE / 25, RATE / 25 / 1e4, 0.3 * TOTAL - 1
    if update <= top:
        return cosine(first, RATE, update / top)
    return cosine(RATE, last, (update - top) / (TOTAL - 1 - top))


def restarting(update: int, cycle: int, growth: int, low: float) -> float:
    length = cycle * UPDATES
    while update >= length:
        update, length = update - length, length * growth
    return cosine(RATE, low, update / length)


FORMULAS = {
    "constant": ({}, lambda t: RATE),
    "step": ({"milestones": (4, 9), "factor": 0.3}, lambda t: RATE * 0.3 ** ((t >= 20) + (t >= 45))),
    "exponential": ({"factor": 0.8}, lambda t: RATE * 0.8 ** (t / UPDATES)),
    "cosine": ({"lowest": 0.05}, lambda t: cosine(RATE, 0.01, t / TOTAL)),
    "cyclic": (
        {"lowest": 0.25, "cycle_epochs": 3},
        lambda t: 0.05 + 0.15 * (1 - abs(2 * ((t / (3 * UPDATES)) % 1) - 1)),
    ),
    "one-cycle": ({}, one_cycle),
    "warm-restarts": (
        {"lowest": 0.1, "cycle_epochs": 2, "cycle_growth": 2},
        lambda t: restarting(t, 2, 2, 0.02),
    ),
}


@pytest.mark.parametrize("schedule", FORMULAS)
def test_a_schedules_rates_are_those_of_its_formula(schedule):
    settings, formula = FORMULAS[schedule]
    found = stepped(Recipe(schedule=schedule, learning_rate=RATE, epochs=EPOCHS, **settings))
    assert found == pytest.approx([formula(update) for update in range(TOTAL)], rel=1e-9)


def test_every_schedule_has_a_formula_here():
    assert {*FORMULAS, "plateau"} == set(SCHEDULES)


@pytest.mark.parametrize("schedule", FORMULAS)
def test_no_rate_is_above_the_given_one(schedule):
    found = stepped(Recipe(schedule=schedule, learning_rate=RATE, epochs=EPOCHS))
    assert max(found) == pytest.approx(RATE, rel=0.02) and min(found) >= 0


@pytest.mark.parametrize("schedule, end", [("warm-restarts", 0.0), ("cosine", 0.0), ("cyclic", 0.02)])
def test_unless_told_otherwise_the_last_cycle_ends_with_the_run(schedule, end):
    found = stepped(Recipe(schedule=schedule, learning_rate=RATE, epochs=EPOCHS), TOTAL + 1)
    last, after = found[-2:]
    assert last < end + 0.1 * RATE and (schedule != "warm-restarts" or after == pytest.approx(RATE))


def plateau_rates(losses: list[float], patience: int, factor: float, low: float) -> list[float]:
    """Return the rate after each epoch: lower after so many epochs in a row without a loss 0.01 % below the best."""
    rate, best, waited, found = RATE, math.inf, 0, []
    for loss in losses:
        if loss < best * (1 - 1e-4):
            best, waited = loss, 0
        else:
            waited += 1
        if waited == patience:
            rate, waited = max(rate * factor, low), 0
        found.append(rate)
    return found


LOSSES = [3.0, 2.0, 2.1, 1.9, 1.95, 1.9, 1.89999, 1.5, 1.6, 1.6, 1.6, 1.6, 1.6, 1.4, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_plateau_of_the_watched_loss_lowers_the_rate_to_no_less_than_the_lowest(patience):
    recipe = Recipe(schedule="plateau", learning_rate=RATE, patience=patience, factor=0.5, lowest=0.2)
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=RATE)
    scheduler = schedule_of(recipe, optimizer, UPDATES)
    found = []
    for loss in LOSSES:
        optimizer.step()
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == pytest.approx(plateau_rates(LOSSES, patience, 0.5, 0.2 * RATE))
    assert found[-1] == pytest.approx(0.2 * RATE)


def test_epochs_without_gain_count_from_the_best_loss():
    assert epochs_without_gain([]) == 0
    assert epochs_without_gain([3.0, 2.0, 2.5, 2.0, 1.99999]) == 3
    assert epochs_without_gain([3.0, 2.0, 2.5, 1.9]) == 0


def test_a_fall_of_the_rate_gives_the_loss_another_chance():
    losses = [3.0, 2.0, 2.5, 2.5, 2.5, 2.5]
    assert epochs_without_gain(losses, [0.2] * 7) == 4
    assert epochs_without_gain(losses, [0.2] * 4 + [0.1] * 3) == 2  # it fell after the fourth
    assert epochs_without_gain(losses, [0.2] * 6 + [0.1]) == 0
