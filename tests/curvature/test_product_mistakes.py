"""What can't be differentiated twice is refused in a sentence, and never taken for a Hessian of zeros."""

import re

import numpy as np
import pytest
import torch
from objectives import classes, objective_of, split, sums_of, tanh_network
from torch import nn

from landscape.curvature.sums import DIFFERENTIATIONS
from landscape.problem.losses import MEAN_REFUSED
from landscape.sweep.world import Mistake


class Exponential(torch.autograd.Function):
    """exp, with a backward of its own that torch can't differentiate."""

    @staticmethod
    def forward(ctx, inputs):
        ctx.save_for_backward(inputs)
        return inputs.exp()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0].exp()


class Once(nn.Module):
    """A network whose second layer alone has second derivatives."""

    def __init__(self) -> None:
        super().__init__()
        self.network = tanh_network()

    def forward(self, inputs):
        return self.network[2](Exponential.apply(self.network[0](inputs)))


class Pooled(nn.Module):
    """A network with a function of which torch has no forward derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(3, 4).double()

    def forward(self, inputs):
        return nn.functional.ctc_loss(
            self.enter(inputs).log_softmax(1)[:, None], torch.ones(1, 2).long(), (len(inputs),), (2,)
        )


def constant(model, batch):
    return model(batch[0]).detach().sum(1)


def of_two_names(model, batch):
    outputs = model(batch[0])
    return {"first": outputs.sum(1), "second": outputs.prod(1)}


def root(model, batch):
    return (0 * model(batch[0])).sum(1).sqrt()


def batches() -> list:
    return split(classes(3))


def refused(ask, *, sentence: str) -> None:
    with pytest.raises(Mistake, match=f"^{re.escape(sentence)}$"):
        ask()


def multiplied(*arguments, **options) -> None:
    objective = objective_of(*arguments, **options)
    objective.products(np.ones(objective.dim))


NOT_DIFFERENTIABLE = (
    "the loss can't be differentiated: no gradient reaches the parameters; it must be made of torch's operations "
    "on the model's output, without .item(), .detach() or counting"
)


def test_an_unknown_differentiation_is_refused():
    sentence = "--differentiation must be one of double-backward, forward-over-reverse, not 'finite'"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        sums_of(tanh_network(), batches(), differentiation="finite")


def test_a_precision_whose_rounding_drowns_curvature_is_refused():
    sentence = "curvature is measured in float32 or float64, not in bf16, whose rounding drowns it"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        sums_of(tanh_network(), batches(), precision="bf16")


def test_a_pattern_that_fits_nothing_is_refused_with_the_names_there_are():
    sentence = "--parameters 'layer1.*' fits no parameter; the model's are 0.weight, 0.bias, 2.weight, 2.bias"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sums_of(tanh_network(), batches(), patterns=["*.bias", "layer1.*"])


def test_a_long_list_of_names_is_cut():
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(7)))
    names = ", ".join(f"{place}.{part}" for place in range(6) for part in ("weight", "bias"))
    sentence = f"--parameters 'x' fits no parameter; the model's are {names}, ..."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sums_of(model, batches(), patterns=["x"])


@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_a_loss_without_a_gradient_is_refused(differentiation):
    refused(
        lambda: multiplied(tanh_network(), batches(), constant, differentiation=differentiation),
        sentence=NOT_DIFFERENTIABLE,
    )
    refused(lambda: objective_of(tanh_network(), batches(), constant).gradient(), sentence=NOT_DIFFERENTIABLE)


def test_a_bare_mean_is_refused():
    refused(
        lambda: objective_of(tanh_network(), batches(), lambda model, batch: model(batch[0]).mean()),
        sentence=MEAN_REFUSED,
    )


def test_several_values_of_which_none_is_the_loss_are_refused():
    refused(
        lambda: objective_of(tanh_network(), batches(), of_two_names),
        sentence="curvature needs one of the loss's values to be named loss; they are first, second",
    )


def test_a_gradient_that_is_not_finite_is_refused():
    refused(
        lambda: objective_of(tanh_network(), batches(), root).gradient(),
        sentence="the gradient is not finite: the loss overflows, or has no slope there; look at other weights",
    )


def test_a_loss_that_counts_no_sample_is_refused():
    blank = [(inputs, torch.full_like(targets, -100)) for inputs, targets in batches()]
    refused(
        lambda: objective_of(tanh_network(), blank),
        sentence="the loss counted no sample, so that there is nothing to differentiate",
    )


def test_a_function_that_can_be_differentiated_but_once_is_never_left_out_silently():
    refused(
        lambda: multiplied(Once(), batches()),
        sentence="the model has no second derivatives in torch (one of its functions is marked with @once_differentiable)",
    )


def test_a_function_without_a_forward_derivative_is_refused():
    with pytest.raises(Mistake) as error:
        multiplied(Once(), batches(), differentiation="forward-over-reverse")
    assert re.fullmatch(
        r"the model has no second derivatives in torch \(.*jvp.*\); try the other --differentiation", str(error.value)
    )


def test_an_operator_whose_gradient_has_no_derivative_is_refused():
    def loss(model, batch):
        return model(batch[0]).sum(), len(batch[0])

    with pytest.raises(Mistake) as error:
        multiplied(Pooled(), [classes(3)], loss)
    assert re.fullmatch(
        r"the model has no second derivatives in torch \(.*not implemented.*\); try the other --differentiation",
        str(error.value),
    )


def test_too_little_memory_is_said_with_what_to_do():
    def full(model, batch):
        raise MemoryError

    refused(
        lambda: objective_of(tanh_network(), batches(), full),
        sentence="too little memory for a Hessian product; give a smaller --batch-size, or --differentiation "
        "forward-over-reverse",
    )


def test_what_does_not_fit_together_is_said_at_the_first_value():
    with pytest.raises(
        Mistake, match=r"^model, loss and data do not work together: RuntimeError in .*: mat1 and mat2 shapes"
    ):
        objective_of(tanh_network(), split(classes(2)))


def test_any_other_error_is_passed_on():
    def failing(model, batch):
        if torch.is_grad_enabled():
            raise ArithmeticError("as the test asked for")
        return model(batch[0]).sum(1)

    with pytest.raises(ArithmeticError, match="^as the test asked for$"):
        multiplied(tanh_network(), batches(), failing)
