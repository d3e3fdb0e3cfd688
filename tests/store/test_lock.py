"""The lock: two runs never write one file, and a run that is gone hinders none."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from landscape.store.lock import FileLock, lock_path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.h5"


@pytest.fixture
def holder(start, path, until):
    """Return a living process that holds the lock."""
    process = start("-c", HOLD, path)
    until(lock_path(path).exists, "the lock", 20)
    return process


HOLD = """
import sys, time
from pathlib import Path
from landscape.store.lock import FileLock
with FileLock(Path(sys.argv[1])):
    time.sleep(60)
"""


def write_lock(path, **changes) -> None:
    """Write a lock of a process that is long gone."""
    owner = {"host": platform.node(), "process": 2**22 + 1, "started": "1"}
    lock_path(path).write_text(json.dumps({**owner, **changes}))


def refusal(path) -> str:
    before = lock_path(path).read_bytes()
    with pytest.raises(OSError) as caught:
        with FileLock(path):
            pass
    assert lock_path(path).read_bytes() == before
    return str(caught.value)


def test_a_lock_lies_beside_the_file_and_names_host_and_process(path):
    with FileLock(path):
        assert lock_path(path) == path.parent / ".s.h5.lock"
        owner = json.loads(lock_path(path).read_text())
        assert (owner["host"], owner["process"]) == (platform.node(), os.getpid())
        assert [entry.name for entry in path.parent.iterdir()] == [".s.h5.lock"]
    assert list(path.parent.iterdir()) == []


def test_a_lock_held_by_a_living_process_is_refused(path, holder):
    process = json.loads(lock_path(path).read_text())["process"]
    wanted = f"{path} is being written by process {process} on this host; wait for it, or choose another --out"
    assert process == holder.pid and refusal(path) == wanted


def test_a_lock_is_not_given_twice_in_one_process(path):
    with FileLock(path):
        assert refusal(path).startswith(f"{path} is being written by process {os.getpid()} on this host; ")


def test_locks_of_two_files_do_not_hinder_each_other(path):
    with FileLock(path), FileLock(path.with_name("other.h5")):
        pass


def test_a_lock_of_a_killed_process_is_taken_over(path, holder, kill_all):
    kill_all(holder)
    assert lock_path(path).exists()
    with FileLock(path):
        assert json.loads(lock_path(path).read_text())["process"] == os.getpid()


def test_a_lock_of_a_killed_process_that_nobody_has_buried_is_taken_over(path, until):
    """In a container whose first process does not wait for orphans, the killed remain as zombies."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    started = until(lambda: stat_of(process.pid), "the process")[19]
    write_lock(path, process=process.pid, started=started)
    assert "is being written by process" in refusal(path)
    process.kill()
    until(lambda: stat_of(process.pid)[0] == "Z", "the zombie", 10)
    with FileLock(path):
        pass
    process.wait()


def stat_of(process: int) -> list[str]:
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()


def test_a_lock_of_a_process_whose_number_another_now_bears_is_taken_over(path):
    write_lock(path, process=os.getpid(), started="1")
    with FileLock(path):
        pass


def test_a_lock_of_another_host_is_never_broken(path):
    write_lock(path, host="elsewhere", process=12)
    wanted = (
        f"{path} is locked by process 12 on host elsewhere; wait for it, or, if it is gone, remove {lock_path(path)}"
    )
    assert refusal(path) == wanted


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "{}", '"text"'])
def test_a_lock_that_can_not_be_read_is_not_broken(path, content):
    lock_path(path).write_text(content)
    assert refusal(path) == f"the lock {lock_path(path)} can't be read; if no run writes s.h5, remove it"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_lock_is_released_however_its_block_ends(path, error):
    with pytest.raises(error):
        with FileLock(path):
            raise error
    assert list(path.parent.iterdir()) == []
    with FileLock(path):
        pass


def test_a_folder_that_can_not_be_written_is_said_so():
    with pytest.raises(OSError) as caught:
        with FileLock(Path("/proc/s.h5")):
            pass
    assert str(caught.value) == "/proc can't be written (no such file or directory); choose another --out"


def test_of_many_at_once_one_gets_the_lock_a_stale_one_too(run, programs, path):
    ended = run(programs / "contending.py", path, 40)
    assert (ended.stdout, ended.stderr) == ("0 0\n", "") and list(path.parent.iterdir()) == []
