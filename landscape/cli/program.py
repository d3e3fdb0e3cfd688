"""A program from its start to its exit status: ranks joined, mistakes said once, signals heard, nothing left hanging."""

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from landscape.sweep.run import PointFailed, Stop, Stopped
from landscape.sweep.world import Mistake, World, join_world

DONE, FAILED, REFUSED = 0, 1, 2
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -2, -3, -4  # malloc.h
MiB = 2**20


def use_one_thread() -> None:
    """Keep each process to one thread: ranks share the cores, and numbers must not depend on how many there are."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def keep_freed_memory(*, all_of_it: bool = False) -> None:
    """Let glibc keep freed memory of up to a quarter gigabyte a process, so that each batch's activations reuse pages.

    By default it gives every large block back, and the kernel clears the pages again at the next batch.

    Args:
        all_of_it: However much it is: a batch that is trained on keeps gigabytes of activations.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return
    if all_of_it and mallopt(M_MMAP_MAX, 0):
        mallopt(M_TRIM_THRESHOLD, -1)
    elif mallopt(
        M_MMAP_THRESHOLD, 32 * MiB
    ):  # the most that every glibc takes; refused, the others would make it worse
        mallopt(M_TRIM_THRESHOLD, 256 * MiB)
        mallopt(M_TOP_PAD, 16 * MiB)


def run_program(body: Callable[[Sequence[str], World], None], arguments: Sequence[str]) -> int:
    """Run a program's body on this rank and return its exit status: 0 done, 1 failed, 2 refused before the first point.

    Body's `Mistake` becomes one sentence, printed by one rank; any other exception a traceback, and the end of all ranks.
    """
    use_one_thread()
    keep_freed_memory()
    signal.signal(signal.SIGTERM, _interrupt)
    world = World()
    try:
        try:
            world = join_world()
            body(arguments, world)
            status = DONE
        except Mistake as mistake:
            status = _refuse(mistake)
        world.finish()
        return status
    except (PointFailed, Stopped) as ended:
        print(f"landscape: {ended}", file=sys.stderr)
        world.abort(FAILED)  # points may still be under way, which the ordinary way out would wait for or trip over
    except KeyboardInterrupt:
        time.sleep(0 if world.is_first else 1)  # a launcher's signal reaches all ranks; the first speaks, and ends them
        print("landscape: stopped", file=sys.stderr)
        world.abort(FAILED)
    except BaseException:
        traceback.print_exc()
        world.abort(FAILED)


def stop_on_signals() -> Stop:
    """From now on let SIGINT and SIGTERM ask the sweep to end, instead of interrupting whatever is being done.

    `interrupt_on_signals` takes this back.
    """
    stop = Stop()

    def request(number: int, _frame) -> None:
        stop.request(f"stopped by {signal.Signals(number).name}; what was done is kept, and the same command goes on")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request)
    return stop


def interrupt_on_signals() -> None:
    """From now on let SIGINT and SIGTERM interrupt whatever is being done."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame) -> None:
    raise KeyboardInterrupt


def _refuse(mistake: Mistake) -> int:
    if not mistake.said:
        print(f"landscape: {mistake}", file=sys.stderr, flush=True)
    return mistake.status
