"""The settings of `landscape surface`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.belief.plan import FLAT_WITHIN, LEVELS, NUM_FULL
from landscape.cli.batch_settings import add_batch_options, batch_fields, require_room
from landscape.cli.run_settings import RunSettings, add_run_options, run_fields
from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES, SPLITS, add_sample_options, add_weights_options
from landscape.grid import LONGEST_AXIS, axis_from_text

DEFAULT_AXIS = "-1:1:25"
MOST_PLANES = 1_000
RANDOM, HESSIAN = "random", "hessian"


@dataclass(frozen=True, slots=True)
class AutoAxis:
    """An axis whose range is found from a few points.

    Attributes:
        num: How many coordinates it is to have.
    """

    num: int


Axis = np.ndarray | AutoAxis


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceSettings(RunSettings):
    """What a run of `landscape surface` was asked for; None where the checkpoint or the data decide."""

    seed: int
    normalization: str
    biases: str
    toward: tuple[Path, ...]
    direction_file: Path | None
    directions: str
    eigenvectors: tuple[int, ...]
    taylor: bool
    curvature_map: bool
    x: Axis
    y: Axis | None
    num_planes: int | None
    flat_within: float
    belief: str
    batch_sizes: tuple[int, ...]
    num_batches: int
    plain: bool
    live: bool

    @property
    def dims(self) -> tuple[str, ...]:
        return ("x",) if self.y is None else ("x", "y")

    @property
    def has_random_directions(self) -> bool:
        """Whether every direction is drawn."""
        return not self.toward and self.direction_file is None and self.directions == RANDOM

    @property
    def curvature_file(self) -> Path | None:
        """The record whose eigenvectors are the directions, where it is known already."""
        return None if self.directions in (RANDOM, HESSIAN) else Path(self.directions)


def add_surface_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape surface`."""
    add_weights_options(parser)
    add_sample_options(parser, tuple(SPLITS), DEFAULT_NUM_SAMPLES)
    plane = parser.add_argument_group("plane")
    plane.add_argument(
        "--x",
        help="MIN:MAX:NUM along the first direction, or auto or auto:NUM for a range found from a few points "
        f"(default: {DEFAULT_AXIS})",
    )
    plane.add_argument("--y", help="likewise along the second; --x without --y samples a line")
    plane.add_argument(
        "--planes",
        type=int,
        metavar="K",
        help="sample K independent planes or lines of random directions, for a mean and its error",
    )
    plane.add_argument("--seed", type=int, help="of the random directions (default: 0)")
    plane.add_argument(
        "--normalization",
        help="of random directions: filter, layer, weight or none (default: filter)",
    )
    plane.add_argument("--biases", help="biases and norm parameters: fixed or moved (default: fixed)")
    plane.add_argument("--toward", type=Path, metavar="CHECKPOINT", help="first direction: to other weights, at x = 1")
    plane.add_argument("--toward-y", type=Path, metavar="CHECKPOINT", help="second direction, likewise")
    plane.add_argument(
        "--direction-file",
        type=Path,
        metavar="FILE.h5",
        help="directions from a file of the reference implementation, as they are",
    )
    plane.add_argument(
        "--directions",
        metavar="KIND",
        help="random; hessian: eigenvectors of the Hessian, found first; or FILE.h5 of `landscape curvature` "
        "(default: random)",
    )
    plane.add_argument(
        "--eigenvectors",
        metavar="I,J",
        help="which of them: 1 is the largest eigenvalue's, -1 the smallest's, and so on inward (default: 1,-1)",
    )
    plane.add_argument(
        "--norm-stats",
        help="batch norm's statistics: stored, or reestimated at each point (default: stored; reestimated with --toward)",
    )
    curvature = parser.add_argument_group("curvature")
    curvature.add_argument(
        "--taylor",
        action="store_true",
        help="also measure gradient and Hessian in the plane, whose second-order surface the page lays over the first "
        "(always with eigenvectors, in float32 and float64)",
    )
    curvature.add_argument(
        "--curvature-map",
        action="store_true",
        help="also find the Hessian's largest and smallest eigenvalues at every point; some 30 products each",
    )
    belief = parser.add_argument_group("belief")
    belief.add_argument(
        "--belief",
        default="quick",
        help="how much to measure beside, to tell how far the picture can be believed: quick, a tenth of the points at "
        f"most; full, with {NUM_FULL} fresh planes and the Hessian; or off (default: quick)",
    )
    belief.add_argument(
        "--flat-within",
        type=float,
        default=FLAT_WITHIN,
        metavar="NATS",
        help=f"above the center's loss, what counts as flat (default: {FLAT_WITHIN:g})",
    )
    add_batch_options(parser)
    run = add_run_options(
        parser,
        result="MODEL-DATASET",
        others="device kind or torch version",
        precisions="float32; bf16, faster and good to about a hundredth; tf32, on CUDA; or float64",
    )
    run.add_argument(
        "--plain", action="store_true", help="leave the model as it is, where batch norm would be folded for speed"
    )
    run.add_argument(
        "--live", action="store_true", help="draw the page again and again while the run goes on; it loads itself again"
    )


def settings_of(options: argparse.Namespace) -> SurfaceSettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
    """
    fields = run_fields(options)
    if options.toward_y is not None and options.toward is None:
        raise ValueError("--toward-y needs --toward; with one other checkpoint, give it as --toward")
    if options.toward_y is not None and options.x is not None and options.y is None:
        raise ValueError("--toward-y is the second direction and needs --y; --x without --y samples a line")
    if options.direction_file is not None:
        _require_no_other_directions(options, "--direction-file")
    directions = options.directions or RANDOM
    if directions != RANDOM:
        _require_no_other_directions(options, f"--directions {directions}")
        if directions != HESSIAN and not directions.endswith(".h5"):
            raise ValueError(
                f"--directions must be random, hessian, or FILE.h5 of `landscape curvature`, not {directions!r}"
            )
    elif options.eigenvectors is not None:
        raise ValueError("--eigenvectors chooses among a Hessian's; give --directions hessian too")
    if (
        options.curvature_map
        and options.norm_stats == "reestimated"
        or options.taylor
        and options.norm_stats == "reestimated"
    ):
        raise ValueError("derivatives are taken with stored norm statistics; leave --norm-stats reestimated out")
    if options.toward is not None and "auto" in ((options.x or "")[:4], (options.y or "")[:4]):
        raise ValueError("--toward puts the other checkpoint at 1; give a range that holds it, such as --x -0.5:1.5:25")
    x, y = _axes(options.x, options.y)
    _require_fitting_planes(options, directions)
    if options.belief not in LEVELS:
        raise ValueError(f"--belief must be one of {', '.join(LEVELS)}, not {options.belief!r}")
    if not 0 < options.flat_within < np.inf:
        raise ValueError(f"--flat-within must be a number above 0, not {options.flat_within:g}")
    batches = batch_fields(options)
    require_room(**batches, num_points=_length(x) * (1 if y is None else _length(y)))
    return SurfaceSettings(
        **fields,
        **batches,
        seed=options.seed or 0,
        normalization="filter" if options.normalization is None else options.normalization,
        biases="fixed" if options.biases is None else options.biases,
        toward=tuple(path for path in (options.toward, options.toward_y) if path is not None),
        direction_file=options.direction_file,
        directions=directions,
        eigenvectors=_eigenvectors(options.eigenvectors, 1 if y is None else 2),
        taylor=options.taylor or directions != RANDOM and options.precision in ("float32", "float64"),
        curvature_map=options.curvature_map,
        x=x,
        y=y,
        num_planes=options.planes,
        flat_within=options.flat_within,
        belief=options.belief,
        plain=options.plain,
        live=options.live,
    )


def _require_fitting_planes(options: argparse.Namespace, directions: str) -> None:
    if options.planes is None:
        return
    if options.planes > MOST_PLANES:
        raise ValueError(f"--planes must be {MOST_PLANES:,} or less, not {options.planes:,}")
    if options.planes < 2:
        raise ValueError(f"--planes must be 2 or more, not {options.planes}; leave it out for one plane")
    given = {
        "--toward": options.toward is not None,
        "--direction-file": options.direction_file is not None,
        f"--directions {directions}": directions != RANDOM,
    }
    for option in (name for name, is_given in given.items() if is_given):
        raise ValueError(f"--planes draws random directions, and {option} gives them; leave one of the two out")
    for option in (name for name in ("taylor", "curvature_map") if getattr(options, name)):
        raise ValueError(f"--{option.replace('_', '-')} is for one plane; leave --planes out")


def _require_no_other_directions(options: argparse.Namespace, given: str) -> None:
    others = {"--toward": options.toward, "--direction-file": options.direction_file}
    for option, value in others.items():
        if value is not None and option != given:
            raise ValueError(f"give {given} or {option}, not both")
    idle = [f"--{name}" for name in ("seed", "normalization", "biases") if getattr(options, name) is not None]
    if idle:
        raise ValueError(
            f"{given} gives the directions as they are, and {' and '.join(idle)} would have no effect; "
            f"leave {'it' if len(idle) == 1 else 'them'} out"
        )


def _eigenvectors(text: str | None, num: int) -> tuple[int, ...]:
    """Return the chosen pairs, as many as there are axes."""
    try:
        chosen = tuple(int(part) for part in (text or "1,-1").split(","))
    except ValueError:
        chosen = ()
    if not 1 <= len(chosen) <= 2 or 0 in chosen or len(set(chosen)) < len(chosen) or text and len(chosen) != num:
        raise ValueError(
            f"--eigenvectors must be {'two different numbers' if num == 2 else 'one number'} other than 0, "
            f"such as {'1,-1' if num == 2 else '-1'}, not {text!r}"
        )
    return chosen[:num]


def _axes(x: str | None, y: str | None) -> tuple[Axis, Axis | None]:
    if x is None and y is None:
        x = y = DEFAULT_AXIS
    return _axis(x or DEFAULT_AXIS, "x"), None if y is None else _axis(y, "y")


def _length(axis: Axis) -> int:
    return axis.num if isinstance(axis, AutoAxis) else len(axis)


def _axis(text: str, name: str) -> Axis:
    if text.partition(":")[0] != "auto":
        return axis_from_text(text, name)
    num = text.partition(":")[2] or "25"
    if not (num.isascii() and num.isdigit()) or not 2 <= int(num) <= LONGEST_AXIS:
        raise ValueError(
            f"--{name} must be MIN:MAX:NUM, auto, or auto:NUM with NUM from 2 to {LONGEST_AXIS}, not {text!r}"
        )
    return AutoAxis(int(num))
