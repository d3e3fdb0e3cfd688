"""Sweeps of a run that has several files: each goes on with what its file holds, and is saved as it goes."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from landscape.cli.outputs import goes_on
from landscape.cli.program import interrupt_on_signals, stop_on_signals
from landscape.sweep.world import World

KEPT = ("seconds", "earlier", "triangle", "marks", "path", "center")  # what a file tells of what went before


class ResumedSweeps:
    """The sweeps of one run, all ranks together.

    Args:
        settings: Has overwrite, continue_on_other and dry_run.
        idle: Ranks that measure nothing.
    """

    def __init__(self, settings, world: World, idle: frozenset[int], say: Callable[[str], None]) -> None:
        self._settings, self._world, self._idle, self._say = settings, world, idle, say

    def known(self, out: Path, origin, grid):
        """Return the surface that a file holds of this run, or one without metrics of which nothing is measured.

        Raises:
            ValueError, OSError: The file holds another run, or can't be read or written.
        """
        from landscape.store.surface_file import read_surface
        from landscape.surface import empty_surface

        fresh = empty_surface(grid, [], origin)
        if not out.exists():
            return fresh
        known = read_surface(out)
        is_ours = goes_on(origin, known.origin, out, self._settings, is_complete=known.is_complete, say=self._say)
        if not is_ours:
            if self._settings.overwrite:
                self._say(f"begins anew over {out}, which held {known.num_done} points")
            return fresh
        self._say(f"goes on with {out}: {known.num_done} of {known.grid.num_points} points are done")
        return known if known.is_complete else replace(known, origin=_gone_on(origin, known.origin))

    def begun(self, surface, metrics: list[str], notes: list[str]):
        """Return the surface that a sweep starts from, on rank 0, with this run's circumstances in its records."""
        from landscape.surface import empty_surface

        if not self._world.is_first or surface.is_complete:
            return surface
        origin = surface.origin
        here = {"hosts": self._world.host, "ranks": self._world.size - len(self._idle), "notes": notes}
        origin = origin.with_record(here)
        return replace(surface, origin=origin) if surface.values else empty_surface(surface.grid, metrics, origin)

    def swept(self, out: Path, start, measure: Callable | None):
        """Measure what is left, saving as it goes; the whole surface on rank 0, None elsewhere.

        Raises:
            PointFailed, Stopped: The sweep ended early; what was done is kept.
        """
        from landscape.cli.progress import duration, progress_of
        from landscape.store.surface_file import write_surface
        from landscape.sweep.run import sweep

        world, say, began = self._world, self._say, time.perf_counter()
        if not world.share(world.is_first and not start.is_complete):
            return start if world.is_first else None
        earlier_s = start.origin.record.get("seconds", 0) if world.is_first else 0
        world.agreed(lambda: write_surface(start, out))

        def save(surface) -> None:
            seconds = earlier_s + time.perf_counter() - began
            write_surface(replace(surface, origin=surface.origin.with_record({"seconds": seconds})), out)

        stop = stop_on_signals()
        try:
            with progress_of(start, world, say) as progress:
                surface = sweep(measure, start, world=world, save=save, progress=progress, stop=stop, idle=self._idle)
        finally:
            interrupt_on_signals()
        if world.is_first:
            say(f"{surface.grid.num_points} points in {duration(time.perf_counter() - began)}: {out}")
        return surface


def _gone_on(ours, known):
    """Return the origin of a run that goes on: this run's records, with what the file tells of what went before."""
    kept = {name: known.record[name] for name in KEPT if name in known.record}
    if ours.circumstance != known.circumstance:
        kept["earlier"] = [*kept.get("earlier", []), known.circumstance]
    return ours.with_record(kept)
