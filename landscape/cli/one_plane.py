"""`--plane K`: the one plane of a file that a picture or an export is made of."""

import argparse
from pathlib import Path

from landscape.surface import Surface


def add_plane_option(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option, which counts from 1.

    Args:
        default: What is taken without it, in words.
    """
    parser.add_argument(
        "--plane", type=int, metavar="K", help=f"which plane of a file that holds several (default: {default})"
    )


def chosen_plane(surface: Surface, number: int | None, path: Path) -> Surface:
    """Return one plane of a surface: the one asked for, counted from 1, or else the first.

    Raises:
        ValueError: The file has no such plane.
    """
    planes = surface.planes
    if number is None or 1 <= number <= len(planes):
        return planes[(number or 1) - 1]
    what = surface.grid.kind
    if len(planes) == 1:
        raise ValueError(f"{path} holds one {what}; leave --plane {number} out")
    raise ValueError(f"{path} holds {len(planes)} {what}s; --plane must be between 1 and {len(planes)}, not {number}")


def plane_words(surface: Surface, number: int | None) -> str:
    """Return what follows a file's name where it holds several planes: which one is meant."""
    num, kind = surface.grid.num_planes or 1, surface.grid.kind
    return f", {kind} {number or 1} of {num}" if num > 1 else ""
