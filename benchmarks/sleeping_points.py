"""A program: the real sweep over points that sleep, so that only the handing-out can lose time.

usage: mpirun -n 8 python -m benchmarks.sleeping_points --times equal
"""

import argparse
import json
import time

import numpy as np

from landscape.cli.program import use_one_thread
from landscape.grid import Grid
from landscape.surface import Surface, empty_surface
from landscape.sweep.run import sweep
from landscape.sweep.world import World, join_world

MEAN_S = 0.02
NUM_POINTS = 1300
SIGMA = 1.0
SLOW_RANK, SLOWER = 5, 4.0
TIMES = ("equal", "log-normal", "slow-rank")


def seconds_of(times: str, num_points: int, seed: int) -> np.ndarray:
    """Return how long each point sleeps on an ordinary rank, by its index: all alike, or log-normal; the mean is 20 ms."""
    if times != "log-normal":
        return np.full(num_points, MEAN_S)
    drawn = np.exp(SIGMA * np.random.Generator(np.random.Philox(key=seed)).standard_normal(num_points))
    return drawn * (MEAN_S / drawn.mean())


def ideal_s(times: str, num_points: int, seed: int, num_ranks: int) -> float:
    """Return the time that no schedule can better: all ranks at work to the end, or the longest point alone."""
    seconds = seconds_of(times, num_points, seed)
    rates = num_ranks - 1 + 1 / SLOWER if times == "slow-rank" else num_ranks
    return float(max(seconds.sum() / rates, seconds.max()))


def swept(times: str, num_points: int, seed: int, world: World) -> tuple[float, Surface | None]:
    """Sweep the points and return rank 0's seconds from the first hand-out to the last result, and what was measured."""
    seconds = seconds_of(times, num_points, seed)
    slower = SLOWER if times == "slow-rank" and world.rank == SLOW_RANK else 1.0

    def measure(alpha: float, beta: float) -> dict[str, float]:
        began = time.perf_counter()
        time.sleep(seconds[int(2 * alpha + beta)] * slower)
        return {"rank": world.rank, "slept_s": time.perf_counter() - began}

    grid = Grid(np.arange(num_points // 2), np.arange(2))
    world.share(world.collect(None))  # all are there
    began = time.perf_counter()
    surface = sweep(measure, empty_surface(grid, ["rank", "slept_s"]), world=world)
    return time.perf_counter() - began, surface


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", choices=TIMES, required=True)
    parser.add_argument("--num-points", type=int, default=NUM_POINTS)
    parser.add_argument("--seed", type=int, default=0, help="of log-normal times")
    options = parser.parse_args()
    use_one_thread()
    world = join_world()
    took_s, surface = swept(options.times, options.num_points, options.seed, world)
    if surface is not None:
        ranks, slept_s = surface.values["rank"], surface.values["slept_s"]
        by_rank = [float(slept_s[ranks == rank].sum()) for rank in range(world.size)]
        points = [int((ranks == rank).sum()) for rank in range(world.size)]
        found = {"ranks": world.size, "seconds": took_s, "points_by_rank": points, "slept_s_by_rank": by_rank}
        print(json.dumps(found))
    world.finish()


if __name__ == "__main__":
    main()
