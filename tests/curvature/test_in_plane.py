"""Derivatives in a plane, and the map of extreme eigenvalues over it."""

import numpy as np
import pytest
import torch
from objectives import objective_of
from torch import nn

from landscape.curvature.in_plane import METRICS, derivatives_in_plane, eigenvalue_map
from landscape.plane import Plane

CURVATURES = torch.tensor([4.0, -1.0, 0.5], dtype=torch.float64)


class Bowl(nn.Module):
    """sum_i c_i w_i^2 / 2, and beyond w_0 = 3 nothing finite."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64))

    def forward(self, inputs):
        bowl = (CURVATURES * self.w**2).sum() / 2
        return inputs * (bowl + torch.exp(1e4 * self.w[0] ** 2) if self.w[0] > 3 else bowl)


def value(model, batch):
    return model(batch[0]).squeeze(1)


@pytest.fixture
def bowl():
    ones = torch.ones(3, 1, dtype=torch.float64)
    return objective_of(Bowl(), [(ones, ones)], value)


def plane_of(*columns) -> Plane:
    center = {"w": Bowl().w.detach()}
    return Plane(center, *({"w": torch.tensor(column, dtype=torch.float64)} for column in columns))


def test_of_a_quadratic_they_are_the_projected_ones(bowl):
    u, v = np.array([1.0, 2, 0]), np.array([0.0, 1, -3])
    found = derivatives_in_plane(bowl, plane_of(u.tolist(), v.tolist()))
    curvatures, w = CURVATURES.numpy(), np.array([0.3, -0.2, 0.1])
    directions = np.stack([u, v])
    np.testing.assert_allclose(found["gradient"], directions @ (curvatures * w), atol=1e-14)
    np.testing.assert_allclose(found["hessian"], (directions * curvatures) @ directions.T, atol=1e-14)
    assert found["value"] == pytest.approx(float(curvatures @ w**2) / 2, abs=1e-15)


def test_on_a_line_there_is_one_number_of_each(bowl):
    found = derivatives_in_plane(bowl, plane_of([0.0, 2, 0]))
    assert np.shape(found["gradient"]) == (1,) and found["hessian"] == [[pytest.approx(-4)]]


def test_a_map_has_the_eigenvalues_of_each_point_and_nan_where_the_hessian_is_not_finite(bowl):
    measure = eigenvalue_map(bowl, plane_of([1.0, 0, 0], [0.0, 0, 1]), "train")
    here = measure(0.5, -0.25)
    assert list(here) == [f"train_{name}" for name in METRICS]
    assert list(here.values())[:3] == pytest.approx([4, -1, 0.25]) and here["train_eigenvalue_residual"] < 1e-12
    assert np.isnan(list(measure(5.0, 0.0).values())).all()
    assert measure(0.5, -0.25) == here
