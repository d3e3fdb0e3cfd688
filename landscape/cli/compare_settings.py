"""The settings of `landscape compare`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from landscape.belief.plan import FLAT_WITHIN
from landscape.cli.arguments import add_model_options
from landscape.cli.run_settings import RunSettings, add_run_options, run_fields
from landscape.cli.settings import MOST_PLANES, RANDOM, SurfaceSettings
from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES, SPLITS, add_sample_options
from landscape.flatness.suite import SuiteSettings, chosen_measures
from landscape.grid import axis_from_text

DEFAULT_AXIS, DEFAULT_LINE = "-1:1:15", "-1:1:31"
SUITE_OPTIONS = {
    "num_pairs": (int, "pairs of opposite random perturbations, for average sharpness and LPF"),
    "num_probes": (int, "random vectors, for the trace and relative flatness"),
    "num_steps": (int, "steps of each ascent, for Keskar's, SAM's and adaptive sharpness"),
    "rho": (float, "radius of SAM's ball"),
    "rho_adaptive": (float, "radius of ASAM's ball, in weights' magnitudes"),
    "rho_filter": (float, "radius of the filter-wise ball, in filters' lengths"),
    "sigma": (float, "deviation of LPF's perturbations"),
    "sigma_filter": (float, "deviation of average sharpness's, in root mean squares of filters"),
    "box": (float, "Keskar's epsilon"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings(RunSettings):
    """What a run of `landscape compare` was asked for; None where the checkpoints or the data decide."""

    checkpoints: tuple[Path, ...]
    seed: int
    normalization: str
    biases: str
    x: np.ndarray
    y: np.ndarray
    line: np.ndarray
    num_planes: int
    num_lines: int
    flat_within: float
    plain: bool
    measures: tuple[str, ...]
    suite: SuiteSettings
    rescale_check: bool

    def planes_of(self, checkpoint: Path) -> SurfaceSettings:
        """Return the settings of one network's planes."""
        return self._surface(checkpoint, seed=self.seed, x=self.x, y=self.y, num_planes=self.num_planes)

    def lines_of(self, checkpoint: Path) -> SurfaceSettings:
        """Return the settings of one network's lines, along other directions than its planes'."""
        return self._surface(checkpoint, seed=self.seed + 1, x=self.line, y=None, num_planes=self.num_lines)

    def measures_of(self, checkpoint: Path) -> SurfaceSettings:
        """Return those of what is differentiated: the same lines and samples, in arithmetic that can be."""
        return replace(self.lines_of(checkpoint), precision=self.measures_precision, norm_stats="stored")

    @property
    def measures_precision(self) -> str:
        return self.precision if self.precision in ("float32", "float64") else "float32"

    def _surface(self, checkpoint: Path, **own) -> SurfaceSettings:
        shared = {field.name: getattr(self, field.name) for field in fields(RunSettings)}
        return SurfaceSettings(
            **{**shared, "checkpoint": checkpoint, **own},
            normalization=self.normalization,
            biases=self.biases,
            toward=(),
            direction_file=None,
            directions=RANDOM,
            eigenvectors=(1, -1),
            taylor=False,
            curvature_map=False,
            flat_within=self.flat_within,
            belief="off",
            plain=self.plain,
            live=False,
            batch_sizes=(),
            num_batches=0,
        )


def add_compare_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape compare`."""
    parser.add_argument(
        "checkpoints",
        type=Path,
        nargs="+",
        metavar="CHECKPOINT",
        help="trained weights, two or more: safetensors, a torch file with a state dict, or zoo:NAME",
    )
    parser.set_defaults(checkpoint=None, untrained=None)
    add_model_options(parser, None)
    add_sample_options(parser, tuple(SPLITS), DEFAULT_NUM_SAMPLES)
    planes = parser.add_argument_group("planes and lines")
    planes.add_argument(
        "--x", default=DEFAULT_AXIS, help=f"MIN:MAX:NUM along planes' first direction (default: {DEFAULT_AXIS})"
    )
    planes.add_argument("--y", default=DEFAULT_AXIS, help="likewise along the second")
    planes.add_argument("--line", default=DEFAULT_LINE, help=f"likewise along lines (default: {DEFAULT_LINE})")
    planes.add_argument("--planes", type=int, default=3, metavar="K", help="planes a network (default: 3)")
    planes.add_argument("--lines", type=int, default=10, metavar="K", help="lines a network (default: 10)")
    planes.add_argument(
        "--seed", type=int, default=0, help="of the planes' directions; the lines' is the next (default: 0)"
    )
    planes.add_argument(
        "--normalization", default="filter", help="of directions: filter, layer, weight or none (default: filter)"
    )
    planes.add_argument("--biases", default="fixed", help="biases and norm parameters: fixed or moved (default: fixed)")
    planes.add_argument(
        "--norm-stats",
        help="batch norm's statistics on planes and lines: stored, or reestimated at each point (default: stored)",
    )
    planes.add_argument(
        "--flat-within",
        type=float,
        default=FLAT_WITHIN,
        metavar="NATS",
        help=f"above the center's loss, what counts as flat (default: {FLAT_WITHIN:g})",
    )
    measures = parser.add_argument_group("measures")
    measures.add_argument(
        "--measures", metavar="KEYS", help="which, such as flat_area,tau,sam; docs/comparing.md has all (default: all)"
    )
    usual = SuiteSettings()
    for name, (kind, words) in SUITE_OPTIONS.items():
        default = getattr(usual, name)
        measures.add_argument(
            _option(name), dest=name, type=kind, default=default, metavar="N", help=f"{words} (default: {default:g})"
        )
    measures.add_argument(
        "--rescale-check",
        action="store_true",
        help="also look at copies of the first network whose weights are rescaled and whose function is not: which measures move",
    )
    run = add_run_options(
        parser,
        result="comparison",
        others="device kind or torch version",
        precisions="of planes and lines: float32; bf16, faster; tf32, on CUDA; or float64. Measures are taken in float32 or float64",
    )
    run.add_argument(
        "--plain", action="store_true", help="leave the models as they are, where batch norm would be folded for speed"
    )


def compare_settings_of(options: argparse.Namespace) -> CompareSettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
    """
    if len(options.checkpoints) < 2 and not options.rescale_check:
        raise ValueError("a comparison needs two checkpoints or more; with one, give --rescale-check, or another one")
    fields_of_run = run_fields(options)
    for name in ("planes", "lines"):
        number = getattr(options, name)
        if not 2 <= number <= MOST_PLANES:
            raise ValueError(f"--{name} must be from 2 to {MOST_PLANES:,}, for a mean and its error, not {number:,}")
    if not 0 < options.flat_within < np.inf:
        raise ValueError(f"--flat-within must be a number above 0, not {options.flat_within:g}")
    axes = {name: axis_from_text(getattr(options, name), name) for name in ("x", "y", "line")}
    for name, axis in axes.items():
        if not (axis[1:-1] == 0).any():
            raise ValueError(
                f"--{name} must hold 0, where the trained weights lie, between its ends, not {getattr(options, name)!r}; "
                "an odd NUM from -R to R does"
            )
    suite = {name: getattr(options, name) for name in SUITE_OPTIONS}
    for name, value in suite.items():
        least = 2 if name in ("num_pairs", "num_probes") else 0
        if not (np.isfinite(value) and value > 0 and value >= least):
            wanted = f"{least} or more, for a mean and its error," if least else "a number above 0"
            raise ValueError(f"{_option(name)} must be {wanted.rstrip(',')}, not {value:g}")
    return CompareSettings(
        **fields_of_run,
        checkpoints=tuple(options.checkpoints),
        seed=options.seed,
        normalization=options.normalization,
        biases=options.biases,
        **axes,
        num_planes=options.planes,
        num_lines=options.lines,
        flat_within=options.flat_within,
        plain=options.plain,
        measures=chosen_measures(options.measures),
        suite=SuiteSettings(**suite, seed=options.seed),
        rescale_check=options.rescale_check,
    )


def _option(name: str) -> str:
    return f"--{name.removeprefix('num_').replace('_', '-')}"
