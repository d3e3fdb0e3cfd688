"""The surface file: HDF5 laid out as netCDF-4, written whole beside its place and renamed, so that it is never half there."""

import io
import json
from pathlib import Path

import h5py
import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.whole_file import part_of, read_sealed, reason_of, sealed, write_whole
from landscape.surface import MEASURED, NOT_DONE, Surface

FORMAT = "landscape surface 1"
UNITS = {"loss": "nat", "accuracy": "1"}

__all__ = ["part_of", "read_surface", "write_surface"]


def write_surface(surface: Surface, path: Path | str) -> None:
    """Write a surface so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_whole(Path(path), _image(surface))


def read_surface(path: Path | str) -> Surface:
    """Read a surface file.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another program.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no surface file {path}")
    content = read_sealed(path, "an HDF5 file", h5py.is_hdf5)
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if _text(file.attrs.get("format", "")) == FORMAT:
                return _surface_in(file)
    except Exception as error:
        raise OSError(f"{path} is damaged ({reason_of(error)}); it was left as it is") from error
    raise OSError(f"{path} is an HDF5 file of another program, not a surface file; it was left as it is")


def _image(surface: Surface) -> bytes:
    """Return a file's bytes. They are made in memory, since HDF5 can't close a file on a full disk, and dies later."""
    image = io.BytesIO()
    with h5py.File(image, "w", libver=("earliest", "v110"), track_order=True) as file:
        _fill(file, surface)
    return sealed(image.getvalue())


def _fill(file: h5py.File, surface: Surface) -> None:
    grid = surface.grid
    file.attrs["format"] = FORMAT
    file.attrs["Conventions"] = "CF-1.8"
    for name in grid.dims:
        axis = file.create_dataset(name, data=getattr(grid, name))
        axis.make_scale(name)
        axis.attrs["long_name"] = f"displacement along the {'first' if name == 'x' else 'second'} direction"
        axis.attrs["units"] = "1"
    for name, array in {**surface.values, "done": surface.done}.items():
        variable = file.create_dataset(name, data=array, compression="gzip", compression_opts=1, shuffle=True)
        for place, dim in enumerate(grid.dims):
            variable.dims[place].attach_scale(file[dim])
        if name == "done":
            variable.attrs["flag_values"] = np.array([NOT_DONE, MEASURED], np.uint8)
            variable.attrs["flag_meanings"] = "not_done measured"
        else:
            variable.attrs["long_name"] = name.replace("_", " ")
            variable.attrs["units"] = UNITS.get(name.rpartition("_")[2], "1")
    origin = file.create_group("origin")
    for part in ("identity", "circumstance", "record"):
        text = json.dumps(getattr(surface.origin, part), sort_keys=True, default=str)
        origin.create_dataset(part, data=np.frombuffer(text.encode(), np.uint8), compression="gzip")


def _surface_in(file: h5py.File) -> Surface:
    grid = Grid(file["x"][:], file["y"][:] if "y" in file else None)
    values = {
        name: variable[...]
        for name, variable in file.items()
        if isinstance(variable, h5py.Dataset) and name not in ("x", "y", "done")
    }
    parts = {
        part: json.loads(file["origin"][part][:].tobytes().decode()) for part in ("identity", "circumstance", "record")
    }
    return Surface(grid, values, file["done"][...], Origin(**parts))


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
