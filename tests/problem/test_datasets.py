import hashlib
import os
import pickle
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from landscape.problem.array_cache import cached_arrays, default_folder, digest_of_files
from landscape.problem.datasets import digits, from_factory, open_dataset


def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        "train_images": random.integers(0, 256, (7, 4, 6, 3), np.uint8),
        "train_labels": random.integers(0, 5, 7),
        "test_images": random.integers(0, 256, (2, 4, 6, 3), np.uint8),
        "test_labels": np.array([6, 0]),
    }


def refusal(kind: type[Exception], call, *arguments, **options) -> str:
    with pytest.raises(kind) as caught:
        call(*arguments, **options)
    return str(caught.value)


@pytest.fixture
def packed(tmp_path) -> Path:
    path = tmp_path / "images.npz"
    np.savez(path, **arrays())
    return path


def opened(path: Path):
    return open_dataset(f"npz:{path}", cache_dir=path.parent / "cache")


# Digits.


def test_digits_are_scikit_learns_with_every_fifth_in_the_test_split():
    from sklearn.datasets import load_digits

    found, images, labels = digits(), *load_digits(return_X_y=True)
    for split, chosen in (("train", [i for i in range(1797) if i % 5 != 4]), ("test", list(range(4, 1797, 5)))):
        samples = found.split(split)
        assert np.array_equal(samples.inputs.reshape(-1, 64) * 16, images[chosen])
        assert np.array_equal(samples.targets, labels[chosen])


def test_no_digit_is_in_both_splits():
    train, test = ({image.tobytes() for image in digits().split(name).inputs} for name in ("train", "test"))
    assert not train & test


def test_the_digits_mean_and_deviation_are_those_of_the_train_split():
    found = digits()
    inputs = found.split("train").inputs.astype(float)
    assert found.mean == pytest.approx((inputs.mean(),), abs=5e-5) and found.std == pytest.approx(
        (inputs.std(),), abs=5e-5
    )


def test_digits_tell_a_model_its_shape():
    assert digits().model_arguments == {"channels": 1, "image_size": 8, "num_classes": 10}


# Archives.


def test_an_archive_gives_its_arrays_back(packed):
    found = opened(packed)
    for split in ("train", "test"):
        assert np.array_equal(found.split(split).inputs, arrays()[f"{split}_images"])
        assert np.array_equal(found.split(split).targets, arrays()[f"{split}_labels"])
    assert found.name == "npz:images.npz" and found.mean == ()


def test_an_archive_tells_a_model_its_shape_from_all_splits_and_no_size_for_oblong_images(packed):
    assert opened(packed).model_arguments == {"channels": 3, "num_classes": 7}


def test_images_without_a_channel_axis_have_one_channel(tmp_path):
    path = tmp_path / "grey.npz"
    np.savez(path, train_images=np.zeros((3, 5, 5), np.uint8), train_labels=np.arange(3))
    assert opened(path).split("train").inputs.shape == (3, 5, 5, 1)
    assert opened(path).model_arguments == {"channels": 1, "image_size": 5, "num_classes": 3}


def test_decoded_arrays_are_mapped_from_a_folder_named_by_the_archives_digest(packed):
    inputs = opened(packed).split("train").inputs
    home = packed.parent / "cache" / hashlib.sha256(packed.read_bytes()).hexdigest()[:32]
    assert isinstance(inputs, np.memmap) and Path(inputs.filename).parent == home
    assert sorted(path.name for path in home.iterdir()) == sorted(f"{name}.npy" for name in arrays())
    assert [path.name for path in home.parent.iterdir()] == [home.name]


def test_writing_into_mapped_arrays_changes_no_file(packed):
    opened(packed).split("train").inputs[:] = 0
    assert np.array_equal(opened(packed).split("train").inputs, arrays()["train_images"])


def test_a_second_opening_decodes_nothing(packed, monkeypatch):
    opened(packed)
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda *_: pytest.fail("decoded again"))
    assert np.array_equal(opened(packed).split("test").targets, [6, 0])


def test_a_changed_archive_of_the_same_name_is_read_anew(packed):
    opened(packed)
    np.savez(packed, **(arrays() | {"test_labels": np.array([1, 2])}))
    assert opened(packed).split("test").targets.tolist() == [1, 2]


def test_a_split_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "half.npz"
    np.savez(path, test_images=arrays()["test_images"], test_labels=arrays()["test_labels"])
    assert (
        refusal(ValueError, opened(path).split, "train") == "the data set npz:half.npz has no split 'train', only test"
    )


def test_an_archive_that_is_not_there_is_refused(tmp_path):
    assert refusal(OSError, opened, tmp_path / "no.npz") == (
        f"there is no file {tmp_path / 'no.npz'}; expected an npz archive with the arrays "
        "train_images, train_labels, test_images, test_labels"
    )


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_archive_is_refused_and_leaves_nothing_behind(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    assert refusal(OSError, opened, path).startswith(f"{path} can't be read as an npz archive of plain arrays (")
    assert not list((tmp_path / "cache").glob("*"))


def test_an_archive_of_pickled_objects_is_refused(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, train_images=np.array([{}, []], object), train_labels=np.arange(2))
    assert refusal(OSError, opened, path) == (
        f"{path} can't be read as an npz archive of plain arrays "
        "(Object arrays cannot be loaded when allow_pickle=False)"
    )


def test_an_archive_of_other_arrays_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, images=np.zeros(3))
    assert refusal(ValueError, opened, path) == (
        "npz:other.npz holds none of the pairs train_images and train_labels, test_images and test_labels"
    )


def test_inputs_and_targets_of_unequal_number_are_refused(tmp_path):
    path = tmp_path / "unequal.npz"
    np.savez(path, train_images=np.zeros((3, 2, 2), np.uint8), train_labels=np.arange(4))
    assert (
        refusal(ValueError, opened, path) == "npz:unequal.npz (train) has 3 inputs and 4 targets; they must be as many"
    )


# The cache.

RACER = """
import sys, time
from pathlib import Path
import numpy as np
from landscape.problem.array_cache import cached_arrays
def make():
    time.sleep(0.3)
    return {"numbers": np.arange(50000)}
print(int(cached_arrays(Path(sys.argv[1]), "d" * 64, make)["numbers"].sum()))
"""


def assert_one_complete_folder(folder: Path) -> None:
    assert [path.name for path in folder.iterdir()] == ["d" * 32]
    assert np.array_equal(np.load(folder / ("d" * 32) / "numbers.npy"), np.arange(50000))


def test_processes_that_race_leave_one_complete_folder(tmp_path, start, finish):
    racers = [start("-c", RACER, tmp_path) for _ in range(3)]
    assert [finish(racer).stdout for racer in racers] == ["1249975000\n"] * 3
    assert_one_complete_folder(tmp_path)


def test_threads_that_race_leave_one_complete_folder(tmp_path):
    found = []

    def race(arrays):
        found.append(cached_arrays(tmp_path, "d" * 64, lambda: arrays))

    class Interrupted(dict):
        """Gives way, in the midst of being written, to another thread that writes the same arrays."""

        def items(self):
            yield "numbers", self["numbers"]
            other = threading.Thread(target=race, args=(dict(self),))
            other.start()
            other.join()
            yield "more", self["more"]

    race(Interrupted(numbers=np.arange(50000), more=np.arange(3)))
    assert [sorted(arrays) for arrays in found] == [["more", "numbers"]] * 2
    assert_one_complete_folder(tmp_path)


def test_a_failure_while_decoding_is_passed_on_and_leaves_nothing_behind(tmp_path):
    def make():
        raise OSError("the source is damaged")

    assert refusal(OSError, cached_arrays, tmp_path, "d" * 64, make) == "the source is damaged"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cant_be_written_is_named(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("in the way")
    assert refusal(OSError, cached_arrays, folder, "d" * 64, lambda: {"numbers": np.arange(3)}) == (
        f"the decoded data can't be kept in {folder} (Not a directory); choose another --cache-dir"
    )


def test_the_default_folder_follows_the_environment(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/else")
    assert default_folder() == Path("/somewhere/else/landscape")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "landscape"


def test_the_digest_of_files_is_that_of_their_bytes_in_order(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(bytes(range(256)) * 20000)  # longer than a block
    second.write_bytes(b"x")
    assert digest_of_files([first, second]) == hashlib.sha256(first.read_bytes() + b"x").hexdigest()


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


# Users' own, and names.


def test_a_users_factory_in_a_file_gives_a_data_set(tmp_path):
    path = tmp_path / "own_data.py"
    path.write_text(
        "import torch\n"
        "def make():\n"
        "    return {'train': (torch.ones(3, 1, 4, 4), torch.arange(3)), 'test': ([[[[0.5]]]], [0.25])}\n"
    )
    found = open_dataset(f"{path}:make")
    assert found.split("train").inputs.shape == (3, 1, 4, 4) and found.split("train").are_classes
    assert found.split("test").targets.tolist() == [0.25] and not found.split("test").are_classes


def test_a_torch_data_set_is_read_once_in_order():
    class Pairs:
        read = []

        def __len__(self):
            return 3

        def __getitem__(self, place):
            self.read.append(place)
            return np.full((1, 2, 2), place, np.float32), 2 * place

    found = from_factory("own:make", lambda: {"train": Pairs()})
    assert found.split("train").inputs[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert found.split("train").targets.tolist() == [0, 2, 4] and Pairs.read == [0, 1, 2]


@pytest.mark.parametrize(
    "made, sentence",
    [
        ([1, 2], "must return a mapping such as {'train': (inputs, targets)}, not list"),
        ({}, "must return a mapping such as {'train': (inputs, targets)}, not dict"),
        ({"train": 3}, "must give (inputs, targets) or a torch data set for each split, not int"),
    ],
)
def test_a_factory_that_makes_something_else_is_refused(made, sentence):
    assert refusal(ValueError, from_factory, "own:make", lambda: made) == f"the data set factory own:make {sentence}"


def test_a_split_without_samples_is_refused():
    made = {"train": (np.zeros((0, 2)), np.zeros(0))}
    assert refusal(ValueError, from_factory, "own:make", lambda: made) == (
        "own:make (train) has 0 inputs and 0 targets; they must be as many"
    )


def test_an_unknown_name_lists_the_choices():
    sentence = (
        "unknown data set 'mnist2'; choose one of digits, cifar10, cifar100, mnist, fashionmnist, npz:FILE, folder:DIR, "
        "package.module:factory, path/file.py:factory"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        open_dataset("mnist2")
