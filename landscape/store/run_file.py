"""The file of a training run: HDF5 laid out as netCDF-4, one column a variable over epochs or steps, written whole."""

from pathlib import Path

import h5py

from landscape.run_record import RunRecord
from landscape.store.sealed_hdf5 import origin_in, put_origin, take_sealed, variables_in, write_sealed

FORMAT = "landscape run 1"
UNITS = {"loss": "nat", "accuracy": "1", "s": "s"}


def write_run(run: RunRecord, path: Path | str) -> None:
    """Write a run's records so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_sealed(Path(path), lambda file: _fill(file, run))


def read_run(path: Path | str) -> RunRecord:
    """Read a run's records.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no run file {path}")
    return take_sealed(path, FORMAT, _run_in, other="kind, not a run's")


def _fill(file: h5py.File, run: RunRecord) -> None:
    file.attrs["format"] = FORMAT
    unit, done = run.axis
    axis = file.create_dataset(unit, data=done)
    axis.make_scale(unit)
    axis.attrs["units"] = "1"
    for name, column in run.columns.items():
        variable = file.create_dataset(name, data=column)
        variable.dims[0].attach_scale(axis)
        variable.attrs["long_name"] = name.removesuffix("_s").replace("_", " ")
        variable.attrs["units"] = UNITS.get(name.rpartition("_")[2], "1")
    put_origin(file, run.origin)


def _run_in(file: h5py.File) -> RunRecord:
    columns = variables_in(file, ("epoch",))
    return RunRecord(columns, origin_in(file), columns.pop("step", None))
