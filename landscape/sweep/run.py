"""The sweep: rank 0 asks which points come next, hands them to ranks as these become free, and keeps what they tell."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from landscape.surface import MEASURED, Surface
from landscape.sweep.askers import Asker, brute_force
from landscape.sweep.worker import Failure, Measure, Point, Value, Worker
from landscape.sweep.world import World

SAVE_EVERY_S = 2.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.0005, 0.02
STOP = "stop"


class PointFailed(Exception):
    """A point could not be measured: which, where, and the traceback."""

    def __init__(self, words: str, trace: str, rank: int) -> None:
        super().__init__(f"{words} failed on rank {rank}\n{trace}")


class Stopped(Exception):
    """The run was asked to end; what was done is kept."""


class Stop:
    """A request, made by a signal, that the sweep end soon."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def request(self, reason: str) -> None:
        self.reason = self.reason or reason


def sweep(
    measure: Measure,
    surface: Surface,
    *,
    world: World | None = None,
    ask: Asker = brute_force,
    save: Callable[[Surface], None] = lambda surface: None,
    progress: Callable[[int], None] = lambda num_done: None,
    stop: Stop | None = None,
    idle: frozenset[int] = frozenset(),
) -> Surface | None:
    """Measure the points that `ask` asks for, until it asks for none.

    A point is computed whole by one rank, so that its value does not depend on how many there are.

    Args:
        measure: (alpha, beta), and the plane's place where there are several -> metrics; the same on every rank.
        surface: What is known already; on rank 0. Its grid may be `Trials`, which are measured by number.
        ask: Which points come next, given all of the rounds before.
        save: Called on rank 0 every few seconds with what is done so far, and at the end, however it comes.
        progress: Called on rank 0 with the number of points done.
        stop: Looked at all the time; a request ends the sweep on all ranks.
        idle: Ranks that get no points; not rank 0.

    Returns:
        The surface on rank 0; None on others.

    Raises:
        PointFailed: On rank 0, with the first failure; the others return.
        Stopped: On rank 0, after a stop was requested on any rank.
    """
    world, stop = world or World(), stop or Stop()
    if not world.is_first:
        worker = Worker(measure)
        _serve(worker, world, stop)
        worker.close()
        return None
    ranks = [rank for rank in range(world.size) if rank not in idle]
    worker = Worker(measure)
    coordinator = _Coordinator(worker, world, ranks, surface, save=save, progress=progress, stop=stop)
    try:
        while points := ask(coordinator.surface):
            coordinator.run_round(points)
        return coordinator.surface
    finally:
        worker.close()
        for rank in range(1, world.size):
            world.send(STOP, rank)
        coordinator.save_now()


def _serve(worker: Worker, world: World, stop: Stop) -> None:
    """Compute what rank 0 sends, until it says stop."""
    wait_s = SHORTEST_WAIT_S
    told = False
    while True:
        found = worker.take(wait_s)
        if isinstance(found, Value):
            wait_s = _wait_for(found.took_s)
        if found is not None:
            world.send(found, 0)
        if stop.reason and not told:
            world.send(stop.reason, 0)
            told = True
        while (mail := world.poll()) is not None:
            message = mail[1]
            if message == STOP:
                return
            worker.give(message)


def _wait_for(took_s: float) -> float:
    """Return how long to sleep between looks: a small part of a point's time, so that none waits long for an answer."""
    return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, took_s / 20))


class _Coordinator:
    """Rank 0's hand: which points are out at which rank, and the arrays that results go to."""

    def __init__(
        self, worker: Worker, world: World, ranks: list[int], surface: Surface, *, save, progress, stop
    ) -> None:
        self._worker, self._world, self._ranks = worker, world, ranks
        self._grid, self._given = surface.grid, surface
        self._save, self._progress, self._stop = save, progress, stop
        self._values = {name: np.array(array) for name, array in surface.values.items()}
        self._done = np.array(surface.done)
        self._num_done = surface.num_done
        self._out = dict.fromkeys(ranks, 0)
        self._wait_s = SHORTEST_WAIT_S
        self._saved_at, self._is_dirty, self._save_took_s = time.perf_counter(), False, 0.0

    @property
    def surface(self) -> Surface:
        return replace(self._given, values=self._values, done=self._done)

    def run_round(self, points) -> None:
        pending = deque(points)
        missing = len(pending)
        self._hand_out(pending)
        while missing:
            for rank, message in self._listen():
                if isinstance(message, Failure):
                    raise PointFailed(self._grid.words(message.point.index), message.trace, rank)
                if not isinstance(message, Value):
                    raise Stopped(message)
                self._keep(message, rank)
                missing -= 1
                self._hand_out(pending)
            if self._stop.reason:
                raise Stopped(self._stop.reason)
            self._save_sometimes()

    def save_now(self) -> None:
        if not self._is_dirty:
            return
        self._is_dirty = False
        began = time.perf_counter()
        try:
            self._save(self.surface)
        except OSError as error:
            raise Stopped(f"stopped, since what was done could not be saved: {error}") from error
        self._saved_at = time.perf_counter()
        self._save_took_s = self._saved_at - began

    def _listen(self):
        found = self._worker.take(self._wait_s if self._world.size > 1 else LONGEST_WAIT_S)
        if found is not None:
            yield 0, found
        while (mail := self._world.poll()) is not None:
            yield mail

    def _hand_out(self, pending: deque) -> None:
        """Keep every rank at work with one point queued ahead, but queue none ahead where ranks would run dry."""
        for depth in (1, 2):
            for rank in self._ranks:
                if not pending or depth == 2 and len(pending) < len(self._ranks):
                    return
                if self._out[rank] < depth:
                    index = tuple(pending.popleft())
                    self._give(Point(index, self._grid.place(index)), rank)
                    self._out[rank] += 1

    def _give(self, point: Point, rank: int) -> None:
        if rank == 0:
            self._worker.give(point)
        else:
            self._world.send(point, rank)

    def _keep(self, value: Value, rank: int) -> None:
        for name, array in self._values.items():
            array[value.index] = value.metrics[name]
        self._done[value.index] = MEASURED
        self._num_done += 1
        self._out[rank] -= 1
        self._is_dirty = True
        self._wait_s = _wait_for(value.took_s / len(self._ranks))
        self._progress(self._num_done)

    def _save_sometimes(self) -> None:
        if time.perf_counter() - self._saved_at > max(SAVE_EVERY_S, 10 * self._save_took_s):
            self.save_now()
