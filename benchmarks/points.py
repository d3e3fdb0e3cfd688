"""A point of the surface as a rank of the tool computes it, without the sweep around it."""

import time
from collections.abc import Callable, Sequence

from benchmarks.subject import Subject
from landscape.cli.arguments import Parser, with_negative_values
from landscape.cli.experiment import build_experiment
from landscape.cli.settings import add_surface_options, settings_of

Measure = Callable[[float, float], object]
POINTS = ((0.5, -0.3), (-0.2, 0.4), (0.3, 0.1))


def tool_measure(what: Subject, *options: str) -> Measure:
    """Return what `landscape surface` with these options computes at (alpha, beta), on this process's one thread."""
    parser = Parser()
    add_surface_options(parser)
    arguments = with_negative_values([*what.arguments, *options])
    return build_experiment(settings_of(parser.parse_args(arguments))).measure


def seconds_of_points(measure: Measure, points: Sequence[tuple[float, float]] = POINTS) -> list[float]:
    """Return how long each point takes."""
    seconds = []
    for alpha, beta in points:
        began = time.perf_counter()
        measure(alpha, beta)
        seconds.append(time.perf_counter() - began)
    return seconds
