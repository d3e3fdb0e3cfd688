"""Objectives over ranks that are threads of this process."""

import queue
import threading
import time

from objectives import objective_of, sums_of
from thread_ranks import ThreadWorld
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.curvature.objective import Objective, serve

LONGEST_S = 20


class WaitingWorld(ThreadWorld):
    """A rank that can wait for another's message; what comes earlier from a third is kept."""

    def __init__(self, rank: int, boxes: list[queue.SimpleQueue]) -> None:
        super().__init__(rank, boxes)
        self._early: list[tuple[int, object]] = []

    def receive(self, rank: int | None = None) -> object:
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            place = next((place for place, (source, _) in enumerate(self._early) if rank in (None, source)), None)
            if place is not None:
                return self._early.pop(place)[1]
            if (found := self.poll()) is not None:
                self._early.append(found)
            else:
                time.sleep(0.0005)
        raise AssertionError(f"rank {self.rank} waited in vain for rank {rank}")


def over_ranks(ask, build, batches_of_ranks, losses=None, *, weight_decay: float = 0.0, **options):
    """Return what `ask(objective)` returns on rank 0, while the other ranks serve; all must have left afterwards.

    Args:
        losses: One a rank, if not cross entropy.
    """
    num = len(batches_of_ranks)
    parts = [
        sums_of(build(), batches, *([losses[rank]] if losses else []), **options)
        for rank, batches in enumerate(batches_of_ranks)
    ]
    boxes = [queue.SimpleQueue() for _ in range(num)]
    worlds = [WaitingWorld(rank, boxes) for rank in range(num)]
    threads = [threading.Thread(target=serve, args=pair, daemon=True) for pair in zip(parts[1:], worlds[1:])]
    with sdpa_kernel(
        SDPBackend.MATH
    ):  # torch's choice of kernels is the process's: a thread must not restore another's
        for thread in threads:
            thread.start()
        try:
            return ask(Objective(parts[0], worlds[0], weight_decay=weight_decay))
        finally:
            Objective.dismiss(worlds[0])
            for thread in threads:
                thread.join(LONGEST_S)
                assert not thread.is_alive(), "a rank did not leave with rank 0"


def alone(ask, build, batches, **options):
    return ask(objective_of(build(), batches, **options))
