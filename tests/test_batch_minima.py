"""Minima of surfaces of batches, against quadratics whose minima are known."""

from itertools import product

import numpy as np
import pytest

from landscape.batch_losses import BatchLosses
from landscape.batch_minima import minimum_of, scatter_of, value_at
from landscape.grid import Grid

GRID = Grid(np.linspace(-0.8, 1.3, 15), np.linspace(-1.1, 0.6, 12))
UNEVEN = Grid([-0.7, -0.4, -0.3, 0.1, 0.15, 0.9], [-1.0, -0.2, 0.3, 0.35, 0.7])
LINE = Grid(np.linspace(-0.45, 1.05, 9))
HESSIAN = np.array([[3.0, 1.1], [1.1, 0.8]])


def bowl(grid: Grid, at, hessian=HESSIAN, least: float = -0.25) -> np.ndarray:
    """Return least + (p - at)' H (p - at) / 2 over a grid."""
    axes = [getattr(grid, name) for name in grid.axes]
    away = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - np.asarray(at)
    hessian = np.asarray(hessian)[: len(axes), : len(axes)]
    return least + np.einsum("...i,ij,...j->...", away, hessian, away) / 2


@pytest.mark.parametrize("at", [(0.31, -0.22), (0.02, -0.5), (0.86, 0.41)])
@pytest.mark.parametrize("grid", [GRID, UNEVEN, LINE], ids=["plane", "uneven", "line"])
def test_a_quadratics_minimum_is_found_between_the_points(grid, at):
    at = at[: len(grid.axes)]
    found = minimum_of(grid, bowl(grid, at))
    np.testing.assert_allclose(found.place, at, atol=1e-13)
    assert found.value == pytest.approx(-0.25, abs=1e-14) and not found.is_on_frame


def test_a_narrow_valleys_minimum_is_found_though_the_lowest_point_lies_far_from_it():
    values = bowl(GRID, (0.31, -0.22), [[3.0, 1.545], [1.545, 0.8]])
    index = np.unravel_index(values.argmin(), values.shape)
    assert abs(GRID.x[index[0]] - 0.31) > 0.2
    np.testing.assert_allclose(minimum_of(GRID, values).place, (0.31, -0.22), atol=1e-10)


@pytest.mark.parametrize("at", [(2.0, -0.2), (0.3, -1.6), (-5.0, 3.0)])
def test_a_minimum_beyond_the_frame_is_the_lowest_point_of_it_and_said_to_be_there(at):
    values = bowl(GRID, at, np.diag([2.0, 1.0]))
    found = minimum_of(GRID, values)
    clipped = [np.clip(coordinate, axis[0], axis[-1]) for coordinate, axis in zip(at, (GRID.x, GRID.y))]
    assert found.is_on_frame and found.value == values.min()
    assert all(abs(got - wanted) <= 0.08 for got, wanted in zip(found.place, clipped))  # half a cell


def test_a_point_beside_a_hole_stays_where_it_is():
    values = bowl(GRID, (0.31, -0.22))
    index = np.unravel_index(values.argmin(), values.shape)
    values[index[0] + 1, index[1] - 1] = np.nan
    values[0, 0] = -np.inf  # no value to stand on
    found = minimum_of(GRID, values)
    assert found.place == (GRID.x[index[0]], GRID.y[index[1]]) and not found.is_on_frame
    assert minimum_of(GRID, np.full(GRID.shape, np.nan)) is None


def test_of_a_floor_the_point_nearest_to_the_center_is_taken():
    values = np.maximum(bowl(GRID, (0.1, -0.3), 4 * np.eye(2), 0.0), 0.5)
    found = minimum_of(GRID, values)
    nearest = min(np.argwhere(values == 0.5), key=lambda at: np.hypot(GRID.x[at[0]], GRID.y[at[1]]))
    assert found.place == (GRID.x[nearest[0]], GRID.y[nearest[1]])


def test_along_a_valley_without_slope_the_lowest_point_stays():
    values = bowl(GRID, (0.31, -0.22), np.outer([1.0, 0.4], [1.0, 0.4]))
    found = minimum_of(GRID, values)
    assert found.value == values.min()


def test_a_saddle_and_a_kink_keep_the_lowest_point():
    saddle = bowl(GRID, (0.31, -0.22), [[1.0, 1.7], [1.7, 0.3]])
    kink = np.abs(GRID.x - 0.05)[:, None] * 30 + np.abs(GRID.y + 0.33)
    for values in (saddle, kink + saddle):
        found = minimum_of(GRID, values)
        assert found.value <= values.min() and all(
            axis[0] <= at <= axis[-1] for axis, at in zip((GRID.x, GRID.y), found.place)
        )
    assert minimum_of(GRID, saddle).is_on_frame and minimum_of(GRID, saddle).value == saddle.min()


@pytest.mark.parametrize("grid", [GRID, UNEVEN, LINE, Grid([-0.5, 1.0], [0.2, 0.3, 0.9])], ids=str)
def test_the_value_between_points_is_exact_for_quadratics(grid):
    at, random = (0.3, -0.2)[: len(grid.axes)], np.random.default_rng(3)
    values = bowl(grid, at) if len(grid.x) > 2 else 2 * grid.x[:, None] + grid.y**2
    for share in random.uniform(size=(20, len(grid.axes))):
        place = [getattr(grid, name)[0] + part * np.ptp(getattr(grid, name)) for name, part in zip(grid.axes, share)]
        away = np.array(place) - at
        exact = -0.25 + away @ HESSIAN[: len(at), : len(at)] @ away / 2
        exact = exact if len(grid.x) > 2 else 2 * place[0] + place[1] ** 2
        assert value_at(grid, values, place) == pytest.approx(exact, abs=1e-12)


def test_at_the_points_themselves_the_value_is_the_points():
    values = np.random.default_rng(0).normal(size=UNEVEN.shape)
    for i, j in product(range(6), range(5)):
        assert value_at(UNEVEN, values, (UNEVEN.x[i], UNEVEN.y[j])) == pytest.approx(values[i, j], abs=1e-12)


def batches_at(places, whole_at, grid=GRID) -> BatchLosses:
    losses = np.array([bowl(grid, at, least=0.1 * number) for number, at in enumerate(places)])
    members = np.arange(2 * len(places)).reshape(-1, 2)
    done = np.ones(grid.shape)
    return BatchLosses(np.arange(members.size), {2: members}, {2: losses}, bowl(grid, whole_at), done)


def test_the_scatter_of_minima_is_that_of_the_quadratics():
    places = np.array([(0.3, -0.2), (0.5, -0.1), (-0.2, -0.7), (0.9, 0.2)])
    found = scatter_of(batches_at(places, (0.1, -0.1)), GRID, 2)
    np.testing.assert_allclose(found.mean, places.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.deviation, places.std(axis=0, ddof=1), atol=1e-12)
    away = places - (0.1, -0.1)
    np.testing.assert_allclose(found.excess, np.einsum("bi,ij,bj->b", away, HESSIAN, away) / 2, atol=1e-12)
    assert found.share_on_frame == 0


def test_batches_without_a_finite_value_are_left_out_and_counted_by_none():
    batches = batches_at([(0.3, -0.2), (0.5, -0.1), (3.0, 2.0)], (0.1, -0.1))
    losses = np.array(batches.losses[2])
    losses[1] = np.inf
    found = scatter_of(BatchLosses(batches.samples, batches.members, {2: losses}, batches.whole, batches.done), GRID, 2)
    assert found.minima[1] is None and np.isnan(found.excess[1]) and found.share_on_frame == 0.5
    none = scatter_of(
        BatchLosses(batches.samples, batches.members, {2: losses * np.nan}, batches.whole, batches.done), GRID, 2
    )
    assert np.isnan((*none.mean, *none.deviation, none.share_on_frame)).all()
