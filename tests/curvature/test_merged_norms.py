"""Norms that are computed within convolutions: the same function of the same parameters, and so the same derivatives."""

import copy

import pytest
import torch
from objectives import classes, convolutions, has_hessian, hessian_by_torch, objective_of, split, sums_of, vectors
from torch import nn

from landscape.curvature.sums import DIFFERENTIATIONS
from landscape.problem.merging import merge_norms

SAMPLES = classes(2, 6, 6)


class Block(nn.Module):
    """Convolutions of every kind of setting, a shortcut, a norm that follows none, one without parameters, one that is shared."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.first = nn.Conv2d(2, 4, 3, padding=1, groups=2)
        self.first_norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), bias=False)
        self.second_norm = nn.BatchNorm2d(4, affine=False)
        self.shortcut = nn.Conv2d(4, 4, (1, 3), stride=(2, 1), padding=0)
        self.after = nn.BatchNorm2d(4, eps=0.1)
        self.reflected = nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect")
        self.reflected_norm = nn.BatchNorm2d(3)
        self.shared = nn.BatchNorm2d(3)
        self.third, self.fourth = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.leave = nn.Linear(3, 3)
        self.double().eval()
        with torch.no_grad():
            for norm in self.modules():
                if isinstance(norm, nn.BatchNorm2d):
                    norm.running_mean.normal_(0.2, 0.3)
                    norm.running_var.uniform_(0.4, 2)
                    if norm.affine:
                        norm.weight.normal_(1.2, 0.3)
                        norm.bias.normal_(0.1, 0.3)

    def forward(self, images):
        images = torch.tanh(self.first_norm(self.first(images)))
        images = self.after(self.second_norm(self.second(images)) + self.shortcut(images)).relu()
        images = self.reflected_norm(self.reflected(images)).relu()
        images = self.shared(self.third(images)) + self.shared(self.fourth(images))
        return self.leave(images.mean((2, 3)))


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
@pytest.mark.parametrize("build, num_merged", [(convolutions, 2), (Block, 2)])
def test_merged_norms_have_the_dense_hessian_their_own_parameters_included(build, num_merged, differentiation):
    options = {"sample": SAMPLES[0][:2], "differentiation": differentiation}
    sums = sums_of(build(), split(SAMPLES), **options)
    assert sums.num_merged == num_merged
    assert has_hessian(objective_of(build(), split(SAMPLES), **options), hessian_by_torch(build(), SAMPLES))


def test_merged_norms_have_the_value_and_gradient_of_unmerged_ones():
    merged, plain = (objective_of(Block(), split(SAMPLES), sample=sample) for sample in (SAMPLES[0][:1], None))
    assert merged.value() == pytest.approx(plain.value(), rel=1e-13)
    difference = merged.gradient().vector - plain.gradient().vector
    assert abs(difference).max() < 1e-13 * abs(plain.gradient().vector).max()


def test_merged_norms_are_chosen_by_their_own_names():
    patterns = ("1.*", "4.weight")
    objective = objective_of(convolutions(), split(SAMPLES), sample=SAMPLES[0][:2], patterns=patterns)
    assert list(objective.layout.shapes) == ["1.weight", "1.bias", "4.weight"]
    assert has_hessian(objective, hessian_by_torch(convolutions(), SAMPLES, patterns=patterns))


def test_merged_norms_follow_a_move():
    objective = objective_of(convolutions(), split(SAMPLES), sample=SAMPLES[0][:2])
    step = 0.3 * vectors(objective.dim)[:, 0]
    objective.move_to(step)
    model = convolutions()
    with torch.no_grad():
        named = dict(model.named_parameters())
        for name, part in objective.layout.tensors(step, named).items():
            named[name] += part
    assert has_hessian(objective, hessian_by_torch(model, SAMPLES))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_merging_keeps_parameters_buffers_and_scores(dtype):
    model = Block().to(dtype)
    state, inputs = copy.deepcopy(model.state_dict()), SAMPLES[0].to(dtype)
    before = model(inputs)
    assert merge_norms(model, inputs[:2]) == 2
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert torch.allclose(model(inputs), before, rtol=1e-5 if dtype == torch.float32 else 1e-13, atol=1e-6)


class Asking(nn.Module):
    """A network that torch.fx can't follow."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = convolutions()

    def forward(self, images):
        return self.layers(images if images.sum() > -1e9 else -images)


@pytest.mark.parametrize("build", [Asking, lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, 3)).double()])
def test_a_model_that_can_not_be_followed_or_has_no_norm_stays_as_it_is(build):
    model = build().eval()
    before = model(SAMPLES[0])
    assert merge_norms(model, SAMPLES[0][:2]) == 0
    assert torch.equal(model(SAMPLES[0]), before)


def test_a_norm_that_is_still_training_is_not_merged():
    model = convolutions()
    model[1].train()
    assert merge_norms(model, SAMPLES[0][:2]) == 0
