"""The file of a curvature analysis: HDF5 laid out as netCDF-4, written whole; its eigenvectors lie in a file of weights beside it."""

import json
from pathlib import Path

import h5py
import numpy as np

from landscape.curvature_record import DIMS, CurvatureRecord
from landscape.store.sealed_hdf5 import origin_in, put_origin, take_sealed, variables_in, write_sealed

FORMAT = "landscape curvature 1"
UNITS = {"escape_loss": "nat", "escape_predicted": "nat", "density_weight": "1", "eigenvalue_converged": "1"}


def write_curvature(record: CurvatureRecord, path: Path | str) -> None:
    """Write a record so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_sealed(Path(path), lambda file: _fill(file, record))


def read_curvature(path: Path | str) -> CurvatureRecord:
    """Read a record.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no curvature file {path}")
    return take_sealed(path, FORMAT, _record_in, other="kind, not a curvature analysis")


def _fill(file: h5py.File, record: CurvatureRecord) -> None:
    file.attrs["format"] = FORMAT
    for name, array in record.arrays.items():
        for dim, length in zip(DIMS[name], np.shape(array), strict=True):
            if dim not in file:
                axis = file.create_dataset(dim, data=np.arange(length, dtype=np.float64))
                axis.make_scale(dim)
                axis.attrs["units"] = "1"
        variable = file.create_dataset(name, data=array)
        for place, dim in enumerate(DIMS[name]):
            variable.dims[place].attach_scale(file[dim])
        variable.attrs["long_name"] = name.replace("_", " ")
        if name in UNITS:
            variable.attrs["units"] = UNITS[name]
    text = json.dumps(dict(record.findings), sort_keys=True)
    file.create_group("findings").create_dataset("json", data=np.frombuffer(text.encode(), np.uint8))
    put_origin(file, record.origin)


def _record_in(file: h5py.File) -> CurvatureRecord:
    axes = tuple({dim for dims in DIMS.values() for dim in dims})
    arrays = variables_in(file, axes)
    findings = json.loads(file["findings"]["json"][:].tobytes().decode())
    return CurvatureRecord(arrays, findings, origin_in(file))
