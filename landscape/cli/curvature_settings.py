"""The settings of `landscape curvature`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from landscape.cli.run_settings import RunSettings, add_run_options, run_fields
from landscape.cli.subject_settings import add_sample_options, add_weights_options
from landscape.curvature.stages import AnalysisSettings

DEFAULT_NUM_SAMPLES = 256
DEFAULT_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvatureSettings(RunSettings):
    """What a run of `landscape curvature` was asked for; None where the checkpoint or the data decide."""

    checkpoints: tuple[Path, ...]
    usual_num_samples: int = DEFAULT_NUM_SAMPLES
    parameters: tuple[str, ...]
    weight_decay: float
    differentiation: str
    analysis: AnalysisSettings

    def each(self) -> list["CurvatureSettings"]:
        """Return settings of one checkpoint each, with names of their own for the results."""
        if len(self.checkpoints) < 2:
            return [self]
        out = self.out or Path("outputs") / "curvature"
        return [
            replace(self, checkpoint=path, checkpoints=(path,), out=out.with_name(f"{out.name}-{name}"))
            for path, name in zip(self.checkpoints, _names(self.checkpoints))
        ]


def add_curvature_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape curvature`."""
    add_weights_options(parser, several=True)
    add_sample_options(parser, ("train", "test"), DEFAULT_NUM_SAMPLES, str(DEFAULT_BATCH_SIZE))
    defaults = AnalysisSettings()
    what = parser.add_argument_group("Hessian")
    what.add_argument(
        "--parameters",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only parameters whose names fit, such as 'stage1.*'; repeat (default: all)",
    )
    what.add_argument(
        "--weight-decay", type=float, default=0.0, help="adds its gradient and its curvature (default: 0)"
    )
    what.add_argument(
        "--differentiation",
        default="double-backward",
        help="double-backward, or forward-over-reverse, which needs less memory (default: double-backward)",
    )
    what.add_argument(
        "--dense",
        action=argparse.BooleanOptionalAction,
        help="compute the whole Hessian (default: for 600 parameters and fewer)",
    )
    counts = (
        ("eigenvalues", "--largest", "K", defaults.num_largest, "how many at the upper end"),
        ("eigenvalues", "--smallest", "K", defaults.num_smallest, "how many at the lower end"),
        ("eigenvalues", "--max-products", "N", defaults.max_products, "when to give up, and say so"),
        ("trace", "--trace-probes", "N", defaults.trace_probes, "0 leaves it out"),
        ("density", "--density-probes", "N", defaults.density_probes, "0 leaves it out"),
        ("density", "--density-steps", "N", defaults.density_steps, "Lanczos steps a probe"),
    )
    groups = {title: parser.add_argument_group(title) for title in ("eigenvalues", "trace", "density")}
    for title, option, letter, number, words in counts:
        groups[title].add_argument(
            option, type=int, default=number, metavar=letter, help=f"{words} (default: {number})"
        )
    groups["eigenvalues"].add_argument(
        "--tolerance",
        type=float,
        default=defaults.tolerance,
        help="a residual's share of its eigenvalue, or of a hundredth of the largest (default: 0.01)",
    )
    run = add_run_options(
        parser,
        result="MODEL-DATASET-curvature",
        others="device kind, torch version or number of ranks",
        precisions="float32 or float64",
    )
    run.add_argument("--seed", type=int, help="of start vectors and probes (default: 0)")


def curvature_settings_of(options: argparse.Namespace) -> CurvatureSettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
    """
    if options.precision not in ("float32", "float64"):
        raise ValueError(f"--precision must be float32 or float64 for curvature, not {options.precision!r}")
    checkpoints = tuple(options.checkpoint or ())
    options.checkpoint = checkpoints[0] if checkpoints else None
    options.norm_stats = "stored"
    for option, least in (("largest", 1), ("smallest", 1), ("max_products", 1), ("density_steps", 2)):
        _require(options, option, least)
    for option in ("trace_probes", "density_probes"):
        _require(options, option, 0)
    if not options.tolerance > 0:
        raise ValueError(f"--tolerance must be above 0, not {options.tolerance:g}")
    if not options.weight_decay >= 0:
        raise ValueError(f"--weight-decay must be 0 or more, not {options.weight_decay:g}")
    return CurvatureSettings(
        **run_fields(options),
        checkpoints=checkpoints,
        parameters=tuple(options.parameters),
        weight_decay=options.weight_decay,
        differentiation=options.differentiation,
        analysis=AnalysisSettings(
            num_largest=options.largest,
            num_smallest=options.smallest,
            tolerance=options.tolerance,
            max_products=options.max_products,
            trace_probes=options.trace_probes,
            density_probes=options.density_probes,
            density_steps=options.density_steps,
            dense=options.dense,
            seed=options.seed or 0,
            precision=options.precision,
        ),
    )


def _require(options: argparse.Namespace, option: str, least: int) -> None:
    if getattr(options, option) < least:
        raise ValueError(f"--{option.replace('_', '-')} must be {least} or more, not {getattr(options, option)}")


def _names(paths: tuple[Path, ...]) -> list[str]:
    """Return a name a checkpoint: its file's, with a number where two are the same."""
    stems = [str(path).removeprefix("zoo:").rpartition("/")[2].removesuffix(path.suffix) for path in paths]
    return [stem if stems.count(stem) == 1 else f"{stem}-{place}" for place, stem in enumerate(stems, start=1)]
