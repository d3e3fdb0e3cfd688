"""Which jumps of a rate are marked: those of torch's own schedules, stepped every update or every epoch."""

import math
from pathlib import Path

import pytest
import torch
from torch.optim import lr_scheduler

from landscape.callbacks import PathRecorder
from landscape.callbacks.rates import Rates
from landscape.cli.path_files import ways_of
from landscape.training.recorded import epochs_at, is_turn

NUM_EPOCHS, LENGTH = 12, 5


def rates_of(schedule, *, each_step: bool) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    scheduler, rates = schedule(optimizer), []
    for step in range(NUM_EPOCHS * LENGTH):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if each_step or step % LENGTH == LENGTH - 1:
            scheduler.step()
    return rates


def marked(rates, *, knows_epochs: bool) -> list[tuple[str, int]]:
    kept, jumps = Rates(), []
    for step, rate in enumerate(rates, 1):
        kept, jump = kept.then(rate, step)
        jumps += [jump] if jump else []
    ends = [LENGTH * number for number in range(1, NUM_EPOCHS + 1)] if knows_epochs else []
    return [(jump["kind"], jump["step"]) for jump in jumps if is_turn(jump, ends)]


SMOOTH = {
    "constant": lambda optimizer: lr_scheduler.ConstantLR(optimizer, 1.0),
    "exponential": lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.8),
    "cosine": lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, NUM_EPOCHS),
    "linear": lambda optimizer: lr_scheduler.LinearLR(optimizer, 1.0, 0.0, NUM_EPOCHS),
    "warmup": lambda optimizer: lr_scheduler.LinearLR(optimizer, 0.01, 1.0, 6),
    "triangle": lambda optimizer: lr_scheduler.CyclicLR(optimizer, 0.0, 0.1, 3, cycle_momentum=False),
}


@pytest.mark.parametrize("each_step", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
def test_a_smooth_schedule_has_no_turns(name, each_step):
    assert marked(rates_of(SMOOTH[name], each_step=each_step), knows_epochs=True) == []


@pytest.mark.parametrize("knows_epochs", [False, True])
def test_falls_at_milestones_are_drops(knows_epochs):
    rates = rates_of(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [4, 8], 0.1), each_step=False)
    assert marked(rates, knows_epochs=knows_epochs) == [("drop", 20), ("drop", 40)]


def test_a_small_fall_is_a_drop_where_epochs_are_known():
    rates = rates_of(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [4], 0.8), each_step=False)
    assert marked(rates, knows_epochs=True) == [("drop", 20)] and marked(rates, knows_epochs=False) == []


@pytest.mark.parametrize("each_step, wanted", [(False, [20, 40]), (True, [20, 40])])
def test_warm_restarts_are_where_the_rate_begins_anew(each_step, wanted):
    length = 20 if each_step else 4
    schedule = lr_scheduler.CosineAnnealingWarmRestarts
    rates = rates_of(lambda optimizer: schedule(optimizer, length), each_step=each_step)
    assert marked(rates, knows_epochs=True) == [("restart", step) for step in wanted]


def test_steps_between_unequal_ends_are_fractions_of_their_own_epoch():
    assert [epochs_at(step, [4, 6]) for step in (0, 1, 4, 5, 6, 7, 10)] == [0, 0.25, 1, 1.5, 2, 2.5, 4]


@pytest.mark.parametrize("left, start", [(70, 50), (75, 74), (75, 70)])
@pytest.mark.parametrize("every", [1, 10])
@pytest.mark.parametrize("name", ["per step", "per epoch", "falls at an epoch"])
def test_a_training_that_goes_on_between_kept_weights_has_the_marks_of_one_that_was_never_left(
    here, name, every, left, start
):
    rates = {
        "per step": [1 + math.cos(math.pi * step / 200) for step in range(200)],
        "per epoch": [1 + math.cos(math.pi * (step // 10) / 20) for step in range(200)],
        "falls at an epoch": [0.1 if step < 80 else 0.08 for step in range(200)],
    }[name]
    model = torch.nn.Linear(1, 1)

    def tell(recorder: PathRecorder, steps: range) -> None:
        for step in steps:
            recorder.step(learning_rate=rates[step])
            if step % 10 == 9:
                recorder.end_epoch()

    tell(PathRecorder("run", model, every_epochs=every), range(left))
    tell(PathRecorder("run", model, every_epochs=every, start_step=start), range(start, 200))
    wanted = [("drop", 8)] if name.startswith("falls") else []
    assert [(turn.kind, turn.done) for turn in ways_of([Path("run")], 0)[0].turns] == wanted


def test_over_steps_that_nobody_told_of_a_rise_is_no_restart_and_a_fall_no_longer_hold():
    falling = Rates(0.1, 1, -0.001, unseen=9)
    assert falling.then(0.2, 30) == (Rates(0.2, 1, pytest.approx(0.01)), None)
    assert falling.then(0.09, 30)[1] is None and falling.then(0.1, 30)[0].held == 11
