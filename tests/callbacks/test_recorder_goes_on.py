"""A training that goes on goes on with its path: which files and records are kept, and how steps and epochs count."""

from pathlib import Path

import pytest
from trainings import columns_of_run, files_of, refusal, same, train

from landscape.callbacks import PathRecorder
from landscape.cli.path_files import ways_of
from landscape.figures.run_page import run_figures
from landscape.store.run_file import read_run
from landscape.training.kept import Turn

pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize("rule", [{"every_steps": 2}, {"every_epochs": 1}])
@pytest.mark.parametrize("left, start", [(6, 6), (6, 4), (4, 3)])
def test_a_training_that_goes_on_leaves_the_files_of_one_that_was_never_left(make_model, rule, left, start):
    rates = (0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01)
    model = make_model()
    with PathRecorder("whole", model, **rule) as recorder:
        train(model, recorder, rates=rates)
    model = make_model()
    killed = PathRecorder("run", model, **rule)
    train(model, killed, range(left), rates=rates)
    del killed
    model = make_model()
    train(model, steps=range(start), rates=rates)
    with PathRecorder("run", model, **rule, start_step=start) as recorder:
        train(model, recorder, range(start, 7), rates=rates)
    whole, found = files_of("whole"), files_of("run")
    assert whole.keys() == found.keys() and all(same(whole[name], found[name]) for name in whole)
    one, other = (ways_of([Path(name)], 0)[0] for name in ("whole", "run"))
    assert one.done == other.done and one.turns == other.turns == (Turn("drop", 4 / 3, 0.1, 0.01),)
    if start % (2 if "every_steps" in rule else 3) == 0:  # else its row's losses before the start are not known
        assert columns_of_run("whole") == columns_of_run("run")


def test_going_on_by_epochs_finds_the_step(make_model):
    model = make_model()
    train(model, PathRecorder("run", model, every_epochs=1), range(6))
    begun = make_model()
    train(begun, steps=range(3))
    recorder = PathRecorder("run", begun, every_epochs=1, start_epoch=1)
    assert recorder.num_steps == 3 and list(files_of("run")) == ["epoch-0000", "epoch-0001"]
    words = refusal(lambda: PathRecorder("run", begun, every_epochs=1, start_epoch=2))
    assert words == "run came to epoch 1, not to 2; give the start_epoch of the weights"


def test_a_path_that_begins_late_in_an_epoch_knows_where_its_epochs_ended(make_model):
    with PathRecorder("run", make_model(), every_epochs=1, start_step=4, start_epoch=4 / 3) as recorder:
        recorder.step()
        recorder.step()
        recorder.end_epoch()
    assert list(files_of("run")) == ["epoch-0002", "step-000004"]
    assert ways_of([Path("run")], 0)[0].done == pytest.approx((4 / 3, 2))
    with PathRecorder("told", make_model(), every_epochs=1, start_epoch=1) as recorder:
        recorder.end_epoch(loss=0.5)
    assert run_figures({"told": read_run("told.run.h5")})["loss"].layout.yaxis.type == "log"  # nobody told of the first
    words = refusal(lambda: PathRecorder("other", make_model(), every_epochs=1, start_epoch=4 / 3))
    assert words == "start_epoch 1.33333 lies in the midst of an epoch; give the start_step too"


@pytest.mark.parametrize("rule", [{"every_steps": 3}, {"every_epochs": 1}])
def test_epochs_that_nobody_recorded_count_where_a_path_goes_on(make_model, rule):
    model = make_model()
    train(model, PathRecorder("run", model, **rule), range(6))  # two epochs; the third is trained without a recorder
    with PathRecorder("run", model, **rule, start_step=9, start_epoch=3) as recorder:
        for _ in range(3):
            recorder.step()
        recorder.end_epoch()
    assert ways_of([Path("run")], 0)[0].done == (0, 1, 2, 3, 4)
    assert read_run("run.run.h5").origin.record["ends"] == [3, 6, 9, 12]
