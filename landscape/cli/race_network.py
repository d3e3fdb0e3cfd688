"""A race inside a real loss: a network's plane as a course."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.cli.arguments import Parser
from landscape.cli.choices import chosen_subset
from landscape.cli.inquiry import Share, sums_of
from landscape.cli.subject import chosen_subject
from landscape.cli.subject_settings import SubjectSettings, add_sample_options, add_weights_options, subject_fields
from landscape.curvature.objective import Objective
from landscape.directions import RandomRule, random_directions
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.problem import Problem
from landscape.race.courses import Course
from landscape.race.in_plane import loss_in_plane

NETWORK_AXIS = "-1:1:25"
SUFFIXES = (".safetensors", ".pt", ".pth")
NUM_SAMPLES, BATCH_SIZE = 200, 200
RATES = {"": 0.02, "adadelta": 1.0, "adagrad": 0.1, "rmsprop": 0.02, "adam": 0.05}
START = (-0.4, 0.3)  # shares of the frame's half widths, from its middle
SEARCH = (0, 5)  # Newton's method starts where values show a point: each of its steps costs as much as some of a race's


@dataclass(frozen=True, slots=True, eq=False)
class NetworkCourse:
    """A course, and what decides its numbers."""

    course: Course
    identity: dict


def is_network(spec: str) -> bool:
    """Tell whether a surface's spec names trained weights."""
    return spec.startswith("zoo:") or spec.endswith(SUFFIXES)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Declare what a race in a network's plane takes besides."""
    group = parser.add_argument_group("network", "for a SURFACE that is zoo:NAME or a file of weights")
    group.add_argument("--directions-seed", type=int, default=0, help="of the plane's directions (default: 0)")
    group.add_argument("--num-samples", type=int, default=NUM_SAMPLES, help=f"(default: {NUM_SAMPLES})")
    group.add_argument("--data-dir", type=Path, default=Path("data"), help="(default: data)")


def network_course(spec: str, frame: tuple[float, float, float, float], options: argparse.Namespace) -> NetworkCourse:
    """Return the loss of trained weights, in a plane of filter-normalized random directions through them, as a course.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    if options.directions_seed < 0:
        raise ValueError(f"--directions-seed must be 0 or more, not {options.directions_seed}")
    settings = _settings_of(spec, options)
    subject = chosen_subject(settings, "cpu")
    indices = chosen_subset(settings, subject.dataset, "train")
    batches = {"train": subject.batches("train", indices, BATCH_SIZE)}
    problem = Problem(subject.model, subject.loss, batches, precision="float64", device="cpu")
    sums = sums_of(subject, problem, "train", indices, Share(), batch_size=BATCH_SIZE, chunk_size=max(1, len(indices)))
    layouts = filter_layouts(subject.model)
    drawn = random_directions(problem.center, layouts, seed=options.directions_seed, axes=("x", "y"), rule=RandomRule())
    objective, plane = Objective(sums), Plane(problem.center, *drawn)
    middle = np.array([(frame[0] + frame[1]) / 2, (frame[2] + frame[3]) / 2])
    half = np.array([(frame[1] - frame[0]) / 2, (frame[3] - frame[2]) / 2])
    course = Course(
        subject.name,
        f"loss of {subject.name} at its weights + α d₁ + β d₂",
        loss_in_plane(objective, plane),
        frame,
        (tuple(float(part) for part in middle + half * START),),
        RATES,
        scale="log",
        steps=60,
        search=SEARCH,
        axes=("α", "β"),
        words="Optimizers are held in the plane of two filter-normalized random directions; saddles and minima are those of the plane, "
        "not of the whole loss.",
    )
    identity = {
        **subject.identity(settings),
        "data": batches["train"].digest(),
        "directions_seed": options.directions_seed,
    }
    return NetworkCourse(course, identity)


def _settings_of(spec: str, options: argparse.Namespace) -> SubjectSettings:
    """Return the settings of weights and samples that a race does not ask about."""
    parser = Parser()
    add_weights_options(parser)
    add_sample_options(parser, ("train",), NUM_SAMPLES)
    usual = parser.parse_args(["--checkpoint", spec, "--num-samples", str(options.num_samples)])
    usual.data_dir, usual.seed, usual.device = options.data_dir, options.directions_seed, "cpu"
    usual.norm_stats, usual.precision = "stored", "float64"
    return SubjectSettings(**subject_fields(usual))
