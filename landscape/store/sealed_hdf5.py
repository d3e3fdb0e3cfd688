"""Our HDF5 files, whichever kind: made in memory, sealed, written whole; read after their seal and their format are checked."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np

from landscape.origin import Origin
from landscape.store.whole_file import read_sealed, reason_of, sealed, write_whole

PARTS = ("identity", "circumstance", "record")
Value = TypeVar("Value")


def write_sealed(path: Path, fill: Callable[[h5py.File], None]) -> None:
    """Write what `fill` puts into a file. It is made in memory, since HDF5 can't close a file on a full disk, and dies later.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver=("earliest", "v110"), track_order=True) as file:
        file.attrs["Conventions"] = "CF-1.8"
        fill(file)
    write_whole(path, sealed(image.getvalue()))


def take_sealed(path: Path, form: str, take: Callable[[h5py.File], Value], *, other: str) -> Value:
    """Return what `take` finds in a file whose attribute `format` is `form`.

    Args:
        other: What a file of another format is, in words.

    Raises:
        OSError: It is damaged, not HDF5, or of another format.
    """
    content = read_sealed(path, "an HDF5 file", h5py.is_hdf5)
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if _format_in(file) == form:
                return take(file)
    except Exception as error:
        raise OSError(f"{path} is damaged ({reason_of(error)}); it was left as it is") from error
    raise OSError(f"{path} is an HDF5 file of another {other}; it was left as it is")


def format_of(path: Path) -> str:
    """Return what a file says it is; "" where it is none of ours or can't be read, which its reader will say."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            return _format_in(file)
    except (OSError, RuntimeError, KeyError, ValueError):
        return ""


def _format_in(file: h5py.File) -> str:
    found = file.attrs.get("format", "")
    return found.decode() if isinstance(found, bytes) else str(found)


def put_origin(file: h5py.File, origin: Origin) -> None:
    group = file.create_group("origin")
    for part in PARTS:
        put_json(group, part, getattr(origin, part))


def origin_in(file: h5py.File) -> Origin:
    return Origin(**{part: json_in(file["origin"], part) for part in PARTS})


def put_json(group: h5py.Group, name: str, values: Mapping) -> None:
    text = json.dumps(values, sort_keys=True, default=str)
    group.create_dataset(name, data=np.frombuffer(text.encode(), np.uint8), compression="gzip")


def json_in(group: h5py.Group, name: str) -> dict:
    return json.loads(group[name][:].tobytes().decode())


def variables_in(file: h5py.Group, without: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return a group's arrays by name."""
    datasets = {name: found for name, found in file.items() if isinstance(found, h5py.Dataset)}
    return {name: found[...] for name, found in datasets.items() if name not in without}
