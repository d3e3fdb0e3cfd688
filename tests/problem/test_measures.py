"""Which path measures a problem, and what holds for either."""

import re

import pytest
import torch
from both_paths import POINTS, calibrated, chosen, images, plane_of, problem_of
from torch.nn import functional

from landscape.plane import Plane
from landscape.problem.losses import mse
from landscape.problem.measures import measure_on_plane, moved_names
from landscape.problem.models import build_model, own_models
from landscape.weights import weights_of

# All of ours that have batch norm; the widest is built of the same layers as the next, and takes ten times as long.
FOLDABLE = [name for name in own_models() if name not in ("mlp", "vgg9", "wrn28_10")]


@pytest.mark.parametrize("name", FOLDABLE)
def test_our_networks_with_batch_norm_take_the_folded_path(name):
    assert chosen(build_model(name, from_data={})) == "folded"


@pytest.mark.parametrize("name", ["mlp", "torchvision:vgg11", "torchvision:vit_b_16"])
def test_networks_without_batch_norm_take_the_plain_path(name):
    model = build_model(name, from_data={})
    assert chosen(model, batch=(images(1, 224 if "vit" in name else 32), torch.zeros(1).long())) == "plain"


def test_what_changes_norms_or_looks_into_the_model_takes_the_plain_path():
    model = build_model("resnet20", from_data={})
    assert chosen(model) == chosen(model, loss=mse) == "folded"
    assert chosen(model, norm_stats="reestimated") == "plain"
    assert chosen(model, moves_norms=True) == "plain"
    assert chosen(model, loss=lambda model, batch: functional.cross_entropy(model(batch[0]), batch[1])) == "plain"
    assert chosen(model, batch={"images": images()}) == "plain"


def test_a_plane_that_moves_norms_is_refused_by_the_folded_path():
    problem = problem_of(build_model("resnet20", from_data={}))
    plane = plane_of(problem, biases="moved")
    assert "bn.weight" in moved_names(plane) or any("bn1.weight" in name for name in moved_names(plane))
    with pytest.raises(
        ValueError, match=re.escape("the folded path can't serve this model and plane; take the plain one")
    ):
        measure_on_plane(problem, plane, "folded")


def test_an_unknown_path_is_refused():
    problem = problem_of(build_model("resnet20", from_data={}))
    with pytest.raises(ValueError, match=re.escape("the path must be one of folded, plain, not 'fast'")):
        measure_on_plane(problem, plane_of(problem), "fast")


def test_measuring_by_the_folded_path_changes_neither_the_model_nor_the_next_value():
    model = calibrated(build_model("resnet20", from_data={}))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    problem = problem_of(model)
    fast = measure_on_plane(problem, plane_of(problem), "folded")
    first = fast(0.1, 0.2)
    fast(1e30, 0.0)
    assert fast(0.1, 0.2) == first
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_signs_and_swaps_of_directions_are_exact_by_the_folded_path():
    problem = problem_of(calibrated(build_model("resnet20", from_data={})))
    plane = plane_of(problem)
    minus = {name: -tensor for name, tensor in plane.u.items()}
    value = measure_on_plane(problem, plane, "folded")(0.3, -0.2)
    assert measure_on_plane(problem, Plane(plane.center, minus, plane.v), "folded")(-0.3, -0.2) == value
    assert measure_on_plane(problem, Plane(plane.center, plane.v, plane.u), "folded")(-0.2, 0.3) == value


@pytest.mark.parametrize("path", ["folded", "plain"])
def test_bf16_is_near_float32(path):
    model = calibrated(build_model("resnet20", from_data={}))
    full, short = problem_of(model), problem_of(model, precision="bf16")
    for point in POINTS:
        expected = measure_on_plane(full, plane_of(full), path)(*point)["train_loss"]
        found = measure_on_plane(short, plane_of(short), path)(*point)["train_loss"]
        assert found != expected
        assert found == pytest.approx(expected, rel=0.02)  # eight bits a number, twenty layers


def test_weights_hold_float32_in_bf16_so_that_points_are_exact():
    problem = problem_of(build_model("resnet20", from_data={}), precision="bf16")
    assert all(torch.equal(weights, problem.center[name]) for name, weights in weights_of(problem.model).items())
    assert all(weights.dtype == torch.float32 for weights in problem.center.values())


@pytest.mark.parametrize("path", ["folded", "plain"])
def test_a_point_asks_the_device_for_nothing_but_the_last_sums(path):
    from torch.utils._python_dispatch import TorchDispatchMode

    asked = []

    class Listener(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func.overloadpacket.__name__ in ("_local_scalar_dense", "nonzero", "item", "is_nonzero", "equal"):
                asked.append(str(func))
            return func(*args, **(kwargs or {}))

    problem = problem_of(calibrated(build_model("resnet20", from_data={})))
    measure = measure_on_plane(problem, plane_of(problem), path)
    measure(0.1, 0.1)  # what is asked once, of the processor's library, comes before
    with Listener():
        measure(0.2, 0.1)
    assert asked == []
