"""`landscape between`: measure lines between trained networks and the plane through three, over all ranks, into files and a page."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.between_settings import BetweenSettings, add_between_options, between_settings_of
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import drawing, result_file
from landscape.cli.resumed_sweeps import ResumedSweeps
from landscape.cli.saying import saying
from landscape.sweep.world import World

HELP = "compare trained networks: lines and barriers between them, and the plane through three"


def between_command(arguments: Sequence[str], world: World, prog: str = "landscape between") -> None:
    """Run the command on this rank; see `landscape between --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    run_between(settings, world, saying(world))


def _parsed(arguments: Sequence[str], prog: str) -> BetweenSettings | None:
    parser = Parser(prog=prog, description=HELP)
    add_between_options(parser)
    options = parser.options_of(arguments)
    return None if options is None else between_settings_of(options)


def run_between(settings: BetweenSettings, world: World, say: Callable[[str], None]) -> Path | None:
    """Measure what the settings ask for and return the page's path on rank 0; None elsewhere, or for a dry run.

    Raises:
        Mistake: Something can't be done as asked; found before the first point.
        PointFailed, Stopped: A sweep ended early; what was done is kept.
    """
    from landscape.cli.between_experiment import build_between
    from landscape.store.lock import FileLock

    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    experiment = world.together(lambda: None if world.rank in idle else build_between(settings, device))
    out = world.agreed(lambda: result_file(settings.out, experiment.name, makes_folder=not settings.dry_run))
    with ExitStack() as locks:
        if not settings.dry_run:
            files = (out, _beside(out))
            world.agreed(lambda: [locks.enter_context(FileLock(file)) for file in files] and None)
        return _Run(settings, experiment, out, world, idle, say).through()


def _beside(out: Path) -> Path:
    """Return the plane's file beside that of the lines."""
    return out.with_name(f"{out.name.removesuffix('.h5')}-plane.h5")


class _Run:
    """The way from an experiment to its files and page, all ranks together."""

    def __init__(self, settings: BetweenSettings, experiment, out: Path, world: World, idle, say) -> None:
        self._settings, self._experiment, self._out = settings, experiment, out
        self._world, self._idle, self._say = world, idle, say
        self._num_ranks = world.size - len(idle)
        self._sweeps = ResumedSweeps(settings, world, idle, say)

    def through(self) -> Path | None:
        from landscape.cli.preflight import preflight
        from landscape.triangle import Triangle

        experiment, world, say = self._experiment, self._world, self._say
        is_idle = world.rank in self._idle
        geometry = world.agreed(lambda: experiment.geometry())
        if world.is_first:
            self._say_plan(geometry)
        lines = world.agreed(lambda: self._known_lines(geometry))
        plane = world.agreed(lambda: self._known_plane(geometry))
        center, point_s, notes = preflight(experiment, world, is_idle)
        for note in notes:
            say(f"warning: {note}")
        self._notes = [*notes, *([geometry.note] if geometry.note else [])]
        if world.is_first:
            self._say_time(lines, plane, point_s)
        if self._settings.dry_run:
            say(f"dry run: nothing was written; the result would be {self._out} and {self._page.name}")
            return None
        lines = self._sweeps.swept(self._out, self._begun(lines, center), None if is_idle else experiment.measure)
        if plane is not None:
            triangle = Triangle(**plane.origin.record["triangle"])  # the file's own, where there is one
            corners = None if is_idle else experiment.plane_measure(triangle)
            start = None
            if world.is_first:
                plane = self._with_networks(plane, lines)
                start = self._begun(plane, center)
            plane = self._sweeps.swept(_beside(self._out), start, corners)
        return self._drawn(plane is not None) if world.is_first else None

    @property
    def _page(self) -> Path:
        return self._out.with_suffix(".html")

    def _say_plan(self, geometry) -> None:
        from landscape.figures.facts import plan_facts

        for what, value in plan_facts(self._experiment.line_origin(geometry)):
            self._say(f"{what}: {value}")
        for note in (*self._experiment.notes, geometry.note):
            if note:
                self._say(f"warning: {note}")

    def _say_time(self, lines, plane, point_s: float) -> None:
        from landscape.cli.progress import duration

        parts = [f"{lines.grid} grid"] + ([f"a plane of {plane.grid}"] if plane is not None else [])
        left = sum(part.grid.num_points - part.num_done for part in (lines, plane) if part is not None)
        ranks = f"{self._num_ranks} rank{'s' * (self._num_ranks > 1)}"
        self._say(
            f"{' and '.join(parts)}, {left} points to go, {point_s:.3g} s a point on {ranks}: "
            f"about {duration(left * point_s / self._num_ranks)}"
        )

    def _known_lines(self, geometry):
        from landscape.grid import Grid

        grid = Grid(self._settings.x, num_planes=len(self._settings.pairs))
        return self._sweeps.known(self._out, self._experiment.line_origin(geometry), grid)

    def _known_plane(self, geometry):
        from landscape.grid import Grid

        if geometry.triangle is None:
            return None
        origin = self._experiment.plane_origin(geometry)
        return self._sweeps.known(_beside(self._out), origin, Grid(*self._experiment.plane_axes(geometry)))

    def _begun(self, surface, metrics):
        return self._sweeps.begun(surface, list(metrics), notes=[*self._experiment.notes, *self._notes])

    def _with_networks(self, plane, lines):
        """Return the plane with what the lines' ends tell of each network."""
        from landscape.between import metrics_of_networks

        if plane.is_complete:
            return plane
        found = metrics_of_networks(lines)
        marks = [{**mark, "metrics": found[mark["letter"]]} for mark in plane.origin.record["marks"]]
        return replace(plane, origin=plane.origin.with_record({"marks": marks}))

    def _drawn(self, has_plane: bool) -> Path:
        """Say what the files tell, and draw it."""
        from landscape.figures.between_page import write_between_page
        from landscape.figures.between_words import sentences_between
        from landscape.store.surface_file import read_surface

        lines = read_surface(self._out)
        plane = read_surface(_beside(self._out)) if has_plane else None
        for sentence in sentences_between(lines):
            self._say(sentence)
        name = self._out.name.removesuffix(".h5")
        with drawing(self._out):
            write_between_page(lines, plane, self._page, name)
        self._say(f"page: {self._page}")
        return self._page
