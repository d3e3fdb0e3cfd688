"""`landscape surface --batch-loss`: surfaces of single examples, mini-batches and all samples, through the whole program."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape.batch_losses import BatchLosses
from landscape.cli.arguments import Parser
from landscape.cli.experiment import build_experiment
from landscape.cli.settings import add_surface_options, settings_of
from landscape.cli.surface import surface_command
from landscape.flatness.scatter import scatter_of
from landscape.store.surface_file import read_surface, write_surface
from landscape.sweep.world import World

PROGRAM = Path(__file__).parents[1] / "programs" / "regression.py"
REGRESSION = [
    "--model",
    f"{PROGRAM}:network",
    "--dataset",
    f"{PROGRAM}:rows",
    "--untrained",
    "0",
    "--precision",
    "float64",
]
REGRESSION += ["--batch-size", "7", "--seed", "3", "--belief", "off", "--x", "-0.9:1.1:9", "--y", "-1:0.8:8"]
HALVED = [*REGRESSION, "--loss", f"{PROGRAM}:halved"]
TINY = ["--model", "mlp", "--untrained", "1", "--num-samples", "40", "--x", "-0.5:1:4", "--y", "-1:0.25:3"]

pytestmark = pytest.mark.usefixtures("here")


def made(name: str, *options: str):
    surface_command([*options, "--out", name], World())
    return read_surface(Path(f"{name}.h5"))


def regression() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs, targets, the weights and the plane's directions, (5, 2), as the program has them."""
    parser = Parser()
    add_surface_options(parser)
    experiment = build_experiment(settings_of(parser.options_of(HALVED)))
    (batches,) = experiment.problem.batches.values()
    inputs, targets = (np.concatenate([part[place].numpy() for part in batches]) for place in (0, 1))
    flat = [weights["weight"].numpy().ravel() for weights in (experiment.plane.center, *experiment.plane.directions)]
    return inputs, targets[:, 0], flat[0], np.stack(flat[1:], 1)


def test_every_batchs_surface_is_its_own_quadratic_and_its_minimum_that_of_least_squares():
    surface = made("mine", *HALVED, "--batch-loss", "1,7,20", "--num-batches", "5")
    inputs, targets, weights, directions = regression()
    batches, grid = surface.batches, surface.grid
    assert batches.is_complete and batches.sizes == (1, 7, 20)
    for size in batches.sizes:
        for members, losses in zip(batches.members[size], batches.losses[size]):
            x, y = inputs[members], targets[members]
            for i, j in ((0, 0), (3, 7), (8, 2)):
                at = weights + directions @ (grid.x[i], grid.y[j])
                assert losses[i, j] == pytest.approx(((x @ at - y) ** 2).mean() / 2, rel=1e-12)
    found = scatter_of(batches, grid, 20)
    for members, minimum, excess in zip(batches.members[20], found.minima, found.excess):
        x, y = inputs[members], targets[members]
        best = np.linalg.lstsq(x @ directions, y - x @ weights, rcond=None)[0]
        np.testing.assert_allclose(minimum.at, best, atol=1e-9)
        whole = np.linalg.lstsq(inputs @ directions, targets - inputs @ weights, rcond=None)[0]
        away = directions @ (best - whole)
        assert excess == pytest.approx(((inputs @ away) ** 2).mean() / 2, abs=1e-12)


def test_all_single_examples_average_to_all_samples_and_that_is_the_surface():
    surface = made("mine", *HALVED, "--batch-loss", "1,60", "--num-batches", "60")
    batches = surface.batches
    np.testing.assert_allclose(batches.losses[1].mean(axis=0), batches.whole, rtol=1e-13)
    np.testing.assert_allclose(batches.whole, surface.values["train_loss"], rtol=1e-13)
    np.testing.assert_allclose(batches.losses[60], np.tile(batches.whole, (60, 1, 1)), rtol=1e-13)


def test_minima_scatter_the_less_the_larger_the_batch():
    batches = made("mine", *HALVED, "--batch-loss", "10,20,40", "--num-batches", "60").batches
    grid = read_surface("mine.h5").grid
    found = {size: scatter_of(batches, grid, size) for size in (10, 20, 40)}
    assert all(scatter.share_on_frame == 0 for scatter in found.values())
    spreads = np.array([found[size].deviation for size in (10, 20, 40)])
    law = np.sqrt([(60 - size) / size for size in (10, 20, 40)])
    ratios = spreads / law[:, None]
    # 60 batches tell a deviation to 9 %, and small batches' minima scatter somewhat more than the law for large ones.
    assert (np.diff(spreads, axis=0) < 0).all() and (np.abs(ratios[1:] / ratios[-1] - 1) < 0.45).all()


def test_the_gradients_noise_is_that_of_residual_times_input():
    batches = made("mine", *HALVED, "--batch-loss", "4").batches
    inputs, targets, weights, _ = regression()
    each = (inputs @ weights - targets)[:, None] * inputs
    mean = each.mean(axis=0)
    found = batches.findings["gradient"]
    assert found["mean_square"] == pytest.approx(mean @ mean, rel=1e-12)
    assert found["trace"] == pytest.approx(((each - mean) ** 2).sum(1).mean(), rel=1e-12)


def test_batches_change_no_other_bit_of_the_file():
    with_them, without = made("with", *TINY, "--batch-loss", "1,8"), made("without", *TINY)
    for found in (with_them, without):  # what differs between any two runs
        for name in ("command", "seconds"):
            del found.origin.record[name]
    write_surface(replace(with_them, batches=None), "a.h5")
    write_surface(without, "b.h5")
    assert Path("a.h5").read_bytes() == Path("b.h5").read_bytes()


def test_two_ranks_give_the_bits_of_one(run):
    alone = made("alone", *TINY, "--batch-loss", "1,8").batches
    ended = run("-m", "landscape", "surface", *TINY, "--batch-loss", "1,8", "--out", "two", ranks=2)
    assert ended.returncode == 0, ended.stderr
    assert_same_bits(read_surface("two.h5").batches, alone)
    assert alone.is_complete and "gradient" in alone.findings


def test_what_is_done_is_kept_and_the_rest_comes_to_the_same_bits():
    whole = made("mine", *TINY, "--batch-loss", "1,8")
    batches = whole.batches
    done = np.ones(whole.grid.shape)
    done[1, 2] = done[3, 0] = 0
    blank = np.where(done, batches.whole, np.nan)
    marked = {size: np.where(done, array, np.nan) for size, array in batches.losses.items()}
    marked[8][0, 2, 1] = -7.0  # measured again, it would be another number
    left = replace(batches, losses=marked, whole=blank, done=done, findings={"split": "train", "seed": 0})
    write_surface(replace(whole, batches=left), "mine.h5")
    again = made("mine", *TINY, "--batch-loss", "1,8").batches
    assert again.losses[8][0, 2, 1] == -7.0
    restored = {size: np.array(array) for size, array in again.losses.items()}
    restored[8][0, 2, 1] = batches.losses[8][0, 2, 1]
    assert_same_bits(replace(again, losses=restored), batches)


def assert_same_bits(found: BatchLosses, wanted: BatchLosses) -> None:
    assert found.is_of_the_draw(wanted) and found.findings == wanted.findings
    for size in wanted.sizes:
        assert found.losses[size].tobytes() == wanted.losses[size].tobytes()
    assert (found.whole.tobytes(), found.done.tobytes()) == (wanted.whole.tobytes(), wanted.done.tobytes())


def test_other_sizes_are_measured_anew_and_a_run_without_keeps_them(capsys):
    first = made("mine", *TINY, "--batch-loss", "1,8")
    assert_same_bits(made("mine", *TINY).batches, first.batches)
    other = made("mine", *TINY, "--batch-loss", "8,16", "--num-batches", "3")
    assert other.batches.sizes == (8, 16) and other.batches.is_complete
    np.testing.assert_array_equal(other.batches.losses[8], first.batches.losses[8][:3])
    np.testing.assert_array_equal(other.values["train_loss"], first.values["train_loss"])
    assert "12 of 12 points are done" in capsys.readouterr().out


def test_of_several_planes_the_first_is_taken_and_of_lines_too():
    one = made("one", *TINY, "--batch-loss", "1,8")
    several = made("several", *TINY, "--batch-loss", "1,8", "--planes", "3")
    assert_same_bits(several.batches, one.batches)
    first, second, _ = several.planes
    assert first.batches is several.batches and second.batches is None
    line = made("line", *TINY[:5], "40", "--x", "-0.5:1:4", "--batch-loss", "8", "--split", "test")
    assert line.batches.whole.shape == (4,) and line.batches.findings["split"] == "test"
    np.testing.assert_allclose(line.batches.whole, line.values["test_loss"], rtol=1e-14)


@pytest.mark.parametrize(
    "options, why",
    [
        (
            [*TINY, "--precision", "bf16"],
            "curvature is measured in float32 or float64, not in bf16, whose rounding drowns it",
        ),
        (
            [*REGRESSION, "--loss", f"{PROGRAM}:counted"],
            "the loss can't be differentiated: no gradient reaches the parameters; it must be made of torch's operations on the model's "
            "output, without .item(), .detach() or counting",
        ),
    ],
    ids=["bf16", "counting"],
)
def test_without_gradients_the_surfaces_are_there_and_the_reason_is_told(options, why, capsys):
    batches = made("mine", *options, "--batch-loss", "4").batches
    assert batches.findings["why_no_gradient"] == why and batches.is_complete
    assert f"warning: no gradients of batches: {why}" in capsys.readouterr().out


def test_of_many_samples_some_are_looked_at_each_class_in_proportion():
    surface = made(
        "mine", *TINY[:4], "--num-samples", "1100", "--x", "-0.5:1:2", "--batch-loss", "16", "--belief", "off"
    )
    samples = surface.batches.samples
    assert len(samples) == 1024 and set(samples) < set(surface.origin.record["subset"]["train"])
    assert not np.allclose(surface.batches.whole, surface.values["train_loss"], rtol=1e-9)
    np.testing.assert_allclose(surface.batches.whole, surface.values["train_loss"], rtol=0.02)


def test_the_plan_says_what_is_measured_beside(capsys):
    surface_command([*TINY, "--batch-loss", "16,1", "--num-batches", "5", "--dry-run"], World())
    assert (
        "batches: 5 of each of 1, 16 samples, and all 40 of train that are looked at; 12 evaluations beside, and as many "
        "gradients as samples" in capsys.readouterr().out
    )
    assert not list(Path().iterdir())


@pytest.mark.slow
@pytest.mark.timed
def test_a_kill_while_batches_are_measured_goes_on_to_the_same_bits(start, run, until):
    options = "--model resnet20 --dataset digits --untrained 0 --num-samples 150 --belief off --x -1:1:7 --y -1:1:6"
    arguments = ["-m", "landscape", "surface", *options.split(), "--batch-loss", "1,16", "--out"]
    process = start(*arguments, "k", ranks=2)

    def some_points() -> bool:
        batches = read_surface("k.h5").batches if Path("k.h5").exists() else None
        return batches is not None and 0 < batches.done.sum() < batches.done.size

    until(some_points, "a part of the batches", 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for name in ("k", "whole"):
        ended = run(*arguments, name, ranks=2)
        assert ended.returncode == 0, ended.stderr
    assert_same_bits(read_surface("k.h5").batches, read_surface("whole.h5").batches)
