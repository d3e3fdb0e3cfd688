"""Surfaces as VTK's rectilinear grids (.vtr), which ParaView opens: every metric over its true coordinates."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from landscape.surface import Surface, require_one_plane

HEAD = b'<?xml version="1.0"?>\n'


def vtk_image(surface: Surface) -> bytes:
    """Return a .vtr file's bytes: one float64 point array a metric, inf and nan as they are, and `done` as uint8.

    A line is a grid of (nx, 1, 1) points at y = 0. A comment at the file's head tells the units.

    Raises:
        ValueError: The surface holds several planes.
        OSError: pyevtk is not installed.
    """
    require_one_plane(surface)
    try:
        from pyevtk.hl import gridToVTK
    except ImportError as error:
        raise OSError("vtr files are written by pyevtk, which is not installed: pip install pyevtk") from error
    axes = surface.grid.x, np.zeros(1) if surface.grid.y is None else surface.grid.y, np.zeros(1)
    arrays = {**surface.values, "done": surface.done}
    points = {name: array.reshape(*map(len, axes)) for name, array in arrays.items()}
    with TemporaryDirectory() as folder:  # it writes to a path alone
        image = Path(gridToVTK(str(Path(folder) / "surface"), *axes, pointData=points)).read_bytes()
    assert image.startswith(HEAD)
    return HEAD + f"<!-- {'; '.join(_words(surface))} -->\n".encode() + image.removeprefix(HEAD)


def _words(surface: Surface) -> list[str]:
    found = ["x: lengths of the first direction", "y: lengths of the second direction"][: len(surface.grid.axes)]
    found += [f"{name}: nat a sample" for name in surface.values if name.endswith("loss")]
    found += [f"{name}: fraction" for name in surface.values if name.endswith("accuracy")]
    return [*found, "done: 0 not done, 1 measured"]
