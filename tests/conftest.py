"""Programs run as a user runs them: the same interpreter, the mpirun beside it, and nothing of this session's launcher."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
import torch

from landscape.sweep.world import LAUNCHERS

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "tests" / "programs"
MARK = "LANDSCAPE_TEST_RUN"
torch.set_num_threads(1)  # as the programs do: two threads on a busy machine take five times as long as one


def pytest_sessionfinish() -> None:
    """Close the browser that visits to pages have left open, if any did."""
    if "browser" in sys.modules:
        sys.modules["browser"].close_browser()


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without a launcher's variables, with the checkout importable."""
    launchers = {key for _, size, rank in LAUNCHERS for key in (size, rank)}
    kept = {key: value for key, value in os.environ.items() if key not in launchers}
    paths = [changes.get("PYTHONPATH"), str(ROOT), kept.get("PYTHONPATH")]
    return {**kept, "OMP_NUM_THREADS": "1", **changes, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="session")
def mpirun() -> str:
    """Return the path of mpirun: the one beside this interpreter, or else the first on PATH."""
    beside = Path(sys.executable).with_name("mpirun")
    found = str(beside) if beside.is_file() else shutil.which("mpirun")
    if found is None:
        pytest.skip(f"no mpirun beside {sys.executable} or on PATH")
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    return found


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder that holds cifar10.npz."""
    folder = Path(os.environ.get("LANDSCAPE_DATA_DIR") or ROOT.parent / "shared" / "data")
    if not (folder / "cifar10.npz").is_file():
        pytest.skip(f"no cifar10.npz in {folder}; set LANDSCAPE_DATA_DIR")
    return folder


@pytest.fixture
def start(request):
    """Return a function that starts a Python program, over ranks if told, and kills it and all it started after the test.

    `python` are the interpreter's own arguments: a script and its options, or -c, or -m.
    """
    started: list[subprocess.Popen] = []

    def go(*python, ranks: int | None = None, cwd=None, env=None) -> subprocess.Popen:
        launcher = [request.getfixturevalue("mpirun"), "-n", str(ranks)] if ranks else []
        mark = uuid4().hex
        process = subprocess.Popen(
            [*launcher, sys.executable, *map(str, python)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=environment(**{MARK: mark, **(env or {})}),
            start_new_session=True,
        )
        process.mark = mark
        started.append(process)
        return process

    yield go
    for process in started:
        kill(process)


@pytest.fixture
def run(start):
    """Return a function that runs a program to its end, and gives status, stdout and stderr."""

    def go(*python, timeout: float = 180, **options) -> subprocess.CompletedProcess:
        return finished(start(*python, **options), timeout)

    return go


@pytest.fixture(scope="session")
def finish():
    """Return `finished`, for a program that was started."""
    return finished


@pytest.fixture(scope="session")
def kill_all():
    """Return `kill`, for a program that was started."""
    return kill


@pytest.fixture(scope="session")
def processes():
    """Return `processes_of`, for a program that was started."""
    return processes_of


@pytest.fixture(scope="session")
def until():
    """Return a function that waits for a condition, and fails with a sentence if it does not come."""

    def wait(condition, what: str, timeout: float = 60):
        deadline = time.monotonic() + timeout
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come in {timeout} s"
            time.sleep(0.005)
        return found

    return wait


@pytest.fixture(scope="session")
def analytic() -> Path:
    """Return the program that sweeps a formula in the place of a model: the real command without torch."""
    return PROGRAMS / "analytic.py"


@pytest.fixture(scope="session")
def programs() -> Path:
    """Return the folder of the programs that tests start."""
    return PROGRAMS


@pytest.fixture(scope="session")
def plot_surface() -> Path:
    """Return the script that users start."""
    return ROOT / "scripts" / "plot_surface.py"


def finished(process: subprocess.Popen, timeout: float = 180) -> subprocess.CompletedProcess:
    """Wait for a program's end and return its status and what it printed; fail with that where it does not end."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(process)
        out, err = process.communicate()
        pytest.fail(f"no end within {timeout} s\n--- stdout\n{out}\n--- stderr\n{err}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def processes_of(process: subprocess.Popen) -> list[int]:
    """Return a program's living processes, known by the mark in their environment: launchers give each a session of its own."""
    mark = f"{MARK}={process.mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # gone meanwhile, or not ours
            continue
    return found


def kill(process: subprocess.Popen) -> None:
    """Kill a program with all that it started, as losing power would, and wait until nothing is left."""
    while left := processes_of(process):
        for number in left:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    process.kill()  # where there is no /proc to find them by
    process.wait()
