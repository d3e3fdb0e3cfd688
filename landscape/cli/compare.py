"""`landscape compare`: several minima looked at alike - planes, lines and measures of flatness, side by side."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from landscape.cli.arguments import Parser, with_negative_values
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import goes_on, result_file
from landscape.sweep.world import Mistake, World

HELP = "compare minima: surfaces on one scale, slices, and measures of flatness with their errors"


def compare_command(arguments: Sequence[str], world: World, prog: str = "landscape compare") -> None:
    """Run the command on this rank; see `landscape compare --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    run_compare(settings, world, _say if world.is_first else _silent)


def _parsed(arguments: Sequence[str], prog: str):
    from landscape.cli.compare_settings import add_compare_options, compare_settings_of

    parser = Parser(prog=prog, description=HELP)
    add_compare_options(parser)
    try:
        return compare_settings_of(parser.parse_args(with_negative_values(arguments)))
    except SystemExit:  # --help
        return None


def run_compare(settings, world: World, say: Callable[[str], None]) -> Path | None:
    """Measure what the settings ask for and return the page's path on rank 0; None elsewhere, or for a dry run.

    Raises:
        Mistake: Something can't be done as asked; found before the first point.
        PointFailed, Stopped: A sweep ended early; what was done is kept.
    """
    from landscape.cli.rescale_check import with_rescaled
    from landscape.store.lock import FileLock

    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    out = world.agreed(lambda: result_file(settings.out, "comparison", makes_folder=not settings.dry_run))
    lock = FileLock(out) if world.is_first and not settings.dry_run else nullcontext()
    world.agreed(lambda: lock.__enter__() and None)
    try:
        networks = world.agreed(lambda: with_rescaled(settings, out, say))
        return _compared(settings, networks, out, world, (device, idle), say)
    finally:
        lock.__exit__()


def _compared(settings, networks, out: Path, world: World, place, say) -> Path | None:
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
    world.agreed(lambda: write_comparison(start, out))
    stop = stop_on_signals()
    try:
        found = CompareRun(settings, networks, start, out, world=world, place=place, stop=stop, say=say).run(plan)
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
    return known if known.is_complete else replace(known, origin=replace(blank.origin, record=record))


def _drawn(comparison, out: Path, say) -> Path:
    from landscape.figures.comparison_page import write_comparison_page
    from landscape.figures.comparison_words import sentences

    for sentence in sentences(comparison):
        say(sentence)
    page = out.with_name(out.name.removesuffix(".h5") + ".html")
    try:
        write_comparison_page(comparison, page)
    except OSError as error:
        raise Mistake(f"{error}; the numbers are in {out}, and `landscape page {out}` draws them", status=1) from error
    say(f"page: {page}")
    return page


def _say(line: str) -> None:
    print(line, flush=True)


def _silent(*_) -> None:
    return None
