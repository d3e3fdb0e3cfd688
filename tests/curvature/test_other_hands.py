"""The same Hessian by other hands: curvlinops, on convolutions with norms and batches of unequal sizes."""

import numpy as np
import pytest
import torch
from curvlinops import HessianLinearOperator
from objectives import classes, close, convolutions, objective_of, split, tanh_network, vectors
from torch import nn

from landscape.curvature.sums import DIFFERENTIATIONS
from landscape.problem.losses import mse


def by_curvlinops(model: nn.Module, loss: nn.Module, batches, given: np.ndarray) -> np.ndarray:
    parameters = [parameter.requires_grad_(True) for parameter in model.parameters()]
    operator = HessianLinearOperator(model, loss, parameters, batches, check_deterministic=False)
    return (operator @ torch.from_numpy(given)).detach().numpy()


@pytest.mark.parametrize("sample", [None, 2], ids=["as it is", "merged"])
@pytest.mark.parametrize("differentiation", DIFFERENTIATIONS)
def test_curvlinops_finds_the_same_products_of_convolutions_with_norms(differentiation, sample):
    inputs, targets = classes(2, 6, 6)
    options = {"differentiation": differentiation, "sample": sample and inputs[:sample]}
    objective = objective_of(convolutions(), split((inputs, targets)), **options)
    given = vectors(objective.dim)
    wanted = by_curvlinops(convolutions(), nn.CrossEntropyLoss(), split((inputs, targets)), given)
    assert close(objective.products(given), wanted, 1e-8)


def test_curvlinops_finds_the_same_products_of_squared_errors():
    samples = classes(3)[0], classes(3, seed=1)[0]
    objective = objective_of(tanh_network(), split(samples), mse)
    given = vectors(objective.dim)
    wanted = by_curvlinops(tanh_network(), nn.MSELoss(), split(samples), given)
    assert close(objective.products(given), wanted, 1e-8)
