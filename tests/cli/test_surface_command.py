"""`landscape surface` from its options to its file and page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from landscape.cli.arguments import Parser
from landscape.cli.settings import add_surface_options
from landscape.cli.surface import surface_command
from landscape.problem.models import build_model
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import NOT_DONE
from landscape.sweep.world import Mistake, World

TINY = ["--model", "mlp", "--untrained", "1", "--num-samples", "30"]
PLANE = ["--x", "-0.5:1:5", "--y", "-1:0.25:4"]
OPTIONS = """--model --model-arg --checkpoint --untrained --dataset --data-dir --cache-dir --download --split --num-samples
--subset-seed --mean --std --loss --batch-size --x --y --planes --belief --flat-within --batch-loss --num-batches --seed --normalization --biases --toward --toward-y --direction-file --directions
--eigenvectors --taylor --curvature-map --norm-stats --out
--overwrite --continue-on-other --device --ranks-per-gpu --precision --plain --dry-run --live --help"""


pytestmark = pytest.mark.usefixtures("here")


def made(name: str, *options: str):
    surface_command([*TINY, *options, "--out", name], World())
    return read_surface(Path(f"{name}.h5"))


def test_the_set_of_options_changes_only_on_purpose():
    parser = Parser()
    add_surface_options(parser)
    found = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    assert found == set(OPTIONS.split())


def test_a_range_may_be_typed_with_its_minus():
    parser = Parser()
    add_surface_options(parser)
    typed, joined = (
        parser.options_of(words) for words in (["--x", "-1:1:51", "--seed", "3"], ["--x=-1:1:51", "--seed=3"])
    )
    assert typed == joined and typed.x != parser.get_default("x")


def test_a_name_with_a_dot_keeps_it(here):
    made("vgg56.v2", *PLANE)
    assert (here / "vgg56.v2.h5").is_file() and (here / "vgg56.v2.html").is_file()


def test_without_a_range_the_grid_is_a_plane_and_without_y_a_line(here):
    assert made("plane").grid.shape == (25, 25)
    assert made("line", "--x", "-1:1:5").grid.y is None


def test_a_row_of_the_plane_is_the_line(here):
    plane, line = made("plane", "--x", "-0.5:1:5", "--y", "-1:1:3"), made("line", "--x", "-0.5:1:5")
    assert plane.grid.y[1] == 0
    np.testing.assert_array_equal(plane.values["train_loss"][:, 1], line.values["train_loss"])


def test_both_splits_are_measured_in_one_run_and_equal_those_of_runs_apart(here):
    both, test = made("both", *PLANE, "--split", "both"), made("test", *PLANE, "--split", "test")
    assert set(both.values) == {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}
    np.testing.assert_array_equal(both.values["test_loss"], test.values["test_loss"])


def test_a_dry_run_writes_nothing_and_tells_plan_and_time(here, capsys):
    surface_command([*TINY, *PLANE, "--out", "sub/dry", "--dry-run"], World())
    out = capsys.readouterr().out
    assert not list(here.iterdir())
    assert "5 x 4 grid, 20 points to go" in out and "about" in out and "directions: x: random Gaussian, seed 0" in out


def test_the_same_command_goes_on_and_ends_with_the_same_bits(here, capsys):
    whole = made("whole", *PLANE)
    values, done = ({name: np.array(a) for name, a in whole.values.items()}, np.array(whole.done))
    done[2:, 1:] = NOT_DONE
    for array in values.values():
        array[2:, 1:] = np.nan
    write_surface(replace(whole, values=values, done=done), here / "part.h5")
    capsys.readouterr()
    again = made("part", *PLANE)
    assert "goes on with part.h5: 11 of 20 points are done" in capsys.readouterr().out
    for name, array in whole.values.items():
        np.testing.assert_array_equal(again.values[name], array)


def test_a_finished_run_measures_nothing_again(here):
    made("whole", *PLANE)
    kept = read_surface(here / "whole.h5")
    marked = {name: array + 1 for name, array in kept.values.items()}
    write_surface(replace(kept, values=marked), here / "whole.h5")
    again = made("whole", *PLANE)
    np.testing.assert_array_equal(again.values["train_loss"], marked["train_loss"])


def test_overwrite_begins_anew(here):
    made("mine", *PLANE)
    other = made("mine", *PLANE, "--seed", "4", "--overwrite")
    assert other.origin.identity["directions"]["x"]["seed"] == 4


def test_another_torch_is_gone_on_with_only_when_told_and_that_is_recorded(here):
    whole = made("mine", *PLANE)
    done = np.array(whole.done)
    done[0, 0] = NOT_DONE
    origin = replace(whole.origin, circumstance={**whole.origin.circumstance, "torch": "2.6.0"})
    write_surface(replace(whole, done=done, origin=origin), here / "mine.h5")
    now = whole.origin.circumstance["torch"]
    with pytest.raises(Mistake) as caught:
        made("mine", *PLANE)
    assert str(caught.value) == (
        f"mine.h5 was begun elsewhere (torch: 2.6.0 in the file, {now} now), which changes the last digits; "
        "give --continue-on-other to go on all the same, or --overwrite to begin anew"
    )
    again = made("mine", *PLANE, "--continue-on-other")
    assert again.is_complete and again.origin.record["earlier"] == [{"device": "cpu", "torch": "2.6.0"}]


def test_toward_another_checkpoint_ends_at_its_loss(here):
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
        torch.save(model.state_dict(), here / f"{seed}.pt")
    (here / "users.py").write_text(
        "import torch\n\ndef linear():\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n"
    )
    common = ["--model", "users.py:linear", "--num-samples", "40", "--norm-stats", "stored"]
    surface_command([*common, "--checkpoint", "1.pt", "--toward", "2.pt", "--x", "0:1:2", "--out", "there"], World())
    surface_command([*common, "--checkpoint", "2.pt", "--x", "0:1:2", "--out", "other"], World())
    there, other = read_surface(here / "there.h5"), read_surface(here / "other.h5")
    assert there.values["train_loss"][1] == pytest.approx(other.values["train_loss"][0], rel=1e-6)
    assert "toward 2.pt at 1, every parameter moves" in there.origin.record["directions"][0]


def test_toward_other_checkpoints_norm_statistics_are_reestimated_by_default(here):
    for seed in (1, 2):
        torch.manual_seed(seed)
        torch.save(build_model("resnet20", from_data={"channels": 1}).state_dict(), here / f"{seed}.pt")
    common = ["--model", "resnet20", "--checkpoint", "1.pt", "--num-samples", "12", "--x", "0:1:2", "--out", "there"]
    surface_command([*common, "--toward", "2.pt", "--split", "test"], World())
    surface = read_surface(here / "there.h5")
    assert surface.origin.identity["norm_stats"] == "reestimated"
    assert set(surface.origin.identity["data"]) == {"train", "test"} and set(surface.values) == {
        "test_loss",
        "test_accuracy",
    }


def test_a_center_off_its_recorded_accuracy_gets_a_warning(here, capsys):
    torch.manual_seed(1)
    model = build_model("mlp", from_data={"channels": 1, "image_size": 8})
    save_file(
        model.state_dict(),
        here / "proud.safetensors",
        metadata={"format": "landscape checkpoint 1", "model": "mlp", "dataset": "digits", "train_accuracy": "0.99"},
    )
    surface_command(["--checkpoint", "proud.safetensors", "--x", "0:1:2", "--out", "proud"], World())
    assert "but the checkpoint records 99.00%; check data set, --mean and --std" in capsys.readouterr().out


NET = ["--model", "resnet20", "--untrained", "1", "--num-samples", "20"]
CROSS = ["--x", "-0.4:0.2:4", "--y", "-0.1:0.2:2"]


def test_the_plain_path_gives_the_same_to_a_hundred_thousandth_and_is_another_run(here):
    surface_command([*NET, *CROSS, "--out", "fast"], World())
    surface_command([*NET, *CROSS, "--out", "plain", "--plain"], World())
    fast, plain = read_surface(here / "fast.h5"), read_surface(here / "plain.h5")
    assert (fast.origin.identity["path"], plain.origin.identity["path"]) == ("folded", "plain")
    np.testing.assert_allclose(fast.values["train_loss"], plain.values["train_loss"], rtol=1e-5)
    with pytest.raises(Mistake, match="path: folded in the file, plain now"):
        surface_command([*NET, *CROSS, "--out", "fast", "--plain"], World())


def test_bf16_is_another_run_and_near(here):
    surface_command([*NET, *CROSS, "--out", "full"], World())
    surface_command([*NET, *CROSS, "--out", "short", "--precision", "bf16"], World())
    full, short = read_surface(here / "full.h5"), read_surface(here / "short.h5")
    assert short.origin.identity["precision"] == "bf16"
    np.testing.assert_allclose(short.values["train_loss"], full.values["train_loss"], rtol=0.02)
    assert not np.array_equal(short.values["train_loss"], full.values["train_loss"])


def trained_line(here) -> list[str]:
    """Return the options of a linear softmax regression whose loss is small at the center and climbs."""
    (here / "line.py").write_text(
        "import torch\n\ndef model():\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))\n\n"
        "def data():\n    inputs = torch.eye(64)[:10].repeat(3, 1).reshape(30, 1, 8, 8)\n"
        "    return {'train': (inputs.numpy(), torch.arange(10).repeat(3).numpy())}\n"
    )
    weight = torch.zeros(10, 64)
    weight[:10, :10] = 8 * torch.eye(10)
    torch.save({"1.weight": weight, "1.bias": torch.zeros(10)}, here / "line.pt")
    return ["--model", "line.py:model", "--dataset", "line.py:data", "--checkpoint", "line.pt"]


def test_auto_ranges_reach_the_loss_of_knowing_nothing_and_are_printed_by_a_dry_run(here, capsys):
    options = [*trained_line(here), "--x", "auto:7", "--y", "auto"]
    surface_command([*options, "--dry-run"], World())
    out = capsys.readouterr().out
    surface_command([*options, "--out", "found"], World())
    surface = read_surface(here / "found.h5")
    assert surface.grid.shape == (7, 25)
    reach_x, reach_y = surface.grid.x[-1], surface.grid.y[-1]
    assert f"range along x: {-reach_x:g} to {reach_x:g}, where train loss reaches {np.log(10):.4g}" in out
    assert f"range along y: {-reach_y:g} to {reach_y:g}, where" in out
    values = surface.values["train_loss"]
    assert values[[0, -1], 12].mean() >= np.log(10) > values[3, [6, 18]].mean()


def test_a_run_over_found_ranges_goes_on_without_looking_again(here, capsys):
    options = [*trained_line(here), "--x", "auto:5", "--y", "-0.5:0.5:3", "--out", "found"]
    surface_command(options, World())
    capsys.readouterr()
    surface_command(options, World())
    out = capsys.readouterr().out
    reach = read_surface(here / "found.h5").grid.x[-1]
    assert "15 of 15 points are done" in out and f"range along x: {-reach:g} to {reach:g}, found before" in out
    assert ", where train loss reaches" not in out


def test_no_range_is_looked_for_where_the_center_is_no_number(here, capsys):
    weight = torch.full((10, 64), torch.nan)
    options = trained_line(here)
    torch.save({"1.weight": weight, "1.bias": torch.zeros(10)}, here / "line.pt")
    surface_command([*options, "--x", "auto:3", "--dry-run"], World())
    wanted = "range along x: train loss is not finite at the center, so that none can be found; -1 to 1 is taken"
    assert wanted in capsys.readouterr().out


def test_a_range_toward_another_checkpoint_is_the_users_to_give():
    with pytest.raises(Mistake) as caught:
        surface_command([*TINY, "--toward", "there.pt", "--x", "auto"], World())
    wanted = "--toward puts the other checkpoint at 1; give a range that holds it, such as --x -0.5:1.5:25"
    assert str(caught.value) == wanted


def test_a_dry_run_says_what_stands_in_the_way_and_goes_on(here, capsys):
    made("mine", "--x", "0:1:2")
    capsys.readouterr()
    surface_command([*TINY, "--x", "0:1:3", "--out", "mine", "--dry-run"], World())
    out = capsys.readouterr().out
    assert "warning: mine.h5 holds another run (grid x: 0:1:2" in out and "3 line grid, 3 points to go" in out


@pytest.mark.parametrize("text", ["auto:1", "auto:x", "auto:-3", "auto:10001", "auto:²"])
def test_an_auto_axis_of_no_length_is_refused(text):
    with pytest.raises(Mistake) as caught:
        surface_command([*TINY, "--x", text], World())
    assert str(caught.value) == f"--x must be MIN:MAX:NUM, auto, or auto:NUM with NUM from 2 to 10000, not '{text}'"


def test_tf32_is_refused_on_a_cpu():
    with pytest.raises(Mistake) as caught:
        surface_command([*TINY, "--x", "0:1:2", "--device", "cpu", "--precision", "tf32"], World())
    wanted = "--precision tf32 is arithmetic of CUDA's tensor cores; on a CPU give float32 or bf16"
    assert str(caught.value) == wanted


def test_without_mpi4py_one_process_works(here, run, plot_surface):
    stub = here / "stub" / "mpi4py"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ImportError('not installed')\n")
    done = run(plot_surface, *TINY, "--x", "0:1:2", "--out", "alone", cwd=here, env={"PYTHONPATH": str(stub.parent)})
    assert done.returncode == 0, done.stderr
    assert (here / "alone.h5").is_file()


@pytest.mark.parametrize(
    "way, numbers",
    [
        ([], (3,)),
        pytest.param([], (None, 2), marks=pytest.mark.slow),
        pytest.param(["--precision", "bf16"], (2, 3), marks=pytest.mark.slow),
        pytest.param(["--plain", "--x", "auto:4"], (2, 3), marks=pytest.mark.slow),
    ],
)
def test_any_number_of_ranks_gives_the_bits_of_this_process(here, run, plot_surface, way, numbers):
    options = ["--model", "resnet20", "--untrained", "1", "--num-samples", "10", *PLANE, *way]
    surface_command([*options, "--out", "here"], World())
    surfaces = [read_surface(here / "here.h5")]
    for ranks in numbers:
        done = run(plot_surface, *options, "--out", f"by{ranks}", ranks=ranks, cwd=here, timeout=400)
        assert done.returncode == 0, done.stderr
        surfaces.append(read_surface(here / f"by{ranks}.h5"))
    assert [surface.origin.record["ranks"] for surface in surfaces] == [1, *(ranks or 1 for ranks in numbers)]
    for surface in surfaces[1:]:
        for name, array in surfaces[0].values.items():
            assert array.tobytes() == surface.values[name].tobytes()
