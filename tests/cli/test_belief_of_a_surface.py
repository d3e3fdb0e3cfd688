"""`landscape surface --belief`: what is measured beside a surface, through the whole program, and what is said of it."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from known_hessians import known

from landscape.cli.info import info_command
from landscape.cli.surface import surface_command
from landscape.figures.belief_panel import belief_panel
from landscape.problem.problem import Problem
from landscape.store.surface_file import read_surface
from landscape.sweep.world import World

ONCE = """
import torch
from torch.autograd.function import once_differentiable

class Halved(torch.autograd.Function):
    @staticmethod
    def forward(context, inputs):
        return inputs / 2

    @staticmethod
    @once_differentiable
    def backward(context, gradient):
        return gradient / 2

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))

    def forward(self, inputs):
        return Halved.apply(self.layers(inputs))

def network():
    return Network()
"""
TINY = ["--model", "mlp", "--untrained", "1", "--num-samples", "400"]
NEAR = ["--x", "-0.2:0.3:11", "--y", "-0.3:0.25:12"]


pytestmark = pytest.mark.usefixtures("here")


def made(name: str, *options: str):
    surface_command([*options, "--out", name], World())
    return read_surface(Path(f"{name}.h5"))


def said_of(surface) -> str:
    return " ".join(belief_panel(surface)["sentences"])


def test_quick_takes_at_most_a_tenth_of_the_evaluations(monkeypatch):
    taken = []
    metrics = Problem.metrics
    monkeypatch.setattr(Problem, "metrics", lambda self, network: taken.append(1) or metrics(self, network))
    made("off", *TINY, "--x", "-1:1:21", "--y", "-1:1:17", "--belief", "off")
    without = len(taken)
    surface = made("quick", *TINY, "--x", "-1:1:21", "--y", "-1:1:17")
    beside = len(taken) - 2 * without
    assert 0.05 * 357 < beside <= 0.1 * 357
    assert beside == surface.belief.findings["num_evaluations"] and surface.belief.findings["level"] == "quick"


def test_belief_changes_no_bit_of_the_surface():
    with_it, without = made("quick", *TINY, *NEAR), made("off", *TINY, *NEAR, "--belief", "off")
    np.testing.assert_array_equal(with_it.values["train_loss"], without.values["train_loss"])
    assert without.belief is None and belief_panel(without)["missing"] == [
        "nothing was measured beside the surface; --belief quick and --belief full do"
    ]


@pytest.mark.parametrize(
    "network, eigenvalue",
    [
        (known("hidden", "rotated", loss="summed"), -0.5 / 6),
        (known("hidden", "rotated", "missing=2", loss="summed"), -4 / 6),
    ],
    ids=["one singular value missing", "two"],
)
def test_a_saddle_is_called_so_though_its_random_planes_look_convex(network, eigenvalue):
    close = ["--x", "-0.06:0.1:9", "--y", "-0.1:0.08:10"]
    surface = made("saddle", *network, *close, "--planes", "2", "--belief", "full")
    assert surface.belief.findings["hessian"]["smallest"] == pytest.approx(eigenvalue, abs=1e-10)
    said = said_of(surface)
    assert said.startswith(f"Both slices look convex. The Hessian has an eigenvalue of {eigenvalue:.3g} (residual ")
    assert (
        "): the point is no minimum. None of 30 random planes shows it; of all, 0 to 12 % do (95 % confidence)." in said
    )


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_convex_model_is_never_called_a_saddle(precision):
    moved = ["--normalization", "none", "--belief", "full"]
    options = [*known("softmax", "classes", loss="cross-entropy"), *NEAR, *moved, "--precision", precision]
    surface = made("convex", *options)
    assert said_of(surface).startswith("This slice looks convex.")
    assert "no minimum" not in said_of(surface) and "not convex" not in said_of(surface)
    rows = {what: value for what, value, _ in belief_panel(surface)["rows"]}
    assert rows["directions that curve downward"] == "none of 60" and rows["planes that show a descent"] == "none of 30"


def test_what_was_measured_does_not_depend_on_ranks(run):
    options = [
        "--model",
        "mlp",
        "--model-arg",
        "hidden=9",
        "--dataset",
        "digits",
        "--untrained",
        "3",
        "--num-samples",
        "40",
    ]
    alone = made("alone", *options, *NEAR, "--belief", "full").belief
    ended = run("-m", "landscape", "surface", *options, *NEAR, "--belief", "full", "--out", "two", ranks=2)
    assert ended.returncode == 0, ended.stderr
    two = read_surface(Path("two.h5")).belief
    for name, array in alone.arrays.items():
        np.testing.assert_array_equal(two.arrays[name], array, err_msg=name)
    assert two.findings["hessian"]["largest"] == pytest.approx(alone.findings["hessian"]["largest"], rel=1e-5)


def test_full_goes_on_where_quick_has_been_and_measures_the_surface_but_once(capsys):
    quick = made("mine", *TINY, *NEAR)
    capsys.readouterr()
    full = made("mine", *TINY, *NEAR, "--belief", "full")
    assert "132 of 132 points are done" in capsys.readouterr().out
    assert full.belief.findings["level"] == "full" and "hessian" in full.belief.findings
    np.testing.assert_array_equal(full.values["train_loss"], quick.values["train_loss"])
    assert not any("--belief full" in text for text in belief_panel(full)["missing"])


def test_a_finished_belief_is_not_measured_again(monkeypatch):
    before = made("mine", *TINY, "--x", "-1:1:300").belief

    def measured(number):
        raise AssertionError(number)

    monkeypatch.setattr("landscape.cli.surface_belief.differences_on_fresh_planes", lambda *_, **__: measured)
    after = made("mine", *TINY, "--x", "-1:1:300").belief
    assert after.arrays["fresh_done"].all() and after.findings == before.findings


def test_quick_leaves_what_full_has_measured(capsys):
    full = made("mine", *TINY, *NEAR, "--belief", "full").belief
    again = made("mine", *TINY, *NEAR).belief
    assert "the file has that of --belief full, which is kept" in capsys.readouterr().out
    assert again.findings == full.findings and again.arrays.keys() == full.arrays.keys()


@pytest.mark.parametrize("num", [2, 9])
def test_a_quick_without_room_says_what_it_left_out_in_file_and_page(num):
    surface = made("small", *TINY, "--x", f"-1:1:{num}")
    assert surface.belief.findings["level"] == "quick" and surface.belief.findings["num_evaluations"] == 0
    missing = " ".join(belief_panel(surface)["missing"])
    assert "second subset: a tenth of the points leaves no room" in missing and "nothing was measured" not in missing


def test_a_finished_surface_takes_another_height_of_flatness():
    lower = made("mine", *TINY, *NEAR)
    higher = made("mine", *TINY, *NEAR, "--flat-within", "0.02")
    assert lower.origin.record["flat_within"] == 0.1 and higher.origin.record["flat_within"] == 0.02


def test_a_loss_without_second_derivatives_leaves_the_rest_of_full(here):
    (here / "odd.py").write_text(ONCE)
    arguments = ["--model", "odd.py:network", "--untrained", "0", "--num-samples", "40", *NEAR, "--belief", "full"]
    surface = made("odd", *arguments)
    why = "the model has no second derivatives in torch (one of its functions is marked with @once_differentiable)"
    assert surface.belief.findings["why_no_products"] == why and surface.belief.arrays["fresh_done"].all()
    assert np.isfinite(surface.belief.arrays["difference_v"]).all() and "hessian" not in surface.belief.findings
    assert any(why in text for text in belief_panel(surface)["missing"]) and Path("odd.html").is_file()


def test_the_program_ends_with_what_the_page_says_and_info_says_it_again(capsys):
    surface = made("mine", *TINY, *NEAR)
    panel, printed = belief_panel(surface), capsys.readouterr().out
    info_command(["mine.h5"], World())
    told = capsys.readouterr().out
    for sentence in panel["sentences"]:
        assert f"\n{sentence}\n" in printed and f"\n  {sentence}\n" in told
    for what, value, _ in panel["rows"]:
        assert what in told and value in told
    assert all(text in told for text in panel["missing"])


@pytest.mark.timed
@pytest.mark.slow
def test_a_kill_while_belief_is_measured_goes_on_to_the_same_bits(start, run, until, here):
    options = "--model resnet20 --dataset digits --untrained 0 --num-samples 150 --norm-stats reestimated"
    grid = "--x -1:1:4 --y -1:1:3 --belief full --out k"
    arguments = ["-m", "landscape", "surface", *options.split(), *grid.split()]
    process = start(*arguments, ranks=2)

    def some_fresh_planes() -> bool:
        file = Path("k.h5")
        belief = read_surface(file).belief if file.exists() else None
        return belief is not None and 0 < belief.arrays.get("fresh_done", np.zeros(1)).sum() < 30

    until(some_fresh_planes, 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again = run(*arguments, ranks=2)
    assert again.returncode == 0, again.stderr
    whole = run(*arguments[:-1], "whole", ranks=2)
    assert whole.returncode == 0, whole.stderr
    killed, never = read_surface(Path("k.h5")), read_surface(Path("whole.h5"))
    for name, array in never.belief.arrays.items():
        np.testing.assert_array_equal(killed.belief.arrays[name], array, err_msg=name)
