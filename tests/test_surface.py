import re

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import MEASURED, Surface, empty_surface

GRID = Grid([-0.5, 0.25, 2.0], [0.1, 0.7])


def surface_of(values, done=None) -> Surface:
    return Surface(GRID, {"train_loss": values}, np.ones(GRID.shape) if done is None else done)


@pytest.mark.parametrize("shape", [(2, 3), (6,), (3, 3)])
def test_values_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=f"^{re.escape(f'train_loss has the shape {shape}, but the grid is (3, 2)')}$"):
        surface_of(np.zeros(shape))


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=f"^{re.escape('done has the shape (2, 3), but the grid is (3, 2)')}$"):
        surface_of(np.zeros((3, 2)), np.ones((2, 3)))


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, np.nan])
def test_whether_a_point_is_done_does_not_depend_on_its_value(value):
    surface = surface_of(np.full((3, 2), value))
    assert surface.num_done == 6 and surface.is_complete


def test_a_missing_point_makes_a_surface_incomplete():
    done = np.ones((3, 2))
    done[2, 0] = 0
    surface = surface_of(np.zeros((3, 2)), done)
    assert surface.num_done == 5 and not surface.is_complete


def test_only_measured_points_count_as_diverged():
    values = [[1.0, np.nan], [np.inf, -np.inf], [np.nan, 2.0]]
    assert surface_of(values, [[1, 0], [1, 1], [0, 1]]).num_non_finite("train_loss") == 2


def test_a_surface_keeps_read_only_copies():
    given = np.zeros((3, 2))
    surface = surface_of(given)
    given[:] = 5
    assert (surface.values["train_loss"] == 0).all()
    for array in (surface.values["train_loss"], surface.done):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_values_are_float64_and_the_mask_is_uint8():
    surface = surface_of(np.ones((3, 2), np.float32), np.full((3, 2), MEASURED, np.int64))
    assert (surface.values["train_loss"].dtype, surface.done.dtype) == (np.float64, np.uint8)


def test_of_an_empty_surface_nothing_is_done():
    origin = Origin(identity={"seed": 3})
    surface = empty_surface(GRID, ["train_loss", "test_accuracy"], origin)
    assert surface.num_done == 0 and surface.origin is origin
    assert list(surface.values) == ["train_loss", "test_accuracy"]
    assert all(np.isnan(array).all() and array.shape == (3, 2) for array in surface.values.values())
