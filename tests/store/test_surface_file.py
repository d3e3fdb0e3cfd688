"""The surface file: what goes in comes out, bit for bit; what can't be read or written is said, and left as it is."""

import math
import os
import subprocess
from dataclasses import replace
from hashlib import sha256

import h5py
import numpy as np
import pytest

from landscape.batch_losses import BatchLosses
from landscape.belief_record import BeliefRecord
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.surface_file import part_of, read_surface, write_surface
from landscape.surface import Surface, empty_surface

GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))
LINE = Grid(np.array([-0.4, 0.1, 0.15, 2.0]))
PLANES = Grid(GRID.x, GRID.y, num_planes=3)
ORIGIN = Origin(
    {"seed": 3, "grid": {"x": "-0.7:1.1:5"}, "splits": ["train", "test"]},
    {"device": "cpu", "torch": "2.6.0"},
    {
        "command": "landscape surface --x=-0.7:1.1:5",
        "center": {"train_loss": 0.25},
        "words": "α, β and \u201cquotes\u201d",
    },
)


def partly_done(grid: Grid) -> Surface:
    """Return a surface with odd values of every kind and points that are not done."""
    random = np.random.default_rng(5)
    loss = random.normal(size=grid.shape)
    loss.ravel()[:4] = [math.nan, math.inf, -math.inf, -0.0]
    done = np.ones(grid.shape, np.uint8)
    done.ravel()[-1:] = 0
    loss.ravel()[-1:] = math.nan
    return Surface(grid, {"train_loss": loss, "test_accuracy": random.random(grid.shape)}, done, ORIGIN)


@pytest.mark.parametrize("grid", [GRID, LINE, PLANES], ids=["plane", "line", "planes"])
def test_a_surface_comes_back_bit_for_bit(tmp_path, grid):
    surface = partly_done(grid)
    write_surface(surface, tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5")
    assert found.grid.dims == grid.dims
    assert found.grid.num_planes == grid.num_planes
    for name in grid.axes:
        assert getattr(found.grid, name).tobytes() == getattr(grid, name).tobytes()
    assert list(found.values) == list(surface.values)
    for name, array in surface.values.items():
        assert found.values[name].tobytes() == array.tobytes() and found.values[name].dtype == np.float64
    assert found.done.tobytes() == surface.done.tobytes() and found.done.dtype == np.uint8
    assert found.origin == surface.origin


def test_what_was_measured_beside_comes_back_bit_for_bit(tmp_path):
    arrays = {"fresh_done": [1.0, 0.0], "hessian_uv": [-0.0, math.nan], "comparison_loss": [math.inf, 1 / 3, 5e-324]}
    belief = BeliefRecord({name: np.array(array) for name, array in arrays.items()}, {"level": "full", "step": 1e-3})
    write_surface(replace(partly_done(GRID), belief=belief), tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5").belief
    assert found.findings == belief.findings and found.arrays.keys() == belief.arrays.keys()
    assert all(found.arrays[name].tobytes() == array.tobytes() for name, array in belief.arrays.items())
    write_surface(partly_done(GRID), tmp_path / "none.h5")
    assert read_surface(tmp_path / "none.h5").belief is None


@pytest.mark.parametrize("grid", [GRID, LINE, PLANES], ids=["plane", "line", "planes"])
def test_surfaces_of_batches_come_back_bit_for_bit_and_change_no_other_bit(tmp_path, grid):
    shape, random = grid.of_one_plane().shape, np.random.default_rng(2)
    members = {3: random.permuted(np.tile(np.arange(9), (4, 1)), axis=1)[:, :3], 1: np.array([[4], [0]])}
    losses = {3: random.normal(size=(4, *shape)), 1: np.full((2, *shape), 1 / 3)}
    losses[3].ravel()[:3] = [math.nan, math.inf, 5e-324]
    done = random.integers(2, size=shape)
    findings = {"split": "train", "gradient": {"mean_square": 0.1, "trace": 1 / 3}}
    batches = BatchLosses(np.arange(9) * 5, members, losses, random.normal(size=shape), done, findings)
    write_surface(replace(partly_done(grid), batches=batches), tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5")
    assert found.batches.findings == findings and found.batches.sizes == (1, 3)
    for name in ("samples", "whole", "done"):
        assert getattr(found.batches, name).tobytes() == getattr(batches, name).tobytes()
    for size in (1, 3):
        assert found.batches.losses[size].tobytes() == batches.losses[size].tobytes()
        np.testing.assert_array_equal(found.batches.members[size], members[size])
    write_surface(replace(found, batches=None), tmp_path / "without.h5")
    write_surface(partly_done(grid), tmp_path / "never.h5")
    assert (tmp_path / "without.h5").read_bytes() == (tmp_path / "never.h5").read_bytes()
    assert read_surface(tmp_path / "never.h5").batches is None


def test_the_payload_of_a_nan_survives(tmp_path):
    loss = np.full(GRID.shape, np.nan)
    loss.view(np.uint64)[2, 1] = 0xFFF8000000000123
    write_surface(Surface(GRID, {"train_loss": loss}, np.ones(GRID.shape)), tmp_path / "s.h5")
    assert read_surface(tmp_path / "s.h5").values["train_loss"].tobytes() == loss.tobytes()


def test_nothing_measured_is_not_the_same_as_nan_measured(tmp_path):
    blank = empty_surface(GRID, ["train_loss"])
    write_surface(blank, tmp_path / "blank.h5")
    write_surface(Surface(GRID, blank.values, np.ones(GRID.shape)), tmp_path / "nan.h5")
    assert read_surface(tmp_path / "blank.h5").num_done == 0
    assert read_surface(tmp_path / "nan.h5").num_done == 20


@pytest.mark.parametrize("grid", [GRID, LINE], ids=["plane", "line"])
def test_the_same_surface_gives_the_same_bytes(tmp_path, grid):
    digests = set()
    for name in ("a.h5", "b.h5"):
        write_surface(partly_done(grid), tmp_path / name)
        digests.add(sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    write_surface(empty_surface(GRID, ["train_loss"]), tmp_path / "s.h5")
    before = os.stat(tmp_path / "s.h5").st_ino
    write_surface(partly_done(GRID), tmp_path / "s.h5")
    assert os.stat(tmp_path / "s.h5").st_ino != before
    assert [path.name for path in tmp_path.iterdir()] == ["s.h5"]


def test_a_write_takes_one_fixed_neighbour_name_and_what_a_kill_left_there_does_not_hinder_it(tmp_path):
    assert part_of(tmp_path / "s.h5") == tmp_path / ".s.h5.part"
    part_of(tmp_path / "s.h5").write_bytes(b"the beginning of a fi")
    write_surface(partly_done(GRID), tmp_path / "s.h5")
    assert read_surface(tmp_path / "s.h5").num_done == 19
    assert [path.name for path in tmp_path.iterdir()] == ["s.h5"]


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


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(OSError) as caught:
        write_surface(partly_done(GRID), tmp_path / "no" / "s.h5")
    wanted = f"{tmp_path}/no/s.h5 can't be written (no such file or directory); what stood there is as it was"
    assert str(caught.value) == wanted


@pytest.fixture
def mounted(tmp_path):
    """Return a function that mounts a tmpfs of some size, where we may, and gives its folder."""
    folder = tmp_path / "small"
    folder.mkdir()

    def mount(*options: str):
        try:
            subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", folder], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no tmpfs can be mounted here: {error}")
        return folder

    yield mount
    subprocess.run(["umount", "-l", folder], capture_output=True)


def large_surface() -> Surface:
    grid = Grid(np.linspace(-1, 2, 120), np.linspace(-0.5, 1, 100))
    random = np.random.default_rng(2)
    return Surface(grid, {"train_loss": random.random(grid.shape)}, np.ones(grid.shape))


def test_a_full_disk_is_said_to_be_full_and_the_old_file_stays(mounted):
    path = mounted("-o", "size=64k") / "s.h5"
    write_surface(partly_done(GRID), path)
    before = path.read_bytes()
    with pytest.raises(OSError) as caught:
        write_surface(large_surface(), path)
    assert str(caught.value) == f"{path} can't be written (no space left on device); what stood there is as it was"
    assert path.read_bytes() == before and [entry.name for entry in path.parent.iterdir()] == ["s.h5"]
    assert read_surface(path).num_done == 19


def test_a_disk_that_may_not_be_written_is_said_so(mounted):
    folder = mounted("-o", "size=256k")
    path = folder / "s.h5"
    write_surface(partly_done(GRID), path)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    with pytest.raises(OSError) as caught:
        write_surface(large_surface(), path)
    assert str(caught.value) == f"{path} can't be written (read-only file system); what stood there is as it was"


def test_a_file_size_limit_is_said_so_and_the_old_file_stays(run, programs, tmp_path):
    ended = run(programs / "limited_write.py", tmp_path / "s.h5")
    assert (ended.returncode, ended.stderr) == (0, "")
    wanted = f"{tmp_path}/s.h5 can't be written (file too large); what stood there is as it was\n"
    assert ended.stdout == wanted
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.h5"]
    assert read_surface(tmp_path / "s.h5").num_done == 0
