"""`landscape info`: tell what is in a surface file, and how far it can be believed."""

from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "tell what is in a surface file, and how far it can be believed"


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
    from landscape.between import is_between
    from landscape.figures.belief_panel import belief_panel
    from landscape.figures.between_words import sentences_between
    from landscape.figures.facts import facts
    from landscape.store.surface_file import read_surface

    for path in options.files:
        surface = read_surface(path)
        print(path)
        _print_rows(facts(surface))
        if is_between(surface) and surface.is_complete:
            print("between the networks")
            for sentence in sentences_between(surface):
                print(f"  {sentence}")
        panel = belief_panel(surface)
        if panel is not None:
            print("how far to believe it")
            for sentence in panel["sentences"]:
                print(f"  {sentence}")
            missing = [("not measured", text) for text in panel["missing"]]
            _print_rows([(what, f"{value}; {meaning}") for what, value, meaning in panel["rows"]] + missing)


def _print_rows(rows: Sequence[tuple[str, str]]) -> None:
    width = max((len(what) for what, _ in rows), default=0)
    for what, value in rows:
        print(f"  {what:<{width}}  {value}")
