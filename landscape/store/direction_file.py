"""The reference implementation's direction file: tensors by number, without names."""

import io
from pathlib import Path

import h5py
import numpy as np

from landscape.store.whole_file import reason_of

GROUPS = {"x": "xdirection", "y": "ydirection"}


def read_direction_file(path: Path, dims: tuple[str, ...]) -> dict[str, list[np.ndarray]]:
    """Read the directions of some axes.

    Args:
        dims: "x", or "x" and "y".

    Returns:
        By axis, the arrays "0", "1", ... in their order.

    Raises:
        OSError: There is no file, or it is damaged or not HDF5.
        ValueError: A direction is missing, or one of its arrays is, or holds other things than finite numbers.
    """
    if not path.is_file():
        raise OSError(f"there is no direction file {path}")
    if not h5py.is_hdf5(path):
        raise OSError(
            f"{path} is not an HDF5 file; expected a direction file with the groups xdirection and ydirection"
        )
    try:
        with h5py.File(io.BytesIO(path.read_bytes()), "r") as file:
            keys = sorted(file)
            found = {
                axis: _numbered(file[GROUPS[axis]]) for axis in dims if isinstance(file.get(GROUPS[axis]), h5py.Group)
            }
    except Exception as error:
        raise OSError(f"{path} is damaged ({reason_of(error)}); it was left as it is") from error
    if "x" not in found:
        raise ValueError(
            f"{path} has no group xdirection, and is no direction file; found {', '.join(keys) or 'nothing'}"
        )
    if "y" in dims and "y" not in found:
        raise ValueError(f"{path} has no ydirection, only xdirection; --x without --y samples a line along it")
    for axis, arrays in found.items():
        for number, array in enumerate(arrays):
            if array is None:
                raise ValueError(f"{path}: {GROUPS[axis]} lacks the dataset {number}; expected 0, 1, ... without a gap")
            if array.dtype.kind not in "fiu":
                raise ValueError(f"{path}: {GROUPS[axis]}/{number} holds no numbers, but {array.dtype}")
            if not np.isfinite(array).all():
                raise ValueError(f"{path}: {GROUPS[axis]}/{number} holds inf or nan, which no direction can have")
    return found


def _numbered(group: h5py.Group) -> list[np.ndarray | None]:
    """Return as many datasets "0", "1", ... as have numbers for names; None where one is missing."""
    num = sum(name.isascii() and name.isdigit() for name in group)
    return [_array(group[str(number)]) if str(number) in group else None for number in range(num)]


def _array(dataset: h5py.Dataset) -> np.ndarray:
    """Return a dataset in this machine's byte order."""
    return dataset[...].astype(dataset.dtype.newbyteorder("="), copy=False)
