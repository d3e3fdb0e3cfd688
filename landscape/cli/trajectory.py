"""`landscape trajectory`: the principal plane of a run's checkpoints, the surface over it and the path on it, over all ranks."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import drawing, result_file
from landscape.cli.resumed_sweeps import ResumedSweeps
from landscape.cli.saying import saying
from landscape.cli.trajectory_settings import TrajectorySettings, add_trajectory_options, trajectory_settings_of
from landscape.sweep.world import World

HELP = "show the way that training took: the principal plane of its checkpoints, the surface there, the path on it"


def trajectory_command(arguments: Sequence[str], world: World, prog: str = "landscape trajectory") -> None:
    """Run the command on this rank; see `landscape trajectory --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    run_trajectory(settings, world, saying(world))


def _parsed(arguments: Sequence[str], prog: str) -> TrajectorySettings | None:
    parser = Parser(prog=prog, description=HELP)
    add_trajectory_options(parser)
    options = parser.options_of(arguments)
    return None if options is None else trajectory_settings_of(options)


def run_trajectory(settings: TrajectorySettings, world: World, say: Callable[[str], None]) -> Path | None:
    """Measure what the settings ask for and return the page's path on rank 0; None elsewhere, or for a dry run.

    Raises:
        Mistake: Something can't be done as asked; found before the first point.
        PointFailed, Stopped: A sweep ended early; what was done is kept.
    """
    from landscape.cli.trajectory_experiment import build_trajectory
    from landscape.store.lock import FileLock

    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    experiment = world.together(lambda: None if world.rank in idle else build_trajectory(settings, device))
    out = world.agreed(lambda: result_file(settings.out, experiment.name, makes_folder=not settings.dry_run))
    with ExitStack() as locks:
        if not settings.dry_run:
            files = (out, beside(out))
            world.agreed(lambda: [locks.enter_context(FileLock(file)) for file in files] and None)
        return _measured(settings, experiment, out, world, idle, say)


def beside(out: Path) -> Path:
    """Return the file of what is measured at the checkpoints, beside that of the surface."""
    return out.with_name(f"{out.name.removesuffix('.h5')}-path.h5")


def _measured(settings, experiment, out: Path, world: World, idle: frozenset[int], say) -> Path | None:
    from landscape.cli.preflight import preflight

    is_idle, sweeps = world.rank in idle, ResumedSweeps(settings, world, idle, say)
    geometry = world.agreed(lambda: experiment.geometry())
    if world.is_first:
        _say_plan(experiment, geometry, say)
    path = world.agreed(lambda: sweeps.known(beside(out), experiment.path_origin(), experiment.path_grid()))
    surface = world.agreed(
        lambda: sweeps.known(out, experiment.surface_origin(geometry), experiment.surface_grid(geometry))
    )
    last, point_s, notes = preflight(experiment, world, is_idle)
    for note in notes:
        say(f"warning: {note}")
    if world.is_first:
        _say_time(path, surface, point_s, world.size - len(idle), say)
    if settings.dry_run:
        say(f"dry run: nothing was written; the result would be {out} and {out.with_suffix('.html').name}")
        return None
    notes = [*experiment.notes, *notes] if experiment else []
    along = None if is_idle else experiment.along(geometry)
    path = sweeps.swept(beside(out), sweeps.begun(path, list(last), notes), along)
    start = None
    if world.is_first:
        start = sweeps.begun(surface if surface.is_complete else _with_path(surface, path), list(last), notes)
    surface = sweeps.swept(out, start, along and along.in_plane)
    return _drawn(out, say) if world.is_first else None


def _with_path(surface, path):
    """Return the surface with what was measured at each checkpoint, and in the plane there."""
    record = surface.origin.record["path"]
    points = [
        {
            **point,
            "metrics": {metric: float(array[0, number]) for metric, array in path.values.items()},
            "in_plane": {metric: float(array[1, number]) for metric, array in path.values.items()},
        }
        for number, point in enumerate(record["points"])
    ]
    record = {**surface.origin.record, "path": {**record, "points": points}}
    return replace(surface, origin=replace(surface.origin, record=record))


def _say_plan(experiment, geometry, say) -> None:
    from landscape.figures.facts import plan_facts

    for what, value in plan_facts(experiment.surface_origin(geometry)):
        say(f"{what}: {value}")
    for note in experiment.notes:
        say(f"warning: {note}")


def _say_time(path, surface, point_s: float, num_ranks: int, say) -> None:
    from landscape.cli.progress import duration

    left = sum(part.grid.num_points - part.num_done for part in (path, surface))
    ranks = f"{num_ranks} rank{'s' * (num_ranks > 1)}"
    say(
        f"{len(path.grid.x)} networks and a {surface.grid} grid, {left} points to go, {point_s:.3g} s a point on {ranks}: "
        f"about {duration(left * point_s / num_ranks)}"
    )


def _drawn(out: Path, say) -> Path:
    """Say what the file tells, and draw it."""
    from landscape.figures.page import write_page
    from landscape.figures.path_panel import path_sentences, path_title
    from landscape.store.surface_file import read_surface

    surface, page = read_surface(out), out.with_suffix(".html")
    for sentence in path_sentences(surface):
        say(sentence)
    name = out.name.removesuffix(".h5")
    with drawing(out):
        write_page({name: surface}, page, path_title(name))
    say(f"page: {page}")
    return page
