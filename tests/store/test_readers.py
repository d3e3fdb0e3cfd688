"""Four other programs open the surface file unchanged, each axis the right way round."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from holed import LINE, slanted

from landscape.belief_record import BeliefRecord
from landscape.grid import Grid
from landscape.store.surface_file import write_surface
from landscape.surface import Surface

PLANES = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4), num_planes=2)
GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))


@pytest.fixture(params=[GRID, LINE, PLANES], ids=["plane", "line", "planes"])
def written(request, tmp_path):
    """Return a surface, with what was measured beside, and its file."""
    surface = replace(
        slanted(request.param), belief=BeliefRecord({"hessian_uu": np.array([1.0, 2.0])}, {"level": "full"})
    )
    write_surface(surface, tmp_path / "s.h5")
    return surface, tmp_path / "s.h5"


def assert_same(found: dict, surface: Surface) -> None:
    """Compare arrays by name with those of a surface, bit for bit."""
    wanted = {
        **surface.values,
        "done": surface.done,
        **{axis: getattr(surface.grid, axis) for axis in surface.grid.axes},
    }
    wanted |= {} if surface.grid.num_planes is None else {"plane": np.arange(1, surface.grid.num_planes + 1)}
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        got = np.ascontiguousarray(np.ma.getdata(found[name]))
        assert got.shape == array.shape and got.dtype == array.dtype and got.tobytes() == array.tobytes(), name


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_opens_it(written, engine):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("netCDF4" if engine == "netcdf4" else engine)
    surface, path = written
    with xarray.open_dataset(path, engine=engine) as data:
        assert_same({name: data[name].values for name in data.variables}, surface)
        assert set(data.coords) == set(surface.grid.dims)
        for name in (*surface.values, "done"):
            assert data[name].dims == surface.grid.dims
        assert data.attrs["Conventions"] == "CF-1.8" and isinstance(data.attrs["format"], str)
        assert data["train_loss"].attrs["units"] == "nat" and data["train_accuracy"].attrs["units"] == "1"
        middle = data["train_loss"].sel(x=surface.grid.x[3], method="nearest")
        assert np.array_equal(middle, surface.values["train_loss"].take(3, surface.grid.dims.index("x")))


def test_netcdf4_opens_it(written):
    netcdf = pytest.importorskip("netCDF4")
    surface, path = written
    with netcdf.Dataset(path) as data:
        data.set_auto_mask(False)
        assert_same({name: variable[...] for name, variable in data.variables.items()}, surface)
        assert {name: len(dim) for name, dim in data.dimensions.items()} == dict(
            zip(surface.grid.dims, surface.grid.shape)
        )
        assert data.variables["train_loss"].dimensions == surface.grid.dims
        assert data.Conventions == "CF-1.8" and list(data.groups) == ["origin", "belief"]
        assert data.variables["done"].flag_meanings == "not_done measured"


def test_h5netcdf_opens_it(written):
    h5netcdf = pytest.importorskip("h5netcdf")
    surface, path = written
    with h5netcdf.File(path) as data:
        assert_same({name: variable[...] for name, variable in data.variables.items()}, surface)
        assert data.variables["train_loss"].dimensions == surface.grid.dims


def test_h5py_finds_a_scale_on_every_axis_of_every_root_array_and_text_in_every_attribute(written):
    surface, path = written
    with h5py.File(path) as file:
        arrays = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
        assert set(arrays) == {*surface.grid.dims, *surface.values, "done"}
        for name, array in arrays.items():
            if name not in surface.grid.dims:
                assert tuple(array.dims[place][0].name.lstrip("/") for place in range(array.ndim)) == surface.grid.dims
                assert array.compression == "gzip"
        for item in (file, *arrays.values()):
            ours = {key: value for key, value in item.attrs.items() if key not in NETCDFS_OWN and key != "flag_values"}
            assert all(isinstance(value, str) for value in ours.values()), ours


NETCDFS_OWN = {"CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST"}


def test_vtk_opens_it_with_each_axis_the_right_way_round(tmp_path):
    """VTK's fast axis is the file's last, y, so that a point k of its image is (x[k // ny], y[k % ny])."""
    vtk = pytest.importorskip("vtk")
    from vtk.util.numpy_support import vtk_to_numpy

    surface = slanted(GRID)
    write_surface(surface, tmp_path / "s.h5")
    reader = vtk.vtkNetCDFReader()
    reader.SetFileName(str(tmp_path / "s.h5"))
    reader.UpdateInformation()
    dims = reader.GetAllDimensions()
    assert {dims.GetValue(place) for place in range(dims.GetNumberOfValues())} == {"(x, y)", "(x)", "(y)"}
    found = {}
    for name in ("(x)", "(y)", "(x, y)"):
        reader.SetDimensions(name)
        reader.Update()
        data = reader.GetOutput().GetPointData()
        found |= {data.GetArrayName(k): vtk_to_numpy(data.GetArray(k)) for k in range(data.GetNumberOfArrays())}
    assert reader.GetOutput().GetDimensions() == (4, 5, 1)
    planes = {name: found[name].reshape(5, 4) for name in ("train_loss", "train_accuracy", "done")}
    assert_same({**planes, "x": found["x"], "y": found["y"]}, surface)

    reader = vtk.vtkNetCDFCFReader()  # the one that ParaView uses; it puts points at their coordinates
    reader.SetFileName(str(tmp_path / "s.h5"))
    reader.UpdateInformation()
    reader.SetDimensions("(x, y)")
    reader.Update()
    image = reader.GetOutput()
    loss = vtk_to_numpy(image.GetPointData().GetArray("train_loss"))
    for place in range(3, image.GetNumberOfPoints()):
        y, x, _ = image.GetPoint(place)
        assert loss[place] == pytest.approx(x + 10 * y, abs=1e-12)  # coordinates by steps, so to rounding
