"""Data sets by name or spec: fixed inputs and targets a split, never augmented."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape.problem.array_cache import cached_arrays, default_folder, digest_of_files
from landscape.problem.factories import called, find_factory
from landscape.problem.images import PUBLISHED, from_folder, published
from landscape.problem.samples import ARRAYS, Dataset, Samples, dataset_of, samples_of

NAMES = (
    "digits",
    *PUBLISHED,
    "npz:FILE",
    "folder:DIR",
    "package.module:factory",
    "path/file.py:factory",
)
DIGITS_MEAN = (0.3058,)
DIGITS_STD = (0.3764,)


def open_dataset(
    spec: str, *, data_dir: Path = Path("data"), cache_dir: Path | None = None, download: bool = False
) -> Dataset:
    """Open a data set.

    Args:
        spec: One of `NAMES`.
        data_dir: Where the files of a named data set lie.
        cache_dir: Where decoded arrays are kept; None for the user's cache folder.
        download: Fetch the files into `data_dir` where they are missing.

    Raises:
        ValueError: The name is unknown, or the arrays do not fit together.
        OSError: A file is missing or unreadable.
    """
    if spec == "digits":
        return digits()
    folder = cache_dir or default_folder()
    if spec in PUBLISHED:
        known = PUBLISHED[spec]
        if known.packed and (data_dir / known.packed).is_file():
            return replace(from_npz(data_dir / known.packed, folder), name=spec, mean=known.mean, std=known.std)
        return published(spec, data_dir, folder, download)
    if spec.startswith("folder:"):
        return from_folder(Path(spec[7:]), folder)
    if spec.startswith("npz:"):
        return from_npz(Path(spec[4:]), folder)
    if ":" in spec:
        return from_factory(spec, find_factory(spec, "data set"))
    raise ValueError(f"unknown data set {spec!r}; choose one of {', '.join(NAMES)}")


def digits() -> Dataset:
    """Return scikit-learn's 1,797 handwritten digits, 8x8, between 0 and 1; every fifth is a test sample."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    inputs = (images.reshape(-1, 1, 8, 8) / 16).astype(np.float32)
    is_test = np.arange(len(labels)) % 5 == 4
    splits = {
        name: Samples(inputs[chosen], labels[chosen].astype(np.int64))
        for name, chosen in (("train", ~is_test), ("test", is_test))
    }
    return Dataset("digits", splits, DIGITS_MEAN, DIGITS_STD)


def from_npz(path: Path, cache_dir: Path) -> Dataset:
    """Return the arrays of a NumPy archive: train_images, train_labels and, if there, test_images, test_labels.

    Images are (samples, height, width, channels) uint8, or floating-point numbers taken as they are.
    """
    if not path.is_file():
        raise OSError(f"there is no file {path}; expected an npz archive with the arrays {', '.join(ARRAYS)}")

    def arrays() -> dict[str, np.ndarray]:
        try:
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in ARRAYS if name in archive}
        except Exception as error:
            raise OSError(f"{path} can't be read as an npz archive of plain arrays ({error})") from error

    return dataset_of(f"npz:{path.name}", cached_arrays(cache_dir, digest_of_files([path]), arrays))


def from_factory(spec: str, factory: Callable) -> Dataset:
    """Return what a user's `factory()` gives: a mapping of split to (inputs, targets), or to a torch data set.

    A torch data set's samples are read once, in their order, as (input, target) pairs; augment nothing there.
    """
    made = called(f"the data set {spec}", factory)
    if not isinstance(made, Mapping) or not made:
        raise ValueError(
            f"the data set factory {spec} must return a mapping such as {{'train': (inputs, targets)}}, "
            f"not {type(made).__name__}"
        )
    return Dataset(spec, {str(name): samples_of(spec, name, *_arrays_of(spec, part)) for name, part in made.items()})


def _arrays_of(spec: str, part: object) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(part, (tuple, list)) and len(part) == 2:
        return np.asarray(part[0]), np.asarray(part[1])
    if not hasattr(part, "__getitem__") or not hasattr(part, "__len__"):
        raise ValueError(
            f"the data set factory {spec} must give (inputs, targets) or a torch data set for each split, "
            f"not {type(part).__name__}"
        )
    pairs = [part[place] for place in range(len(part))]
    return np.stack([np.asarray(inputs) for inputs, _ in pairs]), np.stack([np.asarray(target) for _, target in pairs])
