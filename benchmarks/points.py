"""A point of the surface as a rank of the tool computes it, without the sweep around it."""

import time
from collections.abc import Callable, Sequence

from benchmarks.subject import Subject
from landscape.cli.arguments import Parser
from landscape.cli.experiment import Experiment, build_experiment
from landscape.cli.settings import add_surface_options, settings_of

Measure = Callable[[float, float], object]
POINTS = ((0.5, -0.3), (-0.2, 0.4), (0.3, 0.1))


def tool_experiment(what: Subject, *more: str) -> Experiment:
    """Return what a rank of `landscape surface` computes with; without `more` options, by the path that it chooses."""
    parser = Parser()
    add_surface_options(parser)
    return build_experiment(settings_of(parser.parse_args([*what.arguments, *more])))


def seconds_of_points(measure: Measure, points: Sequence[tuple[float, float]] = POINTS) -> list[float]:
    """Return how long each point takes."""
    seconds = []
    for alpha, beta in points:
        began = time.perf_counter()
        measure(alpha, beta)
        seconds.append(time.perf_counter() - began)
    return seconds
