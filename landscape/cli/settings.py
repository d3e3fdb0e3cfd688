"""The settings of `landscape surface`: options, their defaults, and values made of their texts."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape.cli.arguments import add_data_options, add_model_options, model_arguments, numbers
from landscape.grid import LONGEST_AXIS, axis_from_text

DEFAULT_AXIS = "-1:1:25"
DEFAULT_NUM_SAMPLES = 500
SPLITS = {"train": ("train",), "test": ("test",), "both": ("train", "test")}


@dataclass(frozen=True, slots=True)
class AutoAxis:
    """An axis whose range is found from a few points.

    Attributes:
        num: How many coordinates it is to have.
    """

    num: int


Axis = np.ndarray | AutoAxis


@dataclass(frozen=True, slots=True)
class SurfaceSettings:
    """What a run of `landscape surface` was asked for; None where the checkpoint or the data decide."""

    model: str | None
    model_arguments: dict[str, object]
    checkpoint: Path | None
    untrained: int | None
    dataset: str | None
    data_dir: Path
    cache_dir: Path | None
    download: bool
    splits: tuple[str, ...]
    num_samples: int | str | None
    subset_seed: int
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    loss: str
    batch_size: int | None
    seed: int
    normalization: str
    biases: str
    toward: tuple[Path, ...]
    direction_file: Path | None
    norm_stats: str | None
    precision: str
    device: str
    x: Axis
    y: Axis | None
    plain: bool
    ranks_per_gpu: int
    out: Path | None
    overwrite: bool
    continue_on_other: bool
    dry_run: bool
    live: bool

    @property
    def dims(self) -> tuple[str, ...]:
        return ("x",) if self.y is None else ("x", "y")

    @property
    def has_random_directions(self) -> bool:
        """Whether every direction is drawn."""
        return not self.toward and self.direction_file is None


def add_surface_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape surface`."""
    add_model_options(parser, None)
    model = parser.add_argument_group("weights")
    model.add_argument(
        "--checkpoint",
        type=Path,
        help="trained weights: safetensors, a torch file with a state dict, or zoo:NAME (`landscape zoo` lists them)",
    )
    model.add_argument(
        "--untrained", type=int, metavar="SEED", help="look around fresh weights, initialized with this seed"
    )
    add_data_options(parser, None)
    data = parser.add_argument_group("samples")
    data.add_argument("--split", choices=list(SPLITS), default="train", help="whose loss (default: train)")
    data.add_argument(
        "--num-samples",
        help=f"a fixed stratified subset of each split, or all (default: {DEFAULT_NUM_SAMPLES}, or all if fewer)",
    )
    data.add_argument("--subset-seed", type=int, default=0, help="which subset (default: 0)")
    data.add_argument(
        "--mean", help="a number a channel, for inputs from 0 to 1 (default: the checkpoint's or the data set's)"
    )
    data.add_argument("--std", help="likewise")
    data.add_argument(
        "--loss", default="cross-entropy", help="cross-entropy, mse, package.module:function or path/file.py:function"
    )
    data.add_argument("--batch-size", type=int, help="samples a batch (default: by device and size of the input)")
    plane = parser.add_argument_group("plane")
    plane.add_argument(
        "--x",
        help="MIN:MAX:NUM along the first direction, or auto or auto:NUM for a range found from a few points "
        f"(default: {DEFAULT_AXIS})",
    )
    plane.add_argument("--y", help="likewise along the second; --x without --y samples a line")
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
        "--norm-stats",
        help="batch norm's statistics: stored, or reestimated at each point (default: stored; reestimated with --toward)",
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--out", type=Path, help="name of the result: OUT.h5 and OUT.html (default: outputs/MODEL-DATASET)"
    )
    run.add_argument("--overwrite", action="store_true", help="begin anew where OUT.h5 holds another run")
    run.add_argument(
        "--continue-on-other", action="store_true", help="go on with a run of another device kind or torch version"
    )
    run.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    run.add_argument(
        "--ranks-per-gpu", type=int, default=1, metavar="K", help="how many ranks may share a GPU (default: 1)"
    )
    run.add_argument(
        "--precision",
        default="float32",
        help="float32; bf16, faster and good to about a hundredth; tf32, on CUDA; or float64 (default: float32)",
    )
    run.add_argument(
        "--plain", action="store_true", help="leave the model as it is, where batch norm would be folded for speed"
    )
    run.add_argument(
        "--live", action="store_true", help="draw the page again and again while the run goes on; it loads itself again"
    )
    run.add_argument("--dry-run", action="store_true", help="say what would be done and how long it would take")


def settings_of(options: argparse.Namespace) -> SurfaceSettings:
    """Turn parsed options into settings.

    Raises:
        ValueError: A text is not what it should be.
    """
    if options.checkpoint is not None and options.untrained is not None:
        raise ValueError("give --checkpoint or --untrained, not both")
    if options.toward_y is not None and options.toward is None:
        raise ValueError("--toward-y needs --toward; with one other checkpoint, give it as --toward")
    if options.toward_y is not None and options.x is not None and options.y is None:
        raise ValueError("--toward-y is the second direction and needs --y; --x without --y samples a line")
    if options.direction_file is not None:
        _require_no_other_directions(options)
    for option in ("seed", "subset_seed", "untrained"):
        if (getattr(options, option) or 0) < 0:
            raise ValueError(f"--{option.replace('_', '-')} must be 0 or more, not {getattr(options, option)}")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"--batch-size must be 1 or more, not {options.batch_size}")
    if options.toward is not None and "auto" in ((options.x or "")[:4], (options.y or "")[:4]):
        raise ValueError("--toward puts the other checkpoint at 1; give a range that holds it, such as --x -0.5:1.5:25")
    if options.ranks_per_gpu < 1:
        raise ValueError(f"--ranks-per-gpu must be 1 or more, not {options.ranks_per_gpu}")
    x, y = _axes(options.x, options.y)
    return SurfaceSettings(
        model=options.model,
        model_arguments=model_arguments(options.model_arg),
        checkpoint=options.checkpoint,
        untrained=options.untrained,
        dataset=options.dataset,
        data_dir=options.data_dir,
        cache_dir=options.cache_dir,
        download=options.download,
        splits=SPLITS[options.split],
        num_samples=_num_samples(options.num_samples),
        subset_seed=options.subset_seed,
        mean=numbers(options.mean, "--mean"),
        std=numbers(options.std, "--std"),
        loss=options.loss,
        batch_size=options.batch_size,
        seed=options.seed or 0,
        normalization="filter" if options.normalization is None else options.normalization,
        biases="fixed" if options.biases is None else options.biases,
        toward=tuple(path for path in (options.toward, options.toward_y) if path is not None),
        direction_file=options.direction_file,
        norm_stats=options.norm_stats,
        precision=options.precision,
        device=options.device,
        x=x,
        y=y,
        plain=options.plain,
        ranks_per_gpu=options.ranks_per_gpu,
        out=options.out,
        overwrite=options.overwrite,
        continue_on_other=options.continue_on_other,
        dry_run=options.dry_run,
        live=options.live,
    )


def _require_no_other_directions(options: argparse.Namespace) -> None:
    if options.toward is not None:
        raise ValueError("give --direction-file or --toward, not both")
    idle = [f"--{name}" for name in ("seed", "normalization", "biases") if getattr(options, name) is not None]
    if idle:
        raise ValueError(
            f"--direction-file gives the directions as they are, and {' and '.join(idle)} would have no effect; "
            f"leave {'it' if len(idle) == 1 else 'them'} out"
        )


def _axes(x: str | None, y: str | None) -> tuple[Axis, Axis | None]:
    if x is None and y is None:
        x = y = DEFAULT_AXIS
    return _axis(x or DEFAULT_AXIS, "x"), None if y is None else _axis(y, "y")


def _axis(text: str, name: str) -> Axis:
    if text.partition(":")[0] != "auto":
        return axis_from_text(text, name)
    num = text.partition(":")[2] or "25"
    if not (num.isascii() and num.isdigit()) or not 2 <= int(num) <= LONGEST_AXIS:
        raise ValueError(
            f"--{name} must be MIN:MAX:NUM, auto, or auto:NUM with NUM from 2 to {LONGEST_AXIS}, not {text!r}"
        )
    return AutoAxis(int(num))


def _num_samples(text: str | None) -> int | str | None:
    if text is None or text == "all":
        return text
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"--num-samples must be a whole number or all, not {text!r}") from None
