"""`landscape surface --direction-file`: the reference implementation's directions, as they are."""

from pathlib import Path

import numpy as np
import pytest
import torch
from reference_layout import direction_file

from landscape.cli.surface import surface_command
from landscape.directions import random_direction
from landscape.figures.facts import facts
from landscape.filters import filter_layouts
from landscape.problem.models import build_model
from landscape.store.surface_file import read_surface
from landscape.sweep.world import Mistake, World
from landscape.weights import weights_of

PLANE = ["--x", "-0.5:1:3", "--y", "-1:0.25:2"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checkpoint(name: str) -> tuple[torch.nn.Module, list[str]]:
    """Save fresh weights of a model; return it and the options that look around it."""
    torch.manual_seed(7)
    model = build_model(name, from_data={"channels": 1, "image_size": 8, "num_classes": 10})
    torch.save(model.state_dict(), f"{name}.pt")
    return model, ["--model", name, "--checkpoint", f"{name}.pt", "--num-samples", "12", *PLANE]


def drawn(model, axis: str) -> dict[str, torch.Tensor]:
    return random_direction(weights_of(model), filter_layouts(model), seed=0, axis=axis)


def in_state_order(model, direction) -> list[torch.Tensor]:
    """Return a direction as the layout's "states" kind has it, statistics left alone."""
    return [direction.get(name, torch.zeros_like(tensor)) for name, tensor in model.state_dict().items()]


@pytest.fixture
def mlp():
    return checkpoint("mlp")


@pytest.mark.parametrize("name", ["mlp", "resnet20"])
def test_our_own_directions_in_a_file_give_the_same_surface_bit_for_bit(name):
    model, options = checkpoint(name)
    x, y = (drawn(model, axis) for axis in "xy")
    direction_file("d.h5", xdirection=x.values(), ydirection=y.values())
    direction_file("s.h5", xdirection=in_state_order(model, x), ydirection=in_state_order(model, y))
    surface_command([*options, "--out", "random"], World())
    surface_command([*options, "--direction-file", "d.h5", "--out", "weights"], World())
    surface_command([*options, "--direction-file", "s.h5", "--out", "states"], World())
    random, weights, states = (read_surface(Path(f"{out}.h5")) for out in ("random", "weights", "states"))
    for metric, array in random.values.items():
        assert weights.values[metric].tobytes() == array.tobytes() == states.values[metric].tobytes()
    assert weights.origin.identity["path"] == random.origin.identity["path"] == ("plain" if name == "mlp" else "folded")
    ours, theirs = random.origin.record["direction_report"], weights.origin.record["direction_report"]
    assert {**ours, "random": False} == theirs


def test_in_float64_the_files_float32_numbers_are_widened(mlp):
    model, options = mlp
    options += ["--precision", "float64"]
    x, y = ([tensor.double() for tensor in drawn(model, axis).values()] for axis in "xy")
    direction_file("d.h5", xdirection=x, ydirection=y)
    surface_command([*options, "--out", "random"], World())
    surface_command([*options, "--direction-file", "d.h5", "--out", "file"], World())
    random, file = (read_surface(Path(f"{out}.h5")).values["train_loss"] for out in ("random", "file"))
    # The file rounded each number to 24 bits; the loss moves by about as much, but does move.
    np.testing.assert_allclose(file, random, rtol=1e-6)
    assert not np.array_equal(file, random)


def test_directions_are_taken_as_they_are_biases_and_norms_included():
    model, options = checkpoint("resnet20")
    direction = {name: 0.05 * torch.ones_like(weight) for name, weight in weights_of(model).items()}
    direction_file("d.h5", xdirection=direction.values())
    moved = build_model("resnet20", from_data={"channels": 1})
    moved.load_state_dict(model.state_dict())
    with torch.no_grad():
        for name, parameter in moved.named_parameters():
            parameter += direction[name]
    torch.save(moved.state_dict(), "moved.pt")
    options = options[: -len(PLANE)] + ["--x", "0:1:2"]
    surface_command([*options, "--direction-file", "d.h5", "--out", "line"], World())
    surface_command([*options, "--checkpoint", "moved.pt", "--plain", "--out", "moved"], World())
    line, there = read_surface(Path("line.h5")), read_surface(Path("moved.h5"))
    assert line.values["train_loss"][1] == pytest.approx(there.values["train_loss"][0], rel=1e-6)  # float32
    num = sum(weight.numel() for weight in direction.values())
    assert line.origin.record["direction_report"]["norms"] == [pytest.approx(0.05 * np.sqrt(num))]


def test_the_facts_name_the_file_and_its_digest_decides_what_goes_on(mlp, capsys):
    model, options = mlp
    x, y = (drawn(model, axis) for axis in "xy")
    direction_file("d.h5", xdirection=x.values(), ydirection=y.values())
    options += ["--direction-file", "d.h5", "--out", "mine"]
    surface_command(options, World())
    rows = [value for what, value in facts(read_surface(Path("mine.h5"))) if what == "directions"]
    assert [row.partition(" (")[0] for row in rows] == ["x: from d.h5, as they are", "y: from d.h5, as they are"]
    surface_command(options, World())
    assert "6 of 6 points are done" in capsys.readouterr().out
    direction_file("d.h5", xdirection=x.values(), ydirection=[2 * tensor for tensor in y.values()])
    with pytest.raises(Mistake, match=r"mine\.h5 holds another run \(directions y file: \w{16}\.\.\. in the file, "):
        surface_command(options, World())


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--toward", "mlp.pt"], "give --direction-file or --toward, not both"),
        (
            ["--seed", "0"],
            "--direction-file gives the directions as they are, and --seed would have no effect; leave it out",
        ),
        (
            ["--biases", "moved", "--normalization", "layer"],
            "--direction-file gives the directions as they are, and --normalization and --biases would have no effect; "
            "leave them out",
        ),
    ],
)
def test_options_without_effect_are_refused(more, sentence, mlp):
    with pytest.raises(Mistake) as caught:
        surface_command([*mlp[1], "--direction-file", "d.h5", *more], World())
    assert str(caught.value) == sentence


def test_a_file_that_does_not_fit_is_refused_and_nothing_is_written(mlp, here):
    model, options = mlp
    x = list(drawn(model, "x").values())
    options += ["--direction-file", "d.h5"]
    count = (
        "xdirection of d.h5 holds 5 tensors, but the model has 6 parameters, and 6 entries in its state_dict(); it was "
    )
    shape = f"xdirection of d.h5 does not fit the model: 1 is (3,) instead of {tuple(x[1].shape)} (1.bias)"
    for directions, sentence in (
        ({"xdirection": x}, "d.h5 has no ydirection, only xdirection; --x without --y samples a line along it"),
        ({"xdirection": x[1:], "ydirection": x}, count + "made for another model"),
        ({"xdirection": [x[0], np.ones(3), *x[2:]], "ydirection": x}, shape),
        (
            {"xdirection": x, "ydirection": x},
            "the two directions lie along one line, so that they span no plane; --x without --y samples it",
        ),
    ):
        direction_file("d.h5", **directions)
        with pytest.raises(Mistake) as caught:
            surface_command(options, World())
        assert str(caught.value) == sentence
    assert sorted(path.name for path in here.iterdir() if path.is_file()) == ["d.h5", "mlp.pt"]
