"""`landscape figure`: draw surface files for print, as PDF, SVG or PNG."""

import argparse
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.one_plane import add_plane_option, chosen_plane, plane_words
from landscape.surface import Surface
from landscape.sweep.world import World

HELP = "draw one or several surface files for print, on one scale, as PDF, SVG or PNG"
KINDS = ("contour", "surface", "slices")
FORMATS = ("pdf", "svg", "png")
SCALES = ("log", "linear", "clipped")
RENDERERS = ("matplotlib", "plotly")
NEEDED = {"matplotlib": "pip install matplotlib", "kaleido": "pip install kaleido"}


def figure_command(arguments: Sequence[str], world: World, prog: str = "landscape figure") -> None:
    """Run the command; see `landscape figure --help`."""
    world.agreed(lambda: _draw(arguments, prog))


def _draw(arguments: Sequence[str], prog: str) -> None:
    options = figure_parser(prog).options_of(arguments)
    if options is None:
        return
    form, out = _place(options)
    _require_fitting(options, form)
    _require("matplotlib", "figures for print")
    from landscape.figures.print_layout import PrintStyle, length_from_text

    style = PrintStyle(
        width=length_from_text(options.width) if options.width else None,
        font_size=options.font_size,
        colours=options.colours,
        elevation=options.elevation,
        azimuth=options.azimuth,
    )
    from landscape.store.surface_file import read_surface

    found = [read_surface(path) for path in options.files]
    planes = [chosen_plane(surface, options.plane, path) for surface, path in zip(found, options.files, strict=True)]
    surfaces = dict(zip(_titles(options, found), planes, strict=True))
    content = _picture(surfaces, options, style, form)
    from landscape.store.whole_file import write_whole

    write_whole(out, content)
    print(f"figure: {out}", flush=True)


def figure_parser(prog: str) -> Parser:
    """Return the command's options."""
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.h5")
    parser.add_argument("--kind", default="contour", help=f"{', '.join(KINDS)} (default: contour)")
    parser.add_argument("--format", help="pdf, svg or png (default: as --out ends, or else pdf)")
    parser.add_argument(
        "--out", type=Path, help="the picture (default: beside the first file, with the kind in its name)"
    )
    parser.add_argument("--titles", nargs="+", metavar="TITLE", help="a title a file (default: the files' names)")
    add_plane_option(parser, "the first")
    parser.add_argument("--metric", help="what is drawn (default: train_loss)")
    parser.add_argument("--scale", help="log, linear or clipped (default: log; linear for accuracies)")
    parser.add_argument(
        "--clip", type=float, help="where the clipped scale is cut (default: a round value above the median)"
    )
    parser.add_argument(
        "--width",
        help="single (8.5 cm), double (17.5 cm), or a length such as 8.5cm or 3.35in (default: single for one panel)",
    )
    parser.add_argument("--font-size", type=float, default=8.0, help="in points (default: 8)")
    parser.add_argument("--colours", default="viridis", help="viridis, cividis, magma or gray (default: viridis)")
    parser.add_argument("--dpi", type=int, default=300, help="pixels an inch (default: 300)")
    parser.add_argument("--elevation", type=float, default=32.0, help="height of the eye, in degrees (default: 32)")
    parser.add_argument("--azimuth", type=float, default=-58.0, help="where the eye stands, in degrees (default: -58)")
    parser.add_argument(
        "--renderer", default="matplotlib", help="matplotlib, or plotly for a surface as png (by kaleido)"
    )
    return parser


def _place(options: argparse.Namespace) -> tuple[str, Path]:
    """Return the format and the picture's path, which agree."""
    for name, choices in (("kind", KINDS), ("format", FORMATS), ("scale", SCALES), ("renderer", RENDERERS)):
        value = getattr(options, name)
        if value is not None and value not in choices:
            raise ValueError(f"unknown {name} {value!r}; choose one of {', '.join(choices)}")
    ending = options.out.suffix.lower().lstrip(".") if options.out else None
    form = options.format or ending or "pdf"
    out = options.out or options.files[0].with_name(f"{options.files[0].stem}-{options.kind}.{form}")
    if out.suffix.lower() != f".{form}" or form not in FORMATS:
        wanted = f"a .{form} file" if options.format else "a .pdf, .svg or .png file"
        raise ValueError(f"--out must be {wanted}, not {out}")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    return form, out


def _require_fitting(options: argparse.Namespace, form: str) -> None:
    if options.clip is not None and options.scale != "clipped":
        raise ValueError("--clip cuts the clipped scale; add --scale clipped, or leave --clip out")
    if options.renderer == "plotly":
        if (options.kind, form) != ("surface", "png"):
            raise ValueError(f"--renderer plotly draws --kind surface as png, not {options.kind} as {form}")
        if len(options.files) > 1:
            raise ValueError(f"--renderer plotly draws one file a picture, and {len(options.files)} were given")
        _require("kaleido", "--renderer plotly")
    if options.titles is not None and len(options.titles) != len(options.files):
        raise ValueError(f"--titles must be one a file, {len(options.files)}, not {len(options.titles)}")


def _require(package: str, what: str) -> None:
    if find_spec(package) is None:
        verb = "needs" if what.startswith("--") else "need"
        raise ValueError(f"{what} {verb} {package}, which is not installed: {NEEDED[package]}")


def _titles(options: argparse.Namespace, surfaces: Sequence[Surface]) -> list[str]:
    """Return the titles given, or the files' names, with the plane's number where there are several."""
    from landscape.figures.page import names_of

    titles = options.titles or [
        name + plane_words(surface, options.plane)
        for name, surface in zip(names_of(options.files), surfaces, strict=True)
    ]
    if len(set(titles)) < len(titles):
        raise ValueError(f"--titles must differ from one another, not {', '.join(titles)}")
    return titles


def _picture(surfaces: Mapping[str, Surface], options: argparse.Namespace, style, form: str) -> bytes:
    from landscape.figures import print_figure
    from landscape.figures.print_figure import contour_print, figure_bytes, slices_print, surface_print

    metric = print_figure.metric_of_all(surfaces, options.metric)
    kind = options.scale or ("linear" if metric.endswith("accuracy") else "log")
    if options.renderer == "plotly":
        from landscape.figures.plotly_picture import plotly_png
        from landscape.figures.scale import scale_over

        scale = scale_over(list(surfaces.values()), metric, kind, clip=options.clip)
        return plotly_png(next(iter(surfaces.values())), metric, scale, style, options.dpi)
    draw = {"contour": contour_print, "surface": surface_print, "slices": slices_print}[options.kind]
    return figure_bytes(draw(surfaces, metric, scale=kind, clip=options.clip, style=style), form, options.dpi)
