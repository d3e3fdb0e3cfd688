"""`landscape surface` along eigenvectors, with its second order, and the map of extreme eigenvalues."""

from pathlib import Path

import numpy as np
import pytest
import torch

from landscape.cli.curvature import curvature_command
from landscape.cli.surface import surface_command
from landscape.problem.batches import SampleBatches, stratified_subset
from landscape.problem.datasets import digits
from landscape.problem.models import build_model
from landscape.store.curvature_file import read_curvature
from landscape.store.eigenvector_file import eigenvectors_beside, read_eigenvectors
from landscape.store.surface_file import read_surface
from landscape.sweep.world import Mistake, World

# A smooth network: with ReLU, kinks between grid points bend the surface where the Hessian sees nothing.
SMOOTH = ("--model", "mlp", "--model-arg", "hidden=6", "--model-arg", "activation=tanh", "--dataset", "digits")
SMOOTH += ("--untrained", "5", "--num-samples", "40", "--precision", "float64")
GRID = ("--x", "-0.002:0.002:3", "--y", "-0.004:0.002:4")


def surface_of(folder: Path, name: str, *arguments: str):
    surface_command([*SMOOTH, *arguments, "--out", str(folder / name)], World())
    return read_surface(folder / f"{name}.h5")


def second_difference(values: np.ndarray, step: float) -> float:
    return float(np.diff(values, 2)[0]) / step**2


def test_along_eigenvectors_the_surface_bends_by_their_eigenvalues(tmp_path):
    surface = surface_of(tmp_path, "s", "--directions", "hessian", "--eigenvectors", "1,-2", *GRID)
    record = read_curvature(tmp_path / "s-hessian.h5")
    loss = surface.values["train_loss"]
    largest, second_smallest = record.arrays["eigenvalue"][[0, -2]]
    assert second_difference(loss[:, 2], 0.002) == pytest.approx(largest, rel=1e-4)  # fourth order: 2e-5
    assert second_difference(loss[1, 1:], 0.002) == pytest.approx(second_smallest, rel=1e-3)
    assert surface.origin.record["direction_report"]["norms"] == pytest.approx([1, 1], abs=1e-12)
    assert record.findings["num_samples"] == 40


def test_the_second_order_in_the_plane_is_the_surface_near_its_center(tmp_path):
    surface = surface_of(tmp_path, "s", "--taylor", *GRID)
    taylor = surface.origin.record["taylor"]["train_loss"]
    x, y = np.meshgrid(surface.grid.x, surface.grid.y, indexing="ij")
    at = np.stack([x, y], -1)
    expected = taylor["value"] + at @ taylor["gradient"] + np.einsum("...i,ij,...j", at, taylor["hessian"], at) / 2
    np.testing.assert_allclose(surface.values["train_loss"], expected, atol=2e-8)  # third order: |at|^3
    assert abs(taylor["hessian"][0][1]) > 1e-3  # or the mixed term would not be seen


def test_the_second_order_is_added_to_a_surface_that_is_whole(tmp_path):
    plain = surface_of(tmp_path, "s", "--x", "-1:1:3")
    more = surface_of(tmp_path, "s", "--x", "-1:1:3", "--taylor")
    assert "taylor" not in plain.origin.record and "train_loss" in more.origin.record["taylor"]
    assert more.values["train_loss"].tobytes() == plain.values["train_loss"].tobytes()


def test_eigenvectors_of_a_file_serve_a_surface_in_bf16_without_its_second_order(analyzed, tmp_path):
    surface = surface_of(tmp_path, "s", "--directions", str(analyzed), "--x", "-1:1:3", "--precision", "bf16")
    assert "taylor" not in surface.origin.record


def test_derivatives_are_not_laid_over_a_surface_with_other_norm_statistics(tmp_path):
    from landscape.problem.checkpoints import read_checkpoint

    there = {name: tensor * 1.1 for name, tensor in read_checkpoint(Path("zoo:resnet20-digits")).tensors.items()}
    torch.save(there, tmp_path / "there.pt")
    arguments = ["--checkpoint", "zoo:resnet20-digits", "--toward", str(tmp_path / "there.pt"), "--x", "0:1:2"]
    with pytest.raises(
        Mistake, match="with stored norm statistics, and --toward re-estimates them; give --norm-stats stored"
    ):
        surface_command([*arguments, "--taylor", "--out", str(tmp_path / "s")], World())


@pytest.mark.slow
def test_the_second_order_does_not_depend_on_the_number_of_ranks(run, tmp_path):
    alone = surface_of(tmp_path, "one", "--taylor", "--x", "-1:1:3").origin.record["taylor"]["train_loss"]
    arguments = [*SMOOTH, "--taylor", "--x", "-1:1:3", "--out", tmp_path / "three"]
    ended = run("-m", "landscape", "surface", *arguments, ranks=3)
    assert (ended.returncode, ended.stderr) == (0, "")
    found = read_surface(tmp_path / "three.h5").origin.record["taylor"]["train_loss"]
    for name in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(found[name], alone[name], rtol=1e-10)


def test_a_cell_of_the_map_is_that_of_a_dense_hessian(tmp_path):
    surface = surface_of(tmp_path, "s", "--curvature-map", "--x", "-0.5:1:4", "--y", "-0.25:0.75:3")
    from landscape.directions import random_direction
    from landscape.filters import filter_layouts
    from landscape.plane import Plane
    from landscape.weights import weights_of

    torch.manual_seed(5)
    data = digits()
    model = build_model("mlp", {"hidden": 6, "activation": "tanh"}, from_data=data.model_arguments).double()
    samples = data.split("train")
    chosen = stratified_subset(samples, 40, 0)
    inputs, targets = next(iter(SampleBatches(samples, chosen, batch_size=40, mean=data.mean, std=data.std)))
    center, layouts = weights_of(model), filter_layouts(model)
    plane = Plane(center, *(random_direction(center, layouts, seed=0, axis=axis) for axis in "xy"))
    for place in ((3, 0), (1, 2)):
        point = plane.at(*surface.grid.point(place))
        shapes, names = [point[name].shape for name in point], list(point)
        sizes = [shape.numel() for shape in shapes]

        def loss(flat):
            parts = [part.reshape(shape) for part, shape in zip(flat.split(sizes), shapes)]
            scores = torch.func.functional_call(model, dict(zip(names, parts)), (inputs.double(),))
            return torch.nn.functional.cross_entropy(scores, targets)

        flat = torch.cat([tensor.reshape(-1) for tensor in point.values()])
        exact = np.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat).numpy())
        found = {name: float(array[place]) for name, array in surface.values.items()}
        bound = found["train_eigenvalue_residual"] * exact[-1]
        assert bound <= 0.1 * exact[-1]
        assert found["train_largest_eigenvalue"] == pytest.approx(exact[-1], abs=bound)
        assert found["train_smallest_eigenvalue"] == pytest.approx(exact[0], abs=bound)
        assert found["train_eigenvalue_ratio"] == abs(
            found["train_smallest_eigenvalue"] / found["train_largest_eigenvalue"]
        )
        assert found["train_loss"] == pytest.approx(float(loss(flat)), rel=1e-12)


@pytest.mark.slow
def test_a_map_is_the_same_bits_from_one_rank_and_two(run, tmp_path):
    arguments = [*SMOOTH, "--curvature-map", "--x", "-0.5:1:4", "--y", "-0.25:0.75:3", "--out"]
    for name, ranks in (("one", None), ("two", 2)):
        ended = run("-m", "landscape", "surface", *arguments, tmp_path / name, ranks=ranks)
        assert (ended.returncode, ended.stderr) == (0, "")
    one, two = (read_surface(tmp_path / f"{name}.h5").values for name in ("one", "two"))
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in two.items()
    }


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("analyzed")
    few = ("--trace-probes", "0", "--density-probes", "0", "--out", str(folder / "c"))
    curvature_command([*SMOOTH, *few], World())
    return folder / "c.h5"


def test_eigenvectors_of_a_file_are_taken_as_they_are(analyzed, tmp_path):
    surface = surface_of(tmp_path, "s", "--directions", str(analyzed), "--eigenvectors", "-1", "--x", "-0.002:0.002:3")
    record = read_curvature(analyzed)
    bend = second_difference(surface.values["train_loss"], 0.002)
    assert bend == pytest.approx(record.arrays["eigenvalue"][-1], rel=1e-3)
    assert "number -1; 40 of 1438 samples of digits" in surface.origin.record["directions"][0]
    vectors = read_eigenvectors(eigenvectors_beside(analyzed), record)
    assert vectors.matrix.shape == (460, 8)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            ["--directions", "best"],
            "--directions must be random, hessian, or FILE.h5 of `landscape curvature`, not 'best'",
        ),
        (["--eigenvectors", "1,2"], "--eigenvectors chooses among a Hessian's; give --directions hessian too"),
        (
            ["--directions", "hessian", "--eigenvectors", "1,1"],
            "--eigenvectors must be two different numbers other than 0, such as 1,-1, not '1,1'",
        ),
        (
            ["--directions", "hessian", "--seed", "2"],
            "--directions hessian gives the directions as they are, and --seed would have no effect; leave it out",
        ),
        (
            ["--directions", "{file}", "--eigenvectors", "1,-9"],
            "{file} has 5 largest and 3 smallest eigenvalues, none of number -9",
        ),
        (
            ["--directions", "{file}", "--untrained", "6"],
            "the eigenvectors of {file} were found at other weights than these; run `landscape curvature` on this checkpoint",
        ),
        (["--directions", "{folder}/no.h5"], "there is no curvature file {folder}/no.h5"),
        (
            ["--directions", "hessian", "--dry-run"],
            "--dry-run finds no eigenvectors; run `landscape curvature` first, and give its file as --directions FILE.h5",
        ),
        (
            ["--taylor", "--norm-stats", "reestimated"],
            "derivatives are taken with stored norm statistics; leave --norm-stats reestimated out",
        ),
        (
            ["--taylor", "--precision", "bf16"],
            "curvature is measured in float32 or float64, not in bf16, whose rounding drowns it",
        ),
    ],
)
def test_mistakes(arguments, sentence, analyzed, tmp_path):
    places = {"file": analyzed, "folder": tmp_path}
    with pytest.raises(Mistake) as caught:
        surface_of(tmp_path, "s", *(part.format(**places) for part in arguments))
    assert str(caught.value) == sentence.format(**places)
    assert not (tmp_path / "s.h5").exists()
