"""The scatter of batches' minima, against quadratics whose minima are known."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.batch_losses import BatchLosses
from landscape.flatness.scatter import minimum_of, scatter_of
from landscape.grid import Grid

GRID = Grid(np.linspace(-0.8, 1.3, 15), np.linspace(-1.1, 0.6, 12))
LINE = Grid(np.linspace(-0.45, 1.05, 9))
HESSIAN = np.array([[3.0, 1.1], [1.1, 0.8]])
PLACES = np.array([(0.3, -0.2), (0.5, -0.1), (-0.2, -0.7), (0.9, 0.2)])


def bowl(grid: Grid, at, least: float) -> np.ndarray:
    """Return least + (p - at)' H (p - at) / 2 over a grid."""
    axes = [getattr(grid, name) for name in grid.axes]
    away = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - np.asarray(at)[: len(axes)]
    return least + np.einsum("...i,ij,...j->...", away, HESSIAN[: len(axes), : len(axes)], away) / 2


def batches_at(places, whole_at=(0.1, -0.1), grid=GRID) -> BatchLosses:
    losses = np.array([bowl(grid, at, 0.1 * number) for number, at in enumerate(places)])
    members = np.arange(2 * len(places)).reshape(-1, 2)
    done = np.ones(grid.shape)
    return BatchLosses(np.arange(members.size), {2: members}, {2: losses}, bowl(grid, whole_at, -0.25), done)


@pytest.mark.parametrize("grid", [GRID, LINE], ids=["plane", "line"])
def test_the_scatter_of_minima_is_that_of_the_quadratics(grid):
    found, num = scatter_of(batches_at(PLACES, grid=grid), grid, 2), len(grid.axes)
    places = PLACES[:, :num]
    np.testing.assert_allclose([minimum.at for minimum in found.minima], places, atol=1e-12)
    np.testing.assert_allclose(found.mean, places.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.deviation, places.std(axis=0, ddof=1), atol=1e-12)
    away = places - (0.1, -0.1)[:num]
    np.testing.assert_allclose(found.excess, np.einsum("bi,ij,bj->b", away, HESSIAN[:num, :num], away) / 2, atol=1e-12)
    assert found.share_on_frame == 0


def test_a_minimum_that_float32_would_hide_is_placed_between_the_points():
    faint = 0.3 + 1e-6 * bowl(GRID, (0.31, -0.22), 0.0)
    np.testing.assert_allclose(minimum_of(GRID, faint).at, (0.31, -0.22), atol=1e-6)


def test_batches_without_a_finite_value_are_left_out_and_counted_by_none():
    batches = batches_at([(0.3, -0.2), (0.5, -0.1), (3.0, 2.0)])
    losses = np.array(batches.losses[2])
    losses[1] = np.inf
    found = scatter_of(replace(batches, losses={2: losses}), GRID, 2)
    assert found.minima[1] is None and np.isnan(found.excess[1]) and found.share_on_frame == 0.5
    none = scatter_of(replace(batches, losses={2: losses * np.nan}), GRID, 2)
    assert np.isnan((*none.mean, *none.deviation, none.share_on_frame)).all()


def test_where_all_samples_have_no_value_around_a_batchs_minimum_the_excess_is_unknown():
    batches = batches_at(PLACES)
    whole = np.array(batches.whole)
    whole[np.abs(GRID.x - 0.9).argmin(), np.abs(GRID.y - 0.2).argmin()] = np.nan
    found = scatter_of(replace(batches, whole=whole), GRID, 2)
    np.testing.assert_array_equal(np.isnan(found.excess), [False, False, False, True])
    np.testing.assert_allclose(found.minima[3].at, PLACES[3], atol=1e-12)


def test_a_single_batch_has_no_deviation():
    found = scatter_of(batches_at(PLACES[:1]), GRID, 2)
    np.testing.assert_allclose(found.mean, PLACES[0], atol=1e-12)
    assert np.isnan(found.deviation).all()
