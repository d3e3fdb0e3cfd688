"""The settings of `landscape trajectory`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.cli.arguments import add_model_options
from landscape.cli.run_settings import RunSettings, add_run_options, run_fields
from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES, SPLITS, add_sample_options
from landscape.grid import LONGEST_AXIS
from landscape.path.random_walk import LAST, ORIGINS

DEFAULT_POINTS = 25
DEFAULT_MARGIN = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectorySettings(RunSettings):
    """What a run of `landscape trajectory` was asked for; None where the checkpoints or the data decide.

    Attributes:
        given: Runs and checkpoints, as they were named.
        origin: Of the principal plane: "centered" or "last".
        plane: A file whose plane is taken in place of the principal one.
        points: Along each side of the surface.
        margin: At either end of an axis, as a share of the path's extent along it.
    """

    given: tuple[Path, ...]
    origin: str
    plane: Path | None
    points: int
    margin: float


def add_trajectory_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape trajectory`."""
    parser.add_argument(
        "given",
        type=Path,
        nargs="+",
        metavar="RUN_OR_CHECKPOINT",
        help="training runs by their --out, with the checkpoints that --checkpoint-every kept; or files of weights in "
        "their order; several runs share one plane",
    )
    add_model_options(parser, None)
    add_sample_options(parser, tuple(SPLITS), DEFAULT_NUM_SAMPLES, usual_split="both")
    path = parser.add_argument_group("path")
    path.add_argument(
        "--origin",
        help="what the principal plane goes through: last, the last checkpoint that is given; or centered, the "
        "checkpoints' mean (default: last)",
    )
    path.add_argument(
        "--plane",
        type=Path,
        metavar="FILE.h5",
        help="the plane of a file of `landscape surface` or of another path, in place of the principal one; its "
        "directions may have any lengths and angle",
    )
    path.add_argument(
        "--points",
        type=int,
        default=DEFAULT_POINTS,
        metavar="NUM",
        help=f"along each side of the surface (default: {DEFAULT_POINTS})",
    )
    path.add_argument(
        "--margin",
        type=float,
        default=DEFAULT_MARGIN,
        help=f"around the path at either end of an axis, as a share of its extent (default: {DEFAULT_MARGIN})",
    )
    path.add_argument(
        "--norm-stats",
        default="reestimated",
        help="batch norm's statistics: reestimated at each point and checkpoint, since no checkpoint's are right for the "
        "plane; or stored, each checkpoint's own, and the last one's for the plane (default: reestimated)",
    )
    add_run_options(
        parser,
        result="MODEL-DATASET-trajectory",
        others="device kind or torch version",
        precisions="float32; bf16, faster and good to about a hundredth; tf32, on CUDA; or float64",
    )


def trajectory_settings_of(options: argparse.Namespace) -> TrajectorySettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
        OSError: A run kept no checkpoints.
    """
    from landscape.cli.path_files import last_file

    if options.plane is not None and options.origin is not None:
        raise ValueError("--origin is of the principal plane, and --plane takes another; leave one of the two out")
    options.origin = LAST if options.origin is None else options.origin
    if options.origin not in ORIGINS:
        raise ValueError(f"--origin must be one of {', '.join(ORIGINS)}, not {options.origin!r}")
    if not 2 <= options.points <= LONGEST_AXIS:
        raise ValueError(f"--points must lie between 2 and {LONGEST_AXIS}, not {options.points}")
    if not 0 <= options.margin < np.inf:
        raise ValueError(f"--margin must be 0 or more, not {options.margin:g}")
    options.checkpoint, options.untrained, options.seed = last_file(options.given), None, None
    return TrajectorySettings(
        **run_fields(options),
        given=tuple(options.given),
        origin=options.origin,
        plane=options.plane,
        points=options.points,
        margin=options.margin,
    )
