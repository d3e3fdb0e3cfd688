"""Where a surface file can't be written it is said why, and what stood there is as it was."""

import subprocess

import numpy as np
import pytest
from partly_done import GRID, partly_done

from landscape.grid import Grid
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import Surface


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
