"""`landscape page`: draw one or several surface files on one page, on one scale."""

from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "draw one or several surface files on one page, on one scale"


def page_command(arguments: Sequence[str], world: World, prog: str = "landscape page") -> None:
    """Run the command; see `landscape page --help`."""
    world.agreed(lambda: _draw(arguments, prog))


def _draw(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.h5")
    parser.add_argument("--out", type=Path, help="the page (default: beside the first file)")
    parser.add_argument("--title", default="Loss landscape")
    parser.add_argument(
        "--sequence", action="store_true", help="one picture that morphs from each file's surface to the next one's"
    )
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # --help
        return
    from landscape.figures.page import names_of, write_page
    from landscape.store.surface_file import read_surface

    surfaces = dict(zip(names_of(options.files), [read_surface(path) for path in options.files]))
    out = options.out or options.files[0].with_suffix(".html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--out must be an .html file, not {out}")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    print(f"page: {write_page(surfaces, out, options.title, sequence=options.sequence)}", flush=True)
