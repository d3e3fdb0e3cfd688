"""What is no whole surface file is refused in one sentence, and left as it is."""

import os

import h5py
import numpy as np
import pytest
from partly_done import GRID, partly_done

from landscape.store.surface_file import read_surface, write_surface


def refusal(path) -> str:
    """Return the sentence with which a file is refused, and check that it is left as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(OSError) as caught:
        read_surface(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    assert refusal(tmp_path / "s.h5") == f"there is no surface file {tmp_path}/s.h5"


def test_a_folder_is_no_surface_file(tmp_path):
    assert refusal(tmp_path) == f"there is no surface file {tmp_path}"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00" * 5000], ids=["empty", "text", "zeros"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "s.h5"
    path.write_bytes(content)
    assert refusal(path) == f"{path} is not an HDF5 file, or its head is damaged; it was left as it is"


@pytest.mark.parametrize("attribute", [None, "landscape surface 2", 7])
def test_hdf5_of_another_program_or_format_is_refused(tmp_path, attribute):
    path = tmp_path / "s.h5"
    with h5py.File(path, "w") as file:
        file["x"] = [1.0, 2.0]
        if attribute is not None:
            file.attrs["format"] = attribute
    assert refusal(path) == f"{path} is an HDF5 file of another program, not a surface file; it was left as it is"


def test_a_truncated_file_is_refused_wherever_it_was_cut(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    whole = path.read_bytes()
    for length in (1, 7, 100, 1000, len(whole) // 2, len(whole) - 4000, len(whole) - 200, len(whole) - 84):
        path.write_bytes(whole[:length])
        said = refusal(path)
        assert said.startswith(f"{path} is ") and said.endswith("; it was left as it is"), said
        assert said.startswith(f"{path} is damaged (") or said.startswith(f"{path} is not an HDF5 file, "), said


def damages(whole: bytes):
    """Yield damaged copies of a file: single bits flipped, and stretches zeroed as a crash may leave them."""
    random = np.random.default_rng(8)
    for place in random.integers(0, len(whole), 200):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(random.integers(8))
        yield bytes(flipped)
    for start in range(0, len(whole), 300):
        yield whole[:start] + bytes(len(whole[start : start + 300])) + whole[start + 300 :]


def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    whole = path.read_bytes()
    num_damaged = 0
    for damaged in damages(whole):
        if damaged != whole and not damaged.startswith(whole[:-100]):  # the seal itself aside
            path.write_bytes(damaged)
            said = refusal(path)
            assert said.startswith((f"{path} is damaged (", f"{path} is not an HDF5 file, ")), said
            assert said.endswith("; it was left as it is"), said
            num_damaged += 1
    assert num_damaged > 200


def test_a_damaged_seal_is_refused_or_what_is_read_is_what_was_written(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    whole = path.read_bytes()
    for place in range(len(whole) - 90, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            found = read_surface(path)
        except OSError as error:
            assert str(error) == f"{path} is damaged (it holds other bytes than were written); it was left as it is"
        else:
            assert found.values["train_loss"].tobytes() == partly_done(GRID).values["train_loss"].tobytes()


def test_a_file_that_another_program_has_added_to_is_read(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    with h5py.File(path, "r+") as file:
        file.create_group("theirs")["notes"] = np.arange(1000)
    assert read_surface(path).num_done == 19


@pytest.mark.parametrize("name", ["x", "done", "origin", "origin/identity"])
def test_a_surface_file_with_a_part_missing_is_refused(tmp_path, name):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    with h5py.File(path, "r+") as file:
        del file[name]
    said = refusal(path)
    assert said.startswith(f"{path} is damaged (") and said.endswith("); it was left as it is")


def test_arrays_that_do_not_fit_the_grid_are_refused(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    with h5py.File(path, "r+") as file:
        del file["train_loss"]
        file["train_loss"] = np.zeros((4, 5))
    wanted = f"{path} is damaged (train_loss has the shape (4, 5), but the grid is (5, 4)); it was left as it is"
    assert refusal(path) == wanted


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path):
    path = tmp_path / "s.h5"
    write_surface(partly_done(GRID), path)
    path.chmod(0)
    with pytest.raises(OSError) as caught:
        read_surface(path)
    path.chmod(0o600)
    assert str(caught.value) == f"{path} can't be read: permission denied"
