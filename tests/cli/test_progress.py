"""Progress, as it comes to a terminal and to a pipe; and times in words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from landscape.cli.progress import Progress, duration

ROOT = str(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize(
    "seconds, words", [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7500, "2 h 5 min")]
)
def test_times_in_words(seconds, words):
    assert duration(seconds) == words


def test_plain_lines_name_points_rate_and_time_left(monkeypatch):
    clock = iter([0.0, 20.0, 20.1])
    monkeypatch.setattr("landscape.cli.progress.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("landscape.cli.progress.terminal", lambda under_launcher: None)
    said = []
    progress = Progress(100, 10, under_launcher=False, say=said.append)
    progress(20)
    progress(21)
    assert said == ["20 of 100 points, 0.5 a second, 2 min 40 s left"]


def test_a_terminal_gets_a_bar_also_under_mpirun(tmp_path, mpirun, analytic):
    ours, theirs = os.openpty()
    options = ["--", "--x", "-1:1:5", "--y", "-1:1:4", "--out", str(tmp_path / "s")]
    program = subprocess.Popen(
        [mpirun, "-n", "2", sys.executable, str(analytic), *options],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PYTHONPATH": ROOT},
    )  # fmt: skip
    os.close(theirs)
    shown = "".join(read_all(ours))
    assert program.wait(timeout=60) == 0
    assert "20/20" in shown and "point/s" in shown


def read_all(terminal: int):
    """Yield what comes to a terminal until its other side is closed by all."""
    while True:
        try:
            yield os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            return
