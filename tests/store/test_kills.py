"""Kills at random moments: the file is always whole, little is lost, and the rest of the run changes no bit."""

import random
import time

import pytest

from landscape.store.surface_file import read_surface
from landscape.sweep.run import SAVE_EVERY_S

pytestmark = pytest.mark.timed

GRID = ("--x", "-0.7:1.3:41", "--y", "-0.3:0.9:37")


def arrays(path) -> dict[str, bytes]:
    surface = read_surface(path)
    assert surface.is_complete
    return {name: array.tobytes() for name, array in surface.values.items()}


def num_logged(log) -> int:
    return log.read_text().count("point") if log.exists() else 0


@pytest.fixture
def whole(run, analytic, tmp_path):
    """Return the arrays of a run that nothing disturbed."""
    assert run(analytic, "--", *GRID, "--out", tmp_path / "whole").returncode == 0
    return arrays(tmp_path / "whole.h5")


@pytest.mark.parametrize("num_kills", [8, pytest.param(25, marks=pytest.mark.slow)])
def test_kills_at_random_moments_leave_a_whole_file_and_the_resumed_run_changes_no_bit(
    start, run, analytic, kill_all, until, tmp_path, whole, num_kills
):
    chance = random.Random(7)
    path, log = tmp_path / "killed.h5", tmp_path / "log"
    command = (analytic, "--log", log, "--delay-s", "0.01", "--save-every-s", "0.01", "--", *GRID)
    num_done = [0]
    for _ in range(num_kills):
        before = num_logged(log)
        process = start(*command, "--out", path.with_suffix(""))
        until(lambda: num_logged(log) > before or process.poll() is not None, "the first point")
        time.sleep(chance.uniform(0, 0.5))
        assert process.poll() is None, process.communicate()
        kill_all(process)
        num_done.append(read_surface(path).num_done)
    assert num_done == sorted(num_done) and len(set(num_done)) > 5 and num_done[-1] < 41 * 37
    ended = run(*command, "--out", path.with_suffix(""))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"goes on with {path}: {num_done[-1]} of {41 * 37} points are done\n" in ended.stdout
    assert arrays(path) == whole
    assert {entry.name for entry in tmp_path.glob("*killed*")} == {"killed.h5", "killed.html"}
    assert not list(tmp_path.glob(".killed*"))


def test_a_kill_loses_at_most_a_few_seconds(start, analytic, kill_all, until, tmp_path):
    path, log = tmp_path / "killed.h5", tmp_path / "log"
    process = start(analytic, "--log", log, "--delay-s", "0.01", "--", *GRID, "--out", path.with_suffix(""))
    until(lambda: num_logged(log) > 0 or process.poll() is not None, "the first point")
    time.sleep(2.8 * SAVE_EVERY_S)
    kill_all(process)
    times = [float(line.split()[0]) for line in log.read_text().splitlines()]
    lost_s = times[-1] - times[read_surface(path).num_done]
    assert lost_s < 1.5 * SAVE_EVERY_S, f"{lost_s} s were lost"
