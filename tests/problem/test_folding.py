"""A folded network computes what its model does, or is not used."""

import pytest
import torch
from both_paths import POINTS, batches, both_ways, calibrated, chosen, plane_of, problem_of
from torch import nn
from torch.nn import functional

from landscape.problem.measures import measure_on_plane
from landscape.problem.models import build_model, own_models

# All of ours that have batch norm; the widest is built of the same layers as the next, and takes ten times as long.
FOLDABLE = [name for name in own_models() if name not in ("mlp", "vgg9", "wrn28_10")]
HALVE_FIVE_TIMES = ("vgg11", "vgg13", "vgg16", "vgg19")


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.slow) if name in ("vgg16", "vgg19") else name for name in FOLDABLE),
        "torchvision:resnet18",
        "torchvision:mobilenet_v2",
    ],
)
def test_folding_changes_no_loss_by_more_than_float64_rounds(name):
    size = 32 if ":" in name or name in HALVE_FIVE_TIMES else 8
    for fast, plain in both_ways(calibrated(build_model(name, from_data={}), size), size, precision="float64"):
        assert fast == pytest.approx(plain, rel=1e-9)  # a hundred layers add up; untrained ones amplify


@pytest.mark.parametrize("name", ["resnet20", "resnet20_noshort", "torchvision:resnet18", "torchvision:densenet121"])
def test_folding_in_float32_agrees_to_a_hundred_thousandth(name):
    for fast, plain in both_ways(calibrated(build_model(name, from_data={}))):
        assert fast == pytest.approx(plain, rel=1e-5)


class Branching(nn.Module):
    """Control flow by values, which no tracer follows."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.line = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 10)

    def forward(self, inputs):
        features = self.norm(self.conv(inputs))
        if features.sum() > 0:
            features = -features
        return self.line(features.mean((2, 3)))


class Odd(nn.Module):
    """Everything that must not be fused wrongly: a convolution used twice, one whose output is used twice, a hooked one,
    a shared weight, sums that broadcast or write into what is used again, and a norm used twice."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(7):
            setattr(self, f"conv{number}", nn.Conv2d(3 if number == 0 else 4, 4, 3, padding=1, bias=number % 2 == 0))
            setattr(self, f"norm{number}", nn.BatchNorm2d(4, affine=number != 3))
        self.conv5.weight = self.conv6.weight
        self.pooled, self.line = nn.Conv2d(4, 4, 1), nn.Linear(4, 10)
        self.conv4.register_forward_hook(lambda module, inputs, output: 2 * output)

    def forward(self, inputs):
        features = torch.relu_(self.norm0(self.conv0(inputs)))
        twice = self.norm1(self.conv1(self.norm1(self.conv1(features))))
        raw = self.conv2(twice)
        used_twice = self.norm2(raw) + raw.mean()
        hooked = self.norm4(self.conv4(used_twice))
        shared = self.norm6(self.conv6(hooked)) + self.norm5(self.conv5(hooked))
        broadcast = self.norm3(self.conv3(shared)) + self.pooled(shared.mean((2, 3), keepdim=True))
        kept = broadcast * 1
        kept += self.norm0(broadcast)
        return self.line((kept + broadcast).mean((2, 3)))


def test_control_flow_by_values_takes_the_plain_path():
    assert chosen(Branching()) == "plain"


def test_what_can_not_be_folded_stays_and_the_rest_agrees():
    for fast, plain in both_ways(calibrated(Odd()), precision="float64"):
        assert fast == pytest.approx(plain, rel=1e-12)


class Adder(nn.Module):
    """A sum written into a tensor that is used again: x += f(x) changes x for who comes later."""

    def __init__(self, in_place: bool) -> None:
        super().__init__()
        self.stem, self.conv, self.norm = (
            nn.Conv2d(3, 4, 3, padding=1),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.BatchNorm2d(4),
        )
        self.line, self.in_place = nn.Linear(4, 10), in_place

    def forward(self, inputs):
        features = self.stem(inputs)
        if self.in_place:
            total = features
            total += self.norm(self.conv(features))
        else:
            total = features + self.norm(self.conv(features))
        return self.line((torch.relu(total) * features).mean((2, 3)))


def test_a_sum_whose_addends_are_used_again_agrees():
    for fast, plain in both_ways(calibrated(Adder(in_place=False)), precision="float64"):
        assert fast == pytest.approx(plain, rel=1e-12)


def test_a_sum_in_place_that_a_trace_would_lose_takes_the_plain_path():
    assert chosen(calibrated(Adder(in_place=True))) == "plain"


class Net(nn.Module):
    """A stem, a head, and between them what a test wants."""

    def __init__(self, between) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1)
        self.norm1, self.norm2, self.line = nn.BatchNorm2d(4), nn.BatchNorm2d(4), nn.Linear(4, 10)
        self.drop, self.between = nn.Dropout(0.5), between

    def forward(self, inputs):
        return self.line(self.between(self, inputs).mean((2, 3)))


def head_of_all_weights(net, inputs):
    features = net.norm1(net.conv1(inputs))
    return features / torch.cat([weights.flatten() for weights in net.parameters()]).norm()


def input_changed_later(net, inputs):
    first, second = net.conv1(inputs), net.conv2(functional.leaky_relu_(inputs, 0.5))
    return 2 * net.norm1(first) + 3 * net.norm2(second)


def input_changed_later_by_a_flag(net, inputs):
    first, second = net.conv1(inputs), net.conv2(functional.relu(inputs, True))
    return 2 * net.norm1(first) + 3 * net.norm2(second)


def sum_changed_before_its_activation(net, inputs):
    total = net.norm1(net.conv1(inputs)) + net.conv2(inputs)
    total.sigmoid_()
    return torch.relu(total)


def dropout_by_keyword(net, inputs):
    return net.drop(input=torch.relu(net.norm1(net.conv1(inputs))))


BETWEEN = (
    head_of_all_weights,
    input_changed_later,
    input_changed_later_by_a_flag,
    sum_changed_before_its_activation,
    dropout_by_keyword,
)


@pytest.mark.parametrize("between", BETWEEN, ids=lambda function: function.__name__)
def test_a_trap_is_measured_as_the_model_itself_by_whatever_path_is_chosen(between):
    model = calibrated(Net(between))
    problem = problem_of(model, precision="float64")
    plane = plane_of(problem)
    fast = measure_on_plane(problem, plane, chosen(model, batch=batches()[0]))
    plain = measure_on_plane(problem, plane, "plain")
    for point in POINTS:
        assert fast(*point) == pytest.approx(plain(*point), rel=1e-12)


def test_what_a_trace_would_hold_as_a_constant_takes_the_plain_path():
    assert chosen(calibrated(Net(head_of_all_weights))) == "plain"


def test_hooks_on_the_model_and_a_replaced_forward_take_the_plain_path():
    hooked, replaced = (build_model("resnet20", from_data={}) for _ in range(2))
    hooked.register_forward_hook(lambda module, inputs, output: 1.001 * output)
    convolution = next(module for module in replaced.modules() if type(module) is nn.Conv2d)
    convolution.forward = lambda images: 1.004 * nn.Conv2d.forward(convolution, images)
    assert chosen(hooked) == chosen(replaced) == "plain"


def test_a_models_own_names_are_left_alone():
    model = Net(lambda net, inputs: net.fused_conv1(net.norm1(net.conv1(inputs))))
    model.fused_conv1 = nn.PReLU()
    model = calibrated(model)
    problem = problem_of(model, precision="float64")
    plane = plane_of(problem)
    assert chosen(model) == "folded"
    fast, plain = (measure_on_plane(problem, plane, path)(0.2, 0.1) for path in ("folded", "plain"))
    assert fast == pytest.approx(plain, rel=1e-12)


def test_folding_draws_no_random_number():
    model = calibrated(build_model("resnet20", from_data={}))
    before = torch.random.get_rng_state()
    problem = problem_of(model)
    measure_on_plane(problem, plane_of(problem), "folded")(0.1, 0.1)
    assert torch.equal(torch.random.get_rng_state(), before)
