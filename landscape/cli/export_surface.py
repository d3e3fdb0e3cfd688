"""`landscape export`: write a surface file's numbers, or its relief, in a format of other programs."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.one_plane import add_plane_option, chosen_plane
from landscape.sweep.world import World

HELP = "write a surface in a format of other programs"
ENDINGS = {
    "vtk": ".vtr",
    "obj": ".obj",
    "stl": ".stl",
    "glb": ".glb",
    "csv": ".csv",
    "npz": ".npz",
    "reference-h5": ".h5",
}
MESHES = ("obj", "stl", "glb")
ALL_PLANES = ("csv", "npz")
HEIGHTS = ("log", "linear")


def export_command(arguments: Sequence[str], world: World, prog: str = "landscape export") -> None:
    """Run the command; see `landscape export --help`."""
    world.agreed(lambda: _export(arguments, prog))


def _export(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    _add_options(parser)
    options = parser.options_of(arguments)
    if options is None:
        return
    _require_fitting(options)
    from landscape.store.surface_file import read_surface
    from landscape.store.whole_file import write_whole

    surface = read_surface(options.file)
    if options.plane is not None or options.format not in ALL_PLANES:
        surface = chosen_plane(surface, options.plane, options.file)
    out = _out(options)
    content = _content(surface, options)
    if out.exists() and not options.overwrite and (not out.is_file() or out.read_bytes() != content):
        raise ValueError(f"{out} is there already; choose another --out, or --overwrite to replace it")
    write_whole(out, content)
    print(f"{options.format}: {out}", flush=True)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.h5")
    parser.add_argument(
        "--format",
        required=True,
        choices=list(ENDINGS),
        help="vtk, csv, npz: every metric and the done code; obj, stl, glb: one metric as a mesh; "
        "reference-h5: the reference implementation's surface file",
    )
    parser.add_argument("--out", type=Path, help="the file (default: beside FILE.h5, with the format's ending)")
    add_plane_option(parser, "the first; all of them in csv and npz")
    parser.add_argument("--metric", help="of a mesh (default: train_loss, or the first there is)")
    parser.add_argument("--height", choices=HEIGHTS, help="of a mesh (default: log, where no value is negative)")
    parser.add_argument("--overwrite", action="store_true", help="replace another file of this name")


def _require_fitting(options: argparse.Namespace) -> None:
    idle = [f"--{name}" for name in ("metric", "height") if getattr(options, name) is not None]
    if idle and options.format not in MESHES:
        raise ValueError(
            f"{' and '.join(idle)} would have no effect on {options.format}, which takes every metric as it is; "
            f"leave {'it' if len(idle) == 1 else 'them'} out, or choose one of {', '.join(MESHES)}"
        )


def _out(options: argparse.Namespace) -> Path:
    ending = ENDINGS[options.format]
    stem = options.file.name.removesuffix(".h5")
    own = options.file.with_name(stem + (".reference.h5" if options.format == "reference-h5" else ending))
    out = options.out or own
    if out.suffix.lower() != ending:
        raise ValueError(f"--out must be a {ending} file for {options.format}, not {out}")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    if out.exists() and out.samefile(options.file):
        raise ValueError(f"--out is the surface file {options.file} itself; choose another --out")
    return out


def _content(surface, options: argparse.Namespace) -> bytes:
    if options.format in MESHES:
        from landscape.figures.mesh_file import mesh_image
        from landscape.figures.relief import relief_of

        return mesh_image(relief_of(surface, options.metric, options.height or "log"), options.format)
    if options.format == "vtk":
        from landscape.store.vtk_file import vtk_image

        return vtk_image(surface)
    if options.format == "reference-h5":
        from landscape.store.reference_file import reference_image

        return reference_image(surface)
    from landscape.store.tables import csv_image, npz_image

    return csv_image(surface) if options.format == "csv" else npz_image(surface)
