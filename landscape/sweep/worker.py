"""One rank's computing thread: takes points from a queue, puts values on another, and never talks to other ranks."""

import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

CLOSING_S = 0.3
Index = tuple[int, ...]
Measure = Callable[..., Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Point:
    """Work: an index of the grid, and what the measure is to be called with there."""

    index: Index
    place: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A result: metrics at an index, and the seconds that they took."""

    index: Index
    metrics: Mapping[str, float]
    took_s: float


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception in the measuring of a point, as text."""

    point: Point
    trace: str


class Worker:
    """A daemon thread that measures the points given to it, one after the other.

    It is a thread so that its rank's main thread can hear messages and signals while a point is computed.
    """

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._inbox: queue.SimpleQueue[Point | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Value | Failure] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="landscape-worker")
        self._thread.start()

    def give(self, point: Point) -> None:
        self._inbox.put(point)

    def close(self) -> None:
        """Let the thread end, after the points that it was given; one without any is waited for.

        An interpreter that ends while a thread is leaving native code may abort.
        """
        self._inbox.put(None)
        self._thread.join(CLOSING_S)

    def take(self, timeout_s: float) -> Value | Failure | None:
        """Return a result, waiting for it at most so long; None if none came."""
        try:
            return self._outbox.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _run(self) -> None:
        while (point := self._inbox.get()) is not None:
            began = time.perf_counter()
            try:
                metrics = self._measure(*point.place)
                self._outbox.put(Value(point.index, metrics, time.perf_counter() - began))
            except BaseException:  # handed to the rank's main thread, which ends the run
                self._outbox.put(Failure(point, traceback.format_exc()))
                return
