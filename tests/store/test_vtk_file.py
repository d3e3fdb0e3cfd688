"""VTK's own reader finds every value at its coordinates."""

import sys

import numpy as np
import pytest
from holed import LINE, slanted

from landscape.grid import Grid
from landscape.store.vtk_file import vtk_image

GRID = Grid(np.array([-0.5, 0.0, 0.1, 0.7, 1.0]), np.array([-1.0, -0.3, 0.25]))


@pytest.mark.parametrize("grid", [GRID, LINE], ids=str)
def test_vtk_finds_every_value_at_its_coordinates_and_inf_and_nan_as_they_are(tmp_path, grid):
    pytest.importorskip("pyevtk")
    pytest.importorskip("vtkmodules")
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLRectilinearGridReader

    surface = slanted(grid)
    (tmp_path / "s.vtr").write_bytes(vtk_image(surface))
    reader = vtkXMLRectilinearGridReader()
    reader.SetFileName(str(tmp_path / "s.vtr"))
    reader.Update()
    image = reader.GetOutput()
    assert image.GetDimensions() == (*grid.shape, *[1] * (3 - len(grid.shape)))
    data = image.GetPointData()
    found = {data.GetArrayName(k): vtk_to_numpy(data.GetArray(k)) for k in range(data.GetNumberOfArrays())}
    assert list(found) == ["train_loss", "train_accuracy", "done"]
    assert found["done"].dtype == np.uint8 and found["train_loss"].dtype == np.float64
    coordinates = {grid.point(index): index for index in grid.indices()}
    for place in range(image.GetNumberOfPoints()):
        x, y, z = image.GetPoint(place)
        index = coordinates.pop((x, y))
        assert z == 0
        for name, array in {**surface.values, "done": surface.done}.items():
            np.testing.assert_equal(found[name][place], array[index])
    assert not coordinates


@pytest.mark.parametrize("grid", [GRID, LINE], ids=str)
def test_the_units_stand_in_a_comment_and_the_same_surface_gives_the_same_bytes(grid):
    pytest.importorskip("pyevtk")
    image = vtk_image(slanted(grid))
    assert b"train_loss: nat a sample; train_accuracy: fraction; done: 0 not done, 1 measured -->" in image[:300]
    assert image == vtk_image(slanted(grid))


def test_without_pyevtk_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyevtk.hl", None)
    with pytest.raises(OSError) as caught:
        vtk_image(slanted(GRID))
    assert str(caught.value) == "vtr files are written by pyevtk, which is not installed: pip install pyevtk"
