"""The sweep under a real mpirun, with a formula in the place of a model."""

import time
from collections import Counter

import numpy as np
import pytest

from landscape.store.surface_file import read_surface

pytestmark = pytest.mark.timed

GRID = ("--x", "-0.7:1.3:5", "--y", "-0.3:0.9:4")


def arrays(path) -> dict[str, bytes]:
    """Return a file's arrays as bytes, by name."""
    surface = read_surface(path)
    assert surface.is_complete
    named = {**surface.values, "x": surface.grid.x, "y": surface.grid.y}
    return {name: array.tobytes() for name, array in named.items()}


def points_in(log) -> list[tuple[str, str]]:
    """Return (rank, coordinates) of each line that notes a point."""
    words = [line.split(" ", 4) for line in log.read_text().splitlines()]
    return [(word[2], word[4]) for word in words if word[3] == "point"]


def test_any_number_of_ranks_gives_the_same_bits(run, analytic, tmp_path):
    found = []
    for ranks in (None, 1, 2, 3):
        out, log = tmp_path / f"on{ranks}", tmp_path / f"log{ranks}"
        ended = run(analytic, "--log", log, "--delay-s", "0.01", "--", *GRID, "--out", out, ranks=ranks)
        assert (ended.returncode, ended.stderr) == (0, "")
        counted = Counter(point for _, point in points_in(log))
        assert len(counted) == 20 and set(counted.values()) == {1}
        assert len({rank for rank, _ in points_in(log)}) == (ranks or 1)
        found.append(arrays(out.with_name(f"{out.name}.h5")))
    assert found[0] == found[1] == found[2] == found[3]
    loss = read_surface(tmp_path / "on3.h5").values["train_loss"]
    assert np.isnan(loss[:, 3]).all() and np.isinf(loss[4, :3]).all() and np.isfinite(loss[:4, :3]).all()


def test_ranks_free_at_different_speeds_get_different_numbers_of_points(run, analytic, tmp_path):
    log = tmp_path / "log"
    own = ("--log", log, "--delay-s", "0.02", "--slow-rank", "1", "--slow-s", "0.4")
    ended = run(analytic, *own, "--", "--x", "-1:0.4:12", "--y", "0:1:5", "--out", tmp_path / "s", ranks=3)
    counted = Counter(rank for rank, _ in points_in(log))
    assert ended.returncode == 0 and sum(counted.values()) == 60
    assert counted["1"] <= 8 and min(counted["0"], counted["2"]) >= 15


def test_waiting_ranks_sleep(run, programs):
    """Rank 0 takes two points of 3 s, rank 1 one; rank 2 is idle, and then they wait for each other to leave."""
    ended = run(programs / "waiting.py", ranks=3)
    assert (ended.returncode, ended.stderr) == (0, "")
    rows = sorted(line.split() for line in ended.stdout.splitlines())
    assert [row[0] for row in rows] == ["0", "1", "2"]
    for _, worked_s, passed_s in rows:
        assert 5.5 < float(passed_s) < 15 and float(worked_s) < 0.1 * float(passed_s)


@pytest.mark.parametrize("failing_rank", [0, 1])
def test_an_exception_on_a_rank_ends_the_job_within_2_s_and_keeps_what_was_done(run, analytic, tmp_path, failing_rank):
    log = tmp_path / "log"
    own = ("--log", log, "--delay-s", "0.05", "--fail-rank", failing_rank, "--slow-rank", "2", "--slow-s", "30")
    ended = run(analytic, *own, "--", *GRID, "--out", tmp_path / "s", ranks=3)
    ended_at = time.monotonic()
    raised = [line.split() for line in log.read_text().splitlines() if line.endswith("raised")]
    assert len(raised) == 1 and ended_at - float(raised[0][0]) < 2
    assert ended.returncode == 1
    point = [coordinates for rank, coordinates in points_in(log) if rank == str(failing_rank)][-1]
    alpha, beta = (f"{float(number):g}" for number in point.split())
    said = ended.stderr.splitlines()
    assert said[0] == f"landscape: the point alpha = {alpha}, beta = {beta} failed on rank {failing_rank}"
    assert said[1] == "Traceback (most recent call last):" and ended.stderr.count("Traceback") == 1
    assert ended.stderr.rstrip().endswith("ArithmeticError: as the test asked for")
    assert "BAD TERMINATION" not in ended.stdout + ended.stderr and "MPI_Abort" not in ended.stderr
    kept = read_surface(tmp_path / "s.h5")
    assert 3 <= kept.num_done < 20
    assert not (tmp_path / ".s.h5.lock").exists()
    assert run(analytic, "--", *GRID, "--out", tmp_path / "s").returncode == 0
    assert run(analytic, "--", *GRID, "--out", tmp_path / "whole").returncode == 0
    assert arrays(tmp_path / "s.h5") == arrays(tmp_path / "whole.h5")


def test_an_exception_outside_the_sweep_ends_all_ranks_with_one_traceback(run, tmp_path):
    program = tmp_path / "broken.py"
    program.write_text(
        "import sys, time\n"
        "from landscape.cli.program import run_program\n"
        "def body(arguments, world):\n"
        "    if world.rank == 2:\n"
        "        raise KeyError('as the test asked for')\n"
        "    world.receive()\n"
        "sys.exit(run_program(body, []))\n"
    )
    ended = run(program, ranks=3, timeout=20)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.startswith("Traceback (most recent call last):") and ended.stderr.count("Traceback") == 1
    assert ended.stderr.endswith("KeyError: 'as the test asked for'\n")
