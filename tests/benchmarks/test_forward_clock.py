import time

import pytest
import torch
from torch import nn

from benchmarks.forward_clock import ClockedLoss, outside_s
from landscape.problem.losses import cross_entropy
from landscape.problem.problem import Problem
from landscape.weights import weights_of


class Slow(nn.Linear):
    def forward(self, inputs):
        time.sleep(0.02)
        return super().forward(inputs)


def test_a_clocked_loss_is_the_loss_and_notes_each_pass_alone():
    torch.manual_seed(0)
    model = Slow(3, 4)
    batches = {"train": [(torch.randn(size, 3), torch.arange(size) % 4) for size in (5, 2)]}

    def slow_loss(model, batch):
        time.sleep(0.3)
        return cross_entropy(model, batch)

    problem = Problem(model, slow_loss, batches)
    plain = problem.measure(weights_of(model))
    problem.loss = clock = ClockedLoss(problem.loss)
    assert problem.measure(weights_of(model)) == plain
    passes_s = clock.take()
    assert len(passes_s) == 2 and all(0.02 <= took_s < 0.3 for took_s in passes_s)
    with pytest.raises(AssertionError, match="^no forward pass went through the loss$"):
        clock.take()


def test_what_the_first_pass_takes_beyond_the_others_lies_outside():
    assert outside_s(10.0, [3.0, 2.0, 2.0, 0.5]) == pytest.approx(2.5 + 1.0)
    assert outside_s(10.0, [1.0, 2.0, 2.0]) == pytest.approx(5.0)
    assert outside_s(10.0, [9.0]) == pytest.approx(1.0)
