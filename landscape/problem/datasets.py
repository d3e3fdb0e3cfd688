"""Data sets by name or spec: fixed inputs and targets a split, never augmented, with the mean and deviation to apply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.problem.array_cache import cached_arrays, default_folder, digest_of_files
from landscape.problem.factories import called, find_factory

NAMES = ("digits", "cifar10", "npz:FILE", "package.module:factory", "path/file.py:factory")
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
CIFAR10_MEAN = (0.49140, 0.48216, 0.44653)
CIFAR10_STD = (0.24703, 0.24349, 0.26159)
DIGITS_MEAN = (0.3058,)
DIGITS_STD = (0.3764,)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Inputs and targets of one split.

    Attributes:
        inputs: (samples, height, width, channels) uint8 images, or (samples, ...) floating-point numbers.
        targets: (samples,) whole numbers for classes, or (samples, ...) floating-point numbers.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def are_classes(self) -> bool:
        return self.targets.ndim == 1 and np.issubdtype(self.targets.dtype, np.integer)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Splits of one data set, and what brings a channel of its images to mean 0 and deviation 1.

    Attributes:
        mean, std: One number a channel, for inputs between 0 and 1; empty where inputs are taken as they are.
    """

    name: str
    splits: Mapping[str, Samples]
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def split(self, name: str) -> Samples:
        """Return the samples of "train" or "test".

        Raises:
            ValueError: The data set has no such split.
        """
        if name not in self.splits:
            raise ValueError(f"the data set {self.name} has no split {name!r}, only {', '.join(self.splits)}")
        return self.splits[name]

    @property
    def model_arguments(self) -> dict[str, int]:
        """What the data say about the model's shape: channels, image_size, num_classes, as far as they do."""
        samples = next(iter(self.splits.values()))
        found: dict[str, int] = {}
        shape = samples.inputs.shape
        if len(shape) == 4:
            images_last = samples.inputs.dtype == np.uint8
            found["channels"] = shape[3] if images_last else shape[1]
            if shape[1 if images_last else 2] == shape[2 if images_last else 3]:
                found["image_size"] = shape[2]
        if samples.are_classes:
            found["num_classes"] = 1 + max(int(part.targets.max()) for part in self.splits.values())
        return found


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
    if spec == "cifar10":
        return cifar10(data_dir, folder, download)
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


def cifar10(data_dir: Path, cache_dir: Path, download: bool) -> Dataset:
    """Return CIFAR-10 from `cifar10.npz` in `data_dir`, or else from torchvision's files there."""
    packed = data_dir / "cifar10.npz"
    if packed.is_file():
        found = from_npz(packed, cache_dir)
        return Dataset("cifar10", found.splits, CIFAR10_MEAN, CIFAR10_STD)
    from torchvision.datasets import CIFAR10

    def part(train: bool) -> CIFAR10:
        return CIFAR10(str(data_dir), train=train, download=download)

    names = [name for name, _ in CIFAR10.train_list + CIFAR10.test_list]
    files = [data_dir / CIFAR10.base_folder / name for name in names]
    if not download and not any(file.exists() for file in files):
        raise OSError(
            f"CIFAR-10 is not in {data_dir}: expected cifar10.npz or {CIFAR10.base_folder}/ there; "
            "give --data-dir, or --download to fetch it"
        )
    try:
        train, test = part(True), part(False)
    except RuntimeError as error:
        raise OSError(
            f"the files in {data_dir / CIFAR10.base_folder} are incomplete or fail CIFAR-10's published md5; "
            "fetch them again with --download"
        ) from error

    def arrays() -> dict[str, np.ndarray]:
        return {
            "train_images": train.data,
            "train_labels": np.asarray(train.targets, np.uint8),
            "test_images": test.data,
            "test_labels": np.asarray(test.targets, np.uint8),
        }

    found = _from_arrays("cifar10", cached_arrays(cache_dir, digest_of_files(files), arrays))
    return Dataset("cifar10", found.splits, CIFAR10_MEAN, CIFAR10_STD)


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

    return _from_arrays(f"npz:{path.name}", cached_arrays(cache_dir, digest_of_files([path]), arrays))


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
    return Dataset(spec, {str(name): _samples(spec, name, *_arrays_of(spec, part)) for name, part in made.items()})


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


def _from_arrays(name: str, arrays: Mapping[str, np.ndarray]) -> Dataset:
    splits = {
        split: _samples(name, split, arrays[f"{split}_images"], arrays[f"{split}_labels"])
        for split in ("train", "test")
        if f"{split}_images" in arrays and f"{split}_labels" in arrays
    }
    if not splits:
        raise ValueError(f"{name} holds none of the pairs {ARRAYS[0]} and {ARRAYS[1]}, {ARRAYS[2]} and {ARRAYS[3]}")
    return Dataset(name, splits)


def _samples(name: str, split: str, inputs: np.ndarray, targets: np.ndarray) -> Samples:
    if not len(inputs) or len(inputs) != len(targets):
        raise ValueError(f"{name} ({split}) has {len(inputs)} inputs and {len(targets)} targets; they must be as many")
    if inputs.dtype == np.uint8 and inputs.ndim == 3:
        inputs = inputs[..., None]
    return Samples(inputs, targets)
