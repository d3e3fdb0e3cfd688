"""Products with the Hessian, against torch's own dense differentiation of all samples at once."""

import copy

import numpy as np
import pytest
import torch
from objectives import (
    NETWORKS,
    RAGGED,
    Tied,
    classes,
    close,
    convolutions,
    has_hessian,
    hessian_by_torch,
    objective_of,
    split,
    sums_of,
    tanh_network,
    vectors,
    whole,
)
from small_models import doubles
from torch import nn
from torch.nn import functional

from landscape.curvature.objective import Objective
from landscape.curvature.sums import DIFFERENTIATIONS, SampleSums
from landscape.problem.losses import cross_entropy, mse
from landscape.problem.problem import Problem


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_products_are_those_of_the_dense_hessian(network, differentiation):
    build, shape = NETWORKS[network]
    samples = classes(*shape)
    objective = objective_of(build(), split(samples), differentiation=differentiation)
    assert has_hessian(objective, hessian_by_torch(build(), samples))


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_squared_errors_have_the_dense_hessian(differentiation):
    samples = (doubles(7, 3) + 0.3, doubles(7, 3, seed=1))
    objective = objective_of(tanh_network(), split(samples), mse, differentiation=differentiation)
    assert has_hessian(objective, hessian_by_torch(tanh_network(), samples, functional.mse_loss))


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_tied_weights_are_one_parameter(differentiation):
    words, targets = torch.arange(21).reshape(7, 3) ** 2 % 5, torch.arange(7) ** 3 % 5
    objective = objective_of(Tied(), split((words, targets)), differentiation=differentiation)
    assert list(objective.layout.shapes) == ["words.weight", "leave.bias"]
    assert has_hessian(objective, hessian_by_torch(Tied(), (words, targets)))


@pytest.mark.parametrize("sizes", [(7,), (1,) * 7, (6, 1), (2, 5)], ids=str)
@pytest.mark.parametrize("network", ["tanh", "convolutions"])
def test_the_size_of_batches_changes_nothing_but_rounding(network, sizes):
    build, shape = NETWORKS[network]
    samples = classes(*shape)
    ragged, other = (objective_of(build(), split(samples, cut)) for cut in (RAGGED, sizes))
    given = vectors(ragged.dim)
    assert close(other.products(given), ragged.products(given), 1e-13)
    assert close(other.gradient().vector, ragged.gradient().vector, 1e-13)
    assert other.value() == pytest.approx(ragged.value(), rel=1e-14)


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_products_with_many_vectors_are_those_with_each(differentiation):
    objective = objective_of(tanh_network(), split(classes(3)), differentiation=differentiation)
    given = vectors(objective.dim)
    together = objective.products(given)
    for place, vector in enumerate(given.T):
        assert (objective.products(vector) == together[:, place]).all()


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
@pytest.mark.parametrize("patterns", [("*.weight",), ("2.*", "0.bias"), ("7.bias",), ("[14].*",)], ids=str)
def test_chosen_parameters_have_their_block_of_the_whole_hessian(patterns, differentiation):
    samples = classes(2, 6, 6)
    model = nn.Sequential(*convolutions(), nn.Tanh(), nn.Linear(3, 3).double())
    if patterns == ("2.*", "0.bias"):
        model, samples = tanh_network(), classes(3)
    found = objective_of(model, split(samples), patterns=patterns, differentiation=differentiation)
    assert found.dim < sum(parameter.numel() for parameter in model.parameters())
    assert has_hessian(found, hessian_by_torch(model, samples, patterns=patterns))


def test_chosen_parameters_have_their_part_of_the_gradient():
    every, some = (objective_of(tanh_network(), split(classes(3)), patterns=each) for each in ((), ("*.bias",)))
    places = [every.layout.places[name] for name in some.layout.shapes]
    assert list(some.layout.shapes) == ["0.bias", "2.bias"]
    vector = every.gradient().vector
    assert close(some.gradient().vector, np.concatenate([vector[place] for place in places]), 1e-14)


def test_weight_decay_adds_its_identity_its_gradient_and_its_value():
    plain, decayed = (objective_of(tanh_network(), split(classes(3)), weight_decay=decay) for decay in (0.0, 0.3))
    weights = plain.layout.flat(dict(tanh_network().named_parameters()))
    assert close(whole(decayed) - whole(plain), 0.3 * np.eye(plain.dim), 1e-14)
    assert close(decayed.gradient().vector - plain.gradient().vector, 0.3 * weights, 1e-14)
    assert decayed.value() - plain.value() == pytest.approx(0.15 * weights @ weights, rel=1e-13)


def test_weight_decay_is_that_of_where_the_objective_stands():
    objective = objective_of(tanh_network(), split(classes(3)), weight_decay=0.3)
    step = vectors(objective.dim)[:, 0]
    moved = objective_of(_moved(tanh_network(), objective.layout, step), split(classes(3)))
    objective.move_to(step)
    assert objective.value() == pytest.approx(moved.value() + 0.15 * moved.weights @ moved.weights, rel=1e-13)
    assert close(objective.gradient().vector, moved.gradient().vector + 0.3 * moved.weights, 1e-13)


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_an_objective_that_moved_has_the_derivatives_of_where_it_stands(differentiation):
    objective = objective_of(tanh_network(), split(classes(3)), differentiation=differentiation)
    objective.products(np.ones(objective.dim))  # what is kept belongs to the center
    step = vectors(objective.dim)[:, 0]
    objective.move_to(step)
    moved = _moved(tanh_network(), objective.layout, step)
    assert has_hessian(objective, hessian_by_torch(moved, classes(3)))
    assert objective.value() == pytest.approx(objective_of(moved, split(classes(3))).value(), rel=1e-14)


def _moved(model: nn.Module, layout, step: np.ndarray) -> nn.Module:
    center = dict(model.named_parameters())
    with torch.no_grad():
        for name, part in layout.tensors(step, center).items():
            center[name] += part
    return model


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_an_objective_that_moved_and_came_back_gives_the_same_bits(precision):
    objective = objective_of(convolutions(), split(classes(2, 6, 6)), precision=precision)
    given = vectors(objective.dim)
    before = objective.products(given), objective.gradient().vector, objective.value()
    objective.move_to(given[:, 1])
    objective.products(given)
    objective.move_to(None)
    after = objective.products(given), objective.gradient().vector, objective.value()
    assert all(np.array_equal(one, other) for one, other in zip(before, after))


def test_derivatives_are_those_of_the_center_whatever_was_measured_before():
    problem = Problem(tanh_network(), cross_entropy, {"train": split(classes(3))}, precision="float64")
    problem.measure({name: 3 * tensor for name, tensor in problem.center.items()})
    for patterns in ((), ("2.*",)):
        found = Objective(SampleSums(problem, split(classes(3)), patterns=patterns))
        wanted = hessian_by_torch(tanh_network(), classes(3), patterns=patterns or ("*",))
        assert has_hessian(found, wanted)


def test_neither_the_model_nor_the_problem_is_changed():
    model = convolutions()
    state = copy.deepcopy(model.state_dict())
    problem = Problem(model, cross_entropy, {"train": split(classes(2, 6, 6))}, precision="float64")
    sums = SampleSums(problem, split(classes(2, 6, 6)), sample=classes(2, 6, 6)[0][:2])
    before = problem.measure(problem.center)
    objective = Objective(sums)
    objective.move_to(np.ones(objective.dim))
    objective.products(np.ones(objective.dim))
    assert problem.measure(problem.center) == before
    for holder in (model, problem.model):
        assert all(torch.equal(tensor, state[name]) for name, tensor in holder.state_dict().items())
    assert not any("forward" in vars(module) for module in problem.model.modules())


def masked(model, batch):
    """Squared errors where a mask says so: their sum and number."""
    inputs, targets, kept = batch
    errors = (model(inputs) - targets) ** 2
    return errors[kept].sum(), kept.sum()


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_a_loss_of_sums_and_counts_is_averaged_over_what_it_counted(differentiation):
    inputs, targets, kept = doubles(7, 3) + 0.3, doubles(7, 3, seed=1), doubles(7, 3, seed=2) > 0.1
    batches = list(zip(*(part.split(list(RAGGED)) for part in (inputs, targets, kept))))
    assert len({int(batch[2].sum()) for batch in batches}) == 3
    objective = objective_of(tanh_network(), batches, masked, differentiation=differentiation)
    wanted = hessian_by_torch(
        tanh_network(), (inputs, targets), lambda outputs, targets: ((outputs - targets)[kept] ** 2).mean()
    )
    assert objective.num_samples == int(kept.sum())
    assert has_hessian(objective, wanted)


def test_a_batch_of_which_nothing_counts_adds_nothing():
    inputs, targets = classes(3)
    blank = (doubles(2, 3, seed=5), torch.full((2,), -100))
    with_blank = objective_of(tanh_network(), [*split((inputs, targets)), blank])
    without = objective_of(tanh_network(), split((inputs, targets)))
    assert (whole(with_blank) == whole(without)).all()
    found, wanted = with_blank.gradient(), without.gradient()
    assert (found.vector == wanted.vector).all() and found.standard_error == wanted.standard_error


def linear_loss(model, batch):
    return (model(batch[0]) * batch[1]).sum(1)


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_a_loss_that_is_linear_in_the_weights_has_a_hessian_of_zeros(differentiation):
    samples = (doubles(7, 3), doubles(7, 2, seed=1))
    objective = objective_of(nn.Linear(3, 2).double(), split(samples), linear_loss, differentiation=differentiation)
    assert (whole(objective) == 0).all() and objective.gradient().norm > 0.1


def by_the_used_part(model, batch):
    return cross_entropy(model.used, batch)


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_a_parameter_that_the_loss_does_not_use_has_zeros(differentiation):
    model = nn.Module()
    model.used, model.unused = tanh_network(), nn.Parameter(doubles(2, 2))
    objective = objective_of(model, split(classes(3)), by_the_used_part, differentiation=differentiation)
    place, hessian = objective.layout.places["unused"], whole(objective)
    assert (hessian[place] == 0).all() and (hessian[:, place] == 0).all()
    others = np.r_[: place.start, place.stop : objective.dim]
    assert close(hessian[np.ix_(others, others)], hessian_by_torch(tanh_network(), classes(3)))


def test_float32_products_agree_with_those_of_float64():
    narrow, wide = (
        objective_of(convolutions(), split(classes(2, 6, 6)), precision=precision)
        for precision in ("float32", "float64")
    )
    given = vectors(wide.dim)
    assert close(narrow.products(given), wide.products(given), 1e-5)  # float32: 6e-8 an operation


def test_the_hessian_is_symmetric():
    hessian = whole(objective_of(convolutions(nn.SiLU), split(classes(2, 6, 6))))
    assert close(hessian.T, hessian, 1e-14)


def test_the_loss_that_is_named_loss_is_differentiated():
    named = {"other": lambda outputs: (outputs**4).sum(1), "loss": lambda outputs: (outputs**2).sum(1)}

    def several(model, batch):
        return {name: function(model(batch[0])) for name, function in named.items()}

    found = whole(objective_of(tanh_network(), split(classes(3)), several))
    wanted = hessian_by_torch(tanh_network(), classes(3), lambda outputs, _: (outputs**2).sum(1).mean())
    assert close(found, wanted)


def test_products_and_gradients_are_counted():
    objective = objective_of(tanh_network(), split(classes(3)))
    objective.products(np.ones(objective.dim))
    objective.products(np.ones((objective.dim, 4)))
    objective.gradient()
    assert (objective.num_products, objective.num_gradients) == (5, 1)
    assert sums_of(tanh_network(), split(classes(3))).value_sum()[1] == objective.num_samples == 7
