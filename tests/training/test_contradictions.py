"""What a user is warned of: settings of which one undoes the other, and no others."""

import pytest
import torch

from landscape.cli.train import train_command
from landscape.sweep.world import World
from landscape.training.averages import is_member
from landscape.training.contradictions import contradictions
from landscape.training.recipe import SCHEDULES, Recipe
from landscape.training.schedules import schedule_of

NEVER = "the rate never falls: --milestones 9,12 lie at or beyond the last of 9 epochs"
NO_CYCLE = "no cycle is ended: --cycle-epochs 10 is more than the 9 epochs"


def rates_of(recipe: Recipe) -> list[float]:
    """Return each epoch's rate, one update an epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], recipe.learning_rate)
    scheduler, rates = schedule_of(recipe, optimizer, 1), []
    for _ in range(recipe.epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "plateau"])
def test_averaging_is_warned_of_where_the_rate_ends_far_below_its_highest_and_never_rises_again(schedule):
    recipe = Recipe(schedule=schedule, epochs=40, swa_from=30)
    rates = [rate for epoch, rate in enumerate(rates_of(recipe), 1) if is_member(recipe, epoch)]
    is_annealed = rates == sorted(rates, reverse=True) and rates[-1] < 0.005 * recipe.learning_rate
    assert bool(contradictions(recipe)) == (is_annealed and schedule != "step")


@pytest.mark.parametrize(
    "settings, sentences",
    [
        ({}, ()),
        ({"schedule": "cosine"}, ()),
        ({"schedule": "step", "milestones": (8, 12)}, ()),
        ({"schedule": "step", "milestones": (9, 12)}, (NEVER,)),
        ({"schedule": "cyclic", "cycle_epochs": 9}, ()),
        ({"schedule": "cyclic", "cycle_epochs": 10}, (NO_CYCLE,)),
        ({"schedule": "warm-restarts", "cycle_epochs": 10}, (NO_CYCLE,)),
    ],
)
def test_steps_and_cycles_that_the_run_does_not_reach_are_named(settings, sentences):
    assert contradictions(Recipe(epochs=9, **settings)) == sentences


@pytest.mark.parametrize("schedule", ["step", "constant"])
def test_milestones_that_are_warned_of_change_nothing(schedule):
    marks = {"milestones": (9, 12)} if schedule == "step" else {}
    assert rates_of(Recipe(epochs=9, schedule=schedule, **marks)) == [0.05] * 9


def test_a_warning_is_a_line_before_the_first_epoch(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    train_command("--model mlp --epochs 2 --swa --out run".split(), World())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "warning: weight averaging wants a rate that stays high or cycles from epoch 1 on, where members are taken, and "
        "one-cycle lets it fall towards its lowest: late members hardly differ; try --schedule constant, cyclic or step"
    )
    assert lines[1].startswith("epoch 1/2: ")
