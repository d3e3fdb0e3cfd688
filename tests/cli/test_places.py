"""Where results go: disks that fill up or may not be written, and a file that another run writes."""

import subprocess
from pathlib import Path

import pytest
from refusing import ALONE_AND_TOGETHER, refused

from landscape.store.surface_file import read_surface


def mounted(folder: Path, size: str) -> None:
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no tmpfs can be mounted here: {error}")


@pytest.fixture
def small_disk(tmp_path):
    """A file system on which one surface file has room, but no second beside it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(disk, "44k")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@ALONE_AND_TOGETHER
def test_a_disk_that_fills_up_stops_the_run_in_one_sentence_and_the_file_stays_whole(ranks, run, analytic, small_disk):
    own = ("--delay-s", "0.01", "--save-every-s", "0.1")
    ended = run(analytic, *own, "--", "--x", "-1:0.5:30", "--y", "0:0.7:20", "--out", small_disk / "s", ranks=ranks)
    file = small_disk / "s.h5"
    assert ended.stderr == (
        f"landscape: stopped, since what was done could not be saved: {file} can't be written "
        "(no space left on device); what stood there is as it was\n"
    )
    assert ended.returncode == 1 and read_surface(file).grid.shape == (30, 20)
    assert [entry.name for entry in small_disk.iterdir()] == ["s.h5"]


@ALONE_AND_TOGETHER
def test_a_folder_on_a_disk_that_is_read_only_is_said_so(ranks, run, analytic, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    said = refused(run, analytic, "--", "--out", small_disk / "s", ranks=ranks)
    assert said == f"{small_disk} can't be written (read-only file system); choose another --out"


@ALONE_AND_TOGETHER
def test_a_second_run_on_one_file_is_refused_while_the_first_goes_on(ranks, start, run, until, analytic, tmp_path):
    first = start(analytic, "--delay-s", "0.5", "--", "--x", "-1:0.5:90", "--out", "mine", cwd=tmp_path)
    until(lambda: (tmp_path / "mine.h5").exists() or first.poll() is not None, "the first run's file")
    said = refused(run, analytic, "--", "--x", "-1:0.5:90", "--out", "mine", ranks=ranks, cwd=tmp_path)
    assert said == f"mine.h5 is being written by process {first.pid} on this host; wait for it, or choose another --out"
    assert first.poll() is None and (tmp_path / ".mine.h5.lock").exists()


def test_a_lock_is_released_after_a_mistake(run, analytic, tmp_path):
    assert run(analytic, "--", "--x", "-1:0.5:9", "--out", "mine", cwd=tmp_path).returncode == 0
    said = refused(run, analytic, "--", "--x", "-1:0.5:8", "--out", "mine", cwd=tmp_path)
    assert said.startswith("mine.h5 holds another run (grid x: [-1.0, ") and not list(tmp_path.glob(".mine*"))
