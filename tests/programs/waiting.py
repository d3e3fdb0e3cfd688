"""A sweep in which other ranks have little to do; each rank prints its rank, and the seconds that it worked and that passed.

usage: waiting.py
"""

import os
import sys
import time

import numpy as np

from landscape.grid import Grid
from landscape.surface import empty_surface
from landscape.sweep.run import sweep
from landscape.sweep.world import join_world


def main() -> None:
    world = join_world()
    grid = Grid(np.array([-0.5, 0.0, 1.0]))

    def slow(alpha: float, beta: float) -> dict[str, float]:
        time.sleep(3)
        return {"loss": alpha}

    world.share(None)
    began, worked = time.perf_counter(), time.process_time()
    sweep(slow, empty_surface(grid, ["loss"]) if world.is_first else None, world=world, idle=frozenset({2}))
    world.finish()
    line = f"{world.rank} {time.process_time() - worked} {time.perf_counter() - began}\n"
    os.write(sys.stdout.fileno(), line.encode())  # whole, so that no other rank's comes between


if __name__ == "__main__":
    main()
