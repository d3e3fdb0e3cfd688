"""Surfaces as VTK's rectilinear grids (.vtr), which ParaView opens: every metric over its true coordinates."""

import numpy as np

from landscape.surface import Surface


def vtk_image(surface: Surface) -> bytes:
    """Return a .vtr file's bytes: one float64 point array a metric, inf and nan as they are, and `done` as uint8.

    A line is a grid of (nx, 1, 1) points at y = 0.

    Raises:
        OSError: vtk is not installed.
    """
    try:
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonCore import vtkStringArray
        from vtkmodules.vtkCommonDataModel import vtkRectilinearGrid
        from vtkmodules.vtkIOXML import vtkXMLRectilinearGridWriter
    except ImportError as error:
        raise OSError("vtr files are written by vtk, which is not installed: pip install vtk") from error
    axes = [surface.grid.x, np.zeros(1) if surface.grid.y is None else surface.grid.y, np.zeros(1)]
    grid = vtkRectilinearGrid()
    grid.SetDimensions(*map(len, axes))
    for put, axis in zip((grid.SetXCoordinates, grid.SetYCoordinates, grid.SetZCoordinates), axes, strict=True):
        put(numpy_to_vtk(axis, deep=True))
    for name, array in {**surface.values, "done": surface.done}.items():
        points = numpy_to_vtk(array.ravel(order="F"), deep=True)  # VTK's points run along x first
        points.SetName(name)
        grid.GetPointData().AddArray(points)
    words = vtkStringArray()
    words.SetName("units")
    for text in _words(surface):
        words.InsertNextValue(text)
    grid.GetFieldData().AddArray(words)
    writer = vtkXMLRectilinearGridWriter()
    writer.SetInputData(grid)
    writer.WriteToOutputStringOn()
    writer.SetDataModeToBinary()
    writer.Write()
    return writer.GetOutputString().encode()


def _words(surface: Surface) -> list[str]:
    found = ["x: lengths of the first direction", "y: lengths of the second direction"][: len(surface.grid.dims)]
    found += [f"{name}: nat a sample" for name in surface.values if name.endswith("loss")]
    found += [f"{name}: fraction" for name in surface.values if name.endswith("accuracy")]
    return [*found, "done: 0 not done, 1 measured"]
