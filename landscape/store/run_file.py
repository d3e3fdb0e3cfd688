"""The file of a training run: HDF5 laid out as netCDF-4, one column a variable over the epochs, written whole."""

import io
import json
from pathlib import Path

import h5py
import numpy as np

from landscape.origin import Origin
from landscape.run_record import RunRecord
from landscape.store.whole_file import read_sealed, reason_of, sealed, write_whole

FORMAT = "landscape run 1"
PARTS = ("identity", "circumstance", "record")
UNITS = {"loss": "nat", "accuracy": "1", "s": "s"}


def write_run(run: RunRecord, path: Path | str) -> None:
    """Write a run's records so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver=("earliest", "v110"), track_order=True) as file:
        _fill(file, run)
    write_whole(Path(path), sealed(image.getvalue()))


def read_run(path: Path | str) -> RunRecord:
    """Read a run's records.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no run file {path}")
    content = read_sealed(path, "an HDF5 file", h5py.is_hdf5)
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            found = file.attrs.get("format", "")
            if found == FORMAT:
                return _run_in(file)
    except Exception as error:
        raise OSError(f"{path} is damaged ({reason_of(error)}); it was left as it is") from error
    raise OSError(f"{path} is an HDF5 file of another kind, not a run's; it was left as it is")


def _fill(file: h5py.File, run: RunRecord) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["Conventions"] = "CF-1.8"
    axis = file.create_dataset("epoch", data=np.arange(1, run.num_epochs + 1, dtype=np.float64))
    axis.make_scale("epoch")
    axis.attrs["units"] = "1"
    for name, column in run.columns.items():
        variable = file.create_dataset(name, data=column)
        variable.dims[0].attach_scale(axis)
        variable.attrs["long_name"] = name.removesuffix("_s").replace("_", " ")
        variable.attrs["units"] = UNITS.get(name.rpartition("_")[2], "1")
    origin = file.create_group("origin")
    for part in PARTS:
        text = json.dumps(getattr(run.origin, part), sort_keys=True, default=str)
        origin.create_dataset(part, data=np.frombuffer(text.encode(), np.uint8), compression="gzip")


def _run_in(file: h5py.File) -> RunRecord:
    columns = {
        name: variable[...] for name, variable in file.items() if isinstance(variable, h5py.Dataset) and name != "epoch"
    }
    parts = {part: json.loads(file["origin"][part][:].tobytes().decode()) for part in PARTS}
    return RunRecord(columns, Origin(**parts))
