"""Ranks as threads of one process, messages pickled as MPI's are, and measures that note their calls."""

import pickle
import queue
import threading
import time

import numpy as np

from landscape.grid import Grid
from landscape.surface import Surface, empty_surface
from landscape.sweep.run import Stop, sweep
from landscape.sweep.world import World

GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))
LINE = Grid(np.linspace(-0.4, 1.3, 7))


class ThreadWorld(World):
    """One rank among threads of this process."""

    def __init__(self, rank: int, boxes: list[queue.SimpleQueue]) -> None:
        self.rank, self.size, self._boxes = rank, len(boxes), boxes

    def send(self, message: object, rank: int) -> None:
        self._boxes[rank].put((self.rank, pickle.dumps(message)))

    def poll(self) -> tuple[int, object] | None:
        try:
            source, message = self._boxes[self.rank].get_nowait()
        except queue.Empty:
            return None
        return source, pickle.loads(message)


def swept(measures, surface: Surface, *, stops=None, **options) -> Surface:
    """Sweep with one rank a measure; rank 0 in this thread."""
    boxes = [queue.SimpleQueue() for _ in measures]
    stops = stops or [Stop() for _ in measures]
    first, *others = [ThreadWorld(rank, boxes) for rank in range(len(measures))]
    threads = []
    for world, measure, stop in zip(others, measures[1:], stops[1:]):
        keywords = {"world": world, "stop": stop, "idle": options.get("idle", frozenset())}
        threads.append(threading.Thread(target=sweep, args=(measure, None), kwargs=keywords, daemon=True))
    for thread in threads:
        thread.start()
    try:
        return sweep(measures[0], surface, world=first, stop=stops[0], **options)
    finally:
        for thread in threads:
            thread.join(2)
            assert not thread.is_alive(), "a rank did not leave with rank 0"


def slanted(alpha: float, beta: float) -> dict[str, float]:
    return {"loss": alpha + 10 * beta}


def blank(grid: Grid = GRID) -> Surface:
    return empty_surface(grid, ["loss"])


def everywhere(function, grid: Grid) -> np.ndarray:
    """Compute a measure's loss at every point of a grid, the plain way."""
    values = [function(float(a), float(b))["loss"] for a in grid.x for b in (grid.y if grid.y is not None else [0.0])]
    return np.reshape(values, grid.shape)


class Calls:
    """A measure that notes its calls, and waits before it answers."""

    def __init__(self, function=slanted, delay_s=0.0) -> None:
        self.function, self.delay_s, self.points = function, delay_s, []

    def __call__(self, alpha: float, beta: float) -> dict[str, float]:
        self.points.append((alpha, beta))
        time.sleep(self.delay_s() if callable(self.delay_s) else self.delay_s)
        return self.function(alpha, beta)
