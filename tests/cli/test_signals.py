"""Signals and kills of the running program: it ends soon, keeps what was done, and the same command goes on."""

import os
import runpy
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from landscape.store.surface_file import read_surface

pytestmark = pytest.mark.timed

GRID = ("--x", "-0.7:1.3:11", "--y", "-0.3:0.9:9")
SLOW = ("--delay-s", "0.05")
REAL = ("--model", "resnet32", "--dataset", "digits", "--untrained", "3", "--num-samples", "all", "--device", "cpu")
SAID = "landscape: stopped by {}; what was done is kept, and the same command goes on\n"


def arrays(path) -> dict[str, bytes]:
    surface = read_surface(path)
    assert surface.is_complete
    return {name: array.tobytes() for name, array in surface.values.items()}


def process_of_rank(log: Path, rank: int) -> int:
    """Return the number of the process that noted points as this rank."""
    rows = [line.split() for line in log.read_text().splitlines()]
    return next(int(row[1]) for row in rows if row[2] == str(rank))


def num_logged(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def under_way(start, analytic, until, tmp_path):
    """Return a function that starts a sweep over ranks, each point a while, and waits until it has done some."""

    def go(ranks: int | None, *own):
        log = tmp_path / "log"
        process = start(analytic, "--log", log, *(own or SLOW), "--", *GRID, "--out", tmp_path / "s", ranks=ranks)
        wanted = 12 if not own else ranks or 1
        until(lambda: num_logged(log) >= wanted or process.poll() is not None, "points")
        assert process.poll() is None, process.communicate()
        return process, log

    return go


def assert_that_it_goes_on(run, analytic, folder: Path) -> None:
    """Check that a file was kept, that the same command goes on with it, and that it makes the same bits as one run."""
    kept = read_surface(folder / "s.h5")
    assert 3 <= kept.num_done < 99 and not list(folder.glob(".s.h5*"))
    ended = run(analytic, "--", *GRID, "--out", folder / "s")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"goes on with {folder}/s.h5: {kept.num_done} of 99 points are done\n" in ended.stdout
    formula = runpy.run_path(str(analytic))["formula"]
    wanted = [formula(float(a), float(b)) for a in kept.grid.x for b in kept.grid.y]
    assert arrays(folder / "s.h5") == {name: np.array([v[name] for v in wanted]).tobytes() for name in wanted[0]}


TARGETS = {
    "alone": (None, "process"),
    "mpirun": (3, "mpirun"),
    "rank 0": (3, 0),
    "rank 1": (3, 1),
    "mpirun of one": (1, "mpirun"),
}
ALSO_SHOWN_BY_OTHERS = {
    ("SIGINT", "rank 0"),
    ("SIGINT", "rank 1"),
    ("SIGTERM", "mpirun of one"),
    ("SIGINT", "mpirun of one"),
}


@pytest.mark.parametrize(
    "name, ranks, target",
    [
        pytest.param(
            name, *TARGETS[to], id=f"{to}, {name}", marks=[pytest.mark.slow] * ((name, to) in ALSO_SHOWN_BY_OTHERS)
        )
        for name in ("SIGTERM", "SIGINT")
        for to in TARGETS
    ],
)
def test_a_signal_ends_the_run_soon_with_one_sentence_and_it_goes_on_later(
    under_way, finish, run, analytic, tmp_path, ranks, target, name
):
    process, log = under_way(ranks)
    number = process_of_rank(log, target) if isinstance(target, int) else process.pid
    os.kill(number, getattr(signal, name))
    began = time.monotonic()
    ended = finish(process, 10)
    assert time.monotonic() - began < 2
    assert ended.stderr == SAID.format(name)
    assert ended.returncode == 1
    assert "BAD TERMINATION" not in ended.stdout
    assert_that_it_goes_on(run, analytic, tmp_path)


@pytest.mark.parametrize("ranks", [None, 3])
def test_a_signal_ends_the_run_within_2_s_while_a_point_takes_30(under_way, finish, ranks):
    process, _ = under_way(ranks, "--delay-s", "0.05", "--slow-rank", 0 if ranks is None else 1, "--slow-s", "30")
    os.kill(process.pid, signal.SIGTERM)
    began = time.monotonic()
    ended = finish(process, 10)
    assert time.monotonic() - began < 2
    assert (ended.returncode, ended.stderr) == (1, SAID.format("SIGTERM"))


@pytest.mark.parametrize(
    "ranks, sleeps_s",
    [
        pytest.param(None, "30", id="alone, before the sweep"),
        pytest.param(3, "30", id="together, before the sweep"),
        pytest.param(3, "30 if world.is_first else 0", id="while ranks wait for the first to leave"),
    ],
)
def test_a_signal_outside_the_sweep_ends_the_run_with_one_sentence(start, until, finish, tmp_path, ranks, sleeps_s):
    program = tmp_path / "slow.py"
    program.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from landscape.cli.program import run_program\n"
        "def body(arguments, world):\n"
        "    Path(arguments[0], str(world.rank)).touch()\n"
        f"    time.sleep({sleeps_s})\n"
        "sys.exit(run_program(body, sys.argv[1:]))\n"
    )
    started = tmp_path / "started"
    started.mkdir()
    process = start(program, started, ranks=ranks)
    until(lambda: len(list(started.iterdir())) == (ranks or 1), "all ranks")
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGTERM)
    ended = finish(process, 10)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "landscape: stopped\n")


def test_a_killed_rank_ends_the_others_and_the_run_goes_on_later(
    under_way, finish, run, analytic, until, processes, tmp_path
):
    process, log = under_way(3, "--delay-s", "0.2")
    time.sleep(2.5)  # past the first save, and long before the end
    os.kill(process_of_rank(log, 1), signal.SIGKILL)
    ended = finish(process, 10)
    assert ended.returncode != 0
    until(lambda: not processes(process), "the end of all ranks", 5)
    kept = read_surface(tmp_path / "s.h5").num_done
    assert kept > 12
    again = run(analytic, "--", *GRID, "--out", tmp_path / "s")
    assert (again.returncode, again.stderr) == (0, "")
    assert f"goes on with {tmp_path}/s.h5: {kept} of 99 points are done\n" in again.stdout


def test_a_killed_mpirun_takes_its_ranks_along(under_way, until, processes):
    process, _ = under_way(3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not processes(process), "the end of all ranks", 5)


def num_saved(path) -> int:
    """Return how many points a file holds; -1 where there is none."""
    return read_surface(path).num_done if path.exists() else -1


@pytest.mark.parametrize("waits_s", [(0.4, 0.1), pytest.param((0.4, 0.1, 0.3), marks=pytest.mark.slow)])
def test_kills_of_the_whole_program_under_mpirun_and_the_same_command_makes_the_same_bits(
    start, run, until, kill_all, plot_surface, tmp_path, waits_s
):
    """The real program: torch, data, network, page. Each kill takes mpirun and all ranks at once, as losing power does."""
    command = (plot_surface, *REAL, *GRID)
    path = tmp_path / "killed.h5"
    kept = [-1]
    for wait_s in waits_s:
        process = start(*command, "--out", path.with_suffix(""), ranks=2)
        until(lambda: num_saved(path) > kept[-1] or process.poll() is not None, "a save", 120)
        time.sleep(wait_s)
        assert process.poll() is None, process.communicate()
        kill_all(process)
        kept.append(read_surface(path).num_done)
    assert kept[1] == 0 and kept[1:] == sorted(set(kept[1:])) and kept[-1] < 99
    ended = run(*command, "--out", path.with_suffix(""), ranks=2)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"goes on with {path}: {kept[-1]} of 99 points are done\n" in ended.stdout
    whole = run(*command, "--out", tmp_path / "whole")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert arrays(path) == arrays(tmp_path / "whole.h5")
    assert {entry.name for entry in tmp_path.iterdir()} == {"killed.h5", "killed.html", "whole.h5", "whole.html"}
