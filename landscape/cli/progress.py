"""Progress of a sweep: a bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from landscape.cli.saying import silent
from landscape.surface import Surface
from landscape.sweep.world import World

LINE_EVERY_S = 15.0
LAUNCHERS = ("mpirun", "mpiexec", "hydra", "orte", "prte", "srun")


def duration(seconds: float) -> str:
    """Return seconds as 8 s, 3 min 20 s or 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def terminal(under_launcher: bool) -> TextIO | None:
    """Return a stream to the user's terminal, None where there is none.

    Under mpirun a rank's own streams are pipes, and it may have no controlling terminal; then the launcher's is asked.
    """
    if sys.stderr.isatty():
        return sys.stderr
    if not under_launcher:
        return None
    for path in ("/dev/tty", _terminal_of_launcher()):
        if path is not None:
            try:
                return open(path, "w")
            except OSError:
                continue
    return None


def _terminal_of_launcher() -> str | None:
    """Return the terminal that stands at a launcher's stderr, looking up from this process through launchers alone."""
    try:
        process = os.getppid()
        while any(name in Path(f"/proc/{process}/comm").read_text() for name in LAUNCHERS):
            found = os.readlink(f"/proc/{process}/fd/2")
            if not found.startswith("pipe:"):
                return found if found.startswith(("/dev/pts/", "/dev/tty")) else None
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        pass
    return None


@contextmanager
def progress_of(
    start: Surface | None, world: World, say: Callable[[str], None], what: str = "point"
) -> Iterator[Callable[[int], None]]:
    """Tell how a sweep goes that begins with what is done in `start`; nothing on ranks that hold none.

    Args:
        what: What is counted, in the singular.
    """
    if start is None:
        yield silent
        return
    progress = Progress(start.grid.num_points, start.num_done, under_launcher=world.size > 1, say=say, what=what)
    try:
        yield progress
    finally:
        progress.close()


class Progress:
    """Says how many points are done, how fast, and when the rest will be.

    Args:
        what: What is counted, in the singular.
    """

    def __init__(
        self, total: int, done: int, *, under_launcher: bool, say: Callable[[str], None], what: str = "point"
    ) -> None:
        self._total, self._first, self._say, self._what = total, done, say, what
        self._began = self._said = time.perf_counter()
        stream = terminal(under_launcher)
        self._bar = (
            tqdm(total=total, initial=done, unit=what, file=stream, smoothing=0.05, mininterval=0.5) if stream else None
        )

    def __call__(self, num_done: int) -> None:
        if self._bar:
            self._bar.update(num_done - self._bar.n)
            return
        now = time.perf_counter()
        if now - self._said >= LINE_EVERY_S:
            self._said = now
            rate = (num_done - self._first) / (now - self._began)
            left = (self._total - num_done) / rate
            self._say(f"{num_done} of {self._total} {self._what}s, {rate:.3g} a second, {duration(left)} left")

    def close(self) -> None:
        if self._bar:
            self._bar.close()
