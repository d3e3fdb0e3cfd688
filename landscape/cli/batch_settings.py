"""`--batch-loss` and `--num-batches`: of which batches surfaces are drawn too."""

import argparse

DEFAULT_NUM_BATCHES = 8
MOST_BATCHES, MOST_SIZES = 200, 8
MOST_NUMBERS = 5_000_000
MOST_SAMPLES = 1024  # that are looked at: each costs a gradient of its own, too


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("batches")
    group.add_argument(
        "--batch-loss",
        metavar="SIZES",
        help="also draw the surfaces of single examples and of mini-batches, such as 1,16,128 samples, over the same plane (the "
        f"first of several), and find the noise of their gradients; of {MOST_SAMPLES:,} of the run's samples at most",
    )
    group.add_argument(
        "--num-batches",
        type=int,
        metavar="N",
        help=f"how many batches of each size, chosen by --subset-seed (default: {DEFAULT_NUM_BATCHES})",
    )


def batch_fields(options: argparse.Namespace) -> dict[str, object]:
    """Return the settings' fields for parsed options.

    Raises:
        ValueError: A text is not what it should be, or does not go with the other options.
    """
    num = DEFAULT_NUM_BATCHES if options.num_batches is None else options.num_batches
    if options.batch_loss is None:
        if options.num_batches is not None:
            raise ValueError("--num-batches is of the batches of --batch-loss; give --batch-loss too, such as 1,16,128")
        return {"batch_sizes": (), "num_batches": num}
    if not 2 <= num <= MOST_BATCHES:
        raise ValueError(f"--num-batches must lie between 2 and {MOST_BATCHES}, not {num}")
    if options.norm_stats == "reestimated":
        raise ValueError(REESTIMATED)
    return {"batch_sizes": _sizes(options.batch_loss), "num_batches": num}


def require_room(batch_sizes: tuple[int, ...], num_batches: int, num_points: int) -> None:
    """Refuse more numbers than a page can carry.

    Raises:
        ValueError: There are.
    """
    num = len(batch_sizes) * num_batches
    if num * num_points > MOST_NUMBERS:
        raise ValueError(
            f"--batch-loss would keep {num:,} surfaces of {num_points:,} points, where {MOST_NUMBERS:,} numbers are the most; take fewer sizes, "
            "--num-batches or points"
        )


REESTIMATED = (
    "--batch-loss takes the loss of each sample by itself, and with re-estimated norm statistics it hangs on the other samples; "
    "give --norm-stats stored"
)


def _sizes(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    sizes = {int(part) if part.isascii() and part.isdigit() else 0 for part in parts}
    if 0 in sizes or len(sizes) > MOST_SIZES:
        raise ValueError(
            f"--batch-loss must be at most {MOST_SIZES} whole numbers of 1 or more, such as 1,16,128, not {text!r}"
        )
    return tuple(sorted(sizes))
