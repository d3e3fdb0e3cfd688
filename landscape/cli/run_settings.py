"""How a run goes, as asked for: device, precision, where its result lies; the options of every run that can be resumed."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from landscape.cli.subject_settings import SubjectSettings, subject_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings(SubjectSettings):
    """A run over ranks on a subject, with one result."""

    ranks_per_gpu: int
    out: Path | None
    overwrite: bool
    continue_on_other: bool
    dry_run: bool


def add_run_options(parser: argparse.ArgumentParser, *, result: str, others: str, precisions: str):
    """Declare how a run goes, and return the options' group.

    Args:
        result: What results are called by default.
        others: What a run may go on with though it changes last digits.
        precisions: The choices, in words.
    """
    run = parser.add_argument_group("run")
    run.add_argument("--out", type=Path, help=f"name of the result: OUT.h5 and OUT.html (default: outputs/{result})")
    run.add_argument("--overwrite", action="store_true", help="begin anew where OUT.h5 holds another run")
    run.add_argument("--continue-on-other", action="store_true", help=f"go on with a run of another {others}")
    run.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    run.add_argument(
        "--ranks-per-gpu", type=int, default=1, metavar="K", help="how many ranks may share a GPU (default: 1)"
    )
    run.add_argument("--precision", default="float32", help=f"{precisions} (default: float32)")
    run.add_argument("--dry-run", action="store_true", help="say what would be done and how long it would take")
    return run


def run_fields(options: argparse.Namespace) -> dict[str, object]:
    """Return the fields of `RunSettings` for parsed options.

    Raises:
        ValueError: A text is not what it should be.
    """
    if options.ranks_per_gpu < 1:
        raise ValueError(f"--ranks-per-gpu must be 1 or more, not {options.ranks_per_gpu}")
    own = ("ranks_per_gpu", "out", "overwrite", "continue_on_other", "dry_run")
    return subject_fields(options) | {name: getattr(options, name) for name in own}
