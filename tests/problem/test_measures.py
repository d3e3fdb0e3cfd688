"""The folded path measures what the plain one does, and serves only where it may."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.directions import RandomRule, random_direction
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.losses import cross_entropy, mse
from landscape.problem.measures import measure_on_plane, moved_names, path_for
from landscape.problem.models import build_model, own_models
from landscape.problem.problem import Problem
from landscape.weights import weights_of

POINTS = ((0.0, 0.0), (0.15, -0.1), (-0.4, 0.3))
# All of ours that have batch norm; the widest is built of the same layers as the next, and takes ten times as long.
FOLDABLE = [name for name in own_models() if name not in ("mlp", "vgg9", "wrn28_10")]
HALVE_FIVE_TIMES = ("vgg11", "vgg13", "vgg16", "vgg19")


def images(number: int = 7, size: int = 32, channels: int = 3) -> torch.Tensor:
    return torch.randn(number, channels, size, size, generator=torch.Generator().manual_seed(3))


def batches(number: int = 7, size: int = 32) -> list:
    inputs, targets = images(number, size), torch.arange(number) % 10
    return list(zip(inputs.split(4), targets.split(4)))


def calibrated(model: nn.Module, size: int = 32) -> nn.Module:
    """Return a model in evaluation mode whose norms know its activations, off-center scales and shifts included."""
    torch.manual_seed(5)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            if module.affine:
                nn.init.normal_(module.weight, 1, 0.2)
                nn.init.normal_(module.bias, 0, 0.2)
    with torch.no_grad():
        model.train()(images(20, size))
    return model.eval()


def problem_of(model: nn.Module, loss=cross_entropy, size: int = 32, **options) -> Problem:
    return Problem(model, loss, {"train": batches(size=size)}, **options)


def plane_of(problem: Problem, biases: str = "fixed") -> Plane:
    layouts, rule = filter_layouts(problem.model), RandomRule(biases=biases)
    return Plane(problem.center, *(random_direction(problem.center, layouts, seed=2, axis=a, rule=rule) for a in "xy"))


def both_ways(model: nn.Module, size: int = 32, **options) -> list[tuple[dict, dict]]:
    problem = problem_of(model, size=size, **options)
    plane = plane_of(problem)
    fast, plain = measure_on_plane(problem, plane, "folded"), measure_on_plane(problem, plane, "plain")
    return [(fast(*point), plain(*point)) for point in POINTS]


def chosen(model: nn.Module, loss=cross_entropy, batch=None, norm_stats="stored", moves_norms=False) -> str:
    return path_for(model.eval(), loss, batch or batches()[0], norm_stats=norm_stats, moves_norms=moves_norms)


@pytest.mark.parametrize("name", [*FOLDABLE, "torchvision:resnet18", "torchvision:mobilenet_v2"])
def test_folding_changes_no_loss_by_more_than_float64_rounds(name):
    size = 32 if ":" in name or name in HALVE_FIVE_TIMES else 8
    for fast, plain in both_ways(calibrated(build_model(name, from_data={}), size), size, precision="float64"):
        assert fast == pytest.approx(plain, rel=1e-9)  # a hundred layers add up; untrained ones amplify


@pytest.mark.parametrize("name", ["resnet20", "resnet20_noshort", "torchvision:resnet18", "torchvision:densenet121"])
def test_folding_in_float32_agrees_to_a_hundred_thousandth(name):
    for fast, plain in both_ways(calibrated(build_model(name, from_data={}))):
        assert fast == pytest.approx(plain, rel=1e-5)


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
