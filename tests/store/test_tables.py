"""Tables of a surface: every number there, at its coordinates, bit for bit."""

import csv
import io

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.store.tables import csv_image, npz_image
from landscape.surface import Surface

GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))
LINE = Grid(np.array([-0.4, 0.1, 0.15, 2.0]))


def odd(grid: Grid) -> Surface:
    random = np.random.default_rng(5)
    loss = random.normal(size=grid.shape)
    loss.ravel()[:3] = [np.nan, np.inf, -np.inf]
    done = np.ones(grid.shape, np.uint8)
    done.ravel()[-1] = 0
    return Surface(grid, {"train_loss": loss, "test_margin": random.random(grid.shape)}, done)


@pytest.mark.parametrize("grid", [GRID, LINE], ids=str)
def test_a_row_of_the_csv_holds_a_point_with_its_coordinates(grid):
    surface = odd(grid)
    rows = list(csv.DictReader(io.StringIO(csv_image(surface).decode())))
    assert list(rows[0]) == [*grid.dims, "train_loss", "test_margin", "done"] and len(rows) == grid.num_points
    for index, row in zip(grid.indices(), rows, strict=True):
        assert tuple(float(row[dim]) for dim in grid.dims) == grid.point(index)[: len(grid.dims)]
        for name, array in surface.values.items():
            np.testing.assert_equal(float(row[name]), array[index])
        assert row["done"] == str(surface.done[index])


@pytest.mark.parametrize("grid", [GRID, LINE], ids=str)
def test_numpy_reads_the_archive_without_executing_anything(grid):
    surface = odd(grid)
    with np.load(io.BytesIO(npz_image(surface)), allow_pickle=False) as archive:
        wanted = {**{dim: getattr(grid, dim) for dim in grid.dims}, **surface.values, "done": surface.done}
        assert set(archive) == set(wanted)
        for name, array in wanted.items():
            found = archive[name]
            assert (found.shape, found.dtype, found.tobytes()) == (array.shape, array.dtype, array.tobytes())


def test_the_same_surface_gives_the_same_bytes():
    assert csv_image(odd(GRID)) == csv_image(odd(GRID)) and npz_image(odd(GRID)) == npz_image(odd(GRID))
