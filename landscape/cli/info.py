"""`landscape info`: tell what is in a surface file."""

from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "tell what is in a surface file"


def info_command(arguments: Sequence[str], world: World, prog: str = "landscape info") -> None:
    """Run the command; see `landscape info --help`."""
    world.agreed(lambda: _tell(arguments, prog))


def _tell(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.h5")
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # --help
        return
    from landscape.figures.facts import facts
    from landscape.store.surface_file import read_surface

    for path in options.files:
        surface = read_surface(path)
        rows = facts(surface)
        width = max(len(what) for what, _ in rows)
        print(path)
        for what, value in rows:
            print(f"  {what:<{width}}  {value}")
