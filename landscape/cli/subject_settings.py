"""What is looked at, as asked for: weights, samples, loss; the options that every command on weights shares."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from landscape.cli.arguments import add_data_options, add_model_options, model_arguments, numbers

DEFAULT_NUM_SAMPLES = 500
SPLITS = {"train": ("train",), "test": ("test",), "both": ("train", "test")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectSettings:
    """Weights, samples and loss; None where the checkpoint or the data decide."""

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
    norm_stats: str | None
    precision: str
    device: str


def add_weights_options(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Declare which model, and which weights.

    Args:
        several: Whether more than one checkpoint may be given.
    """
    add_model_options(parser, None)
    group = parser.add_argument_group("weights")
    group.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+" if several else None,
        help="trained weights: safetensors, a torch file with a state dict, or zoo:NAME (`landscape zoo` lists them)"
        + ("; several are analyzed in turn" if several else ""),
    )
    group.add_argument(
        "--untrained", type=int, metavar="SEED", help="look around fresh weights, initialized with this seed"
    )


def add_sample_options(
    parser: argparse.ArgumentParser,
    splits: tuple[str, ...],
    num_samples: int,
    batch_size: str = "by device and size of the input",
    usual_split: str = "train",
) -> None:
    """Declare which data, which of their samples, and the loss."""
    add_data_options(parser, None)
    group = parser.add_argument_group("samples")
    group.add_argument("--split", choices=splits, default=usual_split, help=f"whose loss (default: {usual_split})")
    group.add_argument(
        "--num-samples",
        help=f"a fixed stratified subset of each split, or all (default: {num_samples}, or all if fewer)",
    )
    group.add_argument("--subset-seed", type=int, default=0, help="which subset (default: 0)")
    group.add_argument(
        "--mean", help="a number a channel, for inputs from 0 to 1 (default: the checkpoint's or the data set's)"
    )
    group.add_argument("--std", help="likewise")
    group.add_argument(
        "--loss", default="cross-entropy", help="cross-entropy, mse, package.module:function or path/file.py:function"
    )
    group.add_argument("--batch-size", type=int, help=f"samples a batch (default: {batch_size})")


def subject_fields(options: argparse.Namespace) -> dict[str, object]:
    """Return the fields of `SubjectSettings` for parsed options.

    Raises:
        ValueError: A text is not what it should be.
    """
    if options.checkpoint is not None and options.untrained is not None:
        raise ValueError("give --checkpoint or --untrained, not both")
    for option in ("seed", "subset_seed", "untrained"):
        if (getattr(options, option) or 0) < 0:
            raise ValueError(f"--{option.replace('_', '-')} must be 0 or more, not {getattr(options, option)}")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"--batch-size must be 1 or more, not {options.batch_size}")
    same = ("model", "checkpoint", "untrained", "dataset", "data_dir", "cache_dir", "download", "subset_seed")
    same += ("loss", "batch_size", "norm_stats", "precision", "device")
    return {name: getattr(options, name) for name in same} | {
        "model_arguments": model_arguments(options.model_arg),
        "splits": SPLITS[options.split],
        "num_samples": _num_samples(options.num_samples),
        "mean": numbers(options.mean, "--mean"),
        "std": numbers(options.std, "--std"),
    }


def _num_samples(text: str | None) -> int | str | None:
    if text is None or text == "all":
        return text
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"--num-samples must be a whole number or all, not {text!r}") from None
