"""The reference implementation's direction files: tensors in the order of their numbers."""

import h5py
import numpy as np
import pytest
from reference_layout import direction_file

from landscape.store.direction_file import read_direction_file

TENSORS = [np.full((2, 3), number, np.float32) for number in range(12)]  # "10" comes before "2" in the file


def refusal(path, dims=("x",)) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        read_direction_file(path, dims)
    return str(caught.value)


def test_tensors_come_in_the_order_of_their_numbers(tmp_path):
    direction_file(tmp_path / "d.h5", xdirection=TENSORS, ydirection=TENSORS[::-1])
    found = read_direction_file(tmp_path / "d.h5", ("x", "y"))
    assert [array[0, 0] for array in found["x"]] == list(range(12))
    assert [array[0, 0] for array in found["y"]] == list(range(12))[::-1]
    assert found["x"][3].dtype == np.float32 and list(read_direction_file(tmp_path / "d.h5", ("x",))) == ["x"]


def test_what_stands_beside_the_numbers_of_principal_directions_is_left(tmp_path):
    direction_file(tmp_path / "d.h5", xdirection=TENSORS)
    with h5py.File(tmp_path / "d.h5", "r+") as file:
        file["explained_variance_ratio_"] = [0.6, 0.2]
    assert len(read_direction_file(tmp_path / "d.h5", ("x",))["x"]) == 12


def test_the_other_byte_order_is_read(tmp_path):
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["xdirection/0"] = np.array([1.5, -2.0], ">f4")
    (found,) = read_direction_file(tmp_path / "d.h5", ("x",))["x"]
    assert found.tolist() == [1.5, -2.0] and found.dtype.isnative


def test_what_is_no_direction_file_is_refused(tmp_path):
    path = tmp_path / "d.h5"
    assert refusal(path) == f"there is no direction file {path}"
    path.write_text("0 1 2\n")
    assert refusal(path) == (
        f"{path} is not an HDF5 file; expected a direction file with the groups xdirection and ydirection"
    )
    with h5py.File(path, "w") as file:
        file["xcoordinates"] = [1.0]
    assert refusal(path) == f"{path} has no group xdirection, and is no direction file; found xcoordinates"
    direction_file(path, xdirection=TENSORS)
    assert refusal(path, ("x", "y")) == (
        f"{path} has no ydirection, only xdirection; --x without --y samples a line along it"
    )
    with h5py.File(path, "r+") as file:
        del file["xdirection/4"]
    assert refusal(path) == f"{path}: xdirection lacks the dataset 4; expected 0, 1, ... without a gap"
    direction_file(path, xdirection=[TENSORS[0], [np.inf, 1.0]])
    assert refusal(path) == f"{path}: xdirection/1 holds inf or nan, which no direction can have"
    with h5py.File(path, "w") as file:
        file["xdirection/0"] = "a text"
    assert refusal(path) == f"{path}: xdirection/0 holds no numbers, but object"
