"""The settings of `landscape between`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from landscape.cli.arguments import add_model_options
from landscape.cli.run_settings import RunSettings, add_run_options, run_fields
from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES, SPLITS, add_sample_options
from landscape.grid import LONGEST_AXIS, axis_from_text

DEFAULT_LINE = "-0.25:1.25:31"
DEFAULT_PLANE_POINTS = 25
DEFAULT_MARGIN = 0.25
LETTERS = "ABCDEFGH"
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenSettings(RunSettings):
    """What a run of `landscape between` was asked for; None where the checkpoints or the data decide.

    Attributes:
        networks: The checkpoints, of which the first is `checkpoint` too.
        x: Along each line; 0 and 1 are among its coordinates.
        corners: Places of the three networks whose plane is sampled; None for no plane.
        is_plane_asked_for: Whether the corners were given rather than taken for want of a wish.
        plane_points: Along each side of the plane.
        margin: Around the networks in the plane, as a share of the larger of their extents.
    """

    networks: tuple[Path, ...]
    x: np.ndarray
    corners: tuple[int, int, int] | None
    is_plane_asked_for: bool
    plane_points: int
    margin: float

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The places of the two networks of each line."""
        return tuple(combinations(range(len(self.networks)), 2))


def add_between_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape between`."""
    parser.add_argument(
        "networks",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="trained weights of one architecture: safetensors, a torch file with a state dict, or zoo:NAME; called A, B, "
        "C ... in their order",
    )
    add_model_options(parser, None)
    add_sample_options(parser, tuple(SPLITS), DEFAULT_NUM_SAMPLES, usual_split="both")
    between = parser.add_argument_group("between")
    between.add_argument(
        "--x",
        default=DEFAULT_LINE,
        help=f"MIN:MAX:NUM along each line, with a network at 0 and one at 1 (default: {DEFAULT_LINE})",
    )
    between.add_argument(
        "--plane",
        metavar="A,B,C",
        help="the three networks whose plane is sampled, or none (default: A,B,C where there are three)",
    )
    between.add_argument(
        "--plane-points",
        type=int,
        default=DEFAULT_PLANE_POINTS,
        metavar="NUM",
        help=f"along each side of the plane (default: {DEFAULT_PLANE_POINTS})",
    )
    between.add_argument(
        "--margin",
        type=float,
        default=DEFAULT_MARGIN,
        help=f"of the plane around its networks, as a share of their extent (default: {DEFAULT_MARGIN})",
    )
    between.add_argument(
        "--norm-stats",
        default="reestimated",
        help="batch norm's statistics: reestimated at each point, or stored, which are mixed as the weights are "
        "(default: reestimated)",
    )
    add_run_options(
        parser,
        result="MODEL-DATASET-between",
        others="device kind or torch version",
        precisions="float32; bf16, faster and good to about a hundredth; tf32, on CUDA; or float64",
    )


def between_settings_of(options: argparse.Namespace) -> BetweenSettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
    """
    networks = tuple(options.networks)
    if len(networks) < 2:
        raise ValueError(f"a line needs two networks, and {networks[0]} is one; give another checkpoint beside it")
    if len(networks) > len(LETTERS):
        raise ValueError(f"give {len(LETTERS)} networks at most, not {len(networks)}; every pair of them is a line")
    for place, path in enumerate(networks):
        if path in networks[:place]:
            raise ValueError(f"{path} is given twice, and no line leads from a network to itself; leave one out")
    if not 2 <= options.plane_points <= LONGEST_AXIS:
        raise ValueError(f"--plane-points must lie between 2 and {LONGEST_AXIS}, not {options.plane_points}")
    if not 0 <= options.margin < np.inf:
        raise ValueError(f"--margin must be 0 or more, not {options.margin:g}")
    options.checkpoint, options.untrained, options.seed = networks[0], None, None
    return BetweenSettings(
        **run_fields(options),
        networks=networks,
        x=_line(options.x),
        corners=_corners(options.plane, len(networks)),
        is_plane_asked_for=options.plane is not None,
        plane_points=options.plane_points,
        margin=options.margin,
    )


def _line(text: str) -> np.ndarray:
    """Return the coordinates along a line, 0 and 1 exact among them."""
    axis = axis_from_text(text)
    axis[np.abs(axis - 1) < 1e-12 * (axis[-1] - axis[0])] = 1.0
    if not {0.0, 1.0} <= set(axis.tolist()):
        raise ValueError(
            f"--x must have 0 and 1, where the two networks are, among its points, such as {DEFAULT_LINE}, not {text!r}"
        )
    return axis


def _corners(text: str | None, num: int) -> tuple[int, int, int] | None:
    """Return the places of the three networks that a plane goes through."""
    if text is None:
        return (0, 1, 2) if num >= 3 else None
    if text.lower() == NONE:
        return None
    if num < 3:
        raise ValueError("--plane goes through three networks, and two are given; give a third, or leave --plane out")
    letters = [part.strip().upper() for part in text.split(",")]
    known = LETTERS[:num]
    if len(letters) != 3 or len(set(letters)) != 3 or not all(len(one) == 1 and one in known for one in letters):
        raise ValueError(
            f"--plane must be none or three different ones of {', '.join(known)}, such as A,B,C, not {text!r}"
        )
    first, second, third = (known.index(letter) for letter in letters)
    return first, second, third
