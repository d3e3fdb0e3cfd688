"""Six processes at once want one lock, again and again; print in how many rounds two held it at a time, and in how many none got it.

usage: contending.py FILE NUM_ROUNDS; in every other round a run that is gone has left a lock.
"""

import json
import platform
import sys
import time
from multiprocessing import get_context
from pathlib import Path

from landscape.store.lock import FileLock, lock_path

NUM_PROCESSES = 6


def contend(path: Path, barrier, held) -> None:
    barrier.wait()
    try:
        with FileLock(path):
            since = time.monotonic()
            time.sleep(0.03)
            held.put((since, time.monotonic()))
    except OSError:
        held.put(None)


def overlaps(path: Path) -> tuple[bool, bool]:
    """Let them contend once and return whether two held the lock at a time, and whether none got it."""
    fork = get_context("fork")
    barrier, held = fork.Barrier(NUM_PROCESSES), fork.SimpleQueue()
    processes = [fork.Process(target=contend, args=(path, barrier, held)) for _ in range(NUM_PROCESSES)]
    for process in processes:
        process.start()
    found = sorted(span for span in (held.get() for _ in processes) if span)
    for process in processes:
        process.join()
    return any(first[1] > second[0] for first, second in zip(found, found[1:])), not found


def main() -> None:
    path, num_rounds = Path(sys.argv[1]), int(sys.argv[2])
    num_double = num_none = 0
    for number in range(num_rounds):
        if number % 2:
            gone = {"host": platform.node(), "process": 2**22 + 1, "started": "1"}
            lock_path(path).write_text(json.dumps(gone))
        double, none = overlaps(path)
        num_double, num_none = num_double + double, num_none + none
    print(num_double, num_none)


if __name__ == "__main__":
    main()
