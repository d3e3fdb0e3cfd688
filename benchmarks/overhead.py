"""How much of a point's time is spent outside the network's forward passes: weights, batches, losses, sums."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import subject
from benchmarks.comparison import share_words
from benchmarks.forward_clock import ClockedLoss, outside_s
from benchmarks.options import Options
from benchmarks.points import POINTS, seconds_of_points, tool_experiment
from benchmarks.side_by_side import side_by_side
from benchmarks.subject import Subject
from benchmarks.table import Result, Row

REACH = 0.03


def measure(options: Options, *, network: str = subject.NETWORK, num_images: int = subject.NUM_IMAGES) -> Result:
    """Time points and, within them, the calls of the network; two processes at once, each on a core of its own."""
    with tempfile.TemporaryDirectory() as name:
        what = subject.prepared(Path(name), options.data_dir, network=network, num_images=num_images)
        found = side_by_side(_points, what, options.repetitions)
    points = [point for process in found for point in process]
    outside = [outside_s(point["point_s"], point["passes_s"]) for point in points]
    shares = [seconds / point["point_s"] for seconds, point in zip(outside, points, strict=True)]
    row = Row(
        what=f"time of a point outside the forward passes, {what.words}, float32",
        against=f"the point, {median(point['point_s'] for point in points):.3f} s",
        measured=f"{1e3 * median(outside):.1f} ms",
        ratio=share_words(shares),
        reach="under 3 %",
        is_reached=median(shares) < REACH,
    )
    return Result((row,), {"points of each process": found})


def _points(wait: Callable[[], None], what: Subject, num_rounds: int) -> list[dict]:
    """Return the seconds of each point, and those of each of its forward passes."""
    experiment = tool_experiment(what)
    experiment.problem.loss = clock = ClockedLoss(experiment.problem.loss)
    experiment.measure(0.0, 0.0)
    clock.take()
    found = []
    for _ in range(num_rounds):
        wait()
        for point in POINTS:
            (point_s,) = seconds_of_points(experiment.measure, [point])
            found.append({"point_s": point_s, "passes_s": clock.take()})
    return found
