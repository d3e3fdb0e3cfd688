"""Programs started as a user starts them: this interpreter, the mpirun beside it, nothing of an outer launcher."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from landscape.sweep.world import LAUNCHERS

ROOT = Path(__file__).resolve().parents[1]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ProgramFailed(Exception):
    """A measured program ended with another status than 0; its last words, and its status."""

    def __init__(self, command: list[str], status: int, said: str) -> None:
        super().__init__(f"{' '.join(command)} ended with status {status}\n{said}")
        self.status, self.said = status, said


def mpirun() -> str:
    """Return the path of mpirun: the one beside this interpreter, or else the first on PATH.

    Raises:
        OSError: There is none.
    """
    beside = Path(sys.executable).with_name("mpirun")
    found = str(beside) if beside.is_file() else shutil.which("mpirun")
    if found is None:
        raise OSError(f"no mpirun beside {sys.executable} or on PATH; `make bench` installs one")
    return found


def command(*python: object, ranks: int | None = None) -> list[str]:
    """Return the command line of a Python program, over ranks if told; `python` are the interpreter's own arguments."""
    launcher = [mpirun(), "-n", str(ranks)] if ranks else []
    return [*launcher, sys.executable, *map(str, python)]


def environment() -> dict[str, str]:
    """Return this process's environment without a launcher's variables and without a number of threads."""
    left_out = {key for _, size, rank in LAUNCHERS for key in (size, rank)} | set(THREADS)
    return {key: value for key, value in os.environ.items() if key not in left_out}


def output_of(*python: object, ranks: int | None = None, timeout_s: float = 1800) -> str:
    """Run a Python program to its end, from the root of the checkout, and return what it printed.

    Raises:
        ProgramFailed: It ended with another status than 0.
        subprocess.TimeoutExpired: It did not end.
    """
    line = command(*python, ranks=ranks)
    ended = subprocess.run(
        line,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=timeout_s,
        check=False,
    )
    if ended.returncode != 0:
        raise ProgramFailed(line, ended.returncode, ended.stdout[-2000:] + ended.stderr[-4000:])
    return ended.stdout
