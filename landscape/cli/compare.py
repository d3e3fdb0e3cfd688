"""`landscape compare`: several minima looked at alike - planes, lines and measures of flatness, side by side."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.cli.compared_network import Network
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import drawing, goes_on, result_file
from landscape.cli.saying import saying
from landscape.sweep.world import World

HELP = "compare minima: surfaces on one scale, slices, and measures of flatness with their errors"


def compare_command(arguments: Sequence[str], world: World, prog: str = "landscape compare") -> None:
    """Run the command on this rank; see `landscape compare --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    run_compare(settings, world, saying(world))


def _parsed(arguments: Sequence[str], prog: str):
    from landscape.cli.compare_settings import add_compare_options, compare_settings_of

    parser = Parser(prog=prog, description=HELP)
    add_compare_options(parser)
    options = parser.options_of(arguments)
    return None if options is None else compare_settings_of(options)


def run_compare(settings, world: World, say: Callable[[str], None]) -> Path | None:
    """Measure what the settings ask for and return the page's path on rank 0; None elsewhere, or for a dry run.

    Raises:
        Mistake: Something can't be done as asked; found before the first point.
        PointFailed, Stopped: A sweep ended early; what was done is kept.
    """
    from landscape.cli.networks import names_of_networks
    from landscape.cli.rescale_check import Copies
    from landscape.problem.checkpoints import read_checkpoint
    from landscape.store.lock import FileLock

    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    out = world.agreed(lambda: result_file(settings.out, "comparison", makes_folder=not settings.dry_run))
    world.agreed(lambda: [read_checkpoint(path) for path in settings.checkpoints] and None)  # before any work
    lock = FileLock(out) if world.is_first and not settings.dry_run else nullcontext()
    world.agreed(lambda: lock.__enter__() and None)
    copies = Copies(settings, out)
    try:
        own = [Network(name, path) for name, path in zip(names_of_networks(settings.checkpoints), settings.checkpoints)]
        networks = world.agreed(lambda: [*own, *copies.made(own[0], say)])
        return _compared(settings, networks, copies, out, world, (device, idle), say)
    finally:
        if world.is_first:
            copies.remove()
        lock.__exit__()


def _compared(settings, networks, copies, out: Path, world: World, place, say) -> Path | None:
    from landscape.cli.compare_plan import comparison_to_fill, estimate_lines, plan_of
    from landscape.cli.compare_run import CompareRun
    from landscape.cli.program import interrupt_on_signals, stop_on_signals
    from landscape.store.comparison_file import write_comparison

    plan = plan_of(settings, networks, world, *place, say)
    blank = comparison_to_fill(settings, networks, plan, world) if world.is_first else None
    start = world.agreed(lambda: _start(settings, blank, out, say) if world.is_first else None)
    for line in estimate_lines(settings, plan, start, world.size - len(place[1])) if world.is_first else ():
        say(line)
    if settings.dry_run:
        say(f"dry run: nothing was written; the result would be {out} and {out.with_suffix('.html').name}")
        return None
    networks = world.agreed(lambda: copies.kept(networks))
    world.agreed(lambda: write_comparison(start, out))
    start = start if world.is_first else None
    stop = stop_on_signals()
    try:
        found = CompareRun(settings, networks, start, out, world=world, place=place, stop=stop, say=say).run()
    finally:
        interrupt_on_signals()
    return None if found is None else _drawn(found, out, say)


def _start(settings, blank, out: Path, say):
    """Return where this run begins: at what its file holds, or at nothing."""
    from dataclasses import replace

    from landscape.store.comparison_file import read_comparison

    if not out.exists():
        return blank
    known = read_comparison(out)
    if not goes_on(blank.origin, known.origin, out, settings, is_complete=known.is_complete, say=say):
        return blank
    done = sum(part.num_done for network in known.networks for part in network.parts.values())
    say(f"goes on with {out}: {done} points and measurements are done")
    record = {**blank.origin.record, "seconds": known.origin.record.get("seconds", 0)}
    if known.is_complete:  # what is worked out from it may be asked for anew
        record = {**known.origin.record, "flat_within": settings.flat_within}
    origin = known.origin if known.is_complete else blank.origin
    return replace(known, origin=replace(origin, record=record))


def _drawn(comparison, out: Path, say) -> Path:
    from landscape.figures.comparison_page import write_comparison_page
    from landscape.figures.comparison_words import sentences

    for sentence in sentences(comparison):
        say(sentence)
    page = out.with_name(out.name.removesuffix(".h5") + ".html")
    with drawing(out):
        write_comparison_page(comparison, page)
    say(f"page: {page}")
    return page
