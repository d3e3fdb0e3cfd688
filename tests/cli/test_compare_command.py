"""`landscape compare` through the whole program: closed forms, copies, rescaled copies, ranks, and what it refuses."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape.cli.arguments import Parser
from landscape.cli.compare import compare_command
from landscape.cli.compare_settings import add_compare_options
from landscape.comparison import PARTS
from landscape.directions import random_directions, stream_of_plane
from landscape.filters import filter_layouts
from landscape.flatness.account import findings_of, shift_of
from landscape.flatness.suite import BY_KEY, MEASURES
from landscape.store.comparison_file import read_comparison, write_comparison
from landscape.surface import empty_surface
from landscape.sweep.world import Mistake, World

MINIMA = Path(__file__).parents[1] / "programs" / "minima.py"
ROOT = Path(__file__).resolve().parents[2]
TINY = ["--x", "-0.5:0.5:5", "--y", "-0.4:0.4:3", "--line", "-1:1:5", "--planes", "2", "--lines", "2"]
TINY += ["--pairs", "2", "--probes", "2", "--steps", "2", "--precision", "float64"]
EPS = 0.25

OPTIONS = """--batch-size --biases --box --cache-dir --continue-on-other --data-dir --dataset --device --download --dry-run --flat-within --line
--lines --loss --mean --measures --model --model-arg --norm-stats --normalization --num-samples --out --overwrite --pairs
--plain --planes --precision --probes --ranks-per-gpu --rescale-check --rho --rho-adaptive --rho-filter --seed --sigma --sigma-filter
--split --std --steps --subset-seed --x --y"""

pytestmark = pytest.mark.usefixtures("here")


def of_minima(model: str, data: str, loss: str) -> list[str]:
    return [
        "--model",
        f"{MINIMA}:{model}",
        "--dataset",
        f"{MINIMA}:{data}",
        "--loss",
        loss if loss == "cross-entropy" else f"{MINIMA}:{loss}",
    ]


def made(name: str, *options: str):
    compare_command([*options, "--out", name], World())
    return read_comparison(Path(f"{name}.h5"))


def saved(name: str, model: torch.nn.Module) -> str:
    torch.save(model.state_dict(), name)
    return name


def model_of(name: str, **arguments) -> torch.nn.Module:
    from landscape.problem.models import build_model

    return build_model(f"{MINIMA}:{name}", arguments)


def drawn(model, seed: int, axes: str, number: int) -> np.ndarray:
    """Return directions as columns, by the definition's own pieces."""
    center = {name: parameter.detach() for name, parameter in model.named_parameters()}
    found = random_directions(center, filter_layouts(model), seed=seed, axes=axes, stream=stream_of_plane(number))
    return np.stack([torch.cat([tensor.reshape(-1) for tensor in each.values()]).numpy() for each in found], 1)


def test_quadratics_have_their_closed_forms():
    names = [saved(f"{sharpness}.pt", model_of("bowl", sharpness=sharpness)) for sharpness in (1, 4)]
    options = ["--x", "-0.6:0.6:41", "--y", "-0.5:0.5:37", "--line", "-1:1:201", "--planes", "2", "--lines", "3"]
    options += ["--pairs", "40", "--probes", "8", "--precision", "float64", "--flat-within", str(EPS)]
    comparison = made("bowls", *names, *of_minima("bowl", "blank", "own"), *options)
    weight = model_of("bowl").weight.detach().numpy()
    lengths = np.repeat(np.linalg.norm(weight, axis=1), 3)
    for network, sharpness in zip(comparison.networks, (1.0, 4.0)):
        hessian = sharpness * np.array([5.0, 3, 2, 1, 0.5, 0.1])
        planes = [drawn(model_of("bowl"), 0, "xy", number) for number in range(2)]
        lines = [drawn(model_of("bowl"), 1, "x", number)[:, 0] for number in range(3)]
        along = np.array([line @ (hessian * line) for line in lines])
        areas = [2 * np.pi * EPS / np.sqrt(np.linalg.det(plane.T @ (hessian[:, None] * plane))) for plane in planes]
        exact = {
            "cell_curvature": along.mean(),
            "tau": along.mean(),
            "largest_eigenvalue": hessian.max(),
            "trace": hessian.sum(),
            "sam": 0.05**2 / 2 * hessian.max(),
            "asam": 0.5**2 / 2 * (hessian * weight.reshape(-1) ** 2).max(),
            "asam_filter": 0.1**2 / 2 * (hessian * lengths**2).max(),
            "keskar": 50 * 1e-6 * (hessian * (np.abs(weight).reshape(-1) + 1) ** 2).sum() / 1.7,
            "relative": sum(h * w for h, w in zip(hessian, np.repeat((weight**2).sum(1), 3))),
        }
        found = findings_of(comparison, network)
        for key, value in exact.items():
            is_search = BY_KEY[key].is_bound  # an ascent ends within a hundredth of a radian
            assert found[key].value == pytest.approx(value, rel=3e-3 if is_search else 1e-6), key
            assert not is_search or found[key].value <= value * (1 + 1e-12)
        assert found["flat_area"].value == pytest.approx(
            np.mean(areas), rel=0.1
        )  # too small by up to 12 % of ten cells
        assert found["half_width"].value == pytest.approx(np.sqrt(2 * EPS / along).mean(), rel=0.01)
        for key, value in {
            "average": 0.1**2 / 2 * (hessian * lengths**2 / 3).sum(),
            "lpf": 0.01**2 / 2 * hessian.sum(),
        }.items():
            assert abs(found[key].value - value) < 4 * found[key].error < value, key
        assert not found["fisher_rao"].is_known
    absent = comparison.origin.record["absent"]
    assert set(absent["1"]) == set(absent["4"]) == {"fisher_rao"}


def test_two_copies_of_one_network_agree_to_the_last_bit():
    names = [saved(f"{name}.pt", model_of("normed")) for name in ("one", "copy")]
    comparison = made("copies", *names, *of_minima("normed", "small_images", "cross-entropy"), *TINY)
    first, second = comparison.networks
    for part in PARTS:
        for name, array in first.parts[part].values.items():
            np.testing.assert_array_equal(second.parts[part].values[name], array, err_msg=f"{part} {name}")
    assert findings_of(comparison, first).keys() == BY_KEY.keys()


def test_the_minimum_moves_from_training_to_test_samples_as_in_the_closed_form():
    names = [saved(f"{name}.pt", model_of("least_squares")) for name in "ab"]
    options = [
        "--x",
        "-1:1:9",
        "--y",
        "-0.8:1.2:11",
        "--line",
        "-1:1:3",
        "--planes",
        "3",
        "--lines",
        "2",
        "--split",
        "both",
    ]
    comparison = made(
        "shift",
        *names,
        *of_minima("least_squares", "regression", "halved"),
        *options,
        "--precision",
        "float64",
        "--measures",
        "tau",
    )
    from landscape.problem.factories import find_factory

    data = find_factory(f"{MINIMA}:regression", "data")()
    weight = model_of("least_squares").weight.detach().numpy().reshape(-1)
    lengths, rises = [], []
    for number in range(3):
        plane = drawn(model_of("least_squares"), 0, "xy", number)
        minima, hessians = [], []
        for split in ("train", "test"):
            inputs, targets = data[split]
            hessian = inputs.T @ inputs / len(inputs)
            slope = inputs.T @ (inputs @ weight - targets[:, 0]) / len(inputs)
            hessians.append(plane.T @ hessian @ plane)
            minima.append(-np.linalg.solve(hessians[-1], plane.T @ slope))
        way = minima[1] - minima[0]
        lengths.append(np.linalg.norm(way))
        rises.append(way @ hessians[1] @ way / 2)
    found = shift_of(comparison.networks[0])
    assert (found.num, found.num_clipped) == (3, 0)
    assert found.length == pytest.approx(np.mean(lengths), rel=1e-7)
    assert found.rise == pytest.approx(np.mean(rises), rel=1e-7)


def test_rescaled_copies_move_what_theory_says_and_nothing_else():
    name = saved("normed.pt", model_of("normed"))
    comparison = made("rescaled", name, "--rescale-check", *of_minima("normed", "small_images", "cross-entropy"), *TINY)
    own, *copies = comparison.networks
    before = findings_of(comparison, own)
    kinds = [comparison.origin.record["rescaled"][copy.name]["kind"] for copy in copies]
    assert kinds == ["filters", "layers", "neurons"]
    for copy, kind in zip(copies, kinds):
        assert comparison.origin.record["rescaled"][copy.name]["difference"] < 1e-12
        after = findings_of(comparison, copy)
        for measure in MEASURES:
            change = abs(after[measure.key].value / before[measure.key].value - 1)
            if kind in measure.follows:
                assert change < 1e-6, (measure.key, kind, change)
            else:
                assert change > 0.01, (measure.key, kind, change)
        if kind in ("filters", "layers"):
            for part in ("planes", "lines"):
                theirs, ours = copy.parts[part].values["train_loss"], own.parts[part].values["train_loss"]
                np.testing.assert_allclose(theirs, ours, rtol=1e-12)


@pytest.mark.slow
def test_an_epsilon_of_the_norms_shows_in_the_difference_that_is_reported(capsys):
    name = saved("normed.pt", model_of("normed", eps=1e-3))
    options = [
        *of_minima("normed", "small_images", "cross-entropy"),
        "--model-arg",
        "eps=0.001",
        *TINY,
        "--measures",
        "tau",
    ]
    comparison = made("eps", name, "--rescale-check", *options)
    share = comparison.origin.record["rescaled"]["normed, filters rescaled"]["difference"]
    assert 1e-6 < share < 0.1
    assert f"scores changed by {share:.2g} of their size at most" in capsys.readouterr().out


def test_ranks_and_a_run_that_goes_on_change_no_bit(run):
    options = ["zoo:mlp-digits", "zoo:mlp-digits", "--num-samples", "40", *TINY, "--measures", "flat_area,tau,average"]
    alone = made("alone", *options)
    ended = run("-m", "landscape", "compare", *options, "--out", "two", ranks=2)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("page: ") == 1
    assert_same(read_comparison(Path("two.h5")), alone)
    second = alone.networks[1]
    blank = {
        part: empty_surface(second.parts[part].grid, list(second.parts[part].values), second.parts[part].origin)
        for part in ("lines", "measures")
    }
    write_comparison(replace(alone, networks=(alone.networks[0], replace(second, **blank))), "two.h5")
    assert not read_comparison(Path("two.h5")).is_complete
    assert_same(made("two", *options), alone)


def test_a_run_goes_on_with_its_networks_in_their_own_order_alone():
    shutil.copy(ROOT / "models" / "weights" / "mlp-digits.safetensors", "copy.safetensors")
    pair, options = ["zoo:mlp-digits", "copy.safetensors"], ["--num-samples", "40", *TINY, "--measures", "tau"]
    made("c", *pair, *options)
    with pytest.raises(Mistake, match="order"):
        compare_command([*pair[::-1], *options, "--out", "c"], World())
    again = made("c", *pair, *options, "--flat-within", "0.7")
    assert again.is_complete and again.origin.record["flat_within"] == 0.7


def test_a_rescaled_copy_is_written_over_nobodys_file_and_left_by_no_refusal(here):
    theirs = Path("c-layers.safetensors")
    shutil.copy(ROOT / "models" / "weights" / "mlp-digits.safetensors", theirs)
    bytes_before, options = theirs.read_bytes(), ["--num-samples", "40", *TINY, "--measures", "tau"]
    with pytest.raises(Mistake) as refused:
        compare_command(["zoo:mlp-digits", "--rescale-check", *options, "--out", "c"], World())
    assert str(refused.value).startswith("c-layers.safetensors is no rescaled copy of a comparison")
    assert theirs.read_bytes() == bytes_before
    theirs.unlink()
    made("c", "zoo:mlp-digits", "--rescale-check", *options)
    kept = {path: path.read_bytes() for path in here.glob("c-*.safetensors")}
    assert len(kept) == 2 and not list(here.glob(".*partial"))
    with pytest.raises(Mistake, match="holds another run"):
        compare_command(["zoo:mlp-digits", "--rescale-check", *options, "--seed", "5", "--out", "c"], World())
    assert {path: path.read_bytes() for path in here.glob("c-*.safetensors")} == kept
    assert not list(here.glob(".*partial"))


def assert_same(one, other) -> None:
    assert one.is_complete and other.is_complete and one.plan == other.plan
    for mine, theirs in zip(one.networks, other.networks, strict=True):
        for part in PARTS:
            for name, array in theirs.parts[part].values.items():
                np.testing.assert_array_equal(mine.parts[part].values[name], array)


ALONE = ["zoo:mlp-digits"]
PAIR = ["zoo:mlp-digits", "zoo:resnet20-digits"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (ALONE, "a comparison needs two checkpoints or more; with one, give --rescale-check, or another one"),
        ([*PAIR, "--planes", "1"], "--planes must be from 2 to 1,000, for a mean and its error, not 1"),
        ([*PAIR, "--pairs", "1"], "--pairs must be 2 or more, for a mean and its error, not 1"),
        ([*PAIR, "--rho", "0"], "--rho must be a number above 0, not 0"),
        ([*PAIR, "--x", "-1:1:4"], "--x must hold 0, where the trained weights lie, between its ends, not '-1:1:4'; an odd NUM from -R to R does"),
        ([*PAIR, "--measures", "flat"], f"unknown measure 'flat'; choose of {', '.join(BY_KEY)}, or all"),
        (["zoo:mlp-digits", "nowhere.pt"], "there is no checkpoint nowhere.pt; give a .safetensors or a torch file, or zoo:NAME"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_nothing_is_written(options, sentence, here):
    with pytest.raises(Mistake) as refused:
        compare_command([*options, "--out", "out/c"], World())
    assert str(refused.value) == sentence
    assert not list(here.rglob("*.h5")) and not list(here.rglob("*.safetensors"))


def test_networks_of_other_data_are_refused():
    name = saved("other.pt", model_of("normed"))
    with pytest.raises(Mistake, match="does not fit the model"):
        compare_command([name, "zoo:mlp-digits", *of_minima("normed", "small_images", "cross-entropy"), *TINY], World())


def test_the_options_are_these():
    parser = Parser()
    add_compare_options(parser)
    found = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    assert found == {*OPTIONS.split(), "--help"}
