"""Numbered measurements beside a surface: swept over all ranks like points, and kept in the surface's belief as they are done."""

from collections.abc import Callable
from dataclasses import replace

from landscape.belief_record import BeliefRecord
from landscape.cli.progress import progress_of
from landscape.surface import Surface, empty_surface
from landscape.sweep.run import Stop, sweep
from landscape.sweep.world import World
from landscape.trials import Trials

# Part of a belief record -> what its arrays' names begin with, and what one of its trials is called.
PARTS = {
    "comparison": ("comparison_", "comparison"),
    "fresh": ("", "fresh plane"),
    "plane": ("plane_", "plane's Hessian"),
}


class BeliefTrials:
    """Takes parts of a belief record, one after the other, all ranks together.

    Args:
        surface: The whole surface; on rank 0.
        save: Takes the surface with what is measured so far; on rank 0.

    Attributes:
        surface: With what is measured so far; on rank 0.
    """

    def __init__(
        self,
        surface: Surface | None,
        *,
        world: World,
        idle: frozenset[int],
        save: Callable[[Surface], None],
        stop: Stop,
        say: Callable[[str], None],
    ) -> None:
        self.surface, self.world, self.say = surface, world, say
        self._idle, self._save, self._stop = idle, save, stop

    def take(self, part: str, num: int, names: tuple[str, ...], measured: Callable[[], Callable]) -> None:
        """Measure what is left of a part's trials, and keep them by their names.

        Args:
            part: A key of `PARTS`.
            measured: Makes the measure, a number -> values by `names`; on ranks that compute.
        """
        if not num:
            return
        start = self._known(part, num, names) if self.world.is_first else None
        with progress_of(start, self.world, self.say, PARTS[part][1]) as progress:
            found = sweep(
                None if self.world.rank in self._idle else measured(),
                start,
                world=self.world,
                save=lambda trials: self._keep(part, trials),
                progress=progress,
                stop=self._stop,
                idle=self._idle,
            )
        if found is not None:
            self._keep(part, found)

    def now(self, belief: BeliefRecord) -> None:
        """Keep a record; on rank 0."""
        self.surface = replace(self.surface, belief=belief)
        self._save(self.surface)

    def _known(self, part: str, num: int, names: tuple[str, ...]) -> Surface:
        prefix, what = PARTS[part]
        blank = empty_surface(Trials(num, what), list(names))
        arrays = self.surface.belief.arrays
        if f"{part}_done" not in arrays:
            return blank
        return replace(blank, values={name: arrays[f"{prefix}{name}"] for name in names}, done=arrays[f"{part}_done"])

    def _keep(self, part: str, trials: Surface) -> None:
        arrays = {f"{PARTS[part][0]}{name}": array for name, array in trials.values.items()}
        self.now(self.surface.belief.also(arrays={**arrays, f"{part}_done": trials.done}))
