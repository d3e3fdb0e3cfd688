"""`landscape surface`: sample the loss around trained weights, over all ranks, into a file and a page."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import drawing, goes_on, result_file
from landscape.cli.program import interrupt_on_signals, stop_on_signals
from landscape.cli.saying import saying
from landscape.cli.settings import AutoAxis, SurfaceSettings, add_surface_options, settings_of
from landscape.cli.surface_curvature import taylor_record, with_eigenvectors
from landscape.sweep.world import World

HELP = "sample the loss around trained weights and draw it"


def surface_command(arguments: Sequence[str], world: World, prog: str = "landscape surface") -> None:
    """Run the command on this rank; see `landscape surface --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    say = saying(world)
    run_surface(settings, world, say)


def _parsed(arguments: Sequence[str], prog: str) -> SurfaceSettings | None:
    parser = Parser(prog=prog, description=HELP)
    add_surface_options(parser)
    options = parser.options_of(arguments)
    return None if options is None else settings_of(options)


def run_surface(settings: SurfaceSettings, world: World, say: Callable[[str], None]) -> Path | None:
    """Measure what the settings ask for and return the page's path on rank 0; None elsewhere, or for a dry run.

    Raises:
        Mistake: Something can't be done as asked; found before the first point.
        PointFailed, Stopped: The sweep ended early; what was done is kept.
    """
    from landscape.cli.experiment import build_experiment
    from landscape.store.lock import FileLock

    settings = with_eigenvectors(settings, world, say)
    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    is_idle = world.rank in idle
    experiment = world.together(lambda: None if is_idle else build_experiment(settings, device))
    out = world.agreed(lambda: result_file(settings.out, experiment.name, makes_folder=not settings.dry_run))
    if world.is_first:
        _say_plan(experiment, say)
    lock = FileLock(out) if world.is_first and not settings.dry_run else nullcontext()
    world.agreed(lambda: lock.__enter__() and None)
    try:
        return _measured(settings, experiment, out, world, idle, say)
    finally:
        lock.__exit__()


def _measured(settings, experiment, out: Path, world: World, idle: frozenset[int], say) -> Path | None:
    from landscape.cli.live import LivePage
    from landscape.cli.preflight import preflight
    from landscape.cli.progress import duration, progress_of
    from landscape.cli.ranges import chosen_grid
    from landscape.store.surface_file import write_surface
    from landscape.sweep.run import sweep

    is_idle = world.rank in idle
    known = world.agreed(lambda: _known(settings, experiment, out, say))
    center, point_s, notes = preflight(experiment, world, is_idle)
    for note in notes:
        say(f"warning: {note}")
    words = ", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in center.items())
    say(f"center: {words}")
    num_ranks = world.size - len(idle)
    stop = stop_on_signals()
    try:
        grid = known.grid if known else None
        if known is None:
            grid = chosen_grid(settings, experiment, center, world, idle=idle, stop=stop, say=say)
    finally:
        interrupt_on_signals()
    if world.is_first:
        left = grid.num_points - (known.num_done if known else 0)
        say(
            f"{grid} grid, {left} points to go, {point_s:.3g} s a point on {num_ranks} rank{'s' * (num_ranks > 1)}: "
            f"about {duration(left * point_s / num_ranks)}"
        )
        if settings.belief != "off":
            from landscape.cli.surface_belief import metric_of, plan_words, planned

            plan = planned(settings, experiment, grid, metric_of(settings, center))
            say(f"belief, {settings.belief}: {plan_words(plan, grid, point_s)}")
        if settings.batch_sizes:
            from landscape.cli.surface_batches import plan_of_batches

            say(f"batches: {plan_of_batches(experiment, grid)}")
    if settings.dry_run:
        say(f"dry run: nothing was written; the result would be {out} and {out.with_suffix('.html').name}")
        return None
    taylor = taylor_record(experiment, known, world, idle) if settings.taylor else {}
    start = _start(experiment, grid, known, center, world, num_ranks, notes, taylor) if world.is_first else None
    world.agreed(lambda: write_surface(start, out))
    began = time.perf_counter()
    earlier_s = start.origin.record.get("seconds", 0) if start else 0

    name = out.name.removesuffix(".h5")
    page = out.with_name(f"{name}.html")
    live = LivePage(page, name, say) if settings.live else None

    def save(surface) -> None:
        seconds = earlier_s + time.perf_counter() - began
        surface = replace(surface, origin=surface.origin.with_record({"seconds": seconds}))
        write_surface(surface, out)
        if live:
            live(surface)

    if live and start is not None:
        live(start)
        say(f"live page: {page}")
    stop = stop_on_signals()
    everywhere = {"world": world, "idle": idle, "stop": stop, "say": say}
    surface = None
    try:
        measure = None if is_idle else experiment.measure
        with progress_of(start, world, say) as progress:
            surface = sweep(measure, start, world=world, save=save, progress=progress, stop=stop, idle=idle)
        if world.is_first:
            say(f"{surface.grid.num_points} points in {duration(time.perf_counter() - began)}: {out}")
            if settings.belief == "full":
                _draw(out, name, page)  # what follows takes long
        if settings.batch_sizes:
            from landscape.cli.surface_batches import with_batches

            surface = with_batches(experiment, settings.subset_seed, surface, save=save, **everywhere)
        if settings.belief != "off":
            surface = _with_belief(settings, experiment, surface, center, out, save=save, **everywhere)
    finally:
        if live and surface is None:
            live.leave()
        interrupt_on_signals()
    if surface is None:
        return None
    _draw(out, name, page)
    say(f"page: {page}")
    return page


def _draw(out: Path, name: str, page: Path) -> None:
    """Write the page of what a file holds."""
    from landscape.figures.page import write_page
    from landscape.store.surface_file import read_surface

    with drawing(out):
        write_page({name: read_surface(out)}, page)


def _with_belief(settings, experiment, surface, center, out: Path, *, save, world: World, idle, stop, say):
    """Return the surface with what tells how far it can be believed, on rank 0."""
    from landscape.cli.belief_trials import BeliefTrials
    from landscape.cli.progress import duration
    from landscape.cli.surface_belief import BeliefRun

    began = time.perf_counter()
    trials = BeliefTrials(surface, world=world, idle=idle, save=save, stop=stop, say=say)
    surface = BeliefRun(settings, experiment, center, trials).run(out)
    if surface is not None:
        from landscape.figures.belief_panel import belief_panel

        say(f"belief, {settings.belief}: measured in {duration(time.perf_counter() - began)}")
        for sentence in belief_panel(surface)["sentences"]:
            say(sentence)
    return surface


def _known(settings: SurfaceSettings, experiment, out: Path, say):
    """Return the surface in a file that this run goes on with; None for a new one."""
    from landscape.store.surface_file import read_surface

    if not out.exists():
        return None
    known = read_surface(out)
    if not goes_on(experiment.origin, known.origin, out, settings, is_complete=known.is_complete, say=say):
        if settings.overwrite:
            say(f"begins anew over {out}, which held {known.num_done} points")
        return None
    say(f"goes on with {out}: {known.num_done} of {known.grid.num_points} points are done")
    for name in settings.dims:
        if isinstance(getattr(settings, name), AutoAxis):
            axis = getattr(known.grid, name)
            say(f"range along {name}: {axis[0]:g} to {axis[-1]:g}, found before")
    return known


def _start(experiment, grid, known, center, world: World, num_ranks: int, notes, taylor: dict):
    from landscape.surface import empty_surface

    here = {"hosts": world.host, "ranks": num_ranks, "center": center, "notes": [*experiment.notes, *notes], **taylor}
    origin = experiment.origin.with_record(here)
    if known is None:
        return empty_surface(grid, list(center), origin)
    changed = experiment.origin.circumstance != known.origin.circumstance
    earlier = known.origin.record.get("earlier", []) + ([known.origin.circumstance] if changed else [])
    kept = {"seconds": known.origin.record.get("seconds", 0), **({"earlier": earlier} if earlier else {})}
    if known.is_complete:
        chosen = {name: origin.record[name] for name in ("flat_within",) if name in origin.record}
        origin = known.origin.with_record({**taylor, **chosen})
    return replace(known, origin=origin.with_record(kept))


def _say_plan(experiment, say) -> None:
    """Say what will be measured: model, data, directions with their cosine and lengths, and notes."""
    from landscape.figures.facts import plan_facts

    for what, value in plan_facts(experiment.origin):
        say(f"{what}: {value}")
    for note in experiment.notes:
        say(f"warning: {note}")
