import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.problem.losses import (
    as_loss,
    constant_answer,
    cross_entropy,
    mse,
    named_loss,
    num_samples,
    sums_and_counts,
)
from landscape.problem.problem import Problem

MEAN_REFUSED = (
    "the loss returned a bare mean, of which the number of samples is not certain; return one loss a sample, "
    "a pair (sum, count), or a dict of names to either"
)


def classifier() -> nn.Module:
    torch.manual_seed(1)
    return nn.Linear(3, 4)


def batches(sizes=(5, 5, 2)) -> list:
    random = torch.Generator().manual_seed(2)
    return [(torch.randn(size, 3, generator=random), torch.arange(size) % 4) for size in sizes]


def measured(loss, model=None, given=None) -> dict[str, float]:
    problem = Problem(model or classifier(), loss, {"train": given or batches()})
    return problem.measure(problem.center)


def all_at_once() -> tuple[torch.Tensor, torch.Tensor]:
    """Return scores and targets of all samples."""
    inputs, targets = (torch.cat(parts) for parts in zip(*batches()))
    return classifier()(inputs).detach(), targets


def test_cross_entropy_is_that_of_all_samples_at_once():
    scores, targets = all_at_once()
    found = measured(cross_entropy)
    assert found["train_loss"] == pytest.approx(float(functional.cross_entropy(scores, targets)), rel=1e-6)
    assert found["train_accuracy"] == float((scores.argmax(1) == targets).double().mean())


def test_squared_error_of_classes_is_that_of_one_hot_vectors():
    scores, targets = all_at_once()
    found = measured(mse)
    assert found["train_loss"] == pytest.approx(float(((scores - torch.eye(4)[targets]) ** 2).mean()), rel=1e-6)
    assert found["train_accuracy"] == float((scores.argmax(1) == targets).double().mean())


def test_squared_error_of_numbers_averages_the_outputs_of_a_sample():
    inputs = batches()[0][0]
    targets = inputs @ torch.arange(12.0).reshape(3, 4) / 7
    expected = ((classifier()(inputs).detach() - targets) ** 2).mean()
    assert measured(mse, given=[(inputs, targets)]) == {"train_loss": pytest.approx(float(expected), rel=1e-6)}


def test_targets_without_an_axis_for_the_one_output_are_not_broadcast():
    torch.manual_seed(4)
    model, inputs, targets = nn.Linear(3, 1), torch.randn(5, 3), torch.randn(5)
    expected = float(((model(inputs)[:, 0] - targets) ** 2).mean().detach())
    assert measured(mse, model, [(inputs, targets)])["train_loss"] == pytest.approx(expected, rel=1e-6)


def a_sample(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1], reduction="none")


def sum_and_count(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1], reduction="sum"), len(batch[1])


def named(model, batch):
    return {"loss": sum_and_count(model, batch), "confidence": model(batch[0]).softmax(1).amax(1)}


@pytest.mark.parametrize("loss", [a_sample, sum_and_count, named])
def test_a_loss_a_sample_a_sum_with_a_count_and_a_dict_agree(loss):
    assert measured(loss)["train_loss"] == pytest.approx(measured(cross_entropy)["train_loss"], rel=1e-7)


def test_every_name_of_a_dict_is_averaged_over_all_samples():
    scores, _ = all_at_once()
    assert measured(named)["train_confidence"] == pytest.approx(float(scores.softmax(1).amax(1).mean()), rel=1e-6)


def test_counts_weigh_the_batches():
    def loss(model, batch):
        return batch[0].sum(), 10 * len(batch[0])

    given = [(torch.ones(4, 3),), (torch.full((1, 3), 6.0),)]
    assert measured(loss, given=given)["train_loss"] == pytest.approx((12 + 18) / 50)


@pytest.mark.parametrize("module", [nn.CrossEntropyLoss, nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_torchs_modules_give_the_mean_over_samples_whatever_their_reduction(module, reduction):
    scores, targets = all_at_once()
    of_classes = module is nn.CrossEntropyLoss
    given = [(inputs, part if of_classes else torch.eye(4)[part]) for inputs, part in batches()]
    expected = float(module()(scores, targets if of_classes else torch.eye(4)[targets]))
    assert measured(as_loss(module(reduction=reduction)), given=given)["train_loss"] == pytest.approx(
        expected, rel=1e-6
    )


def test_a_module_given_as_a_loss_is_not_changed():
    module = nn.MSELoss()
    as_loss(module)
    assert module.reduction == "mean"


def test_label_smoothing_is_kept():
    scores, targets = all_at_once()
    module = nn.CrossEntropyLoss(label_smoothing=0.2)
    expected = float(module(scores, targets))
    assert measured(as_loss(module))["train_loss"] == pytest.approx(expected, rel=1e-6)
    assert abs(expected - measured(cross_entropy)["train_loss"]) > 0.01


class Tagger(nn.Module):
    """Scores for each token: (samples, classes, tokens)."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)

    def forward(self, tokens):
        return self.table(tokens).transpose(1, 2)


@pytest.mark.parametrize("loss", ["cross-entropy", nn.CrossEntropyLoss(), nn.CrossEntropyLoss(label_smoothing=0.1)])
def test_tokens_of_a_sample_are_averaged(loss):
    model, random = Tagger().requires_grad_(False), torch.Generator().manual_seed(3)
    tokens, targets = torch.randint(9, (7, 6), generator=random), torch.randint(4, (7, 6), generator=random)
    given = [(tokens[:5], targets[:5]), (tokens[5:], targets[5:])]
    smoothing = getattr(loss, "label_smoothing", 0.0)
    expected = float(functional.cross_entropy(model(tokens), targets, label_smoothing=smoothing))
    found = measured(as_loss(loss), model, given)
    assert found["train_loss"] == pytest.approx(expected, rel=1e-6)
    if "train_accuracy" in found:
        assert found["train_accuracy"] == pytest.approx(float((model(tokens).argmax(1) == targets).double().mean()))


def test_one_loss_a_token_is_averaged_over_all_tokens():
    def loss(model, batch):
        return functional.cross_entropy(model(batch["tokens"]), batch["targets"], reduction="none").flatten()

    model, tokens = Tagger().requires_grad_(False), torch.arange(18).reshape(3, 6) % 9
    given = [{"tokens": part, "targets": part % 4} for part in (tokens[:2], tokens[2:, :5])]
    every = torch.cat([loss(model, part) for part in given])
    assert measured(loss, model, given)["train_loss"] == pytest.approx(float(every.mean()), rel=1e-6)


def test_class_weights_are_refused():
    sentence = "CrossEntropyLoss with class weights has no mean over samples; give a loss(model, batch)"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        as_loss(nn.CrossEntropyLoss(weight=torch.ones(4)))


@pytest.mark.parametrize("module", [nn.CrossEntropyLoss(ignore_index=0), nn.NLLLoss(ignore_index=3)])
def test_a_class_that_is_ignored_is_refused(module):
    sentence = f"{type(module).__name__} with an ignored class has no mean over samples; give a loss(model, batch)"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        as_loss(module)


def test_a_bare_mean_is_refused():
    with pytest.raises(ValueError, match=f"^{re.escape(MEAN_REFUSED)}$"):
        measured(lambda model, batch: functional.cross_entropy(model(batch[0]), batch[1]))


def test_a_bare_mean_in_a_dict_is_refused():
    with pytest.raises(ValueError, match=f"^{re.escape(MEAN_REFUSED)}$"):
        measured(lambda model, batch: {"loss": model(batch[0]).mean()})


def test_a_number_that_is_no_tensor_is_refused():
    with pytest.raises(ValueError, match=f"^{re.escape(MEAN_REFUSED)}; it returned float$"):
        measured(lambda model, batch: model(batch[0]).mean().item())


def test_a_scalar_is_the_loss_of_the_one_sample_of_a_batch():
    def loss(model, batch):
        return functional.cross_entropy(model(batch[0]), batch[1])

    ones = [(inputs[None], target[None]) for part in batches() for inputs, target in zip(*part)]
    assert measured(loss, given=ones)["train_loss"] == pytest.approx(measured(cross_entropy)["train_loss"], rel=1e-6)


def test_values_of_several_axes_are_refused():
    sentence = "the loss must return one value a sample, a tensor of one axis, not of shape (5, 4)"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        measured(lambda model, batch: model(batch[0]))


@pytest.mark.parametrize("count", [0, -2])
def test_a_count_that_is_not_above_zero_is_refused(count):
    sentence = f"the loss returned (sum, count) with the count {count}; it must be above 0"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sums_and_counts((torch.tensor(1.0), count), None)


def test_sums_are_taken_in_float64():
    values = torch.full((3,), 2.0**24)
    total, count = sums_and_counts(torch.cat([values, torch.ones(3)]), None)["loss"]
    assert (float(total), total.dtype, count) == (3 * 2**24 + 3, torch.float64, 6)


def test_an_unknown_name_lists_the_choices():
    sentence = "unknown loss 'nll'; choose one of cross-entropy, mse, package.module:function, path/file.py:function"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        named_loss("nll")


def test_a_users_loss_is_found_in_a_file(tmp_path):
    file = tmp_path / "my_loss.py"
    file.write_text("def twice(model, batch):\n    return 2 * model(batch[0]).sum(1)\n")
    expected = 2 * all_at_once()[0].sum(1).mean()
    assert measured(named_loss(f"{file}:twice"))["train_loss"] == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(
    "batch, number",
    [
        (torch.ones(3, 2), 3),
        ((torch.ones(4), torch.ones(5)), 4),
        ({"name": "text", "parts": [None, torch.ones(6)]}, 6),
        (torch.tensor(1.0), None),
        (("text", 3), None),
    ],
)
def test_a_batch_has_as_many_samples_as_its_first_tensor_is_long(batch, number):
    assert num_samples(batch) == number


def test_knowing_nothing_costs_what_the_best_constant_scores_cost():
    targets = torch.tensor([0, 0, 0, 1, 2, 2, -100])
    shares = torch.tensor([3, 1, 2]) / 6
    scores = shares.log().expand(7, 3)
    given = [(torch.zeros(4, 1), targets[:4]), (torch.zeros(3, 1), targets[4:])]
    assert constant_answer(cross_entropy, given) == pytest.approx(float(functional.cross_entropy(scores, targets)))
    one_hot = torch.eye(3)[targets[:6]]
    assert constant_answer(mse, [(torch.zeros(6, 1), targets[:6])]) == pytest.approx(
        float(((one_hot - shares) ** 2).mean())
    )
    numbers = torch.tensor([[1.0, 5.0], [4.0, -1.0], [2.0, 2.0]])
    assert constant_answer(mse, [(torch.zeros(3, 1), numbers)]) == pytest.approx(
        float(((numbers - numbers.mean(0)) ** 2).mean())
    )
    assert constant_answer(lambda model, batch: None, given) is None


def test_tokens_left_out_weigh_the_same_in_every_batch():
    model = nn.Sequential(nn.Embedding(7, 4), nn.Unflatten(2, (4, 1)), nn.Flatten(2))

    class Tokens(nn.Module):
        def forward(self, words):
            return model(words).transpose(1, 2)

    words, targets = torch.arange(12).reshape(4, 3) % 7, torch.arange(12).reshape(4, 3) % 4
    targets[3] = torch.tensor([1, -100, -100])
    expected = functional.cross_entropy(model(words).transpose(1, 2), targets)  # torch's mean over what is not left out
    problem = Problem(Tokens(), cross_entropy, {"train": [(words[:2], targets[:2]), (words[2:], targets[2:])]})
    assert problem.measure(problem.center)["train_loss"] == pytest.approx(float(expected.detach()), rel=1e-6)


@pytest.mark.parametrize("count", [torch.tensor([4]), torch.tensor(4), 4])
def test_a_sum_and_its_count_may_be_tensors_of_one_number(count):
    found = measured(lambda model, batch: (torch.tensor([6.0]), count), given=batches((4, 4)))
    assert found == {"train_loss": 1.5}


def test_more_numbers_than_a_sum_and_a_count_are_refused():
    sentence = "the loss returned (sum, count) with more than one number in either; each must be one"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        sums_and_counts((torch.ones(2), 2), None)


def test_a_count_on_the_device_that_ends_at_zero_is_refused():
    with pytest.raises(ValueError, match=re.escape("the loss counted 0 samples for train_loss; it must be above 0")):
        measured(lambda model, batch: (torch.tensor(0.0), torch.tensor(0)))
