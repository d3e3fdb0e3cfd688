"""The same function in two processes of one thread each, so that both cores are at work, as when ranks share a machine."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import BrokenBarrierError

from landscape.cli.program import keep_freed_memory, use_one_thread

NUM_PROCESSES = 2
LONGEST_WAIT_S = 300


def side_by_side(function: Callable, *arguments) -> list:
    """Return what `function(wait, *arguments)` gives in each process; `wait()` returns when all have called it.

    Function and arguments must be picklable. The processes are fresh ones, set up as the tool's own.

    Raises:
        Exception: What one of them raised; the others are let go at their next `wait()`.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(NUM_PROCESSES)
    with ProcessPoolExecutor(NUM_PROCESSES, context, _begin, (barrier,)) as pool:
        tasks = [pool.submit(_guarded, function, arguments) for _ in range(NUM_PROCESSES)]
        errors = [error for task in tasks if (error := task.exception()) is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])
    return [task.result() for task in tasks]


def _begin(barrier) -> None:
    global _barrier
    _barrier = barrier
    use_one_thread()
    keep_freed_memory()


def _wait() -> None:
    _barrier.wait(LONGEST_WAIT_S)


def _guarded(function: Callable, arguments: tuple) -> object:
    try:
        _wait()  # so that no process takes both tasks
        return function(_wait, *arguments)
    except BaseException:
        _barrier.abort()
        raise
