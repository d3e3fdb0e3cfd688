"""Programs run as a user runs them: the same interpreter, the mpirun beside it, and nothing of this session's launcher."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landscape.sweep.world import LAUNCHERS

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "tests" / "programs"


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without a launcher's variables, with the checkout importable."""
    ours = {key for _, size, rank in LAUNCHERS for key in (size, rank)}
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **changes}


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
    """Return a function that starts a Python program, over ranks if told, and ends it with its whole session after the test.

    `python` are the interpreter's own arguments: a script, or -c, or -m.
    """
    started: list[subprocess.Popen] = []

    def go(*python, ranks: int | None = None, cwd=None, env=None) -> subprocess.Popen:
        launcher = [request.getfixturevalue("mpirun"), "-n", str(ranks)] if ranks else []
        process = subprocess.Popen(
            [*launcher, sys.executable, *map(str, python)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=environment(**(env or {})),
            start_new_session=True,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        end(process)


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
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        out, err = process.communicate()
        pytest.fail(f"no end within {timeout} s\n--- stdout\n{out}\n--- stderr\n{err}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def end(process: subprocess.Popen) -> None:
    """Kill what is left of a program: every process of its session, which the launcher's own groups are part of."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
        except (OSError, IndexError):  # gone meanwhile
            continue
        if session == process.pid:
            try:
                os.kill(int(folder.name), signal.SIGKILL)
            except ProcessLookupError:
                pass
    process.wait()
