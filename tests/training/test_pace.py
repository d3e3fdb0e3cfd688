import re

import pytest

from landscape.training import pace
from landscape.training.pace import Pace, line_of_epoch
from landscape.training.recipe import Recipe
from landscape.training.updates import Tally

pytestmark = pytest.mark.timed

ROW = {"epoch": 2, "train_loss": 1.25, "train_accuracy": 0.5, "learning_rate": 0.05, "epoch_s": 30.0}


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])
    return now


def test_a_long_epoch_tells_its_rate_and_when_all_epochs_will_be_done(clock):
    said, tally = [], Tally(loss=96.0, right=24)
    rows = [{**ROW, "epoch_s": 60.0}, {**ROW, "epoch_s": 40.0}]
    going = Pace(Recipe(epochs=5, batch_size=16), rows, 10, 155, said.append)
    clock[0] += 14
    going.tell(2, tally)
    assert said == []
    clock[0] += 1
    going.tell(3, tally)  # 5 s an update, so that 35 s are left of this epoch, and two of 50 s
    assert said == [
        "epoch 3/5, update 3/10: 0.2 updates and 3.2 images a second, loss 2.0000, accuracy 50.00%, 2.2 min left"
    ]
    clock[0] += 14
    going.tell(4, tally)
    assert len(said) == 1


def test_in_the_first_epoch_the_others_are_taken_to_last_as_long(clock):
    said = []
    going = Pace(Recipe(epochs=3, batch_size=16), [], 10, 160, said.append)
    clock[0] += 30
    going.tell(5, Tally())  # half of the first, and two of 60 s
    assert said[0].endswith(", 2.5 min left")


def test_the_line_of_an_epoch_says_what_came_of_it():
    recipe, rows = Recipe(epochs=6), [{**ROW, "epoch": 1, "epoch_s": 90.0}, ROW]
    assert line_of_epoch(recipe, rows, "") == (
        "epoch 2/6: train loss 1.2500, accuracy 50.00% (as trained); rate 0.05; 30.0 s, 4.0 min left"
    )
    scored = [*rows[:1], {**ROW, "subset_accuracy": 0.625, "test_loss": 2.0, "test_accuracy": 0.25}]
    line = line_of_epoch(Recipe(epochs=6, until_train_accuracy=0.9), scored, "")
    assert "; 62.50% on fixed training images; test 2.0000, 25.00%; rate 0.05; 30.0 s, 4.0 min left at most" in line
    assert re.search(r"30.0 s, all epochs done$", line_of_epoch(recipe, rows, "all epochs done"))
