"""How much of eight ranks' time the handing-out of points loses: points that sleep, against the ideal schedule."""

import json
from statistics import median

from benchmarks.comparison import share_words
from benchmarks.launching import output_of
from benchmarks.options import Options
from benchmarks.sleeping_points import MEAN_S, NUM_POINTS, SLOWER, TIMES, ideal_s
from benchmarks.table import Result, Row

NUM_RANKS = 8
REACH = {"equal": 0.95, "log-normal": 0.93, "slow-rank": 0.90}
WORDS = {
    "equal": f"points of {1000 * MEAN_S:g} ms",
    "log-normal": "points of log-normal times, other ones each time",
    "slow-rank": f"one rank {SLOWER:g} times slower",
}


def measure(options: Options, *, num_points: int = NUM_POINTS) -> Result:
    """Time the sweep over sleeping points under a real mpirun; a repetition goes once through all kinds of times."""
    runs = [_run(times, num_points, seed) for seed in range(options.repetitions) for times in TIMES]
    rows = tuple(_row(times, num_points, [run for run in runs if run["times"] == times]) for times in TIMES)
    return Result(rows, {"runs": runs})


def _run(times: str, num_points: int, seed: int) -> dict:
    program = ("-m", "benchmarks.sleeping_points", "--times", times, "--num-points", num_points, "--seed", seed)
    found = json.loads(output_of(*program, ranks=NUM_RANKS))
    ideal = ideal_s(times, num_points, seed, NUM_RANKS)
    return {"times": times, "seed": seed, "ideal_s": ideal, "share": ideal / found["seconds"], **found}


def _row(times: str, num_points: int, runs: list[dict]) -> Row:
    shares = [run["share"] for run in runs]
    return Row(
        what=f"{NUM_RANKS} ranks, {num_points:,} points that sleep: {WORDS[times]}",
        against=f"ideal {median(run['ideal_s'] for run in runs):.2f} s",
        measured=f"{median(run['seconds'] for run in runs):.2f} s",
        ratio=share_words(shares),
        reach=f"{REACH[times]:.0%}".replace("%", " %"),
        is_reached=median(shares) >= REACH[times],
    )
