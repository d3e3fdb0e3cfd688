import copy
import re

import numpy as np
import pytest
import torch
from small_models import ONE, linear, losses
from torch import nn

import landscape
from landscape import Plane, filter_layouts, random_direction
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem


def classifier() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(12, 4)
    )


def image_batches(seed: int, sizes=(5, 5, 2)) -> list:
    random = torch.Generator().manual_seed(seed)
    return [(torch.randn(size, 1, 3, 3, generator=random), torch.arange(size) % 4) for size in sizes]


def test_the_model_is_left_as_it_was():
    model = classifier().train()
    before = copy.deepcopy(model.state_dict())
    landscape.sample(model, "cross-entropy", image_batches(1), x="-1:1:3", y="-1:1:2", norm_stats="reestimated")
    assert model.training and all(module.training for module in model.modules())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_loader_is_gone_through_once_and_every_split_is_measured():
    def shuffled(seed):
        counts[seed] += 1
        yield from image_batches(seed)

    counts = {1: 0, 2: 0}
    loaders = {"train": shuffled(1), "test": shuffled(2)}
    surface = landscape.sample(classifier(), "cross-entropy", loaders, x="-1:1:3", y="-1:1:2")
    assert counts == {1: 1, 2: 1}
    assert set(surface.values) == {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}
    assert surface.is_complete and not (surface.values["train_loss"] == surface.values["test_loss"]).any()


def test_each_value_stands_at_its_own_point():
    model = classifier()
    surface = landscape.sample(
        model, "cross-entropy", image_batches(1), x="-1:0.5:4", y="-0.2:1:3", seed=5, path="plain"
    )
    problem = Problem(model, cross_entropy, {"train": image_batches(1)})
    u, v = (random_direction(problem.center, filter_layouts(model), seed=5, axis=axis) for axis in "xy")
    plane = Plane(problem.center, u, v)
    for index in surface.grid.indices():
        expected = problem.measure(plane.at(*surface.grid.point(index)))
        assert {name: values[index] for name, values in surface.values.items()} == expected
    assert surface.values["train_loss"].shape == (4, 3) and len(np.unique(surface.values["train_loss"])) == 12


def test_the_value_at_zero_is_the_recorded_one_of_the_center_to_the_bit():
    surface = landscape.sample(classifier(), "cross-entropy", image_batches(1), x="-1:0.5:4", y="-0.5:1:4")
    assert surface.grid.point((2, 1)) == (0, 0)
    assert {name: values[2, 1] for name, values in surface.values.items()} == surface.origin.record["center"]


def test_a_line_is_the_row_of_the_surface_to_the_bit():
    options = {"x": "-1:0.5:4", "seed": 5}
    whole = landscape.sample(classifier(), "cross-entropy", image_batches(1), y=np.array([-1.0, 0.0, 2.0]), **options)
    line = landscape.sample(classifier(), "cross-entropy", image_batches(1), y=None, **options)
    assert np.array_equal(line.values["train_loss"], whole.values["train_loss"][:, 1])
    assert line.grid.dims == ("x",)


def test_the_same_call_gives_the_same_bits_and_another_seed_does_not():
    first, second, other = (
        landscape.sample(classifier(), "cross-entropy", image_batches(1), x="-1:1:3", y="-1:1:2", seed=seed)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first.values["train_loss"], second.values["train_loss"])
    assert first.origin.identity == second.origin.identity != other.origin.identity
    assert not np.array_equal(first.values["train_loss"], other.values["train_loss"])


def test_losses_that_diverge_are_kept_as_they_are():
    with np.errstate(all="ignore"):
        found = losses(linear([[1e200]]), "mse", ONE, x=np.array([-1.0, 0.0, 1e300]), y=None)
    assert found[2] == np.inf
    surface = landscape.sample(linear([[1e200]]), "mse", [ONE], x=np.array([0.0, 1e300]), y=None, precision="float64")
    assert surface.is_complete and surface.num_non_finite("train_loss") == 2


def test_a_bare_mean_is_refused():
    def mean(model, batch):
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    sentence = (
        "the loss returned a bare mean, of which the number of samples is not certain; return one loss a sample, "
        "a pair (sum, count), or a dict of names to either"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        landscape.sample(classifier(), mean, image_batches(1))


def test_an_empty_loader_is_refused():
    with pytest.raises(ValueError, match="^the loader gave no batch; a surface needs one sample or more$"):
        landscape.sample(classifier(), "cross-entropy", [])


def test_the_public_names_are_listed_where_one_is_unknown():
    sentence = f"module 'landscape' has no attribute 'nothing'; its names are {', '.join(landscape.__all__)}"
    with pytest.raises(AttributeError, match=f"^{re.escape(sentence)}$"):
        landscape.nothing


def test_several_planes_share_center_and_grid_and_the_first_is_that_of_one():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.Linear(7, 3))
    loader = [(torch.randn(9, 4), torch.randint(3, (9,)))]
    given = {"x": "-1:0.5:4", "y": "-0.5:1:3", "seed": 5}
    several = landscape.sample(model, "cross-entropy", loader, num_planes=3, **given)
    single = landscape.sample(model, "cross-entropy", loader, **given)
    assert several.grid.shape == (3, 4, 3) and len(several.origin.record["cosines"]) == 3
    np.testing.assert_array_equal(several.planes[0].values["train_loss"], single.values["train_loss"])
    assert (several.planes[1].values["train_loss"] != several.planes[2].values["train_loss"]).all()
