"""Rescaled copies: the same scores from other weights, and which normalizations of directions follow them."""

import copy
import math

import pytest
import torch
from both_paths import calibrated, images
from small_models import doubles, linear
from torch import nn
from torch.nn import functional

from landscape.directions import RandomRule, random_direction
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import cross_entropy
from landscape.problem.measures import measure_on_plane
from landscape.problem.models import build_model
from landscape.problem.problem import Problem
from landscape.problem.rescaling import KINDS, ScoreDifference, largest_difference, rescaled

SIZE = 12
SMALL = {"mlp": {"hidden": "7,5", "image_size": SIZE}, "vgg9": {"width": 0.1, "image_size": SIZE}}
BLOCKS = 3 * (16 + 32 + 64)  # of three blocks a stage, one convolution each
NUM_CHANGED = {
    "mlp": {"layers": 2, "neurons": 7 + 5},
    "vgg9": {"layers": 8, "neurons": 71 + 4 * 51, "filters": 71 + 2 * 51},  # 6, 13, 26 and 26; then of 51
    "resnet20": {"layers": 9, "neurons": BLOCKS, "filters": 16 + 2 * BLOCKS + 32 + 64},
    "resnet20_noshort": {"layers": 19, "neurons": 16 + 2 * BLOCKS, "filters": 16 + 2 * BLOCKS},
}


def network(name: str, *, eps: float | None = None) -> nn.Module:
    """Return a network in float64 whose norms are off their initial values."""
    torch.manual_seed(2)
    model = calibrated(build_model(name, SMALL.get(name, {}), from_data={}), SIZE).double()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and eps is not None:
            module.eps = eps
    return model


def sample(num: int = 3) -> torch.Tensor:
    return images(num, SIZE).double()


def batches() -> list:
    inputs = sample(7)
    return list(zip(inputs.split(4), (torch.arange(7) % 10).split(4)))


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in NUM_CHANGED for kind in NUM_CHANGED[name]])
def test_the_scores_stay(name, kind):
    model, number = network(name, eps=1e-30), NUM_CHANGED[name][kind]
    found = rescaled(model, sample(2), kind, seed=4)
    difference = largest_difference(model, found.model, batches())
    assert difference.largest <= 1e-12 * difference.largest_score and difference.largest_score > 0.1
    assert found.num_changed == number == sum(map(len, found.factors.values())) and found.left_out == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_itself_stays_and_its_copy_keeps_eps_and_mode(kind):
    model = network("vgg9")
    before = copy.deepcopy(model.state_dict())
    other = rescaled(model, sample(2), kind).model
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module.training for module in other.modules())
    assert {module.eps for module in other.modules() if isinstance(module, nn.BatchNorm2d)} == {1e-5}
    assert not {id(parameter) for parameter in model.parameters()} & {id(parameter) for parameter in other.parameters()}


def test_with_the_eps_of_training_filters_change_the_scores_a_little():
    model = network("resnet20")
    found = largest_difference(model, rescaled(model, sample(2), "filters").model, batches())
    assert 1e-6 < found.largest / found.largest_score < 0.05


def ratios(name: str, kind: str) -> tuple[dict, dict]:
    """Return what each entry of a network's state was multiplied by, and the factors."""
    model = network(name)
    found = rescaled(model, sample(2), kind, seed=4)
    before, after = model.state_dict(), found.model.state_dict()
    kept = {key for key in before if torch.equal(before[key], after[key])}
    return {key: after[key] / before[key] for key in before if key not in kept}, found.factors


def test_neurons_are_multiplied_along_rows_and_taken_back_along_columns():
    found, factors = ratios("mlp", "neurons")
    assert set(found) == {"1.weight", "1.bias", "3.weight", "3.bias", "5.weight"}
    first, second = factors["1"], factors["3"]
    assert torch.allclose(found["1.weight"], first[:, None]) and torch.allclose(found["1.bias"], first)
    assert torch.allclose(found["3.weight"], second[:, None] / first) and torch.allclose(found["3.bias"], second)
    assert torch.allclose(found["5.weight"], 1 / second.expand(10, 5))


def test_layers_are_multiplied_whole():
    found, factors = ratios("mlp", "layers")
    first, second = factors["1"], factors["3"]
    assert [len(first), len(second)] == [1, 1] and first != second
    wanted = {"1.weight": first, "1.bias": first, "3.weight": second / first, "3.bias": second, "5.weight": 1 / second}
    assert set(found) == set(wanted)
    assert all(torch.allclose(found[name], number.expand_as(found[name])) for name, number in wanted.items())


def test_filters_are_multiplied_with_their_norms_statistics_alone():
    found, factors = ratios("resnet20", "filters")
    assert set(factors) >= {"conv1", "stage1.0.conv1", "stage3.2.conv2", "stage2.0.shortcut.0"}
    norms = {name: name[:-1] + "1" if name.endswith("shortcut.0") else name.replace("conv", "bn") for name in factors}
    parts = [(f"{name}.weight", f"{norms[name]}.running_mean", f"{norms[name]}.running_var") for name in factors]
    assert set(found) == {part for names in parts for part in names}
    for (weight, mean, variance), factor in zip(parts, factors.values()):
        assert torch.allclose(found[weight], factor[:, None, None, None].expand_as(found[weight]))
        assert torch.allclose(found[mean], factor) and torch.allclose(found[variance], factor**2)


def test_a_bias_before_a_norm_is_multiplied_with_its_filter():
    torch.manual_seed(7)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-30), nn.Tanh(), nn.Flatten(), nn.Linear(400, 10)
    model = calibrated(nn.Sequential(*layers), SIZE).double()
    found = rescaled(model, sample(2), "filters", seed=1)
    difference = largest_difference(model, found.model, batches())
    assert difference.largest <= 1e-12 * difference.largest_score and found.names == ("0",)
    assert torch.allclose(found.model[0].bias / model[0].bias, found.factors["0"])


@pytest.mark.parametrize("kind", ["layers", "neurons"])
def test_of_a_residual_network_nothing_that_crosses_a_shortcut_is_touched(kind):
    found, factors = ratios("resnet20", kind)
    blocks = [f"stage{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1, 2)]
    assert list(factors) == [f"{block}.bn1" for block in blocks]
    assert set(found) == {f"{block}.{part}" for block in blocks for part in ("bn1.weight", "bn1.bias", "conv2.weight")}


class Ways(nn.Module):
    """Convolutions with biases, a grouped and a depthwise one among them, pooled, flattened, and two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.grouped = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 3, groups=2, padding=1, padding_mode="reflect")
        self.depthwise, self.last, self.scores = nn.Conv2d(4, 8, 3, groups=4), nn.Linear(8 * 2, 5), nn.Linear(5, 10)
        self.act = nn.LeakyReLU(0.3)

    def forward(self, images):
        features = self.act(self.grouped(functional.max_pool2d(self.act(self.wide(images)), 2)))
        features = functional.avg_pool2d(torch.relu(self.depthwise(features)), (3, 1), (3, 2))
        return self.scores(torch.relu(self.last(features.view(features.size(0), -1))))


@pytest.mark.parametrize("kind", ["layers", "neurons"])
def test_grouped_convolutions_and_flattened_channels_are_followed(kind):
    torch.manual_seed(3)
    model = Ways().double().eval()
    found = rescaled(model, sample(2), kind, seed=1)
    assert found.names == ("wide", "grouped", "depthwise", "last") and found.left_out == ()
    assert found.num_changed == {"layers": 4, "neurons": 6 + 4 + 8 + 5}[kind]
    difference = largest_difference(model, found.model, batches())
    assert difference.largest <= 1e-12 * difference.largest_score
    ratio = found.model.grouped.weight / model.grouped.weight  # each filter sees the channels of its group
    by_input = found.factors["wide"].expand(6).reshape(2, 3).repeat_interleave(2, 0)
    assert torch.allclose(ratio[:, :, 1, 2], found.factors["grouped"][:, None] / by_input)


def test_what_is_followed_as_layers_alone_is_named_as_left_out_of_the_neurons():
    class Mixed(nn.Sequential):
        def forward(self, inputs):
            return self[2](torch.relu(self[1](torch.relu(self[0](inputs)).reshape(-1, 4))))

    torch.manual_seed(0)
    model = Mixed(nn.Linear(5, 8), nn.Linear(4, 3), nn.Linear(3, 2)).double().eval()
    found = rescaled(model, doubles(3, 5), "neurons")
    assert (found.names, found.left_out, found.num_changed) == (("1",), ("0",), 3)
    assert rescaled(model, doubles(3, 5), "layers").names == ("0", "1")


def test_in_float32_the_scores_stay_to_its_rounding():
    model = network("resnet20_noshort").float()
    found = rescaled(model, sample(2).float(), "neurons")
    difference = largest_difference(model, found.model, batches())
    assert 0 < difference.largest < 1e-5 * difference.largest_score


def test_factors_follow_seed_kind_and_layer_alone_and_lie_evenly_between_a_quarter_and_four():
    model = build_model("mlp", {"hidden": "900,900", "image_size": SIZE}, from_data={}).double()
    found, again, other = (rescaled(model, sample(2), "neurons", seed).factors for seed in (0, 0, 1))
    assert all(torch.equal(found[name], again[name]) for name in found) and not torch.equal(found["1"], other["1"])
    assert not torch.allclose(found["1"], found["3"])
    places = torch.cat([*found.values()]).log2() / 2
    assert places.abs().max() < 1 and abs(places.mean()) < 0.06  # four standard errors
    counts = torch.histc(places, 6, -1, 1)
    assert ((counts - 300).abs() < 4 * (1800 / 6 * 5 / 6) ** 0.5).all()


FOLLOWS = {
    "filters": {"filter", "weight"},
    "layers": {"filter", "layer", "weight"},
    "neurons": {"weight"},
}


def curve(model: nn.Module, normalization: str) -> torch.Tensor:
    problem = Problem(model, cross_entropy, {"train": batches()}, precision="float64")
    rule = RandomRule(normalization)
    direction = random_direction(problem.center, filter_layouts(model), seed=6, axis="x", rule=rule)
    measure = measure_on_plane(problem, Plane(problem.center, direction), "plain")
    return torch.tensor([measure(at, 0.0)["train_loss"] for at in (-0.8, -0.3, 0.0, 0.2, 0.5, 1.0)])


@pytest.mark.parametrize("kind", KINDS)
def test_which_normalizations_of_a_direction_leave_its_curve_unchanged(kind):
    model = network("vgg9", eps=1e-30)
    other = rescaled(model, sample(2), kind, seed=4).model
    for normalization in ("filter", "layer", "weight", "none"):
        before, after = curve(model, normalization), curve(other, normalization)
        assert after[2] == pytest.approx(float(before[2]), rel=1e-12) and (before - before[2]).abs().max() > 0.01
        moved = float((after - before).abs().max() / before.max())
        assert moved < 1e-10 if normalization in FOLLOWS[kind] else moved > 0.01, (normalization, moved)


def test_the_largest_difference_is_over_all_batches_and_unknown_where_a_score_is():
    first, second = linear([[3.0], [-5.0]]), linear([[3.0], [-4.5]])
    inputs = doubles(4, 1)
    inputs[2], inputs[1] = -7.0, 2.0
    parts = [(part,) for part in inputs.split(2)]
    assert largest_difference(first, second, parts) == ScoreDifference(3.5, 35.0)
    assert math.isnan(largest_difference(first, second, [(torch.full((1, 1), math.inf),), *parts]).largest)
    assert largest_difference(first, second, []) == ScoreDifference(0.0, 0.0)


class Hidden(nn.Module):
    """Scores that depend on a weight in a way that a trace takes for a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, inputs):
        return self.second(torch.relu(self.first(inputs))) * float(next(self.first.parameters()).norm())


def test_mistakes_are_refused_in_one_sentence():
    smooth = build_model("mlp", {"activation": "gelu", "image_size": SIZE}, from_data={})
    inputs = sample(2).float()
    cases = {
        ("filters", smooth): "no filter can be rescaled: no convolution is followed by a batch norm directly",
        ("neurons", smooth): "no neurons can be rescaled: nowhere do two layers have only ReLU, pooling and other "
        "positively homogeneous functions between them, and no other use",
        ("weights", smooth): "what is rescaled must be one of filters, layers, neurons, not 'weights'",
        ("layers", network("mlp").train()): "a model is rescaled in evaluation mode, but this one is in training mode; "
        "call model.eval()",
    }
    for (kind, model), text in cases.items():
        with pytest.raises(ValueError) as error:
            rescaled(model, inputs, kind)
        assert str(error.value) == text
    with pytest.raises(
        ValueError, match=r"^the layers that look as if they could be rescaled can't: scores change by "
    ):
        rescaled(Hidden().eval(), torch.ones(2, 3), "layers")
    hooked = network("mlp")
    hooked.register_forward_hook(lambda module, inputs, output: 2 * output)
    with pytest.raises(ValueError) as error:
        rescaled(hooked, inputs.double(), "layers")
    assert str(error.value) == "no layers can be rescaled: torch.fx can't follow the model"
