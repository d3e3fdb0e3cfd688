"""The surface file: HDF5 laid out as netCDF-4, written whole beside its place and renamed, so that it is never half there."""

from pathlib import Path

import h5py
import numpy as np

from landscape.batch_losses import BatchLosses
from landscape.belief_record import BeliefRecord
from landscape.grid import Grid
from landscape.store.sealed_hdf5 import (
    json_in,
    origin_in,
    put_json,
    put_origin,
    take_sealed,
    variables_in,
    write_sealed,
)
from landscape.store.whole_file import part_of
from landscape.surface import MEASURED, NOT_DONE, Surface

FORMAT = "landscape surface 1"
PACKED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
UNITS = {"loss": "nat", "accuracy": "1"}

__all__ = ["part_of", "read_surface", "write_surface"]


def write_surface(surface: Surface, path: Path | str) -> None:
    """Write a surface so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_sealed(Path(path), lambda file: _fill(file, surface))


def read_surface(path: Path | str) -> Surface:
    """Read a surface file.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another program.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no surface file {path}")
    return take_sealed(path, FORMAT, _surface_in, other="program, not a surface file")


def _fill(file: h5py.File, surface: Surface) -> None:
    grid = surface.grid
    file.attrs["format"] = FORMAT
    if grid.num_planes is not None:
        plane = file.create_dataset("plane", data=np.arange(1, grid.num_planes + 1))
        plane.make_scale("plane")
        plane.attrs["long_name"] = "number of the plane, each of its own directions"
    for name in grid.axes:
        axis = file.create_dataset(name, data=getattr(grid, name))
        axis.make_scale(name)
        axis.attrs["long_name"] = f"displacement along the {'first' if name == 'x' else 'second'} direction"
        axis.attrs["units"] = "1"
    for name, array in {**surface.values, "done": surface.done}.items():
        variable = file.create_dataset(name, data=array, **PACKED)
        _attach(variable, [file[dim] for dim in grid.dims])
        if name == "done":
            variable.attrs["flag_values"] = np.array([NOT_DONE, MEASURED], np.uint8)
            variable.attrs["flag_meanings"] = "not_done measured"
        else:
            variable.attrs["long_name"] = name.replace("_", " ")
            variable.attrs["units"] = UNITS.get(name.rpartition("_")[2], "1")
    put_origin(file, surface.origin)
    if surface.belief is not None:
        _put_belief(file.create_group("belief"), surface.belief)
    if surface.batches is not None:
        _put_batches(file.create_group("batches"), surface.batches, [file[name] for name in grid.axes])


def _surface_in(file: h5py.File) -> Surface:
    num_planes = len(file["plane"]) if "plane" in file else None
    grid = Grid(file["x"][:], file["y"][:] if "y" in file else None, num_planes)
    return Surface(
        grid,
        variables_in(file, ("plane", "x", "y", "done")),
        file["done"][...],
        origin_in(file),
        _belief_in(file),
        _batches_in(file),
    )


def _put_belief(group: h5py.Group, belief: BeliefRecord) -> None:
    for name, array in belief.arrays.items():
        group.create_dataset(name, data=array)
    put_json(group, "findings", belief.findings)


def _belief_in(file: h5py.File) -> BeliefRecord | None:
    if "belief" not in file:
        return None
    group = file["belief"]
    return BeliefRecord(variables_in(group, ("findings",)), json_in(group, "findings"))


def _put_batches(group: h5py.Group, batches: BatchLosses, scales: list[h5py.Dataset]) -> None:
    for name, array in (("whole", batches.whole), ("done", batches.done)):
        _attach(group.create_dataset(name, data=array, **PACKED), scales)
    for size in batches.sizes:
        group.create_dataset(f"members_{size}", data=batches.members[size])
        _attach(group.create_dataset(f"losses_{size}", data=batches.losses[size], **PACKED), scales, first=1)
    group.create_dataset("samples", data=batches.samples)
    put_json(group, "findings", batches.findings)


def _attach(variable: h5py.Dataset, scales: list[h5py.Dataset], first: int = 0) -> None:
    for place, scale in enumerate(scales):
        variable.dims[first + place].attach_scale(scale)


def _batches_in(file: h5py.File) -> BatchLosses | None:
    if "batches" not in file:
        return None
    group = file["batches"]
    sizes = [int(name.removeprefix("members_")) for name in group if name.startswith("members_")]
    members, losses = ({size: group[f"{kind}_{size}"][...] for size in sizes} for kind in ("members", "losses"))
    whole, done = group["whole"][...], group["done"][...]
    return BatchLosses(group["samples"][...], members, losses, whole, done, json_in(group, "findings"))
