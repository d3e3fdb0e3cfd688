import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

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
