"""Progress of a sweep: a bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Callable

from tqdm import tqdm

LINE_EVERY_S = 15.0


def duration(seconds: float) -> str:
    """Return seconds as 8 s, 3 min 20 s or 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def terminal(under_launcher: bool):
    """Return a stream to the user's terminal, None where there is none; mpirun's pipes hide it from isatty."""
    if sys.stderr.isatty():
        return sys.stderr
    if under_launcher and not os.environ.get("CI"):
        try:
            return open("/dev/tty", "w")
        except OSError:
            return None
    return None


class Progress:
    """Says how many points are done, how fast, and when the rest will be."""

    def __init__(self, total: int, done: int, *, under_launcher: bool, say: Callable[[str], None]) -> None:
        self._total, self._first, self._say = total, done, say
        self._began = self._said = time.perf_counter()
        stream = terminal(under_launcher)
        self._bar = tqdm(total=total, initial=done, unit="point", file=stream, smoothing=0.05) if stream else None

    def __call__(self, num_done: int) -> None:
        if self._bar:
            self._bar.update(num_done - self._bar.n)
            return
        now = time.perf_counter()
        if now - self._said >= LINE_EVERY_S:
            self._said = now
            rate = (num_done - self._first) / (now - self._began)
            left = (self._total - num_done) / rate
            self._say(f"{num_done} of {self._total} points, {rate:.3g} a second, {duration(left)} left")

    def close(self) -> None:
        if self._bar:
            self._bar.close()
