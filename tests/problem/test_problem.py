import copy
import math
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.problem.losses import cross_entropy, mse
from landscape.problem.problem import Problem
from landscape.weights import weights_of


def network(dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(2, 5, 3),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(5, 6, 2),
        nn.BatchNorm2d(6, eps=0.02),
        nn.Flatten(),
        nn.Linear(24, 4),
    )
    for norm in (model[1], model[5]):
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
        nn.init.normal_(norm.weight, 1, 0.3)
    return model.eval()


def samples(seed: int, number: int = 23) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(number, 2, 5, 5, generator=random), torch.randint(4, (number,), generator=random)


def batches(seed: int, size: int = 10) -> list:
    return list(zip(*(part.split(size) for part in samples(seed))))


def at_center(problem: Problem) -> dict[str, float]:
    return problem.measure(problem.center)


def displaced(model: nn.Module, by: float = 0.2, seed: int = 5) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {name: w + by * torch.randn(w.shape, generator=random) for name, w in weights_of(model).items()}


def loss_of_all_samples(model: nn.Module, seed: int) -> float:
    inputs, targets = samples(seed)
    with torch.no_grad():
        return float(functional.cross_entropy(model.eval()(inputs).double(), targets))


def test_weights_are_measured_as_a_model_that_holds_them():
    there = displaced(network())
    model = network()
    model.load_state_dict(there, strict=False)
    found = Problem(network(), cross_entropy, {"train": batches(1), "test": batches(2)}).measure(there)
    assert found["train_loss"] == pytest.approx(loss_of_all_samples(model, 1), rel=1e-6)
    assert found["test_loss"] == pytest.approx(loss_of_all_samples(model, 2), rel=1e-6)


@pytest.mark.parametrize("norm_stats", ["stored", "reestimated"])
def test_measuring_changes_no_bit_of_the_model(norm_stats):
    model = network().train()
    before = copy.deepcopy(model.state_dict())
    problem = Problem(model, cross_entropy, {"train": batches(1)}, norm_stats=norm_stats, precision="float64")
    problem.measure(displaced(model))
    assert model.training and model[0].weight.dtype == torch.float32
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("norm_stats", ["stored", "reestimated"])
def test_a_value_does_not_depend_on_what_was_measured_before(norm_stats):
    model = network()
    problem = Problem(model, cross_entropy, {"train": batches(1), "test": batches(2)}, norm_stats=norm_stats)
    first = problem.measure(weights_of(model))
    problem.measure(displaced(model))
    problem.measure({name: tensor * 1e30 for name, tensor in weights_of(model).items()})
    assert problem.measure(weights_of(model)) == first


def test_the_center_stays_the_models_own_weights_after_measuring():
    model = network()
    problem = Problem(model, cross_entropy, {"train": batches(1)})
    problem.measure(displaced(model))
    assert all(torch.equal(tensor, problem.center[name]) for name, tensor in weights_of(model).items())


def test_dropout_is_off():
    problem = Problem(network(dropout=0.5).train(), cross_entropy, {"train": batches(1)})
    found = problem.measure(weights_of(network()))
    assert found == problem.measure(weights_of(network()))
    assert found["train_loss"] == pytest.approx(loss_of_all_samples(network(), 1), rel=1e-6)


def test_dropout_is_off_while_statistics_are_estimated():
    first, second = (
        at_center(Problem(network(dropout), cross_entropy, {"train": batches(1)}, norm_stats="reestimated"))
        for dropout in (0.0, 0.5)
    )
    assert first == second


@pytest.mark.parametrize("size", [1, 4, 22, 23, 100])
def test_the_size_of_batches_does_not_change_the_mean(size):
    whole = at_center(Problem(network(), cross_entropy, {"train": batches(1, 23)}))
    found = at_center(Problem(network(), cross_entropy, {"train": batches(1, size)}))
    assert found == pytest.approx(whole, rel=1e-6)  # float32: another batch size adds in another order


def test_a_short_last_batch_weighs_no_more_than_its_samples():
    inputs, targets = samples(1, 21)
    targets[:20], targets[20:] = network()(inputs[:20]).argmax(1), network()(inputs[20:]).argmin(1)
    problem = Problem(network(), cross_entropy, {"train": [(inputs[:20], targets[:20]), (inputs[20:], targets[20:])]})
    assert at_center(problem)["train_accuracy"] == 20 / 21


# Statistics estimated anew, against the definition in plain tensors.


def normalized_slowly(features, norm, mean, variance):
    shape = (1, -1, 1, 1)
    scaled = (features - mean.reshape(shape)) / (variance.reshape(shape) + norm.eps).sqrt()
    return scaled * norm.weight.reshape(shape) + norm.bias.reshape(shape)


def moments(features):
    return features.mean((0, 2, 3)), features.var((0, 2, 3), correction=0)


@torch.no_grad()
def loss_with_own_statistics(model, seen, asked) -> float:
    """Estimate means and unbiased variances a batch, average them over batches, and use them for other samples."""
    found = {1: [], 5: []}
    for inputs, _ in seen:
        features = model[0](inputs)
        found[1].append((features.mean((0, 2, 3)), features.var((0, 2, 3))))
        features = model[4](normalized_slowly(features, model[1], *moments(features)).relu())
        found[5].append((features.mean((0, 2, 3)), features.var((0, 2, 3))))
    own = {place: [torch.stack(parts).mean(0) for parts in zip(*pairs)] for place, pairs in found.items()}
    total, count = 0.0, 0
    for inputs, targets in asked:
        features = normalized_slowly(model[0](inputs), model[1], *own[1]).relu()
        features = normalized_slowly(model[4](features), model[5], *own[5])
        total += float(functional.cross_entropy(model[7](features.flatten(1)), targets, reduction="sum"))
        count += len(targets)
    return total / count


def doubled(given: list) -> list:
    return [(inputs.double(), targets) for inputs, targets in given]


def test_statistics_are_averages_over_the_train_batches_and_serve_all_splits():
    there = displaced(network())
    model = network()
    model.load_state_dict(there, strict=False)
    model.double()
    splits = {"train": batches(1), "test": batches(2)}
    found = Problem(network(), cross_entropy, splits, norm_stats="reestimated", precision="float64").measure(there)
    for split, given in splits.items():
        expected = loss_with_own_statistics(model, doubled(splits["train"]), doubled(given))
        assert found[f"{split}_loss"] == pytest.approx(expected, rel=1e-12)


def test_a_test_surface_alone_takes_its_statistics_from_the_train_batches():
    both = Problem(network(), cross_entropy, {"train": batches(1), "test": batches(2)}, norm_stats="reestimated")
    alone = Problem(
        network(), cross_entropy, {"test": batches(2)}, norm_stats="reestimated", estimation_batches=batches(1)
    )
    assert at_center(alone) == {name: value for name, value in at_center(both).items() if name.startswith("test")}


def test_statistics_are_not_estimated_without_train_batches():
    with pytest.raises(ValueError, match="^norm statistics are re-estimated on training samples, but there are none$"):
        Problem(network(), cross_entropy, {"test": batches(2)}, norm_stats="reestimated")


def test_a_model_without_norms_needs_no_estimate():
    model = nn.Sequential(nn.Flatten(), nn.Linear(50, 4))
    stored, anew = (
        at_center(Problem(model, cross_entropy, {"test": batches(2)}, norm_stats=how))
        for how in ("stored", "reestimated")
    )
    assert stored == anew


def test_norms_with_statistics_are_counted():
    model = nn.Sequential(
        nn.BatchNorm1d(3), nn.BatchNorm2d(3, track_running_stats=False), nn.LayerNorm(3), nn.BatchNorm2d(4)
    )
    assert Problem(model, cross_entropy, {}).num_norms == 2


# Weights that occur twice, numbers that are none, types.


class Tied(nn.Module):
    """An embedding whose table also gives the scores, as in language models."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.table = nn.Embedding(6, 3)
        self.scores = nn.Linear(3, 6, bias=False)
        self.scores.weight = self.table.weight

    def forward(self, tokens):
        return self.scores(self.table(tokens))


def test_a_tied_weight_moves_once_and_in_both_places():
    step = torch.randn(6, 3, generator=torch.Generator().manual_seed(8))
    tokens, targets = torch.tensor([0, 2, 5, 3]), torch.tensor([1, 4, 0, 3])
    problem = Problem(Tied(), cross_entropy, {"train": [(tokens, targets)]})
    assert list(problem.center) == ["table.weight"]
    table = Tied().table.weight.detach() + step
    expected = functional.cross_entropy(table[tokens] @ table.T, targets)
    assert problem.measure({"table.weight": table})["train_loss"] == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("value, is_it", [(1e25, math.isinf), (math.nan, math.isnan)])
def test_a_loss_that_is_no_number_is_returned_as_it_is(value, is_it):
    model = nn.Linear(3, 2)
    problem = Problem(model, mse, {"train": [(torch.ones(4, 3), torch.zeros(4, 2))]})
    weights = {"weight": torch.full((2, 3), value), "bias": torch.ones(2)}
    assert is_it(problem.measure(weights)["train_loss"])


def test_precision_float64_computes_with_float64_weights_and_samples():
    torch.manual_seed(4)
    inputs, targets = torch.randn(9, 3).double(), torch.randn(9, 2).double()
    model = nn.Linear(3, 2)
    weights = {name: tensor.double() + 1e-12 for name, tensor in weights_of(model).items()}
    found = Problem(model, mse, {"train": [(inputs, targets)]}, precision="float64").measure(weights)["train_loss"]
    expected = ((inputs @ weights["weight"].T + weights["bias"] - targets) ** 2).mean()
    assert found == pytest.approx(float(expected), rel=1e-13)


def test_weights_of_another_model_are_named():
    sentence = (
        "what is to be measured does not fit the weights: missing bias; unexpected scale; "
        "weight is (3, 2) instead of (2, 3)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Problem(nn.Linear(3, 2), mse, {}).measure({"weight": torch.ones(3, 2), "scale": torch.ones(2)})


@pytest.mark.parametrize(
    "option, sentence",
    [
        ({"norm_stats": "batch"}, "--norm-stats must be one of stored, reestimated, not 'batch'"),
        ({"precision": "half"}, "--precision must be one of float32, bf16, tf32, float64, not 'half'"),
    ],
)
def test_unknown_options_are_refused(option, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Problem(network(), cross_entropy, {"train": batches(1)}, **option)
