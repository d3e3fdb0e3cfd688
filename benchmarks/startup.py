"""How long a user waits: from a command's start to its first point, and for `landscape --help`."""

import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.first_point import DONE
from benchmarks.launching import ROOT, ProgramFailed, command, environment, output_of
from benchmarks.options import Options
from benchmarks.table import Result, Row

REACH_S = {"first point": 6.0, "help": 0.5}


def measure(options: Options) -> Result:
    """Time fresh processes, the two kinds taking turns."""
    times: dict[str, list[float]] = {"first point": [], "help": []}
    for _ in range(options.repetitions):
        times["first point"].append(first_point_s())
        times["help"].append(help_s())
    rows = (
        _row("`python scripts/plot_surface.py` to its first point, one process", times["first point"], "first point"),
        _row("`landscape --help`", times["help"], "help"),
    )
    return Result(rows, {f"{name} seconds": found for name, found in times.items()})


def first_point_s(*arguments: str) -> float:
    """Return the seconds from the start of the surface script, by default for its default model, to its first point."""
    with tempfile.TemporaryDirectory() as folder:
        line = command("-m", "benchmarks.first_point", "--out", Path(folder) / "surface", *arguments)
        began = time.perf_counter()
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
        )
        said = []
        for text in process.stdout:
            if text.rstrip("\n") == DONE:
                took_s = time.perf_counter() - began
                process.kill()
                process.wait()
                return took_s
            said.append(text)
        raise ProgramFailed(line, process.wait(), "".join(said))


def help_s() -> float:
    began = time.perf_counter()
    said = output_of("-m", "landscape", "--help")
    took_s = time.perf_counter() - began
    assert said.startswith("usage: landscape"), said
    return took_s


def _row(what: str, seconds: list[float], name: str) -> Row:
    return Row(
        what=what,
        against="",
        measured=f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})",
        ratio="",
        reach=f"under {REACH_S[name]:g} s",
        is_reached=median(seconds) < REACH_S[name],
    )
