"""What a command tells its user while it runs: lines on standard output, from rank 0 alone."""

from collections.abc import Callable

from landscape.sweep.world import World


def saying(world: World) -> Callable[[str], None]:
    """Return what says a line: aloud on rank 0, and not at all elsewhere."""
    return say if world.is_first else silent


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def silent(*_) -> None:
    """Say nothing."""
