"""The surface file opens unchanged in other programs' readers, with axes and values the right way round."""

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.surface_file import write_surface
from landscape.surface import MEASURED, NOT_DONE, Surface

X, Y = np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4)


@pytest.fixture
def plane() -> Surface:
    """alpha + 10 beta, with an inf and a point that is not done."""
    loss = X[:, None] + 10 * Y
    loss[1, 2] = np.inf
    loss[3, 0] = np.nan
    done = np.full(loss.shape, MEASURED)
    done[3, 0] = NOT_DONE
    return Surface(Grid(X, Y), {"train_loss": loss, "train_accuracy": loss / 100}, done, Origin({"seed": 3}))


@pytest.fixture
def path(plane, tmp_path):
    write_surface(plane, tmp_path / "plane.h5")
    return tmp_path / "plane.h5"


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_xarray_reads_values_axes_and_units(engine, plane, path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip({"netcdf4": "netCDF4"}.get(engine, engine))
    with xarray.open_dataset(path, engine=engine) as found:
        assert found.train_loss.dims == found.done.dims == ("x", "y")
        np.testing.assert_array_equal(found.x, X)
        np.testing.assert_array_equal(found.y, Y)
        for name in ("train_loss", "train_accuracy"):
            np.testing.assert_array_equal(found[name], plane.values[name])
        assert found.train_loss.units == "nat" and found.attrs["format"] == "landscape surface 1"
        assert float(found.train_loss.sel(x=X[4], y=Y[1])) == pytest.approx(X[4] + 10 * Y[1])
        assert found.done.dtype == np.uint8


def test_xarray_reads_a_line(tmp_path):
    xarray = pytest.importorskip("xarray")
    write_surface(Surface(Grid(X), {"train_loss": X**2}, np.ones(5)), tmp_path / "line.h5")
    with xarray.open_dataset(tmp_path / "line.h5", engine="h5netcdf") as found:
        assert found.train_loss.dims == ("x",)
        np.testing.assert_array_equal(found.train_loss, X**2)


def test_netcdf4_reads_it(plane, path):
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(path) as found:
        assert found["train_loss"].dimensions == ("x", "y")
        assert {name: len(dim) for name, dim in found.dimensions.items()} == {"x": 5, "y": 4}
        np.testing.assert_array_equal(np.ma.filled(found["train_loss"][:], np.nan), plane.values["train_loss"])
        assert found["done"].flag_meanings == "not_done measured"
        assert "identity" in found["origin"].variables


def test_h5netcdf_reads_it(plane, path):
    h5netcdf = pytest.importorskip("h5netcdf")
    with h5netcdf.File(path) as found:
        assert found["train_loss"].dimensions == ("x", "y")
        np.testing.assert_array_equal(found["train_loss"][...], plane.values["train_loss"])


def test_vtk_reads_values_and_axes(plane, path):
    netcdf = pytest.importorskip("vtkmodules.vtkIONetCDF")
    numpy_support = pytest.importorskip("vtkmodules.util.numpy_support")
    reader = netcdf.vtkNetCDFCFReader()
    reader.SetFileName(str(path))
    reader.SphericalCoordinatesOff()
    reader.UpdateMetaData()
    reader.SetDimensions("(x, y)")
    reader.Update()
    grid = reader.GetOutput()
    # VTK's first axis runs fastest and is netCDF's last, y.
    assert grid.GetDimensions()[:2] == (4, 5)
    np.testing.assert_allclose(grid.GetBounds()[:4], [Y[0], Y[-1], X[0], X[-1]])
    found = numpy_support.vtk_to_numpy(grid.GetPointData().GetArray("train_loss"))
    np.testing.assert_array_equal(found.reshape(5, 4), plane.values["train_loss"])
