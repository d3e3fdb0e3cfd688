"""Losses of single samples: their mean is the metric, and a loss that tells none is refused."""

import re

import numpy as np
import pytest
import torch
from both_paths import POINTS, calibrated, plane_of, problem_of
from torch import nn
from torch.nn import functional

from landscape.problem.losses import as_loss, cross_entropy, mse
from landscape.problem.measures import PlaneMeasures
from landscape.problem.models import build_model
from landscape.problem.problem import Problem
from landscape.problem.sample_losses import losses_of_batches

NUM = 7
MEMBERS = {str(number): np.array([number]) for number in range(NUM)} | {
    "whole": np.arange(NUM),
    "some": np.array([1, 4, 6]),
}


def own(model, batch):
    scores = model(batch[0])
    return {"loss": functional.cross_entropy(scores, batch[1], reduction="none"), "largest": scores.amax(1)}


@pytest.mark.parametrize("path", ["folded", "plain"])
def test_means_of_single_losses_are_the_metric_on_either_path(path):
    problem = problem_of(calibrated(build_model("resnet20", from_data={})))
    plane = plane_of(problem)
    usual = PlaneMeasures(problem, path).on(plane)
    ours = PlaneMeasures(problem, path, losses_of_batches(problem, MEMBERS)).on(plane)
    for point in POINTS:
        metric, found = usual(*point)["train_loss"], ours(*point)
        singles = np.array([found[str(number)] for number in range(NUM)])
        assert found["whole"] == pytest.approx(metric, rel=1e-14)
        assert singles.mean() == pytest.approx(metric, rel=1e-14) and singles[[1, 4, 6]].mean() == pytest.approx(
            found["some"]
        )
        assert np.ptp(singles) > 0.1 * metric


LOSSES = {
    "cross-entropy": cross_entropy,
    "mse": mse,
    "smoothed": as_loss(nn.CrossEntropyLoss(label_smoothing=0.1)),
    "own": own,
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_a_value_a_sample_serves(name):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 5))
    inputs, targets = torch.randn(NUM, 3, 2, 2), torch.arange(NUM) % 5
    whole = Problem(model, LOSSES[name], {"train": list(zip(inputs.split(4), targets.split(4)))}, precision="float64")
    found = losses_of_batches(whole, MEMBERS)(whole.model)
    for number in range(NUM):
        alone = Problem(
            model,
            LOSSES[name],
            {"train": [(inputs[number : number + 1], targets[number : number + 1])]},
            precision="float64",
        )
        assert found[str(number)] == pytest.approx(alone.metrics(alone.model)["train_loss"], rel=1e-13)


def test_a_sequences_loss_is_the_mean_over_its_tokens():
    scores, targets = torch.randn(3, 5, 4), torch.arange(12).reshape(3, 4) % 5
    problem = Problem(nn.Identity(), cross_entropy, {"test": [(scores, targets)]})
    found = losses_of_batches(problem, {"last": np.array([2])})(problem.model)
    assert found["last"] == pytest.approx(float(functional.cross_entropy(scores[2:], targets[2:])), rel=1e-6)


SHAPES = {
    "a pair (sum, count)": lambda model, batch: {"loss": (model(batch[0]).sum(), len(batch[0]))},
    "a tensor of the shape ()": lambda model, batch: model(batch[0]).mean(),
    "a tensor of the shape (2, 5)": lambda model, batch: model(batch[0]),
    "a tensor of the shape (10,)": lambda model, batch: model(batch[0]).flatten(),
    "float": lambda model, batch: 1.0,
}


@pytest.mark.parametrize("found", SHAPES)
def test_a_loss_that_tells_none_of_single_samples_is_refused(found):
    problem = Problem(nn.Linear(3, 5), SHAPES[found], {"train": [(torch.ones(2, 3), torch.zeros(2))]})
    sentence = (
        "--batch-loss needs one loss a sample, a tensor of one axis as long as the batch, and the loss returned "
        f"{found}; return one value a sample, or leave --batch-loss out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        losses_of_batches(problem, {"whole": np.arange(2)})(problem.model)


def test_targets_left_out_and_several_values_without_a_loss_are_refused():
    batches = [(torch.ones(2, 3), torch.tensor([1, -100]))]
    with pytest.raises(
        ValueError, match="^--batch-loss needs a loss of every sample, and some targets are -100, no class"
    ):
        losses_of_batches(Problem(nn.Linear(3, 5), cross_entropy, {"train": batches}), {})
    two = Problem(
        nn.Linear(3, 5),
        lambda model, batch: {"a": model(batch[0])[:, 0], "b": model(batch[0])[:, 1]},
        {"train": batches},
    )
    with pytest.raises(ValueError, match="needs one of the loss's values to be named loss; they are a, b$"):
        losses_of_batches(two, {"whole": np.arange(2)})(two.model)
