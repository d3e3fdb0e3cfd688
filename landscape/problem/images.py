"""Sets of images on disk: the published ones in torchvision's files, and folders of pictures; each decoded once."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from landscape.problem.array_cache import cached_arrays, digest_of_files
from landscape.problem.samples import Dataset, dataset_of

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class Published:
    """One published set of images.

    Attributes:
        title: What people call it.
        reader: The name of torchvision's class.
        mean, std: A channel's over the training images, between 0 and 1.
        packed: An archive that may lie in the place of torchvision's files.
    """

    title: str
    reader: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    packed: str = ""


PUBLISHED = {
    "cifar10": Published(
        "CIFAR-10", "CIFAR10", (0.49140, 0.48216, 0.44653), (0.24703, 0.24349, 0.26159), "cifar10.npz"
    ),
    "cifar100": Published("CIFAR-100", "CIFAR100", (0.50708, 0.48655, 0.44092), (0.26733, 0.25644, 0.27615)),
    "mnist": Published("MNIST", "MNIST", (0.13066,), (0.30811,)),
    "fashionmnist": Published("Fashion-MNIST", "FashionMNIST", (0.28604,), (0.35302,)),
}


def published(name: str, data_dir: Path, cache_dir: Path, download: bool) -> Dataset:
    """Return a set of `PUBLISHED` from torchvision's files in `data_dir`.

    Raises:
        OSError: The files are missing or damaged.
    """
    known = PUBLISHED[name]
    import torchvision.datasets

    reader = getattr(torchvision.datasets, known.reader)
    files = _files_of(reader, data_dir)
    shown = f"{files[0].parent.relative_to(data_dir)}/"
    if not download and not any(file.exists() for file in files):
        expected = f"{known.packed} or {shown}" if known.packed else shown
        raise OSError(
            f"{known.title} is not in {data_dir}: expected {expected} there; give --data-dir, or --download to fetch it"
        )
    try:
        parts = {split: reader(str(data_dir), train=split == "train", download=download) for split in ("train", "test")}
    except (RuntimeError, ValueError, AssertionError, KeyError) as error:
        fail = (
            f"incomplete or fail {known.title}'s published md5"
            if hasattr(reader, "base_folder")
            else "incomplete or damaged"
        )
        raise OSError(f"the files in {files[0].parent} are {fail}; fetch them again with --download") from error

    def arrays() -> dict[str, np.ndarray]:
        made = {}
        for split, part in parts.items():
            made |= {f"{split}_images": np.asarray(part.data), f"{split}_labels": np.asarray(part.targets, np.uint8)}
        return made

    found = cached_arrays(cache_dir, digest_of_files(files), arrays)
    return dataset_of(name, found, known.mean, known.std)


def _files_of(reader, data_dir: Path) -> list[Path]:
    """Return where torchvision looks: CIFAR's batches, or the four files of MNIST and its kin."""
    if hasattr(reader, "base_folder"):
        return [data_dir / reader.base_folder / name for name, _ in reader.train_list + reader.test_list]
    names = [Path(url).stem for url, _ in reader.resources]
    return [data_dir / reader.__name__ / "raw" / name for name in names]


def from_folder(root: Path, cache_dir: Path) -> Dataset:
    """Return the pictures in `root`/train/CLASS and, if there, `root`/test/CLASS, all of one size.

    Classes are numbered in the order of the training folders' names. Pictures are grey if all are, else in three colours.

    Raises:
        OSError: There is no such folder, or a picture can't be read.
        ValueError: There are no pictures, a test class is not among the training ones, or sizes differ.
    """
    if not (root / "train").is_dir():
        raise OSError(f"there is no folder {root / 'train'}; expected pictures as {root / 'train'}/CLASS/*.png")
    listed = {split: _listed(root / split) for split in ("train", "test") if (root / split).is_dir()}
    classes = list(listed["train"])
    for split, found in listed.items():
        if not any(found.values()):
            raise ValueError(f"{root / split} holds no pictures; expected {root / split}/CLASS/*.png")
        if unknown := [name for name in found if name not in classes]:
            raise ValueError(f"{root / split} holds the class {unknown[0]}, which {root / 'train'} does not")
    pictures = {split: [path for paths in found.values() for path in paths] for split, found in listed.items()}
    labels = {
        split: np.array([classes.index(name) for name, paths in found.items() for _ in paths], np.int64)
        for split, found in listed.items()
    }
    everything = [path for paths in pictures.values() for path in paths]
    names = "\n".join(str(path.relative_to(root)) for path in everything)
    digest = sha256(f"folder 1\n{names}\n{digest_of_files(everything)}".encode()).hexdigest()

    def arrays() -> dict[str, np.ndarray]:
        decoded = _decoded(everything)
        starts = np.cumsum([0, *(len(paths) for paths in pictures.values())])
        return {
            key: value
            for split, begin, end in zip(pictures, starts, starts[1:])
            for key, value in ((f"{split}_images", decoded[begin:end]), (f"{split}_labels", labels[split]))
        }

    return dataset_of(f"folder:{root.name}", cached_arrays(cache_dir, digest, arrays))


def _listed(folder: Path) -> Mapping[str, list[Path]]:
    """Return the pictures of each class, both in the order of their names."""
    homes = sorted(home for home in folder.iterdir() if home.is_dir())
    return {home.name: sorted(path for path in home.rglob("*") if path.suffix.lower() in PICTURES) for home in homes}


def _decoded(paths: list[Path]) -> np.ndarray:
    """Return (pictures, height, width, channels) uint8."""
    pictures = [_picture(path) for path in paths]
    for path, picture in zip(paths, pictures):
        if picture.shape[:2] != pictures[0].shape[:2]:
            raise ValueError(
                f"pictures must all have one size, but {paths[0]} is {_size(pictures[0])} and {path} is {_size(picture)}; "
                "resize them first"
            )
    if any(picture.ndim == 3 for picture in pictures):
        pictures = [picture if picture.ndim == 3 else np.stack([picture] * 3, 2) for picture in pictures]
    found = np.stack(pictures)
    return found if found.ndim == 4 else found[..., None]


def _picture(path: Path) -> np.ndarray:
    """Return a picture as (height, width) where it is grey, else (height, width, 3)."""
    from PIL import Image

    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if picture.mode.startswith(("I", "F")):
                raise ValueError("it has more than 8 bits a pixel; convert it to 8")
            return np.asarray(picture.convert("L" if picture.mode in ("1", "L", "LA") else "RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        reason = str(error).split("\n")[0] or type(error).__name__
        raise OSError(f"{path} can't be read as a picture ({reason})") from error


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
