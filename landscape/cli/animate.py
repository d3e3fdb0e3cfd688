"""`landscape animate`: a saved path or race as a film, GIF or MP4."""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "draw a saved path or race as a film: GIF, or MP4"
THEMES = ("light", "dark")
SCALES = ("log", "linear", "clipped")
FORMS = (".gif", ".mp4")
LONGEST_S = 600.0
NUM_SAMPLES = 5  # pictures that a GIF's palette is made of


def animate_command(arguments: Sequence[str], world: World, prog: str = "landscape animate") -> None:
    """Run the command; see `landscape animate --help`."""
    world.agreed(lambda: _animate(arguments, prog))


def animate_parser(prog: str) -> Parser:
    """Return the command's options."""
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument(
        "file", type=Path, metavar="FILE.h5", help="of `landscape trajectory` or `landscape race`; it alone is read"
    )
    parser.add_argument("--out", type=Path, help="a .gif or .mp4 file (default: a GIF beside FILE.h5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="from the first step to the last (default: 8)")
    parser.add_argument("--rest", type=float, default=1.0, help="seconds that the last picture stays (default: 1)")
    parser.add_argument("--fps", type=int, default=20, help="pictures a second (default: 20)")
    parser.add_argument("--width", type=int, default=800, help="in pixels; letters grow with it (default: 800)")
    parser.add_argument("--theme", default="light", help="light or dark (default: light)")
    parser.add_argument("--colours", default="viridis", help="viridis, cividis, magma or gray (default: viridis)")
    parser.add_argument("--metric", help="of a path: what surface and chart show (default: train_loss)")
    parser.add_argument(
        "--scale", help="log, linear or clipped (default: log, linear for accuracies; of a race, its own)"
    )
    parser.add_argument("--title", help="(default: as on the page)")
    return parser


def _animate(arguments: Sequence[str], prog: str) -> None:
    options = animate_parser(prog).options_of(arguments)
    if options is None:
        return
    out = options.out or options.file.with_suffix(".gif")
    _require_fitting(options, out)
    from landscape.film.film import moments_of
    from landscape.film.film_file import palette_of, require_form, write_film
    from landscape.film.stage import Look, Stage

    require_form(out, options.fps)
    look = Look(options.width, options.theme, options.colours)
    film = film_of(options)
    moments = moments_of(round(options.seconds * options.fps), film.num_steps)
    stage = Stage(film, look)
    palette = None
    if out.suffix.lower() == ".gif":
        samples = (stage.picture(film.num_steps * number / (NUM_SAMPLES - 1)) for number in range(NUM_SAMPLES))
        palette = palette_of(samples, stage.exact_colours())
    write_film(out, map(stage.picture, moments), stage.size, fps=options.fps, rest_s=options.rest, palette=palette)
    print(f"film: {out} ({len(moments)} pictures of {stage.size[0]} x {stage.size[1]})", flush=True)


def film_of(options: argparse.Namespace):
    """Read a file and return its film.

    Raises:
        ValueError, OSError: It can't be read, holds neither path nor race, or lacks the metric.
    """
    from landscape.store import race_file
    from landscape.store.sealed_hdf5 import format_of

    if format_of(options.file) == race_file.FORMAT:
        from landscape.film.of_race import film_of_race

        if options.metric is not None:
            raise ValueError("--metric is for paths of training; a race has its loss alone, so leave --metric out")
        return film_of_race(race_file.read_race(options.file), options.scale, options.title or "")
    from landscape.figures.page import names_of
    from landscape.figures.path_panel import path_title
    from landscape.figures.print_figure import metric_of_all
    from landscape.figures.scale import scale_over
    from landscape.film.of_path import film_of_path, require_path
    from landscape.store.surface_file import read_surface

    surface, (name,) = read_surface(options.file), names_of([options.file])
    require_path(surface, str(options.file))
    metric = metric_of_all({name: surface}, options.metric)
    scale = scale_over([surface], metric, options.scale or ("linear" if metric.endswith("accuracy") else "log"))
    return film_of_path(surface, metric, scale, options.title or path_title(name))


def _require_fitting(options: argparse.Namespace, out: Path) -> None:
    """Refuse, before anything is read, what no film can be."""
    for name, choices in (("theme", THEMES), ("scale", SCALES)):
        value = getattr(options, name)
        if value is not None and value not in choices:
            raise ValueError(f"unknown {name} {value!r}; choose one of {', '.join(choices)}")
    if out.suffix.lower() not in FORMS:
        raise ValueError(f"--out must be a .gif or .mp4 file, not {out}")
    if not 0 < options.seconds <= LONGEST_S:
        raise ValueError(f"--seconds must be above 0 and at most {LONGEST_S:g}, not {options.seconds:g}")
    if not 0 <= options.rest <= LONGEST_S:
        raise ValueError(f"--rest must lie between 0 and {LONGEST_S:g}, not {options.rest:g}")
    if not out.parent.is_dir():
        raise OSError(f"there is no folder {out.parent}; make it, or choose another --out")
    if find_spec("matplotlib") is None:
        raise ValueError("films need matplotlib, which is not installed: pip install matplotlib")
    if out.suffix.lower() == ".mp4" and find_spec("imageio_ffmpeg") is None:
        raise ValueError(
            "MP4 needs imageio-ffmpeg, which is not installed: pip install imageio-ffmpeg; or choose a .gif file"
        )
