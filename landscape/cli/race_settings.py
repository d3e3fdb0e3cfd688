"""The settings of `landscape race`: options, their defaults, and values made of their texts."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.cli.arguments import numbers
from landscape.cli.race_network import NETWORK_AXIS, add_network_options, is_network, network_course
from landscape.grid import Grid, axis_from_text
from landscape.race.courses import COURSES, Course, Place, find_course
from landscape.race.derivatives import values_at
from landscape.race.optimizers import RACERS, chosen_racers
from landscape.race.race import frame_of

POINTS_A_SIDE = 81
OWN_AXIS = "-2:2:81"  # of the user's function
MOST_STEPS, MOST_RUNS, MOST_POINTS = 20_000, 64, 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceSettings:
    """What a run of `landscape race` was asked for; of a network also what decides its loss."""

    spec: str
    course: Course
    network: Mapping[str, object]
    optimizers: tuple[str, ...]
    starts: tuple[Place, ...]
    rates: Mapping[str, float]
    steps: int
    noise: float
    seed: int
    grid: Grid
    out: Path | None
    overwrite: bool
    dry_run: bool = False
    continue_on_other: bool = True


def add_race_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape race`."""
    parser.add_argument(
        "surface",
        nargs="?",
        default="saddle",
        metavar="SURFACE",
        help=f"{', '.join(COURSES)}, or path/file.py:f, a function of torch (x, y), "
        "or trained weights, zoo:NAME or a file, in a random plane of which optimizers race (default: saddle)",
    )
    parser.add_argument("--optimizers", metavar="NAMES", help=f"among {','.join(RACERS)} (default: all)")
    parser.add_argument(
        "--start",
        action="append",
        default=[],
        metavar="X,Y",
        help="where they begin; repeat for several (default: the surface's own)",
    )
    parser.add_argument(
        "--learning-rate",
        action="append",
        default=[],
        metavar="RATE or NAME=RATE",
        help="for all, or for one optimizer; repeat (default: the surface's own)",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="(default: the surface's own)")
    parser.add_argument(
        "--noise",
        type=float,
        default=0.05,
        metavar="DEVIATION",
        help="of the errors in noisy-sgd's gradients (default: 0.05)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the noise (default: 0)")
    parser.add_argument("--x", metavar="MIN:MAX:NUM", help="the frame that is drawn and searched (default: its own)")
    parser.add_argument("--y", metavar="MIN:MAX:NUM", help="likewise along the other weight")
    add_network_options(parser)
    parser.add_argument("--out", type=Path, help="OUT.h5 and OUT.html (default: outputs/race-SURFACE)")
    parser.add_argument("--overwrite", action="store_true", help="begin anew over the file of another race")


def race_settings_of(options: argparse.Namespace) -> RaceSettings:
    """Return settings of parsed options.

    Raises:
        ValueError: An option's text can't be understood, or options do not go together.
    """
    grid = _grid_of(options)
    racers = chosen_racers(options.optimizers)
    starts = tuple(_start_from(text) for text in options.start)
    rates = rates_from(options.learning_rate, racers)
    if options.steps is not None and not 1 <= options.steps <= MOST_STEPS:
        raise ValueError(f"--steps must be 1 to {MOST_STEPS}, not {options.steps}")
    if not (np.isfinite(options.noise) and options.noise >= 0):
        raise ValueError(f"--noise must be 0 or more, not {options.noise:g}")
    if not 0 <= options.seed < 2**63:
        raise ValueError(f"--seed must be 0 or more, and below 2^63, not {options.seed}")
    if len(racers) * len(starts) > MOST_RUNS:
        raise ValueError(
            f"a race has {MOST_RUNS} runs at most, but {len(racers)} optimizers from {len(starts)} starts are {len(racers) * len(starts)}"
        )
    number = int(np.prod(grid.shape))
    if number > MOST_POINTS:
        raise ValueError(
            f"a race is drawn over {MOST_POINTS} points at most, but --x and --y ask for {number}; give fewer"
        )
    course, network = _course_of(options, grid)
    _check_starts(starts or course.starts, course, grid)
    return RaceSettings(
        spec=options.surface,
        course=course,
        network=network,
        optimizers=racers,
        starts=starts or course.starts,
        rates=rates,
        steps=course.steps if options.steps is None else options.steps,
        noise=options.noise,
        seed=options.seed,
        grid=grid,
        out=options.out,
        overwrite=options.overwrite,
    )


def _check_starts(starts: Sequence[Place], course: Course, grid: Grid) -> None:
    """Refuse starts that would not be seen, or where the function is not finite."""
    low, high, bottom, top = frame_of(grid)
    for x, y in starts:
        words = f"the start {x:g},{y:g}"
        if not (low <= x <= high and bottom <= y <= top):
            raise ValueError(
                f"{words} lies outside the frame, {low:g} to {high:g} and {bottom:g} to {top:g}; give another --start, or --x and --y"
            )
        (value,) = values_at(course.function, np.array([[x, y]]))
        if not np.isfinite(value):
            raise ValueError(f"the surface {course.name!r} is {value} at {words}; give a --start where it is finite")


def _course_of(options: argparse.Namespace, grid: Grid) -> tuple[Course, Mapping[str, object]]:
    if not is_network(options.surface):
        return find_course(options.surface, frame_of(grid)), {}
    found = network_course(options.surface, frame_of(grid), options)
    return found.course, found.identity


def rates_from(texts: Sequence[str], racers: Sequence[str]) -> dict[str, float]:
    """Return learning rates by optimizer, "" for all, from texts such as "0.1" and "adam=0.01".

    Raises:
        ValueError: A rate is no positive number, or its optimizer does not race.
    """
    found = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        if equals and name not in racers:
            raise ValueError(f"--learning-rate {text}: {name!r} does not race; those that do are {', '.join(racers)}")
        try:
            rate = float(number)
        except ValueError:
            rate = np.nan
        if not (np.isfinite(rate) and rate > 0):
            raise ValueError(
                f"--learning-rate must be a positive number, or NAME=NUMBER such as adam=0.01, not {text!r}"
            )
        found[name] = rate
    return found


def _start_from(text: str) -> Place:
    found = numbers(text, "--start")
    if len(found) != 2 or not np.isfinite(found).all():
        raise ValueError(f"--start must be two finite numbers, such as 1,0.0001, not {text!r}")
    return found[0], found[1]


def _grid_of(options: argparse.Namespace) -> Grid:
    """Return the frame asked for; along an axis of which nothing is said the course's own."""
    own = COURSES.get(options.surface)
    axes = []
    for place, name in enumerate(("x", "y")):
        text = getattr(options, name)
        if text is None:
            low, high = (own.frame[2 * place], own.frame[2 * place + 1]) if own else (0, 0)
            usual = NETWORK_AXIS if is_network(options.surface) else OWN_AXIS
            text = f"{low}:{high}:{POINTS_A_SIDE}" if own else usual
        axes.append(axis_from_text(text, name))
    return Grid(*axes)
