"""The Fisher-Rao norm: by explicit gradients of every answer, of homogeneous networks by their scores, and over ranks."""

import numpy as np
import pytest
import torch
from objectives import NETWORKS, classes, split
from small_models import linear
from torch import nn
from torch.nn import functional

from landscape.filters import filter_layouts
from landscape.flatness.fisher import fisher_rao_norm, fisher_sums
from landscape.problem.losses import cross_entropy, mse
from landscape.problem.problem import Problem


def norm_of(model, batches, **options):
    problem = Problem(model, cross_entropy, {}, precision="float64")
    return fisher_rao_norm([fisher_sums(problem, batches, filter_layouts(model), **options)])


def by_gradients(model, samples, biases: str) -> np.ndarray:
    """Return, a sample, sum over answers y of p_y (w . grad log p_y)^2, each gradient by itself."""
    model = model.double().eval()
    filters = filter_layouts(model)
    kept = [w for name, w in model.named_parameters() if biases == "moved" or not filters[name].is_bias_or_norm]
    found = []
    for inputs in samples[0]:
        logs = model(inputs[None]).log_softmax(1)[0]
        parts = [torch.autograd.grad(log, kept, retain_graph=True, allow_unused=True) for log in logs]
        slopes = [sum(float((g * w).sum()) for g, w in zip(part, kept) if g is not None) for part in parts]
        found.append(float(logs.exp().detach().numpy() @ np.square(slopes)))
    return np.array(found)


@pytest.mark.parametrize("biases", ["moved", "fixed"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_the_mean_square_of_explicit_gradients_of_every_answer(name, biases):
    build, shape = NETWORKS[name]
    samples = classes(*shape)
    found, wanted = norm_of(build(), split(samples), biases=biases), by_gradients(build(), samples, biases)
    assert found.value == pytest.approx(wanted.mean(), rel=1e-10) and found.num_samples == 7
    assert found.standard_error == pytest.approx(wanted.std(ddof=1) / np.sqrt(7), rel=1e-8)


def test_biases_count_only_where_they_move():
    build, shape = NETWORKS["convolutions"]
    moved, fixed = (norm_of(build(), split(classes(*shape)), biases=biases).value for biases in ("moved", "fixed"))
    assert abs(moved - fixed) > 0.05 * fixed


def test_of_a_homogeneous_network_it_is_the_depth_squared_times_the_variance_of_scores():
    torch.manual_seed(5)
    layers = [
        nn.Linear(3, 5, bias=False),
        nn.ReLU(),
        nn.Linear(5, 4, bias=False),
        nn.LeakyReLU(),
        nn.Linear(4, 3, bias=False),
    ]
    model, samples = nn.Sequential(*layers).double(), classes(3, num=11)
    scores = model(samples[0]).detach()
    shares = scores.softmax(1)
    variances = (shares * scores**2).sum(1) - (shares * scores).sum(1) ** 2
    found = norm_of(model, split(samples, (8, 3)))
    assert found.value == pytest.approx(9 * float(variances.mean()), rel=1e-12)


@pytest.mark.parametrize("biases", ["moved", "fixed"])
def test_the_parameters_are_the_centers_wherever_the_model_was_measured_last(biases):
    model = linear([[1.0, 2], [0.5, -1], [0, 3]], [0.2, -0.7, 1.1])
    problem = Problem(model, cross_entropy, {}, precision="float64")
    batches, filters = split(classes(2)), filter_layouts(problem.model)
    before = fisher_sums(problem, batches, filters, biases=biases)
    problem.measure({name: 5 * w for name, w in problem.center.items()})
    assert fisher_sums(problem, batches, filters, biases=biases) == before


def test_ranks_and_batches_change_nothing():
    build, shape = NETWORKS["tanh"]
    samples = classes(*shape, num=9)
    problem, filters = Problem(build(), cross_entropy, {}, precision="float64"), filter_layouts(build())
    parts = [
        fisher_sums(problem, batches, filters)
        for batches in (split(samples, (4, 1, 4))[:2], [], split(samples, (5, 4))[1:])
    ]
    found, whole = fisher_rao_norm(parts), norm_of(build(), [samples])
    assert found.value == pytest.approx(whole.value, rel=1e-13) and found.num_samples == whole.num_samples == 9
    assert found.standard_error == pytest.approx(whole.standard_error, rel=1e-12)


def test_classes_that_are_left_out_do_not_count_and_shares_of_classes_do():
    inputs, targets = classes(3)
    build = NETWORKS["tanh"][0]
    some = torch.where(torch.arange(7) < 3, -100, targets)
    assert norm_of(build(), [(inputs, some)]).value == pytest.approx(
        norm_of(build(), [(inputs[3:], targets[3:])]).value
    )
    soft = functional.one_hot(targets, 3).double()
    assert norm_of(build(), [(inputs, soft)]).value == pytest.approx(norm_of(build(), [(inputs, targets)]).value)


def test_of_many_answers_a_sample_each_counts_as_cross_entropy_counts_them():
    torch.manual_seed(7)
    model = nn.Conv1d(2, 3, 2).double()
    inputs = classes(2, 6)[0]
    targets = torch.arange(35).reshape(7, 5) % 3
    targets[0, :2] = -100
    windows = inputs.unfold(2, 2, 1).transpose(1, 2).reshape(35, 4)
    flat = linear(model.weight.detach().reshape(3, 4), model.bias.detach())
    found, wanted = norm_of(model, [(inputs, targets)]), norm_of(flat, [(windows, targets.reshape(35))])
    assert found.num_samples == wanted.num_samples == 33 and found.value == pytest.approx(wanted.value, rel=1e-12)
    soft = functional.one_hot(targets.clamp(min=0), 3).double().transpose(1, 2)
    assert norm_of(model, [(inputs, soft)]).num_samples == 7


def test_a_single_sample_tells_nothing_of_its_error():
    assert np.isnan(
        norm_of(linear([[1.0], [2.0]]), [(torch.ones(1, 1), torch.zeros(1, dtype=torch.long))]).standard_error
    )


class OnlyBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores):
        return 2 * scores

    @staticmethod
    def backward(ctx, slopes):
        return 2 * slopes


class Backward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = linear([[1.0, 2], [0.5, -1]])

    def forward(self, inputs):
        return OnlyBackward.apply(self.line(inputs))


def test_a_model_without_forward_derivatives_is_refused():
    with pytest.raises(ValueError, match="^the Fisher-Rao norm needs forward derivatives, which torch lacks here .*$"):
        norm_of(Backward(), split(classes(2, num_classes=2)))


def test_what_has_no_fisher_rao_norm_is_refused():
    model = linear([[1.0, 2], [0.5, -1]])
    words = "the Fisher-Rao norm is that of a classifier's probabilities; give --loss cross-entropy"
    with pytest.raises(ValueError, match=f"^{words}$"):
        fisher_sums(Problem(model, mse, {}), [], filter_layouts(model))
    with pytest.raises(ValueError, match="^biases must be one of fixed, moved, not 'none'$"):
        fisher_sums(Problem(model, cross_entropy, {}), [], filter_layouts(model), biases="none")
    words = "the Fisher-Rao norm counted no sample, so that there is nothing to average"
    with pytest.raises(ValueError, match=f"^{words}$"):
        norm_of(model, [])
