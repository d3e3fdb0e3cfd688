"""How much of a point's time is spent outside the network's forward passes: weights, batches, losses, sums."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import forward_clock, subject
from benchmarks.comparison import share_words
from benchmarks.options import Options
from benchmarks.points import POINTS, seconds_of_points, tool_measure
from benchmarks.side_by_side import side_by_side
from benchmarks.subject import Subject
from benchmarks.table import Result, Row

REACH = 0.03
LOSS = f"{forward_clock.__name__}:{forward_clock.cross_entropy.__name__}"


def measure(options: Options, *, network: str = subject.NETWORK, num_images: int = subject.NUM_IMAGES) -> Result:
    """Time points whose loss notes the seconds of each forward pass; two processes at once, each on a core of its own."""
    with tempfile.TemporaryDirectory() as name:
        what = subject.prepared(Path(name), options.data_dir, network=network, num_images=num_images)
        found = side_by_side(_points, what, options.repetitions)
    points = [point for process in found for point in process]
    shares = [1 - forward_s / point_s for point_s, forward_s in points]
    row = Row(
        what=f"time of a point outside the forward passes, {what.words}, float32",
        against=f"the point, {median(point_s for point_s, _ in points):.3f} s",
        measured=f"{1e3 * median(point_s - forward_s for point_s, forward_s in points):.1f} ms",
        ratio=share_words(shares),
        reach="under 3 %",
        is_reached=median(shares) < REACH,
    )
    return Result((row,), {"point and forward seconds": found})


def _points(wait: Callable[[], None], what: Subject, num_rounds: int) -> list[tuple[float, float]]:
    """Return the seconds of each point, and those of its forward passes."""
    at = tool_measure(what, "--loss", LOSS)
    at(0.0, 0.0)
    forward_clock.taken_s()
    found = []
    for _ in range(num_rounds):
        wait()
        for point in POINTS:
            (point_s,) = seconds_of_points(at, [point])
            found.append((point_s, forward_clock.taken_s()))
    return found
