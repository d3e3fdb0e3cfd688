"""`landscape trajectory`: a path in its plane, by dense decompositions and by other commands; resumed, over ranks, refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape.cli.info import info_command
from landscape.cli.page import page_command
from landscape.cli.surface import surface_command
from landscape.cli.train import train_command
from landscape.cli.trajectory import trajectory_command
from landscape.problem.checkpoints import read_checkpoint
from landscape.problem.zoo import zoo_file
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import NOT_DONE
from landscape.sweep.world import Mistake, World

EXACT = ["--model", "mlp", "--num-samples", "60", "--precision", "float64", "--points", "4"]
PLACES = np.array([(3.0, -1.0), (2.0, 0.5), (0.5, 1.25), (0.25, 0.1), (0.0, 0.0)])

pytestmark = pytest.mark.usefixtures("here")


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensors[name].double().numpy().ravel() for name in sorted(tensors)])


def rows(files) -> np.ndarray:
    return np.stack([flat(read_checkpoint(Path(file)).tensors) for file in files])


@pytest.fixture
def files(here) -> list[str]:
    """Write checkpoints of a trained network that moves in a plane, but for the second, which lies off it."""
    random = torch.Generator().manual_seed(4)
    tensors = read_checkpoint(zoo_file("mlp-digits")).tensors
    u, v, off = (
        {name: 0.02 * torch.randn(tensor.shape, generator=random) for name, tensor in tensors.items()} for _ in range(3)
    )
    for number, (a, b) in enumerate(PLACES):
        moved = {name: tensors[name] + a * u[name] + b * v[name] + 0.3 * (number == 1) * off[name] for name in tensors}
        torch.save(moved, here / f"{number}.pt")
    return [f"{number}.pt" for number in range(len(PLACES))]


def trajectory(out: str, *arguments: str) -> None:
    trajectory_command([*arguments, "--out", out], World())


def both(out: str):
    return read_surface(Path(f"{out}.h5")), read_surface(Path(f"{out}-path.h5"))


@pytest.mark.parametrize("origin", ["last", "centered"])
def test_the_plane_is_that_of_a_dense_decomposition(files, origin):
    trajectory("mine", *files, *EXACT, "--origin", origin)
    path = read_surface(Path("mine.h5")).origin.record["path"]
    offsets = rows(files) - (rows(files)[-1] if origin == "last" else rows(files).mean(axis=0))
    _, singular, directions = np.linalg.svd(offsets, full_matrices=False)
    assert path["singular_values"][:2] == pytest.approx(singular[:2], rel=1e-9)
    assert path["shares"][:2] == pytest.approx(singular[:2] ** 2 / (singular**2).sum(), rel=1e-9)
    wanted = offsets @ directions[:2].T
    for axis, column in zip("xy", wanted.T):
        found = np.array([point[axis] for point in path["points"]])
        assert found * np.sign(found[0] * column[0]) == pytest.approx(column, abs=1e-9)
    off = np.linalg.norm(offsets - wanted @ directions[:2], axis=1)
    assert [point["off"] for point in path["points"]] == pytest.approx(off, abs=1e-7) and off[1] > 0.1


def test_every_checkpoint_has_its_own_loss_to_the_bit_and_the_planes_beside_it(files):
    trajectory("mine", *files, *EXACT)
    surface, along = both("mine")
    points = surface.origin.record["path"]["points"]
    for number, (file, point) in enumerate(zip(files, points)):
        common = ["--model", "mlp", "--checkpoint", file, "--split", "both", "--x", "0:1:2", "--plain"]
        alone = ["--num-samples", "60", "--precision", "float64", "--belief", "off", "--out", f"alone{number}"]
        surface_command([*common, *alone], World())
        center = {name: array[0] for name, array in read_surface(Path(f"alone{number}.h5")).values.items()}
        assert point["metrics"] == center == {name: array[0, number] for name, array in along.values.items()}
    assert points[-1]["metrics"] == points[-1]["in_plane"] and (points[-1]["x"], points[-1]["y"]) == (0, 0)
    for number in (0, 2, 3):  # they lie a little off the plane, that the second turns
        assert points[number]["in_plane"]["train_loss"] == pytest.approx(
            points[number]["metrics"]["train_loss"], rel=0.1
        )
        assert points[number]["off"] < points[1]["off"]


def test_the_surface_holds_the_path_with_its_margin_and_is_the_planes_own(files):
    trajectory("mine", *files, *EXACT, "--margin", "0.5", "--split", "test")
    surface = read_surface(Path("mine.h5"))
    points = surface.origin.record["path"]["points"]
    extents = []
    for axis in "xy":
        values, grid = np.array([point[axis] for point in points]), getattr(surface.grid, axis)
        extents.append(np.ptp(values))
        if axis == "x" or extents[1] > extents[0] / 4:
            assert (grid[0], grid[-1]) == pytest.approx(
                (values.min() - extents[-1] / 2, values.max() + extents[-1] / 2)
            )
    offsets = rows(files) - rows(files)[-1]
    directions = np.linalg.svd(offsets, full_matrices=False)[2][:2]
    signs = np.sign(offsets[0] @ directions.T) * np.sign([points[0]["x"], points[0]["y"]])
    corner = (
        rows(files)[-1] + surface.grid.x[3] * signs[0] * directions[0] + surface.grid.y[1] * signs[1] * directions[1]
    )
    tensors, start = {}, 0
    for name, tensor in sorted(read_checkpoint(Path(files[0])).tensors.items()):
        tensors[name] = torch.from_numpy(corner[start : start + tensor.numel()]).reshape(tensor.shape)
        start += tensor.numel()
    torch.save(tensors, "corner.pt")
    common = ["--model", "mlp", "--checkpoint", "corner.pt", "--split", "test", "--x", "0:1:2", "--plain"]
    surface_command(
        [*common, "--num-samples", "60", "--precision", "float64", "--belief", "off", "--out", "c"], World()
    )
    wanted = read_surface(Path("c.h5")).values["test_loss"][0]
    assert surface.values["test_loss"][3, 1] == pytest.approx(wanted, rel=1e-5)  # the file's weights are float32


def test_a_run_is_followed_from_its_checkpoints_and_its_average_lies_at_its_members_mean(here):
    options = ["--model", "mlp", "--dataset", "digits", "--num-train", "100", "--batch-size", "50", "--epochs", "3"]
    train_command(
        [*options, "--schedule", "step", "--milestones", "2", "--swa", "--swa-from", "2", "--checkpoint-every", "1step"]
        + ["--out", "run"],
        World(),
    )
    trajectory("mine", "run", "--num-samples", "40", "--points", "3")
    path = read_surface(Path("mine.h5")).origin.record["path"]
    (way,) = path["ways"]
    assert (way["name"], way["first"], way["num"]) == ("run", 0, 7)
    assert way["epochs"] == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert [(turn["kind"], turn["epoch"]) for turn in way["turns"]] == [("drop", 2)]
    assert path["averages"] == [{"way": 0, "kind": "swa", "point": 7}]
    members, average = [path["points"][4], path["points"][6]], path["points"][7]
    for axis in "xy":
        assert average[axis] == pytest.approx((members[0][axis] + members[1][axis]) / 2, abs=1e-6)
    assert len(path["singular_values"]) == 7, "the average has no part in the plane"


def test_a_run_that_was_ended_goes_on_to_the_same_bits(files, capsys):
    trajectory("mine", *files, *EXACT)
    whole, page = both("mine"), Path("mine.html").read_bytes()
    for surface, path in zip(whole, ("mine.h5", "mine-path.h5")):
        done, values = np.array(surface.done), {name: np.array(array) for name, array in surface.values.items()}
        done[1:, 2:] = NOT_DONE
        for array in values.values():
            array[done == NOT_DONE] = np.nan
        write_surface(replace(surface, values=values, done=done), Path(path))
    capsys.readouterr()
    trajectory("mine", *files, *EXACT)
    out = capsys.readouterr().out
    assert ", 9 points to go, " in out and "goes on with mine-path.h5: 7 of 10 points are done" in out
    for surface, again in zip(whole, both("mine")):
        assert again.is_complete
        for name, array in surface.values.items():
            np.testing.assert_array_equal(again.values[name], array)
    path = both("mine")[0].origin.record["path"]
    assert path == whole[0].origin.record["path"] and len(page) > 100_000


def test_files_tell_and_draw_what_the_command_did(files, capsys):
    trajectory("mine", *files, *EXACT)
    said = capsys.readouterr().out
    info_command(["mine.h5"], World())
    told = capsys.readouterr().out
    sentences = [line.strip() for line in told.partition("the way of training\n")[2].splitlines()]
    assert len(sentences) == 3 and all(sentence in said for sentence in sentences)
    assert "random walk" in sentences[0] and "how far to believe it" not in told
    page = Path("mine.html").read_bytes()
    page_command(["mine.h5", "--out", "again.html"], World())
    assert Path("again.html").read_bytes() == page


@pytest.mark.slow  # lines between networks show the same sweeps
def test_two_ranks_give_the_bits_of_one(files, run):
    script = Path(__file__).resolve().parents[2] / "scripts" / "plot_trajectory.py"
    trajectory("alone", *files, *EXACT)
    ended = run(script, *files, *EXACT, "--out", "two", ranks=2)
    assert ended.returncode == 0, ended.stderr
    for one, other in zip(both("alone"), both("two")):
        assert other.origin.record["ranks"] == 2 and other.grid.shape == one.grid.shape
        for name, array in one.values.items():
            np.testing.assert_array_equal(other.values[name], array)
    assert both("two")[0].origin.record["path"] == both("alone")[0].origin.record["path"]


def test_a_dry_run_writes_nothing(files, capsys, here):
    before = sorted(here.iterdir())
    trajectory("mine", *files, *EXACT, "--dry-run")
    out = capsys.readouterr().out
    assert re.search(r"5 networks and a 4 x 4 grid, 26 points to go, .* s a point on 1 rank: about ", out)
    assert "dry run: nothing was written; the result would be mine.h5 and mine.html" in out
    assert sorted(here.iterdir()) == before


LONELY = "a path needs two checkpoints or more, and 0 is one; give more of them"
REFUSED = {
    "0.pt": LONELY,
    "0.pt 1.pt": "the 2 checkpoints lie along one line, so that they span no plane; give more of them",
    "0.pt same.pt copy.pt": "all 3 checkpoints hold the same weights, so that there is no path between them",
    "0.pt 1.pt bad.pt": "bad holds inf or nan (in 3.bias), so that it lies nowhere; training diverged there, so give the checkpoints "
    "before it",
    "0.pt tiny.pt 1.pt": "tiny.pt does not fit the model: missing 1.weight; missing 1.bias; 4 more missing; "
    "unexpected linear.weight",
    "zoo:mlp-digits zoo:resnet20-digits": "paths need networks of one architecture, but zoo:resnet20-digits is a "
    "resnet20 and zoo:mlp-digits a mlp",
    "0.pt 1.pt 0.pt": "each run and each checkpoint is given once; leave the second of them out",
    "0.pt nowhere": "there is no checkpoint nowhere; give a .safetensors or a torch file, or zoo:NAME",
    "0.pt 1.pt --origin first": "--origin must be one of centered, last, not 'first'",
    "0.pt 1.pt --origin last --plane a.h5": "--origin is of the principal plane, and --plane takes another; leave one of the two out",
    "0.pt 1.pt --points 1": "--points must lie between 2 and 10000, not 1",
    "0.pt 1.pt --margin -1": "--margin must be 0 or more, not -1",
    "0.pt 1.pt --norm-stats mixed": "--norm-stats must be one of stored, reestimated, not 'mixed'",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_mistakes_are_one_sentence(arguments, files, here):
    tensors = torch.load("0.pt")
    torch.save(tensors, "same.pt")
    torch.save(tensors, "copy.pt")
    torch.save({**tensors, "3.bias": tensors["3.bias"] * torch.inf}, "bad.pt")
    torch.save({"linear.weight": torch.ones(2, 2)}, "tiny.pt")
    model = [] if "zoo" in arguments else ["--model", "mlp"]
    with pytest.raises(Mistake) as caught:
        trajectory("mine", *arguments.split(), *model)
    assert str(caught.value) == REFUSED[arguments] and not Path("mine.h5").exists()


def test_the_options_change_only_on_purpose(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    trajectory_command(["--help"], World())
    own = "--origin --plane --points --margin --norm-stats --model --model-arg --dataset --data-dir --cache-dir --download"
    shared = "--split --num-samples --subset-seed --mean --std --loss --batch-size --checkpoint-every"
    run = "--out --overwrite --continue-on-other --device --ranks-per-gpu --precision --dry-run --help"
    printed = capsys.readouterr().out
    assert set(re.findall(r"(?<![\w`])--[a-z-]+", printed)) == set(f"{own} {shared} {run}".split())
