"""The page of a run that goes on: written again now and then, and told to load itself again."""

import time
from collections.abc import Callable
from pathlib import Path

from landscape.cli.progress import duration
from landscape.surface import Surface

SHORTEST_PAUSE_S = 5.0
SHARE = 0.01  # of the run's time that writing pages may take


class LivePage:
    """Draws what is done so far under a name, at most every few seconds; a page that can't be written ends no run.

    Args:
        path: The page, the same that the run's end writes.
        say: Told once where it can't be written.
    """

    def __init__(self, path: Path, name: str, say: Callable[[str], None]) -> None:
        self._path, self._name, self._say, self._is_off = path, name, say, False
        self._began: tuple[float, int] | None = None
        self._due, self._pause_s = 0.0, SHORTEST_PAUSE_S
        self._last: Surface | None = None

    def __call__(self, surface: Surface) -> None:
        """Write the page if it is time."""
        now = time.perf_counter()
        self._began = self._began or (now, surface.num_done)
        self._last = surface
        if now < self._due:
            return
        self._write(surface, {"words": self._words(surface, now), "seconds": round(self._pause_s, 1)})
        took_s = time.perf_counter() - now
        self._pause_s = max(SHORTEST_PAUSE_S, took_s / SHARE)
        self._due = now + self._pause_s

    def leave(self) -> None:
        """Write the page of a run that ended before its end: what is done, and no more loading again."""
        if self._last is not None:
            self._write(self._last, None)

    def _write(self, surface: Surface, live) -> None:
        from landscape.figures.page import write_page

        if self._is_off:
            return
        try:
            write_page({self._name: surface}, self._path, live=live)
        except OSError as error:
            self._is_off = True
            self._say(f"warning: {error}; the run goes on without a live page")

    def _words(self, surface: Surface, now: float) -> str:
        total, done = surface.grid.num_points, surface.num_done
        began, first = self._began
        words = f"{done:,} of {total:,} points"
        if done == first:
            return words
        return f"{words}, about {duration((now - began) / (done - first) * (total - done))} left"
