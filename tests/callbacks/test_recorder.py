"""A plain loop under the recorder: what is kept, what is refused, and that nothing is changed."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from trainings import columns_of_run, files_of, refusal, same, snippet, train

from landscape.callbacks import PathRecorder
from landscape.cli.path_files import ways_of
from landscape.cli.trajectory import trajectory_command
from landscape.figures.run_page import run_figures
from landscape.path.checkpoints import checkpoints_of
from landscape.path.principal import principal
from landscape.path.projection import projected
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import digits
from landscape.problem.models import build_model
from landscape.store.run_file import read_run
from landscape.store.surface_file import read_surface
from landscape.sweep.world import World
from landscape.training.kept import Turn

pytestmark = pytest.mark.usefixtures("here")


def content() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("rule", [{"every_steps": 2}, {"every_epochs": 1}])
def test_a_recorded_training_is_the_unrecorded_one_to_the_bit(make_model, rule):
    alone, recorded = make_model(), make_model()
    train(alone)
    drawn = torch.get_rng_state()
    with PathRecorder("run", recorded, **rule) as recorder:
        train(recorded, recorder)
    assert same(alone.state_dict(), recorded.state_dict()) and torch.equal(torch.get_rng_state(), drawn)
    assert recorded.training and recorded[1].training


def test_weights_are_those_after_each_step_or_epoch_with_the_first_and_the_last(make_model):
    model = make_model()
    wanted = {0: copy.deepcopy(model.state_dict())}
    by_steps = PathRecorder("steps", model, every_steps=2)
    by_epochs = PathRecorder("epochs", model, every_epochs=2)
    for step in range(7):
        train(model, steps=[step])
        wanted[step + 1] = copy.deepcopy(model.state_dict())
        for recorder in (by_steps, by_epochs):
            recorder.step()
            if step % 3 == 2:
                recorder.end_epoch()
    by_steps.close()
    by_epochs.close()
    found = files_of("steps")
    assert list(found) == [f"step-{number:06d}" for number in (0, 2, 4, 6, 7)]
    assert all(same(tensors, wanted[int(name[5:])]) for name, tensors in found.items())
    found = files_of("epochs")
    assert list(found) == ["epoch-0000", "epoch-0002", "step-000007"]
    assert all(same(found[name], wanted[step]) for name, step in zip(found, (0, 6, 7)))
    (way,) = ways_of([Path("epochs")], 0)
    assert way.done == pytest.approx((0, 2, 7 / 3)) and way.unit == "epoch"
    assert ways_of([Path("steps")], 0)[0].done == pytest.approx((0, 2 / 3, 4 / 3, 2, 7 / 3))


def test_rows_hold_means_of_what_was_told_over_epochs_or_over_spans_of_steps(make_model):
    for name, rule in (("steps", {"every_steps": 2}), ("epochs", {"every_epochs": 1})):
        with PathRecorder(name, make_model(), **rule) as recorder:
            for step in range(5):
                recorder.step(loss=torch.tensor(float(step)), learning_rate=step + 1)
                if step == 2:
                    recorder.end_epoch()
    assert read_run("steps.run.h5").steps.tolist() == [2, 4, 5]
    columns = columns_of_run("steps")
    assert columns["train_loss"] == [0.5, 2.5, 4] and columns["learning_rate"] == [1.5, 3.5, 5]
    assert columns["first_learning_rate"] == [1, 3, 5] and columns["last_learning_rate"] == [2, 4, 5]
    columns = columns_of_run("epochs")
    assert columns["train_loss"] == [1] and columns["steps"] == [3] and columns["last_learning_rate"] == [3]
    drawn = {name: run_figures({name: read_run(f"{name}.run.h5")})["loss"] for name in ("steps", "epochs")}
    assert [list(figure.data[0].x) for figure in drawn.values()] == [[2, 4, 5], [1]]
    assert [figure.layout.xaxis.title.text for figure in drawn.values()] == ["step", "epoch"]
    assert Path("steps.run.html").exists()


def test_losses_that_are_not_finite_stop_no_training(make_model):
    with PathRecorder("run", make_model(), every_steps=2) as recorder:
        recorder.step(loss=np.inf)
        recorder.step(loss=-np.inf)
        recorder.step(loss=np.inf)
    assert np.isnan(columns_of_run("run")["train_loss"][0]) and columns_of_run("run")["train_loss"][1] == np.inf


def test_an_epoch_without_a_step_counts_as_one(make_model):
    with PathRecorder("run", make_model(), every_epochs=1) as recorder:
        for epoch in range(4):
            recorder.end_epoch(loss=4.0 - epoch, learning_rate=0.1 if epoch < 2 else 0.01)
    (way,) = ways_of([Path("run")], 0)
    assert way.done == (0, 1, 2, 3, 4) and way.turns == (Turn("drop", 2, 0.1, 0.01),)
    assert columns_of_run("run")["train_loss"] == [4, 3, 2, 1]


def test_what_belongs_to_another_run_is_refused_and_untouched(make_model):
    model = make_model()
    train(model, PathRecorder("run", model, every_steps=2), range(4))
    before = content()
    assert refusal(lambda: PathRecorder("run", make_model(), every_steps=2)) == (
        "run holds the path of another run, or of this one begun before; choose another out, go on from a checkpoint of "
        "the training (a loop of your own says its start_step), or give overwrite=True to lose the path"
    )
    assert refusal(lambda: PathRecorder("run", nn.Linear(3, 2), every_steps=2, start_step=2)) == (
        "run holds the path of another network, of other names or shapes; choose another out"
    )
    assert refusal(lambda: PathRecorder("run", model, every_epochs=2, start_step=4)) == (
        "run holds a path recorded every few steps, not epochs; go on with every_steps, or choose another out"
    )
    assert refusal(lambda: PathRecorder("run", make_model(), every_steps=2, start_step=2)) == (
        "run-checkpoints/step-000002.safetensors holds other weights than the model after step 2, so that they are no one path; "
        "load the weights of that step before the recorder is made, give their start_step, or choose another out"
    )
    assert content() == before
    PathRecorder("run", make_model(), every_steps=2, overwrite=True)
    assert list(files_of("run")) == ["step-000000"]


def test_a_run_of_landscape_train_is_left_alone_even_when_told_to_overwrite(make_model):
    from landscape.origin import Origin
    from landscape.run_record import RunRecord
    from landscape.store.run_file import write_run

    write_run(RunRecord({}, Origin({"recipe": {}})), "run.run.h5")
    words = refusal(lambda: PathRecorder("run", make_model(), every_steps=2, overwrite=True))
    assert words == "run is a run of `landscape train`; choose another out" and list(content()) == ["run.run.h5"]


def test_settings_that_say_nothing_are_refused(make_model):
    model = make_model()
    words = "a recorder keeps weights every_steps or every_epochs; give one of the two, such as every_epochs=1"
    assert refusal(lambda: PathRecorder("run", model)) == words
    assert refusal(lambda: PathRecorder("run", model, every_steps=1, every_epochs=1)) == words
    assert refusal(lambda: PathRecorder("run", model, every_steps=0)) == "every_steps must be 1 or more, not 0"
    assert refusal(lambda: PathRecorder(".", model, every_steps=1)) == "out names the run, not a folder: try run"
    recorder = PathRecorder("run", model, every_steps=1)
    assert refusal(lambda: recorder.step(number=0)) == (
        "step 0 does not follow step 0; give start_step where a training goes on"
    )
    recorder.close()
    assert refusal(recorder.step) == "the recorder of run is closed; make another with start_step to go on"


def test_the_last_weights_end_the_path_after_an_epoch_that_is_not_kept(make_model):
    with PathRecorder("run", make_model(), every_epochs=2) as recorder:
        for _ in range(3):
            recorder.step()
            recorder.end_epoch()
    assert list(files_of("run")) == ["epoch-0000", "epoch-0002", "epoch-0003"]


def test_an_error_in_the_loop_keeps_no_half_updated_weights(make_model):
    with pytest.raises(ZeroDivisionError):
        with PathRecorder("run", make_model(), every_steps=2) as recorder:
            recorder.step()
            1 / 0
    assert list(files_of("run")) == ["step-000000"]


class Wrapped(nn.Module):
    """What torch.compile and data-parallel wrappers do to names, without compiling."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self._orig_mod = inner


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.decode.weight = self.encode.weight
        self.norm = Wrapped(nn.BatchNorm1d(3))
        self.register_buffer("not_kept", torch.ones(2), persistent=False)

    def get_extra_state(self):
        return {"anything": 1}

    def set_extra_state(self, found) -> None:
        pass


def test_wrappers_are_seen_through_and_tied_halves_and_buffers_are_kept():
    model = Tied().to(torch.bfloat16)
    PathRecorder("run", nn.DataParallel(Wrapped(model)), every_steps=1)
    found = files_of("run")["step-000000"]
    assert sorted(found) == ["decode.weight", "encode.weight"] + [
        f"norm.{name}" for name in ("bias", "num_batches_tracked", "running_mean", "running_var", "weight")
    ]
    assert found["decode.weight"].dtype == torch.bfloat16 and torch.equal(found["decode.weight"], model.encode.weight)


@pytest.mark.slow  # torch.compile takes seconds to import
def test_compiled_modules_have_their_own_names(make_model):
    PathRecorder("run", torch.compile(make_model()), every_steps=1)
    assert same(files_of("run")["step-000000"], make_model().state_dict())


def test_only_the_first_rank_writes(make_model, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with PathRecorder("run", make_model(), every_steps=1) as recorder:
        train(make_model(), recorder)
    assert content() == {}


def test_weights_that_no_process_holds_whole_are_refused():
    assert refusal(lambda: PathRecorder("run", nn.Linear(2, 2, device="meta"), every_steps=1)) == (
        "the weights are spread over ranks or not loaded (weight), and a recorder writes those of one process; "
        "save whole checkpoints in the training, and give their files to `landscape trajectory`"
    )


class Quadratic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([3.0, -1.0, 2.0], dtype=torch.float64))


def test_gradient_descent_on_a_quadratic_has_the_path_worked_out_by_hand():
    curvatures, model = np.array([0.5, 2.0, 0.0]), Quadratic()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    with PathRecorder("run", model, every_steps=1) as recorder:
        for _ in range(6):
            optimizer.zero_grad()
            (0.5 * (torch.from_numpy(curvatures) * model.weights.square()).sum()).backward()
            optimizer.step()
            recorder.step()
    powers = np.arange(7)[:, None]
    offsets = np.array([3.0, -1.0]) * ((1 - 0.25 * curvatures[:2]) ** powers - (1 - 0.25 * curvatures[:2]) ** 6)
    (a, b), (_, d) = offsets.T @ offsets  # the plane is that of the first two weights, turned by an angle
    angle = 0.5 * np.arctan2(2 * b, a - d)
    wanted = offsets @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    (way,) = ways_of([Path("run")], 0)
    names = [path.name for path in way.files]
    checkpoints = checkpoints_of(names, lambda number: dict(read_checkpoint(way.files[number]).tensors))
    places = projected(checkpoints, principal(checkpoints, "last").plane).places
    signs = np.sign(places[0] * wanted[0])
    assert np.array(places) * signs == pytest.approx(wanted, abs=1e-9) and way.done == tuple(range(7))


def test_the_documented_loop_is_read_by_landscape_trajectory(capsys):
    data = digits().split("train")
    model = build_model("mlp", {"hidden": "8"}, from_data=digits().model_arguments).train()
    inputs = torch.as_tensor(np.asarray(data.inputs[:96]), dtype=torch.float32).reshape(96, 1, 8, 8)
    loader = list(zip(inputs.split(32), torch.as_tensor(np.asarray(data.targets[:96])).split(32)))
    optimizer = torch.optim.SGD(model.parameters(), 0.2)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3])
    names = {"model": model, "loader": loader, "optimizer": optimizer, "scheduler": scheduler}
    exec(snippet("import PathRecorder"), names | {"criterion": nn.CrossEntropyLoss()})
    settings = ["--model", "mlp", "--model-arg", "hidden=8", "--num-samples", "20", "--points", "3", "--out", "way"]
    trajectory_command(["outputs/run", *settings], World())
    record = read_surface("way.h5").origin.record["path"]
    (way,) = record["ways"]
    assert way["epochs"] == [0, 1, 2, 3, 4, 5] and way["name"] == "run"
    assert way["turns"] == [{"kind": "drop", "epoch": 3, "before": 0.2, "after": pytest.approx(0.02)}]
    assert "▼ learning rate drops after epoch 3: 0.2 to 0.02.\n" in capsys.readouterr().out
    last = copy.deepcopy(model)
    load_into(last, read_checkpoint(Path("outputs/run-checkpoints/epoch-0005.safetensors")))
    assert same(last.state_dict(), model.state_dict())
