"""Published images in torchvision's files, and folders of pictures."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from landscape.problem.datasets import open_dataset


def refusal(kind: type[Exception], call, *arguments, **options) -> str:
    with pytest.raises(kind) as caught:
        call(*arguments, **options)
    return str(caught.value)


# CIFAR-10.


def test_cifar10_is_whole_and_its_published_mean_and_deviation_are_right(tmp_path, data_dir):
    found = open_dataset("cifar10", data_dir=data_dir, cache_dir=tmp_path)
    assert [len(found.split(name)) for name in ("train", "test")] == [50000, 10000]
    assert [np.bincount(found.split(name).targets).tolist() for name in ("train", "test")] == [[5000] * 10, [1000] * 10]
    assert found.model_arguments == {"channels": 3, "image_size": 32, "num_classes": 10}
    some = found.split("train").inputs[::9].reshape(-1, 3) / 255  # a ninth: the mean is off by .003 at most (4 s.e.)
    assert found.mean == pytest.approx(some.mean(0), abs=0.007) and found.std == pytest.approx(some.std(0), abs=0.005)


def test_cifar10_that_is_not_there_is_named(tmp_path):
    assert refusal(OSError, open_dataset, "cifar10", data_dir=tmp_path, cache_dir=tmp_path) == (
        f"CIFAR-10 is not in {tmp_path}: expected cifar10.npz or cifar-10-batches-py/ there; "
        "give --data-dir, or --download to fetch it"
    )


class Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def torchvision_files(folder: Path, extra=None) -> dict[str, np.ndarray]:
    """Write files like torchvision's, five samples each; return all train images and labels."""
    home = folder / "cifar-10-batches-py"
    home.mkdir()
    random = np.random.default_rng(3)
    images, labels = [], []
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        data, targets = random.integers(0, 256, (5, 3072), np.uint8), random.integers(0, 10, 5).tolist()
        (home / name).write_bytes(pickle.dumps({"data": data, "labels": targets, "extra": extra}))
        images.append(data), labels.extend(targets)
    (home / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    return {"images": np.concatenate(images).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), "labels": np.array(labels)}


def test_torchvisions_files_with_a_wrong_md5_are_refused_and_never_unpickled(tmp_path):
    torchvision_files(tmp_path, Trap(tmp_path / "it-ran"))
    assert refusal(OSError, open_dataset, "cifar10", data_dir=tmp_path, cache_dir=tmp_path / "cache") == (
        f"the files in {tmp_path / 'cifar-10-batches-py'} are incomplete or fail CIFAR-10's published md5; "
        "fetch them again with --download"
    )
    assert not (tmp_path / "it-ran").exists() and not (tmp_path / "cache").exists()


def test_torchvisions_files_with_the_right_md5_are_read(tmp_path, monkeypatch):
    from torchvision.datasets import CIFAR10

    def md5(name: str) -> str:
        return hashlib.md5((tmp_path / CIFAR10.base_folder / name).read_bytes()).hexdigest()

    written = torchvision_files(tmp_path)
    for names in ("train_list", "test_list"):
        monkeypatch.setattr(CIFAR10, names, [[name, md5(name)] for name, _ in getattr(CIFAR10, names)])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": md5("batches.meta")})
    found = open_dataset("cifar10", data_dir=tmp_path, cache_dir=tmp_path / "cache")
    for split, part in (("train", slice(0, 25)), ("test", slice(25, 30))):
        assert np.array_equal(found.split(split).inputs, written["images"][part])
        assert np.array_equal(found.split(split).targets, written["labels"][part])


# CIFAR-100, MNIST and its kin, in torchvision's files.


@pytest.mark.parametrize(
    "name, sentence",
    [
        (
            "cifar100",
            "CIFAR-100 is not in {}: expected cifar-100-python/ there; give --data-dir, or --download to fetch it",
        ),
        ("mnist", "MNIST is not in {}: expected MNIST/raw/ there; give --data-dir, or --download to fetch it"),
        (
            "fashionmnist",
            "Fashion-MNIST is not in {}: expected FashionMNIST/raw/ there; give --data-dir, or --download to fetch it",
        ),
    ],
)
def test_a_published_set_that_is_not_there_is_named(name, sentence, tmp_path):
    assert refusal(OSError, open_dataset, name, data_dir=tmp_path, cache_dir=tmp_path) == sentence.format(tmp_path)


def test_cifar100s_fine_classes_are_read(tmp_path, monkeypatch):
    from torchvision.datasets import CIFAR100

    home = tmp_path / CIFAR100.base_folder
    home.mkdir()
    random, written = np.random.default_rng(4), {}
    for name in ("train", "test"):
        data, labels = random.integers(0, 256, (7, 3072), np.uint8), random.integers(0, 100, 7).tolist()
        written[name] = (data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels)
        (home / name).write_bytes(pickle.dumps({"data": data, "fine_labels": labels, "coarse_labels": [0] * 7}))
    (home / "meta").write_bytes(pickle.dumps({"fine_label_names": [str(number) for number in range(100)]}))
    md5 = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in home.iterdir()}
    for names, name in (("train_list", "train"), ("test_list", "test")):
        monkeypatch.setattr(CIFAR100, names, [[name, md5[name]]])
    monkeypatch.setattr(CIFAR100, "meta", {**CIFAR100.meta, "md5": md5["meta"]})
    found = open_dataset("cifar100", data_dir=tmp_path, cache_dir=tmp_path / "cache")
    for split, (images, labels) in written.items():
        assert np.array_equal(found.split(split).inputs, images) and found.split(split).targets.tolist() == labels
    assert found.name == "cifar100" and len(found.mean) == len(found.std) == 3


def idx(array: np.ndarray) -> bytes:
    """Return an array of bytes in the format of MNIST's files."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.mark.parametrize("name, folder, mean", [("mnist", "MNIST", 0.13066), ("fashionmnist", "FashionMNIST", 0.28604)])
def test_mnist_and_its_kin_are_read_with_a_channel_axis(name, folder, mean, tmp_path):
    home = tmp_path / folder / "raw"
    home.mkdir(parents=True)
    random, written = np.random.default_rng(5), {}
    for split, file in (("train", "train"), ("test", "t10k")):
        images, labels = random.integers(0, 256, (6, 28, 28), np.uint8), random.integers(0, 10, 6).astype(np.uint8)
        written[split] = (images, labels)
        (home / f"{file}-images-idx3-ubyte").write_bytes(idx(images))
        (home / f"{file}-labels-idx1-ubyte").write_bytes(idx(labels))
    found = open_dataset(name, data_dir=tmp_path, cache_dir=tmp_path / "cache")
    for split, (images, labels) in written.items():
        assert np.array_equal(found.split(split).inputs, images[..., None])
        assert np.array_equal(found.split(split).targets, labels)
    assert found.mean == (mean,) and found.model_arguments["channels"] == 1
    (home / "train-images-idx3-ubyte").write_bytes(idx(written["train"][0])[:500])
    assert refusal(OSError, open_dataset, name, data_dir=tmp_path, cache_dir=tmp_path / "cache") == (
        f"the files in {home} are incomplete or damaged; fetch them again with --download"
    )


# Folders of pictures.


def save_picture(path: Path, array: np.ndarray) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def pictures(tmp_path) -> dict[str, np.ndarray]:
    """Pictures of 5 x 4 pixels by their place: two classes to train on, one of them in the test."""
    random = np.random.default_rng(6)
    places = ("train/owl/b.png", "train/owl/a.png", "train/cat/deep/c.png", "test/owl/t.png")
    found = {place: random.integers(0, 256, (4, 5, 3), np.uint8) for place in places}
    for place, array in found.items():
        save_picture(tmp_path / "set" / place, array)
    (tmp_path / "set/train/owl/notes.txt").write_text("no picture")
    return found


def from_pictures(tmp_path):
    return open_dataset(f"folder:{tmp_path / 'set'}", cache_dir=tmp_path / "cache")


def test_pictures_are_read_in_the_order_of_classes_and_names(pictures, tmp_path):
    found = from_pictures(tmp_path)
    order = ["train/cat/deep/c.png", "train/owl/a.png", "train/owl/b.png"]
    assert np.array_equal(found.split("train").inputs, np.stack([pictures[place] for place in order]))
    assert found.split("train").targets.tolist() == [0, 1, 1] and found.split("test").targets.tolist() == [1]
    assert np.array_equal(found.split("test").inputs[0], pictures["test/owl/t.png"])
    assert found.name == "folder:set" and found.mean == ()


def test_pictures_agree_with_torchvisions_reader(pictures, tmp_path):
    from torchvision.datasets import ImageFolder

    theirs = ImageFolder(str(tmp_path / "set" / "train"))
    ours = from_pictures(tmp_path).split("train")
    assert ours.targets.tolist() == [label for _, label in theirs]
    assert np.array_equal(ours.inputs, np.stack([np.asarray(picture) for picture, _ in theirs]))


def test_pictures_are_decoded_once_and_again_when_one_changes(pictures, tmp_path, monkeypatch):
    from_pictures(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("landscape.problem.images._decoded", lambda paths: pytest.fail("decoded again"))
        from_pictures(tmp_path)
    save_picture(tmp_path / "set/train/owl/a.png", np.full((4, 5, 3), 9, np.uint8))
    assert (from_pictures(tmp_path).split("train").inputs[1] == 9).all()


def test_pictures_that_are_all_grey_have_one_channel_and_others_three(tmp_path):
    grey = np.random.default_rng(7).integers(0, 256, (4, 5), np.uint8)
    save_picture(tmp_path / "set/train/a/1.png", grey)
    assert np.array_equal(from_pictures(tmp_path).split("train").inputs, grey[None, ..., None])
    save_picture(tmp_path / "set/train/a/2.png", np.zeros((4, 5, 3), np.uint8))
    assert np.array_equal(from_pictures(tmp_path).split("train").inputs[0], np.stack([grey] * 3, 2))


def test_what_is_wrong_with_a_folder_of_pictures_is_said(tmp_path):
    root = tmp_path / "set"
    assert refusal(OSError, from_pictures, tmp_path) == (
        f"there is no folder {root / 'train'}; expected pictures as {root / 'train'}/CLASS/*.png"
    )
    (root / "train" / "a").mkdir(parents=True)
    assert refusal(ValueError, from_pictures, tmp_path) == (
        f"{root / 'train'} holds no pictures; expected {root / 'train'}/CLASS/*.png"
    )
    save_picture(root / "train/a/1.png", np.zeros((4, 5, 3), np.uint8))
    save_picture(root / "test/b/1.png", np.zeros((4, 5, 3), np.uint8))
    assert refusal(ValueError, from_pictures, tmp_path) == (
        f"{root / 'test'} holds the class b, which {root / 'train'} does not"
    )
    (root / "test" / "b").rename(root / "test" / "a")
    save_picture(root / "train/a/2.png", np.zeros((5, 5, 3), np.uint8))
    assert refusal(ValueError, from_pictures, tmp_path) == (
        f"pictures must all have one size, but {root / 'train/a/1.png'} is 5x4 and {root / 'train/a/2.png'} is 5x5; "
        "resize them first"
    )
    save_picture(root / "train/a/2.png", np.zeros((4, 5), np.uint16))
    assert refusal(OSError, from_pictures, tmp_path) == (
        f"{root / 'train/a/2.png'} can't be read as a picture (it has more than 8 bits a pixel; convert it to 8)"
    )
    (root / "train/a/2.png").write_bytes(b"no picture")
    assert refusal(OSError, from_pictures, tmp_path).startswith(
        f"{root / 'train/a/2.png'} can't be read as a picture ("
    )
