"""Decoded arrays are kept once, whole, whoever asks and however many at once."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest

from landscape.problem.array_cache import cached_arrays, default_folder, digest_of_files


def refusal(kind: type[Exception], call, *arguments, **options) -> str:
    with pytest.raises(kind) as caught:
        call(*arguments, **options)
    return str(caught.value)


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
