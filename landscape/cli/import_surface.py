"""`landscape import`: read a surface file of the reference implementation into one of ours."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "read a surface file of the reference implementation"


def import_command(arguments: Sequence[str], world: World, prog: str = "landscape import") -> None:
    """Run the command; see `landscape import --help`."""
    world.agreed(lambda: _import(arguments, prog))


def _import(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("file", type=Path, metavar="REF.h5")
    parser.add_argument("--out", type=Path, required=True, metavar="NAME", help="name of the result: NAME.h5")
    parser.add_argument("--overwrite", action="store_true", help="replace a surface file of this name")
    options = parser.options_of(arguments)
    if options is None:
        return
    if options.out.is_dir() or options.out.name in ("", ".", ".."):
        raise ValueError(f"--out names the result, not a folder: try {options.out / options.file.stem}")
    out = options.out.with_name(options.out.name.removesuffix(".h5") + ".h5")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    if out.exists() and options.file.exists() and out.samefile(options.file):
        raise ValueError(f"--out is the file {options.file} itself; choose another --out")
    from landscape.store.lock import FileLock
    from landscape.store.reference_file import read_reference
    from landscape.store.surface_file import read_surface, write_surface

    surface = read_reference(options.file)
    origin = surface.origin.with_record({"command": " ".join([prog, *arguments])})
    with FileLock(out):
        if out.exists() and read_surface(out).origin.identity != origin.identity and not options.overwrite:
            raise ValueError(f"{out} holds another surface; choose another --out, or --overwrite to replace it")
        write_surface(replace(surface, origin=origin), out)
    for note in origin.record["notes"]:
        print(f"warning: {note}")
    points = f"{surface.num_done} of {surface.grid.num_points} points"
    print(f"{points}: {out}; `landscape page {out}` draws it", flush=True)
