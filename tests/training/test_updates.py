"""One update: whose gradient it follows, what it counts, and what batch norm sees."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from landscape.training.optimizers import optimizer_of
from landscape.training.recipe import Recipe
from landscape.training.updates import Tally, Updater, training_loss


def network(*, with_norm: bool, dtype=torch.float64) -> nn.Module:
    torch.manual_seed(4)
    norm = nn.BatchNorm1d(7) if with_norm else nn.Identity()
    return nn.Sequential(nn.Linear(5, 7), norm, nn.Tanh(), nn.Linear(7, 3)).to(dtype).train()


def batch(number: int = 11) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(5)
    return torch.from_numpy(random.normal(1, 2, (number, 5))), torch.from_numpy(random.integers(0, 3, number))


def updated(model: nn.Module, **settings) -> tuple[nn.Module, Tally]:
    """Return a copy of a model after one update, and what was counted."""
    model = copy.deepcopy(model)
    recipe = Recipe(learning_rate=0.1, weight_decay=0.0, **settings)
    tally = Tally()
    inputs, targets = batch()
    Updater(recipe, model, optimizer_of(recipe, model.parameters()))(inputs, targets, len(targets), tally)
    return model, tally


def mean_loss(model: nn.Module) -> torch.Tensor:
    inputs, targets = batch()
    return -model(inputs).float().double().log_softmax(1)[torch.arange(len(targets)), targets].mean()


def test_an_update_of_plain_descent_goes_down_the_gradient_of_the_batchs_mean_loss():
    model = network(with_norm=False)
    found, _ = updated(model, optimizer="sgd")
    mean_loss(model).backward()
    for before, after in zip(model.parameters(), found.parameters(), strict=True):
        assert torch.allclose(after, before - 0.1 * before.grad, atol=1e-7)  # the scores are float32


@pytest.mark.parametrize("parts", [2, 3, 11])
def test_accumulated_parts_give_the_gradient_of_the_whole_batch_where_there_is_no_batch_norm(parts):
    model = network(with_norm=False)
    whole, counted = updated(model, optimizer="sgd")
    found, also_counted = updated(model, optimizer="sgd", accumulate=parts)
    for one, other in zip(whole.parameters(), found.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-7)
    assert also_counted.loss == pytest.approx(counted.loss, rel=1e-6) and also_counted.right == counted.right
    assert also_counted.gradient_norm == pytest.approx(counted.gradient_norm, rel=1e-6)


def test_accumulated_parts_are_what_batch_norm_sees():
    model = network(with_norm=True)
    whole, _ = updated(model, optimizer="sgd")
    parted, _ = updated(model, optimizer="sgd", accumulate=2)
    seen = model[0](batch()[0])
    assert torch.allclose(whole[1].running_mean, 0.1 * seen.mean(0))
    first, second = seen[:6].mean(0), seen[6:].mean(0)
    assert torch.allclose(parted[1].running_mean, 0.9 * 0.1 * first + 0.1 * second)
    assert not torch.allclose(whole[0].weight, parted[0].weight, atol=1e-4)


def test_what_is_counted_is_the_loss_before_the_update_the_gradients_length_and_the_rate_used():
    model = network(with_norm=True)
    _, tally = updated(model, optimizer="sgd", label_smoothing=0.2)
    loss = mean_loss(copy.deepcopy(model))
    assert tally.loss == pytest.approx(11 * loss.item(), rel=1e-6) and tally.rates == [0.1]
    inputs, targets = batch()
    scores = model(inputs)
    assert tally.right == int((scores.argmax(1) == targets).sum())
    training_loss(scores.float(), targets, 0.2).backward()
    length = sum(parameter.grad.square().sum() for parameter in model.parameters()).sqrt()
    assert tally.gradient_norm == pytest.approx(length.item(), rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_label_smoothing_gives_every_class_an_equal_share_of_the_target(smoothing):
    random = np.random.default_rng(6)
    scores, targets = random.normal(0, 3, (9, 4)), random.integers(0, 4, 9)
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        logarithms = row - np.log(np.exp(row).sum())
        wanted = [smoothing / 4 + (1 - smoothing) * (place == target) for place in range(4)]
        total -= sum(share * logarithm for share, logarithm in zip(wanted, logarithms, strict=True))
    found = training_loss(torch.from_numpy(scores), torch.from_numpy(targets), smoothing)
    assert found.item() == pytest.approx(total / 9, rel=1e-12)


@pytest.mark.parametrize("parts", [1, 2])
def test_sam_takes_its_gradient_uphill_and_its_running_statistics_at_the_weights(parts):
    model = network(with_norm=True)
    plain, _ = updated(model, optimizer="sgd", accumulate=parts)
    found, tally = updated(model, optimizer="sam", base_optimizer="sgd", rho=0.3, accumulate=parts)
    assert torch.equal(found[1].running_mean, plain[1].running_mean)
    assert torch.equal(found[1].running_var, plain[1].running_var)
    assert found[1].num_batches_tracked == plain[1].num_batches_tracked == parts
    moved = copy.deepcopy(model)
    inputs, targets = batch()

    def gradients() -> list[torch.Tensor]:
        loss = 0.0
        for some, wanted in zip(inputs.tensor_split(parts), targets.tensor_split(parts), strict=True):
            loss = loss + training_loss(moved(some).float(), wanted, 0.0) * (len(wanted) / 11)
        return torch.autograd.grad(loss, list(moved.parameters()))

    first = gradients()
    length = sum(part.square().sum() for part in first).sqrt()
    assert tally.gradient_norm == pytest.approx(length.item(), rel=1e-6)
    with torch.no_grad():
        for parameter, part in zip(moved.parameters(), first, strict=True):
            parameter += 0.3 * part / length
    for before, after, part in zip(model.parameters(), found.parameters(), gradients(), strict=True):
        assert torch.allclose(after, before - 0.1 * part, atol=1e-6)
