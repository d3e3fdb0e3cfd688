"""`landscape between`: what it measures, by closed forms and by other commands; resumed, over ranks, refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape.between import lines_between, metrics_of_networks
from landscape.cli.between import between_command
from landscape.cli.info import info_command
from landscape.cli.page import page_command
from landscape.cli.surface import surface_command
from landscape.problem.checkpoints import read_checkpoint
from landscape.problem.models import build_model
from landscape.problem.zoo import zoo_file
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import NOT_DONE
from landscape.sweep.world import Mistake, World

EXACT = ["--num-samples", "60", "--precision", "float64", "--norm-stats", "stored"]
SMALL = ["--x", "-0.5:1.5:5", "--plane-points", "4"]

pytestmark = pytest.mark.usefixtures("here")


def permuted(first: list[int], second: list[int]) -> dict[str, torch.Tensor]:
    """Return the zoo's digits network with its two layers of hidden units in another order: the same function."""
    tensors = dict(read_checkpoint(zoo_file("mlp-digits")).tensors)
    weights, biases = ([name for name in sorted(tensors) if name.endswith(end)] for end in ("weight", "bias"))
    tensors[weights[0]] = tensors[weights[0]][first]
    tensors[weights[1]] = tensors[weights[1]][second][:, first]
    tensors[weights[2]] = tensors[weights[2]][:, second]
    for bias, order in zip(biases, (first, second)):
        tensors[bias] = tensors[bias][order]
    return tensors


@pytest.fixture
def copies(here) -> list[str]:
    """Write two permuted copies of a trained network and the average of all three."""
    random = torch.Generator().manual_seed(4)
    orders = [torch.randperm(64, generator=random).tolist() for _ in range(4)]
    networks = [permuted(list(range(64)), list(range(64))), permuted(*orders[:2]), permuted(*orders[2:])]
    torch.save(networks[1], here / "one.pt")
    torch.save(networks[2], here / "other.pt")
    average = {name: sum(network[name].double() for network in networks) / 3 for name in networks[0]}
    torch.save({name: tensor.float() for name, tensor in average.items()}, here / "average.pt")
    return ["zoo:mlp-digits", "one.pt", "other.pt"]


def between(out: str, *arguments: str) -> None:
    between_command([*arguments, "--out", out], World())


def both(out: str):
    return read_surface(Path(f"{out}.h5")), read_surface(Path(f"{out}-plane.h5"))


def test_permuted_copies_are_equal_at_the_ends_and_a_barrier_lies_between(copies):
    between("mine", *copies, *EXACT, *SMALL)
    lines, _ = both("mine")
    own = metrics_of_networks(lines)
    assert sorted(own) == ["A", "B", "C"]
    for letter in "BC":
        assert own[letter]["train_loss"] == pytest.approx(own["A"]["train_loss"], rel=1e-9)
        assert own[letter]["test_accuracy"] == own["A"]["test_accuracy"]
    found = lines_between(lines)
    assert [line.ends for line in found] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert all(line.barriers["train_loss"].height > 0.1 and line.barriers["train_loss"].at == 0.5 for line in found)


def test_each_network_has_the_loss_of_a_run_of_its_own_to_the_bit_on_every_line_and_in_the_plane(copies):
    between("mine", *copies, "average.pt", *EXACT, *SMALL)
    lines, plane = both("mine")
    own = metrics_of_networks(lines)
    for letter, checkpoint in zip("ABCD", [*copies, "average.pt"]):
        common = ["--model", "mlp", "--checkpoint", checkpoint, "--split", "both", "--x", "0:1:2", "--plain"]
        surface_command([*common, *EXACT, "--belief", "off", "--out", letter], World())
        center = {name: array[0] for name, array in read_surface(Path(f"{letter}.h5")).values.items()}
        assert own[letter] == center
    for number, line in enumerate(lines.origin.record["lines"]):
        for letter, column in zip(line["ends"], (1, 3)):
            assert {name: array[number, column] for name, array in lines.values.items()} == own[letter]
    marks = plane.origin.record["marks"]
    assert [mark["letter"] for mark in marks] == ["A", "B", "C", "D"] and [mark["off"] for mark in marks[:3]] == [0] * 3
    for mark in marks[:3]:
        place = tuple(np.flatnonzero(getattr(plane.grid, axis) == mark[axis])[0] for axis in "xy")
        assert {name: array[place] for name, array in plane.values.items()} == own[mark["letter"]] == mark["metrics"]


def test_the_average_of_three_lies_in_their_plane_which_has_its_loss(copies):
    between("mine", *copies, "average.pt", *EXACT, *SMALL)
    lines, plane = both("mine")
    mark, triangle = plane.origin.record["marks"][3], plane.origin.record["triangle"]
    assert (mark["x"], mark["y"]) == (pytest.approx((1 + triangle["x"]) / 3), pytest.approx(triangle["y"] / 3))
    assert mark["off"] == 0
    place = tuple(np.flatnonzero(getattr(plane.grid, axis) == mark[axis])[0] for axis in "xy")
    own = metrics_of_networks(lines)["D"]["train_loss"]
    assert plane.values["train_loss"][place] == pytest.approx(own, rel=1e-5) and own > 1


def test_the_plane_is_through_the_three_that_are_named(copies):
    between("mine", *copies, "average.pt", *EXACT, *SMALL, "--plane", "d,b,a", "--split", "train")
    _, plane = both("mine")
    at = {mark["letter"]: (mark["x"], mark["y"]) for mark in plane.origin.record["marks"]}
    triangle = plane.origin.record["triangle"]
    assert at["D"] == (0, 0) and at["B"] == (1, 0) and at["A"] == (triangle["x"], triangle["y"])
    assert set(plane.values) == {"train_loss", "train_accuracy"}


def linear_networks(here) -> list[str]:
    """Return the options of two linear regressions: line.py, and files of weights."""
    (here / "line.py").write_text(
        "import numpy, torch\n\ndef model():\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 2))\n\n"
        "def data():\n    random = numpy.random.default_rng(3)\n"
        "    inputs = random.normal(size=(40, 1, 2, 3)).astype('float32')\n"
        "    return {'train': (inputs, random.normal(size=(40, 2)).astype('float32'))}\n"
    )
    for seed in (1, 2):
        torch.manual_seed(seed)
        torch.save({"1.weight": torch.randn(2, 6), "1.bias": torch.randn(2)}, here / f"{seed}.pt")
    return ["--model", "line.py:model", "--dataset", "line.py:data", "--loss", "mse", "--split", "train"]


def test_a_quadratic_is_a_parabola_between_two_networks_and_has_no_barrier(here):
    options = linear_networks(here)
    between("line", "1.pt", "2.pt", *options, "--precision", "float64", "--x", "-0.3:1.4:18")
    lines = read_surface(here / "line.h5")
    x, loss = lines.grid.x, lines.values["train_loss"][0]
    random = np.random.default_rng(3)
    inputs = random.normal(size=(40, 1, 2, 3)).astype("float32").reshape(40, 6).astype(float)
    targets = random.normal(size=(40, 2)).astype("float32").astype(float)
    ends = [{name: tensor.double().numpy() for name, tensor in torch.load(f"{seed}.pt").items()} for seed in (1, 2)]
    expected = []
    for alpha in x:
        weight, bias = ((1 - alpha) * ends[0][name] + alpha * ends[1][name] for name in ("1.weight", "1.bias"))
        expected.append(((inputs @ weight.T + bias - targets) ** 2).mean())
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    np.testing.assert_allclose(np.diff(loss, 3), 0, atol=1e-12)
    assert lines_between(lines)[0].barriers["train_loss"].height == 0 and not Path("line-plane.h5").exists()
    distance = np.sqrt(sum(((ends[0][name] - ends[1][name]) ** 2).sum() for name in ends[0]))
    assert lines.origin.record["lines"] == [{"ends": ["A", "B"], "distance": pytest.approx(distance, rel=1e-12)}]


def test_statistics_are_reestimated_by_default_and_else_each_networks_own(here):
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = build_model("resnet20", from_data={"channels": 1})
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
        torch.save(model.state_dict(), here / f"{seed}.pt")
    common = ["--model", "resnet20", "--num-samples", "12", "--x", "0:1:2", "--split", "test"]
    for norm_stats, given, recorded in (
        ("reestimated", [], "reestimated"),
        ("stored", ["--norm-stats", "stored"], "mixed"),
    ):
        between(norm_stats, "1.pt", "2.pt", *common, *given)
        lines = read_surface(here / f"{norm_stats}.h5")
        assert lines.origin.identity["norm_stats"] == recorded and set(lines.values) == {"test_loss", "test_accuracy"}
        for column, seed in enumerate("12"):
            alone = ["--checkpoint", f"{seed}.pt", "--norm-stats", norm_stats, "--plain", "--belief", "off"]
            surface_command([*common, *alone, "--out", f"{norm_stats}{seed}"], World())
            center = read_surface(here / f"{norm_stats}{seed}.h5").values["test_loss"][0]
            assert lines.values["test_loss"][0, column] == center


def test_a_run_that_was_ended_goes_on_to_the_same_bits(copies, capsys):
    between("mine", *copies, *EXACT, *SMALL)
    whole = both("mine")
    for surface, path in zip(whole, ("mine.h5", "mine-plane.h5")):
        done, values = np.array(surface.done), {name: np.array(array) for name, array in surface.values.items()}
        done[1:, 2:] = NOT_DONE
        for array in values.values():
            array[done == NOT_DONE] = np.nan
        write_surface(replace(surface, values=values, done=done), path)
    left = sum((read_surface(path).done == NOT_DONE).sum() for path in ("mine.h5", "mine-plane.h5"))
    capsys.readouterr()
    between("mine", *copies, *EXACT, *SMALL)
    out = capsys.readouterr().out
    assert f", {left} points to go, " in out and "goes on with mine.h5: 9 of 15 points are done" in out
    for surface, again in zip(whole, both("mine")):
        assert again.is_complete
        for name, array in surface.values.items():
            np.testing.assert_array_equal(again.values[name], array)


def test_a_finished_run_measures_nothing_again(copies):
    between("mine", *copies, *EXACT, *SMALL)
    for path in ("mine.h5", "mine-plane.h5"):
        kept = read_surface(Path(path))
        write_surface(replace(kept, values={name: array + 1 for name, array in kept.values.items()}), path)
    marked = both("mine")
    between("mine", *copies, *EXACT, *SMALL)
    for surface, again in zip(marked, both("mine")):
        np.testing.assert_array_equal(again.values["train_loss"], surface.values["train_loss"])


def test_files_tell_and_draw_what_the_command_did(copies, capsys):
    between("mine", *copies, *EXACT, *SMALL)
    said = capsys.readouterr().out
    page = Path("mine.html").read_bytes()
    info_command(["mine.h5"], World())
    told = capsys.readouterr().out
    sentences = [line.strip() for line in told.partition("between the networks\n")[2].splitlines()]
    assert len(sentences) == 5 and all(sentence in said for sentence in sentences)
    assert "network B" in told and "A at 0, B at 1, " in told and "how far to believe it" not in told
    page_command(["mine.h5", "mine-plane.h5", "--out", "again.html"], World())
    assert Path("again.html").read_bytes() == page
    page_command(["mine-plane.h5"], World())
    assert Path("mine-plane.html").stat().st_size > 100_000


def test_two_ranks_give_the_bits_of_one(copies, run):
    script = Path(__file__).resolve().parents[2] / "scripts" / "between_minima.py"
    between("alone", *copies, *EXACT, *SMALL)
    ended = run(script, *copies, *EXACT, *SMALL, "--out", "two", ranks=2)
    assert ended.returncode == 0, ended.stderr
    for one, other in zip(both("alone"), both("two")):
        assert other.origin.record["ranks"] == 2 and other.grid.shape == one.grid.shape
        for name, array in one.values.items():
            np.testing.assert_array_equal(other.values[name], array)


def test_a_dry_run_says_how_long_it_would_take_and_writes_nothing(copies, capsys, here):
    before = sorted(here.iterdir())
    between("mine", *copies, *EXACT, *SMALL, "--dry-run")
    out = capsys.readouterr().out
    assert re.search(
        r"3 times 5 line grid and a plane of \d x \d, \d+ points to go, .* s a point on 1 rank: about ", out
    )
    assert "dry run: nothing was written; the result would be mine.h5 and mine.html" in out
    assert sorted(here.iterdir()) == before


def test_other_networks_are_another_run(copies):
    between("mine", *copies[:2], *EXACT, *SMALL)
    with pytest.raises(
        Mistake, match=r"^mine.h5 holds another run \(networks B: .* in the file, .* now\); choose another --out"
    ):
        between("mine", copies[0], copies[2], *EXACT, *SMALL)


def test_three_along_one_line_have_lines_and_no_plane(copies, here, capsys):
    first, second = (read_checkpoint(path).tensors for path in (zoo_file("mlp-digits"), here / "one.pt"))
    torch.save({name: (first[name] + second[name]) / 2 for name in first}, here / "middle.pt")
    three = [*copies[:2], "middle.pt"]
    between("mine", *three, *EXACT, *SMALL)
    assert not Path("mine-plane.h5").exists() and read_surface(Path("mine.h5")).grid.shape == (3, 5)
    why = "the networks A, B, C lie along one line, so that they span no plane"
    assert f"warning: {why}; --plane chooses others" in capsys.readouterr().out
    with pytest.raises(Mistake) as caught:
        between("mine", *three, *EXACT, *SMALL, "--plane", "A,B,C")
    assert str(caught.value) == f"{why}; choose others with --plane, or give --plane none"


REFUSED = {
    "zoo:mlp-digits": "a line needs two networks, and zoo:mlp-digits is one; give another checkpoint beside it",
    "one.pt zoo:mlp-digits one.pt": "one.pt is given twice, and no line leads from a network to itself; leave one out",
    "zoo:mlp-digits one.pt copy.pt": "one.pt and copy.pt hold the same weights, so that there is no line between them",
    "zoo:mlp-digits zoo:resnet20-digits": "lines need networks of one architecture, but zoo:mlp-digits is a mlp and "
    "zoo:resnet20-digits a resnet20",
    "zoo:mlp-digits tiny.pt": "tiny.pt does not fit the model: missing 1.weight; missing 1.bias; 4 more missing; "
    "unexpected linear.weight",
    "zoo:mlp-digits one.pt --x 0.1:1:5": "--x must have 0 and 1, where the two networks are, among its points, such as -0.25:1.25:31, "
    "not '0.1:1:5'",
    "zoo:mlp-digits one.pt --x -0.3:1.2:10": "--x must have 0 and 1, where the two networks are, among its points, such as "
    "-0.25:1.25:31, not '-0.3:1.2:10'",
    "zoo:mlp-digits one.pt --plane A,B,C": "--plane goes through three networks, and two are given; give a third, or leave --plane out",
    "zoo:mlp-digits one.pt other.pt --plane A,B,D": "--plane must be none or three different ones of A, B, C, such as A,B,C, not 'A,B,D'",
    "zoo:mlp-digits one.pt other.pt --plane A,AB,C": "--plane must be none or three different ones of A, B, C, such as A,B,C, not 'A,AB,C'",
    "zoo:mlp-digits one.pt --margin -1": "--margin must be 0 or more, not -1",
    "zoo:mlp-digits one.pt --plane-points 1": "--plane-points must lie between 2 and 10000, not 1",
    "zoo:mlp-digits one.pt --norm-stats mixed": "--norm-stats must be one of stored, reestimated, not 'mixed'",
    "1 2 3 4 5 6 7 8 9": "give 8 networks at most, not 9; every pair of them is a line",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_mistakes_are_one_sentence(arguments, copies, here):
    torch.save(torch.load("one.pt"), here / "copy.pt")
    torch.save({"linear.weight": torch.ones(2, 2)}, here / "tiny.pt")
    with pytest.raises(Mistake) as caught:
        between("mine", *arguments.split())
    assert str(caught.value) == REFUSED[arguments] and not Path("mine.h5").exists()


def test_the_options_change_only_on_purpose(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    between_command(["--help"], World())
    own = "--x --plane --plane-points --margin --norm-stats --model --model-arg --dataset --data-dir --cache-dir --download"
    shared = "--split --num-samples --subset-seed --mean --std --loss --batch-size"
    run = "--out --overwrite --continue-on-other --device --ranks-per-gpu --precision --dry-run --help"
    printed = capsys.readouterr().out
    assert set(re.findall(r"(?<![\w`])--[a-z-]+", printed)) == set(f"{own} {shared} {run}".split())
