import math
import re

import numpy as np
import pytest
import torch
from torch import nn

from landscape.directions import RandomRule, gaussian, normalized, random_direction, report, stream_digests, toward
from landscape.filters import FilterLayout, filter_layouts, layouts_by_shape
from landscape.weights import weights_of

MOVED = RandomRule(biases="moved")


def network() -> nn.Module:
    torch.manual_seed(5)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ConvTranspose2d(4, 6, (3, 2)),
        nn.ConvTranspose2d(6, 9, 2, groups=3),
        nn.Flatten(),
        nn.Linear(5, 7),
        nn.LayerNorm([7, 2]),
    )
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.3, 1.0)
    return model


def drawn(model: nn.Module, seed=1, axis="x", rule=RandomRule()) -> dict[str, torch.Tensor]:
    return random_direction(weights_of(model), filter_layouts(model), seed=seed, axis=axis, rule=rule)


def norm(weights) -> float:
    return math.sqrt(sum(float((tensor.double() ** 2).sum()) for tensor in weights.values()))


def same(first, second) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("layer", [0, 5])
def test_each_filter_of_a_direction_is_as_long_as_the_weights(layer):
    model = network()
    direction = drawn(model)[f"{layer}.weight"]
    for moved, weight in zip(direction, model[layer].weight, strict=True):
        assert float(moved.norm()) == pytest.approx(float(weight.detach().norm()), rel=1e-6)


@pytest.mark.parametrize("layer", [2, 3])
def test_each_filter_of_a_transposed_convolution_is_as_long_as_the_weights(layer):
    model = network()
    weight, direction, groups = model[layer].weight.detach(), drawn(model)[f"{layer}.weight"], model[layer].groups
    num_in, num_out = weight.shape[0] // groups, weight.shape[1]
    for group in range(groups):
        for channel in range(num_out):
            place = (slice(group * num_in, (group + 1) * num_in), channel)
            assert float(direction[place].norm()) == pytest.approx(float(weight[place].norm()), rel=1e-6)


def test_a_direction_is_as_long_as_the_weights_that_it_moves():
    model = network()
    center = weights_of(model)
    kernels = {name: center[name] for name in ("0.weight", "2.weight", "3.weight", "5.weight")}
    assert norm(drawn(model)) == pytest.approx(norm(kernels), rel=1e-6)
    assert norm(drawn(model, rule=MOVED)) == pytest.approx(norm(center), rel=1e-6)


def test_biases_and_norm_parameters_stay_exactly_put_by_default():
    still = {name for name, tensor in drawn(network()).items() if not tensor.any()}
    assert still == {f"{layer}.bias" for layer in (0, 1, 2, 3, 5, 6)} | {"1.weight", "6.weight"}


def test_a_moved_bias_or_norm_parameter_is_one_filter():
    model = network()
    direction = drawn(model, rule=MOVED)
    for name in ("0.bias", "1.weight", "6.weight"):
        assert float(direction[name].norm()) == pytest.approx(float(weights_of(model)[name].norm()), rel=1e-6)


def test_moved_biases_share_no_number_between_the_axes():
    first, second = (drawn(network(), axis=axis, rule=MOVED) for axis in "xy")
    for name in first:
        assert not (first[name] == second[name]).any(), name


def test_a_zero_filter_gets_a_zero_direction_and_spoils_no_other():
    model = network()
    with torch.no_grad():
        model[0].weight[2] = 0
    direction = drawn(model)["0.weight"]
    assert not direction[2].any()
    assert direction[[0, 1, 3]].flatten(1).any(1).all() and direction.isfinite().all()


@pytest.mark.parametrize("other", [{"seed": 2}, {"axis": "y"}])
def test_another_seed_or_axis_gives_another_direction_in_every_tensor(other):
    first, second = drawn(network(), rule=MOVED), drawn(network(), rule=MOVED, **other)
    assert not any(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_and_axis_give_the_same_bits():
    assert same(drawn(network(), seed=9), drawn(network(), seed=9))


def test_equal_tensors_of_different_names_get_different_directions():
    center = {"first": torch.ones(4, 3), "second": torch.ones(4, 3)}
    direction = random_direction(center, layouts_by_shape(center), seed=1, axis="x")
    assert not (direction["first"] == direction["second"]).any()


def test_what_a_parameter_gets_does_not_depend_on_the_others():
    center = weights_of(network())
    layouts = layouts_by_shape(center)
    alone = {"5.weight": center["5.weight"]}
    whole = random_direction(dict(reversed(center.items())), layouts, seed=1, axis="x")
    assert same(random_direction(alone, layouts, seed=1, axis="x"), {"5.weight": whole["5.weight"]})


def test_a_direction_has_the_types_of_the_weights():
    center = {"single": torch.ones(2, 3), "double": torch.ones(2, 3, dtype=torch.float64)}
    direction = random_direction(center, layouts_by_shape(center), seed=1, axis="x")
    assert [direction[name].dtype for name in center] == [torch.float32, torch.float64]


def test_the_draw_is_gaussian():
    center = {"weight": torch.ones(400, 500, dtype=torch.float64)}
    rule = RandomRule(normalization="none")
    draw = random_direction(center, layouts_by_shape(center), seed=4, axis="y", rule=rule)["weight"].numpy().ravel()
    se = 1 / math.sqrt(draw.size)  # every bound is five standard errors
    assert abs(draw.mean()) < 5 * se
    assert abs(draw.var() - 1) < 5 * math.sqrt(2) * se
    assert abs((draw**3).mean()) < 5 * math.sqrt(15) * se
    assert abs((draw**4).mean() / draw.var() ** 2 - 3) < 5 * math.sqrt(24) * se
    assert (draw < 0).mean() == pytest.approx(0.5, abs=5 * 0.5 * se)


def test_layer_normalization_gives_each_tensor_the_length_of_its_weights_and_keeps_the_draw():
    model = network()
    direction, draw = (drawn(model, rule=RandomRule(normalization=name)) for name in ("layer", "none"))
    for name in ("0.weight", "2.weight", "5.weight"):
        weight = weights_of(model)[name]
        assert torch.allclose(direction[name], draw[name] * weight.norm() / draw[name].norm(), rtol=1e-5, atol=0)


def test_weight_normalization_multiplies_each_number_by_its_weights_magnitude():
    model = network()
    direction, draw = (drawn(model, rule=RandomRule(normalization=name)) for name in ("weight", "none"))
    for name in ("0.weight", "3.weight", "5.weight"):
        assert torch.allclose(direction[name], draw[name] * weights_of(model)[name].abs(), rtol=1e-6, atol=0)


def test_without_normalization_the_draw_is_left_as_it_is():
    model = network()
    direction = drawn(model, seed=3, rule=RandomRule(normalization="none"))["5.weight"]
    assert np.array_equal(direction.numpy(), gaussian((7, 5), 3, "x", "5.weight").astype(np.float32))


@pytest.mark.parametrize("normalization", ["filter", "layer", "weight", "none"])
def test_every_normalization_leaves_biases_alone_unless_told(normalization):
    model = network()
    assert not drawn(model, rule=RandomRule(normalization))["5.bias"].any()
    assert drawn(model, rule=RandomRule(normalization, "moved"))["5.bias"].all()


def test_a_draw_of_zeros_stays_zero():
    zero, weight = torch.zeros(2, 3).double(), torch.ones(2, 3).double()
    assert not normalized(zero, weight, FilterLayout(), "filter").any()


def test_unknown_normalizations_are_refused():
    with pytest.raises(ValueError, match="^unknown normalization 'tensor'; choose one of filter, layer, weight, none$"):
        RandomRule("tensor")


def test_unknown_ways_with_biases_are_refused():
    with pytest.raises(ValueError, match="^biases must be one of fixed, moved, not 'ignore'$"):
        RandomRule(biases="ignore")


def test_stream_digests_tell_seeds_axes_and_names_apart_and_ignore_the_weights():
    center = {"first": torch.ones(4, 3), "second": torch.ones(4, 3)}
    digests = [stream_digests(center, seed, axis) for seed, axis in ((1, "x"), (2, "x"), (1, "y"))]
    assert len({value for found in digests for value in found.values()}) == 6
    assert digests[0] == stream_digests({name: 7 * tensor for name, tensor in center.items()}, 1, "x")


@pytest.mark.parametrize("seed", range(20))
def test_two_random_directions_are_nearly_orthogonal(seed):
    model = network()
    center, layouts = weights_of(model), filter_layouts(model)
    found = report(center, [drawn(model, seed, "x"), drawn(model, seed, "y")], layouts)
    assert abs(found.cosine) < 5 * found.expected_cosine


def test_the_report_leaves_out_what_no_direction_moves():
    model = network()
    center, layouts = weights_of(model), filter_layouts(model)
    fixed, moved = (report(center, [drawn(model, rule=rule)], layouts) for rule in (RandomRule(), MOVED))
    assert fixed.center_norm == pytest.approx(fixed.norms[0], rel=1e-6)
    assert moved.center_norm == pytest.approx(norm(center), rel=1e-6)
    assert (fixed.num_filters, moved.num_filters) == (4 + 6 + 9 + 7, 4 + 6 + 9 + 7 + 8)


def test_the_report_counts_zero_filters():
    model = network()
    with torch.no_grad():
        model[2].weight[:, 1] = 0
        model[5].weight[4] = 0
    assert report(weights_of(model), [drawn(model)], filter_layouts(model)).num_zero_filters == 2


def test_the_report_has_no_cosine_for_a_line_or_a_zero_direction():
    center = {"weight": torch.ones(2, 3)}
    zero = {"weight": torch.zeros(2, 3)}
    assert report(center, [center], layouts_by_shape(center)).cosine is None
    assert report(center, [center, zero], layouts_by_shape(center)).cosine is None


def test_a_direction_toward_other_weights_moves_every_parameter_and_reaches_them_at_one():
    center = {name: tensor.double() for name, tensor in weights_of(network()).items()}
    random = torch.Generator().manual_seed(7)
    other = {name: torch.randn(tensor.shape, generator=random).double() for name, tensor in center.items()}
    direction = toward(center, other)
    assert all(tensor.all() for tensor in direction.values())
    for name in center:
        assert torch.allclose(center[name] + direction[name], other[name], rtol=0, atol=1e-15)


def test_weights_that_do_not_fit_are_named():
    center = {"a": torch.ones(2, 3), "b": torch.ones(2), "c": torch.ones(1)}
    other = {"a": torch.ones(3, 2), "b": torch.ones(2), "d": torch.ones(1)}
    sentence = "there.pt does not fit the weights: missing c; unexpected d; a is (3, 2) instead of (2, 3)"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        toward(center, other, "there.pt")


def test_there_is_no_direction_toward_equal_weights():
    center = {"a": torch.ones(2, 3)}
    with pytest.raises(ValueError, match="^there.pt equals the center, so that there is no direction toward it$"):
        toward(center, {"a": torch.ones(2, 3)}, "there.pt")
