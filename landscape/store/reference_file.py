"""The reference implementation's surface file: read into a surface, and written from one.

Its arrays have the shape (nx, ny), but are filled by a flat index whose point k is (x[k % nx], y[k // nx]).
"""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.whole_file import reason_of
from landscape.surface import MEASURED, NOT_DONE, Surface, require_one_plane

MISSING = -1.0
PER_CENT = 100.0
LOSSES = ("train_loss", "test_loss")
KEYS = {
    "train_loss": "train_loss",
    "train_acc": "train_accuracy",
    "test_loss": "test_loss",
    "test_acc": "test_accuracy",
}
OTHERS = {  # a key by which another of its files is known -> what that is, and what to do
    "xdirection": "a direction file, not a surface; give it to `landscape surface --direction-file`",
    "proj_xcoord": "a projected trajectory, not a surface; there is no loss in it to read",
    "max_eig": "a map of eigenvalues, not a surface; there is no loss in it to read",
    "min_eig": "a map of eigenvalues, not a surface; there is no loss in it to read",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands in a file: arrays by its own keys, and the name of its direction file."""

    arrays: dict[str, np.ndarray]
    direction_file: str


def reference_image(surface: Surface) -> bytes:
    """Return the bytes of a surface in the reference's layout; it holds loss and accuracy, and not the origin.

    Raises:
        ValueError: There are several planes, there is no loss, or a measured one is -1, which the layout means by "not done".
    """
    require_one_plane(surface)
    if not any(name in surface.values for name in LOSSES):
        raise ValueError(
            f"the reference's layout holds train_loss and test_loss, but there are only {', '.join(surface.values)}; "
            "choose another --format"
        )
    is_done = surface.done != NOT_DONE
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file["dir_file"] = "; ".join(map(str, surface.origin.record.get("directions") or []))
        for dim in surface.grid.axes:
            file[f"{dim}coordinates"] = getattr(surface.grid, dim)
        for key, name in KEYS.items():
            if name not in surface.values:
                continue
            values = surface.values[name]
            if name in LOSSES and (num := int((is_done & (values == MISSING)).sum())):
                raise ValueError(
                    f"{name} is -1 at {num} measured point{'s' * (num > 1)}, which the reference's layout means by "
                    '"not done"; choose another --format'
                )
            values = values if name in LOSSES else values * PER_CENT
            file[key] = _in_its_order(np.where(is_done, values, MISSING))
    return image.getvalue()


def read_reference(path: Path | str) -> Surface:
    """Read a surface file of the reference implementation, of a plane or a line, complete or not.

    Per cent become fractions. A point is done where each loss is there; a split without any number is left out.

    Raises:
        OSError: There is no file, or it is damaged or not HDF5.
        ValueError: It is another of the reference's files, or its arrays can't be placed.
    """
    path = Path(path)
    if not path.is_file():
        raise OSError(f"there is no file {path}")
    if not h5py.is_hdf5(path):
        raise OSError(f"{path} is not an HDF5 file; expected a surface file of the reference implementation")
    content = path.read_bytes()
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            keys, is_ours = set(file), "landscape" in str(file.attrs.get("format", ""))
            found = _found_in(file)
    except Exception as error:
        raise OSError(f"{path} is damaged ({reason_of(error)}); it was left as it is") from error
    if is_ours:
        raise ValueError(f"{path} is a file of this tool's own already; `landscape info` and `landscape page` read it")
    _require_surface(path, keys)
    return _surface_of(path, found, sha256(content).hexdigest())


def _found_in(file: h5py.File) -> _Found:
    wanted = ("xcoordinates", "ycoordinates", *KEYS)
    arrays = {key: np.asarray(file[key][...], np.float64) for key in wanted if key in file}
    words = file["dir_file"][()] if "dir_file" in file else ""
    return _Found(arrays, words.decode(errors="replace") if isinstance(words, bytes) else str(words))


def _require_surface(path: Path, keys: set[str]) -> None:
    """Refuse what holds no loss, by the name of what it is."""
    missing = [] if "xcoordinates" in keys else ["xcoordinates"]
    missing += [] if keys & set(LOSSES) else ["train_loss"]
    for key, words in OTHERS.items():
        if missing and key in keys:
            raise ValueError(f"{path} is {words}")
    for accuracy, loss in (("train_acc", "train_loss"), ("test_acc", "test_loss")):
        missing += [loss] if accuracy in keys and loss not in keys and loss not in missing else []
    if missing:
        raise ValueError(
            f"{path} has no {' and no '.join(missing)}; expected xcoordinates, train_loss or test_loss with its accuracy, "
            f"and ycoordinates for a plane, and found {', '.join(sorted(keys)) or 'nothing'}"
        )


def _surface_of(path: Path, found: _Found, digest: str) -> Surface:
    arrays = found.arrays
    try:
        grid = Grid(arrays["xcoordinates"], arrays.get("ycoordinates"))
    except ValueError as error:
        raise ValueError(f"{path} can't be placed on a grid: {error}") from error
    raw = {name: _placed(path, key, arrays[key], grid) for key, name in KEYS.items() if key in arrays}
    empty = [name for name in LOSSES if name in raw and (raw[name] == MISSING).all()]
    losses = [name for name in LOSSES if name in raw and name not in empty] or empty[:1]
    is_done = np.logical_and.reduce([raw[name] != MISSING for name in losses])
    splits = {name.partition("_")[0] for name in losses}
    values = {}
    for name, array in raw.items():
        if name.partition("_")[0] in splits:
            kept = np.where(is_done & (array != MISSING), array, np.nan)
            values[name] = kept if name in LOSSES else kept / PER_CENT
    only_one = np.logical_or.reduce([raw[name] != MISSING for name in losses]) & ~is_done
    return Surface(
        grid,
        values,
        np.where(is_done, MEASURED, NOT_DONE),
        _origin(path, found, digest, _notes(empty, losses, only_one)),
    )


def _notes(empty: list[str], losses: list[str], only_one: np.ndarray) -> list[str]:
    notes = [f"{name} holds no number and was left out" for name in empty if name not in losses]
    if num := int(only_one.sum()):
        notes.append(
            f"{num} point{'s hold' if num > 1 else ' holds'} the loss of one split alone, and count{'s' * (num == 1)} as not done"
        )
    return notes


def _origin(path: Path, found: _Found, digest: str, notes: list[str]) -> Origin:
    named = f" (the file names {found.direction_file})" if found.direction_file else ""
    return Origin(
        identity={"imported": digest},
        record={
            "imported": f"{path}, a surface file of the reference implementation (sha256 {digest[:12]}); "
            "weights, data and loss are not recorded there",
            "directions": [f"unknown{named}"],
            "notes": notes,
        },
    )


def _placed(path: Path, key: str, array: np.ndarray, grid: Grid) -> np.ndarray:
    """Return an array as [x, y]; one of meshgrid's shape (ny, nx) has the same flat index."""
    if array.shape not in (grid.shape, grid.shape[::-1]):
        axes = " and ".join(f"{dim}coordinates" for dim in grid.axes)
        raise ValueError(
            f"{path} can't be placed on a grid: {key} has the shape {array.shape}, but {axes} make {grid.shape}"
        )
    return array if grid.y is None else array.reshape(grid.shape[::-1]).T


def _in_its_order(array: np.ndarray) -> np.ndarray:
    """Return an array [x, y] as it stands in such a file: the shape as it is, x running fastest."""
    return array if array.ndim == 1 else array.T.reshape(array.shape)
