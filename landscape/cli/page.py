"""`landscape page`: draw one or several files on one page: surfaces on one scale, curvature analyses, runs, or a comparison."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "draw files on one page: surfaces on one scale, curvature analyses or training runs; a comparison, or a race"


def page_command(arguments: Sequence[str], world: World, prog: str = "landscape page") -> None:
    """Run the command; see `landscape page --help`."""
    world.agreed(lambda: _draw(arguments, prog))


def _draw(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.h5")
    parser.add_argument("--out", type=Path, help="the page (default: beside the first file)")
    parser.add_argument("--title", help="(default: Loss landscape, or Curvature and the files' names)")
    parser.add_argument(
        "--sequence", action="store_true", help="one picture that morphs from each file's surface to the next one's"
    )
    options = parser.options_of(arguments)
    if options is None:
        return
    print(f"page: {_writer(options.files)(options)}", flush=True)


def _writer(paths: Sequence[Path]) -> Callable[[argparse.Namespace], Path]:
    """Return what draws these files.

    Raises:
        ValueError: They are of several kinds, or several comparisons.
    """
    from landscape.store import comparison_file, curvature_file, race_file, run_file, surface_file
    from landscape.store.sealed_hdf5 import format_of

    first = {format_of(path): path for path in reversed(paths)}
    for kind, name in ((comparison_file, "comparison"), (race_file, "race")):
        if kind.FORMAT in first and len(paths) > 1:
            raise ValueError(
                f"a {name} has a page of its own, but {first[kind.FORMAT]} came with {len(paths) - 1} more; draw it alone"
            )
    if run_file.FORMAT in first:
        if len(first) > 1:
            other = next(path for kind, path in first.items() if kind != run_file.FORMAT)
            raise ValueError(f"training runs have a page of their own, but {other} holds none; draw it alone")
        return _run_page
    surface, curvature = (first.get(kind.FORMAT) for kind in (surface_file, curvature_file))
    if surface and curvature:
        raise ValueError(
            f"a page shows surfaces or curvature analyses, not both, but {surface} holds a surface and {curvature} a curvature "
            "analysis; draw a page of each"
        )
    if comparison_file.FORMAT in first:
        return _comparison_page
    if race_file.FORMAT in first:
        return _race_page
    return _curvature_page if curvature else _surface_page


def _comparison_page(options: argparse.Namespace) -> Path:
    from landscape.figures.comparison_page import TITLE, write_comparison_page
    from landscape.store.comparison_file import read_comparison

    if options.sequence:
        raise ValueError("--sequence is for surfaces; a comparison shows its networks side by side without it")
    return write_comparison_page(read_comparison(options.files[0]), _place(options), options.title or TITLE)


def _race_page(options: argparse.Namespace) -> Path:
    from landscape.figures.race_page import write_race_page
    from landscape.store.race_file import read_race

    if options.sequence:
        raise ValueError("--sequence is for surfaces; a race plays its steps without it")
    return write_race_page(read_race(options.files[0]), _place(options), options.title or "")


def _surface_page(options: argparse.Namespace) -> Path:
    from landscape.figures.between_page import lines_and_plane, write_between_page
    from landscape.figures.page import names_of, write_page
    from landscape.figures.path_panel import path_title
    from landscape.store.surface_file import read_surface

    surfaces = dict(zip(names_of(options.files), [read_surface(path) for path in options.files]))
    between = lines_and_plane(list(surfaces.values()))
    if between is not None:
        return write_between_page(*between, _place(options), next(iter(surfaces)), options.title or "")
    usual = "Loss landscape"
    if len(surfaces) == 1 and "path" in next(iter(surfaces.values())).origin.record:
        usual = path_title(next(iter(surfaces)))
    title = usual if options.title is None else options.title
    return write_page(surfaces, _place(options), title, sequence=options.sequence)


def _curvature_page(options: argparse.Namespace) -> Path:
    from landscape.figures.curvature_page import write_curvature_page
    from landscape.figures.page import names_of
    from landscape.store.curvature_file import read_curvature

    if options.sequence:
        raise ValueError("--sequence is for surfaces; curvature analyses stand in the order of their files without it")
    records = dict(zip(names_of(options.files), [read_curvature(path) for path in options.files]))
    return write_curvature_page(records, _place(options), options.title or "")


def _run_page(options: argparse.Namespace) -> Path:
    from landscape.figures.page import names_of
    from landscape.figures.run_page import write_run_page
    from landscape.store.run_file import read_run

    if options.sequence:
        raise ValueError("--sequence is for surfaces; training runs stand in the same charts without it")
    names = names_of([path.with_name(path.name.replace(".run.h5", ".h5")) for path in options.files])
    runs = dict(zip(names, [read_run(path) for path in options.files]))
    return write_run_page(runs, _place(options), options.title or "")


def _place(options: argparse.Namespace) -> Path:
    """Return where the page goes.

    Raises:
        ValueError, OSError: It is no place for a page.
    """
    out = options.out or options.files[0].with_suffix(".html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"--out must be an .html file, not {out}")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    return out
