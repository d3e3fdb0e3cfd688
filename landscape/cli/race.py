"""`landscape race`: optimizers at saddle points - their paths, and why they are slow there."""

import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from inspect import getsourcefile
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.outputs import drawing, goes_on, result_file
from landscape.cli.saying import say
from landscape.sweep.world import World

HELP = "let optimizers race on a function of two weights, and see why they are slow at its saddles"


def race_command(arguments: Sequence[str], world: World, prog: str = "landscape race") -> None:
    """Run the command, on the first rank; see `landscape race --help`."""
    world.agreed(lambda: _raced(arguments, prog))


def _raced(arguments: Sequence[str], prog: str) -> None:
    from landscape.cli.race_settings import add_race_options, race_settings_of

    parser = Parser(prog=prog, description=HELP)
    add_race_options(parser)
    options = parser.options_of(arguments)
    if options is not None:
        run_race_of(race_settings_of(options), say)


def run_race_of(settings, say: Callable[[str], None]) -> Path:
    """Run the race that settings ask for, write file and page, and return the file.

    Raises:
        ValueError, OSError: The file holds another race, or can't be written.
    """
    from landscape.cli.choices import file_name
    from landscape.race.race import run_race
    from landscape.store.lock import FileLock
    from landscape.store.race_file import read_race, write_race

    name = f"race-{file_name(settings.course.name)}"
    out = result_file(settings.out, name, makes_folder=True)
    origin = _origin_of(settings)
    with FileLock(out):
        if out.exists():
            goes_on(origin, read_race(out).origin, out, settings, is_complete=True, say=say)
        race = run_race(
            settings.course,
            settings.optimizers,
            settings.starts,
            settings.grid,
            rates=settings.rates,
            steps=settings.steps,
            noise=settings.noise,
            seed=settings.seed,
            origin=origin,
        )
        write_race(race, out)
        for line in race_lines(race):
            say(line)
        say(f"race: {out}")
        say(f"page: {_page_of(race, out)}")
    return out


def race_lines(race) -> list[str]:
    """Return what came of a race, a line an optimizer and start."""
    from landscape.figures.race_words import outcome, point_lines, runner_name

    width = max(len(runner_name(race, run)) for run in race.runs)
    return [*point_lines(race), *(f"{runner_name(race, run):<{width}}  {outcome(race, run)}" for run in race.runs)]


def _page_of(race, out: Path) -> Path:
    from landscape.figures.race_page import write_race_page

    page = out.with_name(out.name.removesuffix(".h5") + ".html")
    with drawing(out):
        return write_race_page(race, page)


def _origin_of(settings):
    import torch

    from landscape.origin import Origin
    from landscape.race.optimizers import settings_of
    from landscape.race.race import frame_of, rate_of

    course = settings.course
    rates = {name: rate_of(course, name, settings.rates) for name in settings.optimizers}
    identity = {
        "surface": settings.spec,
        "network": dict(settings.network) or None,
        "source_sha256": _digest_of(settings),
        "starts": [list(start) for start in settings.starts],
        "optimizers": {name: settings_of(name, rate) for name, rate in rates.items()},
        "steps": settings.steps,
        "noise": settings.noise if "noisy-sgd" in settings.optimizers else None,
        "seed": settings.seed if "noisy-sgd" in settings.optimizers else None,
        "frame": list(frame_of(settings.grid)),
        "grid": list(settings.grid.shape),
    }
    circumstance = {"torch": torch.__version__, "python": platform.python_version()}
    record = {"command": shlex.join(sys.argv)} | ({"note": course.words} if course.words else {})
    return Origin(identity, circumstance, record)


def _digest_of(settings) -> str | None:
    """Return the digest of the file that a user's function lies in."""
    if ":" not in settings.spec or settings.network:
        return None
    from landscape.problem.factories import find_factory

    try:
        source = getsourcefile(find_factory(settings.spec, "surface"))
    except TypeError:  # no Python function
        return None
    return sha256(Path(source).read_bytes()).hexdigest() if source else None
