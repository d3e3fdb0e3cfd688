"""A program: `landscape surface`, alone or as rank 0, with a clock around what it does beside measuring points.

usage: python -m benchmarks.clocked_run [options of landscape surface]
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import wraps

from landscape.cli import progress, surface
from landscape.cli.program import run_program
from landscape.store import surface_file
from landscape.sweep import run

Spans = list[tuple[float, float]]
CLOCKED = (
    (surface_file, "write_surface"),
    (progress.Progress, "__call__"),
    (run, "sweep"),
    (surface, "run_surface"),
)


def clocked(function: Callable, spans: Spans) -> Callable:
    """Return a function that does the same and notes when each call began and ended."""

    @wraps(function)
    def noting(*positional, **keywords):
        began = time.perf_counter()
        try:
            return function(*positional, **keywords)
        finally:
            spans.append((began, time.perf_counter()))

    return noting


def main() -> None:
    noted: dict[str, Spans] = {}
    for owner, name in CLOCKED:  # the command looks them up when it needs them, and so gets these
        noted[name] = []
        setattr(owner, name, clocked(getattr(owner, name), noted[name]))
    with open(os.devnull, "w") as nowhere:
        progress.terminal = lambda under_launcher: nowhere  # so that it draws its bar
        status = run_program(surface.surface_command, sys.argv[1:])
    print(json.dumps(noted))
    sys.exit(status)


if __name__ == "__main__":
    main()
