"""The file of a race: HDF5 laid out as netCDF-4, written whole."""

from pathlib import Path

import h5py
import numpy as np

from landscape.grid import Grid
from landscape.race.critical import CriticalPoint
from landscape.race.race import Race
from landscape.race.run import Run
from landscape.store.sealed_hdf5 import json_in, origin_in, put_json, put_origin, take_sealed, write_sealed

FORMAT = "landscape race 1"
NEVER = -1  # in place of a step
# Variable -> its dimensions. A run's arrays are nan from where it ran off.
DIMS = {
    "loss": ("x", "y"),
    "start_place": ("start", "weight"),
    "rate": ("run",),
    "started_at": ("run",),
    "diverged_at": ("run",),
    "left_at": ("run",),
    "place": ("run", "step", "weight"),
    "place_loss": ("run", "step"),
    "gradient_norm": ("run", "step"),
    "saddle_distance": ("run", "step"),
    "step_length": ("run", "update"),
    "critical_place": ("critical", "weight"),
    "critical_loss": ("critical",),
    "critical_isolated": ("critical",),
    "critical_width": ("critical",),
    "eigenvalue": ("critical", "eigenpair"),
    "eigenvector": ("critical", "weight", "eigenpair"),
}
OF_RUN = {  # of the file, and of a `Run`
    "rate": "rate",
    "started_at": "start",
    "place": "places",
    "place_loss": "losses",
    "gradient_norm": "gradient_norms",
    "saddle_distance": "saddle_distances",
    "step_length": "step_lengths",
}
OF_POINT = {
    "critical_place": "place",
    "critical_loss": "value",
    "critical_isolated": "is_isolated",
    "critical_width": "width",
    "eigenvalue": "eigenvalues",
    "eigenvector": "eigenvectors",
}
STEPS = ("diverged_at", "left_at")


def write_race(race: Race, path: Path | str) -> None:
    """Write a race so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    write_sealed(Path(path), lambda file: _fill(file, race))


def read_race(path: Path | str) -> Race:
    """Read a race.

    Raises:
        OSError: There is no file, or it is damaged, not HDF5, or HDF5 of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no race file {path}")
    return take_sealed(path, FORMAT, _race_in, other="kind, not a race")


def _fill(file: h5py.File, race: Race) -> None:
    file.attrs["format"] = FORMAT
    arrays = _arrays_of(race)
    lengths = {dim: length for name, array in arrays.items() for dim, length in zip(DIMS[name], array.shape)}
    for dim, length in lengths.items():
        axis = getattr(race.grid, dim) if dim in ("x", "y") else np.arange(length, dtype=np.float64)
        scale = file.create_dataset(dim, data=axis)
        scale.make_scale(dim)
        scale.attrs["units"] = "1"
    for name, array in arrays.items():
        variable = file.create_dataset(name, data=array)
        for place, dim in enumerate(DIMS[name]):
            variable.dims[place].attach_scale(file[dim])
        variable.attrs["long_name"] = name.replace("_", " ")
    names = {key: getattr(race, key) for key in ("name", "formula", "scale", "axes")}
    of_runs = {"optimizers": [run.optimizer for run in race.runs]}
    of_points = {key: [getattr(point, key[:-1]) for point in race.points] for key in ("kinds", "verdicts")}
    put_json(file, "names", names | of_runs | of_points)
    put_origin(file, race.origin)


def _arrays_of(race: Race) -> dict[str, np.ndarray]:
    found = {"loss": race.losses, "start_place": race.starts}
    found |= {name: np.array([getattr(run, key) for run in race.runs]) for name, key in OF_RUN.items()}
    for name in STEPS:
        steps = [getattr(run, name) for run in race.runs]
        found[name] = np.array([NEVER if step is None else step for step in steps])
    shapes = {"weight": 2, "eigenpair": 2}
    for name, key in OF_POINT.items():
        shape = (len(race.points), *(shapes[dim] for dim in DIMS[name][1:]))
        kind = np.uint8 if key == "is_isolated" else np.float64
        found[name] = np.array([getattr(point, key) for point in race.points], kind).reshape(shape)
    return found


def _race_in(file: h5py.File) -> Race:
    arrays = {name: file[name][...] for name in DIMS}
    names = json_in(file, "names")
    runs = []
    for n, optimizer in enumerate(names["optimizers"]):
        steps = {name: None if arrays[name][n] == NEVER else int(arrays[name][n]) for name in STEPS}
        values = {key: arrays[name][n] for name, key in OF_RUN.items()}
        runs.append(
            Run(optimizer=optimizer, **values | {"rate": float(values["rate"]), "start": int(values["start"])} | steps)
        )
    points = []
    for n, (kind, verdict) in enumerate(zip(names["kinds"], names["verdicts"])):
        values = {key: arrays[name][n] for name, key in OF_POINT.items()}
        plain = {key: float(values[key]) for key in ("value", "width")} | {"is_isolated": bool(values["is_isolated"])}
        points.append(CriticalPoint(kind=kind, verdict=verdict, **values | plain))
    return Race(
        names["name"],
        names["formula"],
        names["scale"],
        Grid(file["x"][:], file["y"][:]),
        arrays["loss"],
        tuple(points),
        arrays["start_place"],
        tuple(runs),
        tuple(names["axes"]),
        origin_in(file),
    )
