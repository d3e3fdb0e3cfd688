"""The comparison file: HDF5 laid out as netCDF-4, with `network` as the leading dimension of every array."""

from pathlib import Path

import h5py
import numpy as np

from landscape.comparison import PARTS, SCORED, ComparedNetwork, Comparison
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.sealed_hdf5 import PARTS as OF_ORIGIN
from landscape.store.sealed_hdf5 import (
    json_in,
    origin_in,
    put_json,
    put_origin,
    take_sealed,
    variables_in,
    write_sealed,
)
from landscape.store.surface_file import UNITS
from landscape.surface import MEASURED, NOT_DONE, Surface
from landscape.trials import Trials

FORMAT = "landscape comparison 1"
# Part -> its group, and its dimensions behind `network`.
LAID = {
    "planes": ("", ("plane", "x", "y")),
    "lines": ("lines", ("line", "x")),
    "measures": ("measures", ("trial",)),
    "scores": ("scores", ("split",)),
}


def write_comparison(comparison: Comparison, path: Path | str) -> None:
    """Write a comparison so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_sealed(Path(path), lambda file: _fill(file, comparison))


def read_comparison(path: Path | str) -> Comparison:
    """Read a comparison file.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another program.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no comparison file {path}")
    return take_sealed(path, FORMAT, _comparison_in, other="program, not a comparison")


def _fill(file: h5py.File, comparison: Comparison) -> None:
    file.attrs["format"] = FORMAT
    network = file.create_dataset("network", data=np.arange(1, len(comparison.networks) + 1))
    network.make_scale("network")
    network.attrs["long_name"] = "number of the network"
    network.attrs["names"] = comparison.names
    put_origin(file, comparison.origin)
    for part, (place, dims) in LAID.items():
        group = file.require_group(place) if place else file
        parts = [network.parts[part] for network in comparison.networks]
        _put_dims(group, part, dims, parts[0].grid, comparison)
        for name in (*parts[0].values, "done"):
            array = np.stack([part.done if name == "done" else part.values[name] for part in parts])
            variable = group.create_dataset(name, data=array, compression="gzip", compression_opts=1, shuffle=True)
            for number, dim in enumerate(("network", *dims)):
                variable.dims[number].attach_scale(file[dim] if dim == "network" else group[dim])
            _describe(variable, name)
    for number, network in enumerate(comparison.networks, 1):
        for part in ("planes", "lines"):
            group = file.create_group(f"origin/network {number}/{part}")
            for piece in OF_ORIGIN:
                put_json(group, piece, getattr(network.parts[part].origin, piece))


def _put_dims(group: h5py.Group, part: str, dims: tuple[str, ...], grid, comparison: Comparison) -> None:
    for number, dim in enumerate(dims):
        has_coordinates = dim in ("x", "y")
        scale = group.create_dataset(
            dim, data=getattr(grid, dim) if has_coordinates else np.arange(1, grid.shape[number] + 1)
        )
        scale.make_scale(dim)
        if has_coordinates:
            scale.attrs["long_name"] = f"displacement along the {'second' if dim == 'y' else 'first'} direction"
            scale.attrs["units"] = "1"
        elif dim == "trial":
            scale.attrs["long_name"] = "number of the measurement; the attribute names its measure"
            put_json(group, "plan", {"measures": list(comparison.plan)})
        elif dim == "split":
            scale.attrs["names"] = list(SCORED)


def _describe(variable: h5py.Dataset, name: str) -> None:
    if name == "done":
        variable.attrs["flag_values"] = np.array([NOT_DONE, MEASURED], np.uint8)
        variable.attrs["flag_meanings"] = "not_done measured"
        return
    variable.attrs["long_name"] = name.replace("_", " ")
    variable.attrs["units"] = UNITS.get(name.rpartition("_")[2], "1")


def _comparison_in(file: h5py.File) -> Comparison:
    names = [str(name) for name in file["network"].attrs["names"]]
    plan = tuple(json_in(file["measures"], "plan")["measures"])
    grids = {
        "planes": Grid(file["x"][:], file["y"][:], len(file["plane"])),
        "lines": Grid(file["lines"]["x"][:], None, len(file["lines"]["line"])),
        "measures": Trials(len(plan), "measurement"),
        "scores": Trials(len(SCORED), "split"),
    }
    arrays = {
        part: variables_in(file[place] if place else file, ("network", *dims, "plan"))
        for part, (place, dims) in LAID.items()
    }

    def part_of(number: int, part: str) -> Surface:
        values = {name: array[number] for name, array in arrays[part].items() if name != "done"}
        origin = Origin()
        if part in ("planes", "lines"):
            group = file[f"origin/network {number + 1}/{part}"]
            origin = Origin(**{piece: json_in(group, piece) for piece in OF_ORIGIN})
        return Surface(grids[part], values, arrays[part]["done"][number], origin)

    networks = tuple(
        ComparedNetwork(name, **{part: part_of(number, part) for part in PARTS}) for number, name in enumerate(names)
    )
    return Comparison(networks, plan, origin_in(file))
