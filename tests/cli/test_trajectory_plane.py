"""`landscape trajectory --plane`: checkpoints in the plane of another file, by dense least squares and by other commands."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_layout import direction_file

from landscape.cli.info import info_command
from landscape.cli.surface import surface_command
from landscape.cli.trajectory import trajectory_command
from landscape.problem.checkpoints import read_checkpoint
from landscape.problem.models import build_model
from landscape.problem.zoo import zoo_file
from landscape.store.surface_file import read_surface, write_surface
from landscape.sweep.world import Mistake, World

COMMON = ["--model", "mlp", "--num-samples", "40", "--precision", "float64"]
PLACES = np.array([(0.5, -0.25), (-0.75, 1.5), (0.125, 0.25), (1.5, 0.75)])
OFF = 2  # the checkpoint that lies beside the plane

pytestmark = pytest.mark.usefixtures("here")


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensor.double().numpy().ravel() for tensor in tensors])


@pytest.fixture
def skew(here) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Write a surface along skewed directions of unequal lengths, and checkpoints in its plane but for one."""
    random = torch.Generator().manual_seed(4)
    model = build_model("mlp", from_data={"channels": 1, "image_size": 8, "num_classes": 10})
    trained = read_checkpoint(zoo_file("mlp-digits")).tensors
    center = {name: trained[name] for name, _ in model.named_parameters()}  # in the order of a file without names
    first, rest, off = (
        {name: 0.02 * torch.randn(tensor.shape, generator=random) for name, tensor in center.items()} for _ in range(3)
    )
    u, v = {name: 3 * first[name] for name in first}, {name: 0.7 * first[name] + 0.2 * rest[name] for name in first}
    torch.save(center, "center.pt")
    direction_file("d.h5", xdirection=u.values(), ydirection=v.values())
    for number, (a, b) in enumerate(PLACES):
        moved = {name: center[name] + a * u[name] + b * v[name] + (number == OFF) * off[name] for name in center}
        torch.save(moved, here / f"{number}.pt")
    options = ["--checkpoint", "center.pt", "--direction-file", "d.h5", "--x", "0:1:2", "--y", "0:1:2"]
    sampled("skew", *options)
    files = [f"{number}.pt" for number in range(len(PLACES))]
    return files, flat(center.values()), np.stack([flat(u.values()), flat(v.values())])


def sampled(out: str, *arguments: str):
    surface_command([*COMMON, *arguments, "--belief", "off", "--plain", "--out", out], World())
    return read_surface(Path(f"{out}.h5"))


def followed(out: str, *arguments: str):
    trajectory_command([*arguments, *COMMON, "--points", "3", "--out", out], World())
    return read_surface(Path(f"{out}.h5"))


def test_along_skewed_directions_places_distances_and_shares_are_those_of_dense_least_squares(skew, capsys):
    files, center, directions = skew
    path = followed("mine", *files, "--plane", "skew.h5").origin.record["path"]
    rows = np.stack([flat(read_checkpoint(Path(file)).tensors.values()) for file in files])
    wanted, _, _, _ = np.linalg.lstsq(directions.T, (rows - center).T, rcond=None)
    found = np.array([(point["x"], point["y"]) for point in path["points"]])
    off = np.linalg.norm(rows - center - wanted.T @ directions, axis=1)
    assert found == pytest.approx(wanted.T, abs=1e-9)
    assert [point["off"] for point in path["points"]] == pytest.approx(off, abs=1e-9)
    inside = [number for number in range(len(files)) if number != OFF]
    assert found[inside] == pytest.approx(PLACES[inside], abs=1e-5)  # the files are in float32
    assert off[OFF] > 1 and off[inside].max() < 1e-5
    offsets = rows - rows.mean(axis=0)
    kept = offsets @ np.linalg.pinv(directions) @ directions
    assert path["plane"]["held"] == pytest.approx((kept**2).sum() / (offsets**2).sum(), rel=1e-9)
    assert path["plane"]["lengths"] == pytest.approx(np.linalg.norm(directions, axis=1))
    assert path["plane"]["num_weights"] == rows.shape[1] and path["plane"]["name"] == "skew.h5"
    said = capsys.readouterr().out
    assert "The plane of skew.h5 holds " in said and "those of skew.h5, around center.pt" in said
    info_command(["mine.h5"], World())
    assert "The plane of skew.h5 holds " in capsys.readouterr().out


def test_the_surface_is_the_one_that_its_own_command_samples_there(skew):
    """Random directions of a seed, over the frame that the path asks for: the two commands agree to rounding."""
    files = skew[0]
    sampled("random", "--checkpoint", "center.pt", "--x", "0:1:2", "--y", "0:1:2", "--seed", "5")
    mine = followed("mine", *files, "--plane", "random.h5", "--split", "test")
    x, y = (f"{axis[0]!r}:{axis[-1]!r}:3" for axis in (mine.grid.x.tolist(), mine.grid.y.tolist()))
    there = sampled("there", "--checkpoint", "center.pt", "--seed", "5", "--split", "test", f"--x={x}", f"--y={y}")
    np.testing.assert_allclose(mine.values["test_loss"], there.values["test_loss"], rtol=1e-9)
    assert mine.values["test_loss"].std() > 1e-6
    assert mine.origin.record["path"]["plane"]["held"] < 0.01 and "random Gaussian, seed 5" in str(mine.origin.record)


def test_toward_another_checkpoint_it_lies_at_one(skew):
    sampled(
        "toward", "--checkpoint", "center.pt", "--toward", "1.pt", "--toward-y", "0.pt", "--x", "0:1:2", "--y", "0:1:2"
    )
    points = followed("mine", *skew[0], "--plane", "toward.h5").origin.record["path"]["points"]
    assert [points[1]["x"], points[1]["y"], points[0]["x"], points[0]["y"]] == pytest.approx([1, 0, 0, 1], abs=1e-6)


def test_in_another_paths_plane_that_path_has_the_places_it_had_and_a_second_one_its_own(skew):
    files = skew[0]
    first = followed("first", *files)
    again = followed("again", *files, "--plane", "first.h5")
    paths = [surface.origin.record["path"]["points"] for surface in (first, again)]
    for axis in ("x", "y", "off"):
        assert [point[axis] for point in paths[1]] == pytest.approx([point[axis] for point in paths[0]], abs=1e-9)
    part = followed("part", *files[:2], "--plane", "first.h5").origin.record["path"]
    assert [point["x"] for point in part["points"]] == pytest.approx([point["x"] for point in paths[0][:2]], abs=1e-9)
    assert part["plane"]["held"] == pytest.approx(1, abs=0.05) and again.origin.identity != first.origin.identity


def test_the_plane_is_a_part_of_the_runs_identity(skew, capsys):
    files = skew[0]
    followed("mine", *files, "--plane", "skew.h5")
    capsys.readouterr()
    followed("mine", *files, "--plane", "skew.h5")
    assert "9 of 9 points are done" in capsys.readouterr().out
    sampled("other", "--checkpoint", "center.pt", "--x", "0:1:2", "--y", "0:1:2")
    with pytest.raises(Mistake, match="mine-path.h5 holds another run .plane directions x "):
        followed("mine", *files, "--plane", "other.h5")


def test_the_center_is_found_among_the_checkpoints_too(skew):
    files = skew[0]
    Path("center.pt").rename("moved.pt")
    path = followed("mine", *files, "moved.pt", "--plane", "skew.h5").origin.record["path"]
    assert (path["points"][4]["x"], path["points"][4]["off"]) == pytest.approx((0, 0), abs=1e-9)


REFUSED = {
    "line.h5": "line.h5 holds a line, and --plane needs a plane; give a file with two directions",
    "nowhere.h5": "there is no surface file nowhere.h5",
    "mine-path.h5": "mine-path.h5 holds a line, and --plane needs a plane; give a file with two directions",
    "mine.h5": "mine.h5 shows a path in the plane of skew.h5; give that file",
    "plain.h5": "plain.h5 does not tell which plane it lies in; give a file of `landscape surface` or `landscape trajectory`",
    "other.h5": "other.h5 lies in a plane of another network than these checkpoints: missing 1.bias; missing 1.weight; missing 3.bias; "
    "missing 3.weight; and 3 more",
    "gone.h5": "the weights that the plane of gone.h5 goes through are neither at their place (gone.pt) nor among the checkpoints "
    "(sha256 ",
    "changed.h5": "the directions of changed.h5 would be others now than those that it was sampled along, since files or streams of "
    "random numbers have changed; sample it anew",
}


def written(surface, path: Path, **changed) -> None:
    """Write a surface as if its directions had been others."""
    directions = {axis: {**made, **changed} for axis, made in surface.origin.identity["directions"].items()}
    identity = {**surface.origin.identity, "directions": directions}
    write_surface(replace(surface, origin=replace(surface.origin, identity=identity)), path)


def test_what_gives_no_plane_is_refused_in_a_sentence(skew, here):
    files = skew[0]
    plane = ["--x", "0:1:2", "--y", "0:1:2"]
    followed("mine", *files, "--plane", "skew.h5")
    sampled("line", "--checkpoint", "center.pt", "--x", "0:1:2")
    surface = read_surface(Path("skew.h5"))
    write_surface(type(surface)(surface.grid, surface.values, surface.done), Path("plain.h5"))
    Path("center.pt").rename("gone.pt")
    gone = sampled("gone", "--checkpoint", "gone.pt", *plane)
    Path("gone.pt").rename("center.pt")
    Path("d.h5").rename("changed-d.h5")
    sampled("changed", "--checkpoint", "center.pt", "--direction-file", "changed-d.h5", *plane)
    tensors = list(read_checkpoint(Path("center.pt")).tensors.values())
    direction_file("changed-d.h5", xdirection=tensors, ydirection=[tensor**2 for tensor in tensors])
    written(gone, Path("other.h5"), tensors={"conv.weight": "00"})
    before = sorted(here.iterdir())
    for name, sentence in REFUSED.items():
        with pytest.raises(Mistake) as caught:
            followed("new", *files, "--plane", name)
        assert str(caught.value).startswith(sentence) and caught.value.status == 2
    assert sorted(here.iterdir()) == before
