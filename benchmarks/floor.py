"""How near a point comes to the time that its convolutions alone need, by the fastest call found for each shape."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean, median

import torch

from benchmarks import subject
from benchmarks.comparison import share_words
from benchmarks.convolutions import Convolution, calls, convolutions_of, seconds_a_call
from benchmarks.options import Options
from benchmarks.points import seconds_of_points, tool_experiment
from benchmarks.side_by_side import side_by_side
from benchmarks.subject import Subject
from benchmarks.table import Result, Row
from landscape.problem.models import build_model

REACH = 0.8
BATCH_SIZES = (16, 25, 32, 50, 100)

# Seconds an image, one number a round, by layer shape and then by call and batch size.
Timings = dict[str, dict[str, list[float]]]


def measure(
    options: Options,
    *,
    network: str = subject.NETWORK,
    num_images: int = subject.NUM_IMAGES,
    batch_sizes: tuple[int, ...] = BATCH_SIZES,
) -> Result:
    """Time calls and whole points in rounds, in two processes at once, each on a core of its own.

    Norms, additions, activations, pooling and the linear layer are not in the floor.
    """
    with tempfile.TemporaryDirectory() as name:
        what = subject.prepared(Path(name), options.data_dir, network=network, num_images=num_images)
        found = side_by_side(_rounds, what, batch_sizes, options.repetitions)
    counts = {str(shape): count for shape, count in _shapes(network).items()}
    floors = [floor_of(timings, counts) for timings, _ in found]
    pairs = [zip(floor, points, strict=True) for floor, (_, points) in zip(floors, found, strict=True)]
    shares = [floor_s / point_s for process in pairs for floor_s, point_s in process]
    floor_s = mean(median(rounds) for rounds in floors)
    point_s = mean(median(points) for _, points in found)
    row = Row(
        what=f"share of the convolution floor, {what.words}, float32, one core, the other busy too",
        against=f"floor {1e3 * floor_s:.3f} ms an image",
        measured=f"{1e3 * point_s:.3f} ms an image",
        ratio=share_words(shares),
        reach="80 %",
        is_reached=median(shares) >= REACH,
    )
    processes = [
        {"calls": timings, "fastest": fastest(timings), "floor": floor, "point": points}
        for (timings, points), floor in zip(found, floors, strict=True)
    ]
    return Result((row,), {"layers": counts, "seconds an image": processes})


def fastest(timings: Timings) -> dict[str, str]:
    """Return the call with the least median, by layer shape."""
    return {shape: min(found, key=lambda call: median(found[call])) for shape, found in timings.items()}


def floor_of(timings: Timings, counts: Mapping[str, int]) -> list[float]:
    """Return, a round, the sum over layers of their fastest call's seconds an image."""
    chosen = {shape: timings[shape][call] for shape, call in fastest(timings).items()}
    num_rounds = len(next(iter(chosen.values())))
    return [sum(counts[shape] * seconds[place] for shape, seconds in chosen.items()) for place in range(num_rounds)]


def _shapes(network: str) -> dict[Convolution, int]:
    return convolutions_of(
        build_model(network, from_data={"channels": 3, "num_classes": 10}), torch.zeros(1, 3, 32, 32)
    )


def _rounds(wait: Callable[[], None], what: Subject, batch_sizes: tuple[int, ...], num_rounds: int):
    """Return one process's timings of calls, and its points' seconds an image."""
    shapes = _shapes(what.network)
    timings: Timings = {str(shape): {} for shape in shapes}
    points = []
    at = tool_experiment(what).measure
    at(0.0, 0.0)
    for _ in range(num_rounds):
        for shape in shapes:
            wait()
            for batch_size in batch_sizes:
                _time(timings[str(shape)], shape, batch_size)
        wait()
        points.append(median(seconds_of_points(at)) / what.num_images)
    return timings, points


def _time(found: dict[str, list[float]], shape: Convolution, batch_size: int) -> None:
    with torch.no_grad():
        for name, call in calls(shape, batch_size).items():
            found.setdefault(f"{name}, {batch_size} a batch", []).append(seconds_a_call(call) / batch_size)
