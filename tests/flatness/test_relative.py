"""Relative flatness: closed forms of linear layers, a dense Hessian, and probes within their standard errors."""

import numpy as np
import pytest
import torch
from objectives import classes, convolutions, hessian_by_torch, objective_of, split, tanh_network
from small_models import doubles, linear
from torch import nn

from landscape.filters import FilterLayout, filter_layouts
from landscape.flatness.relative import relative_flatness
from landscape.problem.losses import mse

ROWS = FilterLayout()
WEIGHT = np.array([[0.4, -1.2, 2.0, 0.3], [1.5, 0.2, -0.7, 0.9], [0.1, 0.8, 0.5, -2.2]])
INPUTS = doubles(11, 4) + 0.4


def by_definition(weight: np.ndarray, hessian: np.ndarray) -> float:
    """Sum <w_s, w_s'> tr(H_ss') over pairs of rows; the Hessian is that of the row-major weight."""
    num, width = weight.shape
    blocks = hessian.reshape(num, width, num, width)
    return sum(
        float(weight[s] @ weight[other]) * float(np.trace(blocks[s, :, other]))
        for s in range(num)
        for other in range(num)
    )


def test_of_a_linear_layer_under_the_squared_error_it_is_the_ridge():
    """Mean over samples and over three outputs: H_ss' is 2/3 E[xx'] where s = s', and zero elsewhere."""
    objective = objective_of(linear(WEIGHT, [0.1, 0.2, 0.3]), split((INPUTS, doubles(11, 3, seed=1)), (8, 3)), mse)
    found = relative_flatness(objective, "weight", ROWS)
    wanted = 2 / 3 * (WEIGHT**2).sum() * float((INPUTS**2).sum(1).mean())
    assert found.value == pytest.approx(wanted, rel=1e-12)
    assert found.is_exact and found.standard_error == 0 and found.num_products == 12 == objective.num_products


def test_of_softmax_regression_it_is_the_variance_of_rows_over_the_answers():
    """H_ss' = E[(p_s [s = s'] - p_s p_s') xx'], so that kappa = E[|x|^2 (sum p_s |w_s|^2 - |sum p_s w_s|^2)]."""
    samples = INPUTS, torch.arange(11) % 3
    found = relative_flatness(objective_of(linear(WEIGHT), split(samples, (8, 3))), "weight", ROWS)
    shares = (INPUTS @ torch.from_numpy(WEIGHT).T).softmax(1).numpy()
    means = shares @ WEIGHT
    variances = shares @ (WEIGHT**2).sum(1) - (means**2).sum(1)
    assert found.value == pytest.approx(float(((INPUTS.numpy() ** 2).sum(1) * variances).mean()), rel=1e-12)


@pytest.mark.parametrize("name", ["0.weight", "2.weight"])
def test_of_any_layer_it_is_the_definitions_sum_over_a_dense_hessian(name):
    samples, model = classes(3, num=11), tanh_network()
    objective = objective_of(model, split(samples, (8, 3)))
    weight = dict(model.named_parameters())[name].detach().numpy()
    wanted = by_definition(weight, hessian_by_torch(model, samples, patterns=(name,)))
    found = relative_flatness(objective, name, ROWS)
    assert found.is_exact and found.value == pytest.approx(wanted, rel=1e-10)


def test_a_convolutions_filters_are_its_neurons():
    samples, model = classes(2, 6, 6, num=5), convolutions(nn.Tanh)
    wanted = by_definition(
        model[3].weight.detach().reshape(2, 12).numpy(), hessian_by_torch(model, samples, patterns=("3.weight",))
    )
    found = relative_flatness(
        objective_of(model, split(samples, (3, 2))), "3.weight", filter_layouts(model)["3.weight"]
    )
    assert found.is_exact and found.num_products == 24 and found.value == pytest.approx(wanted, rel=1e-10)


def test_a_transposed_convolutions_filters_lie_along_its_second_axis():
    torch.manual_seed(6)
    model = nn.Sequential(nn.ConvTranspose2d(2, 3, (1, 2)), nn.Tanh(), nn.Flatten(), nn.Linear(18, 3)).double()
    samples = classes(2, 2, 2, num=5)
    hessian = hessian_by_torch(model, samples, patterns=("0.weight",)).reshape((2, 3, 2) * 2)
    rows = np.moveaxis(model[0].weight.detach().numpy().reshape(2, 3, 2), 1, 0).reshape(3, 4)
    hessian = hessian.transpose(1, 0, 2, 4, 3, 5).reshape(12, 12)
    found = relative_flatness(
        objective_of(model, split(samples, (3, 2))), "0.weight", filter_layouts(model)["0.weight"]
    )
    assert found.is_exact and found.value == pytest.approx(by_definition(rows, hessian), rel=1e-10)


def test_probes_are_unbiased_and_scatter_as_the_formula_says():
    """V = WZ with signs Z: over probes the variance is 2 (|M|^2 - sum M_ii^2), M = (W' x I) H (W x I)."""
    samples = INPUTS, torch.arange(11) % 3
    objective = objective_of(linear(WEIGHT), split(samples, (8, 3)))
    exact = relative_flatness(objective, "weight", ROWS, num_probes=12)
    by_probes = [relative_flatness(objective, "weight", ROWS, num_probes=11, seed=seed) for seed in range(60)]
    assert exact.is_exact and not by_probes[0].is_exact and by_probes[0].num_products == 11
    values, errors = (np.array([getattr(each, name) for each in by_probes]) for name in ("value", "standard_error"))
    wide = np.kron(WEIGHT, np.eye(4))
    inner = wide.T @ hessian_by_torch(linear(WEIGHT), samples) @ wide
    deviation = np.sqrt(2 * ((inner**2).sum() - (np.diag(inner) ** 2).sum()) / 11)
    assert abs(values.mean() - exact.value) < 3.5 * deviation / np.sqrt(60) < 0.1 * exact.value
    assert np.sqrt((errors**2).mean()) == pytest.approx(deviation, rel=0.3)  # 660 probes of heavy tails
    assert (np.abs(values - exact.value) < 2 * errors).mean() > 0.8


def test_a_single_probe_tells_nothing_of_its_error():
    objective = objective_of(linear(WEIGHT), split((INPUTS, torch.arange(11) % 3), (8, 3)))
    assert np.isnan(relative_flatness(objective, "weight", ROWS, num_probes=1).standard_error)


def test_of_weights_that_are_zero_it_is_zero_without_a_product():
    objective = objective_of(linear(0 * WEIGHT), split((INPUTS, torch.arange(11) % 3), (8, 3)))
    found = relative_flatness(objective, "weight", ROWS)
    assert found.value == 0 and found.is_exact and found.num_products == 0


def test_what_is_no_layers_weight_is_refused():
    model = tanh_network()
    objective = objective_of(model, split(classes(3)))
    filters = filter_layouts(model)
    words = "'weight' is none of the chosen parameters; they are 0.weight, 0.bias, 2.weight, 2.bias"
    with pytest.raises(ValueError, match=f"^{words}$"):
        relative_flatness(objective, "weight", ROWS)
    words = "0.bias is a bias or of a norm; relative flatness is that of a layer's weight"
    with pytest.raises(ValueError, match=f"^{words}$"):
        relative_flatness(objective, "0.bias", filters["0.bias"])
    with pytest.raises(ValueError, match="^relative flatness needs one probe or more, not 0$"):
        relative_flatness(objective, "0.weight", ROWS, num_probes=0)
