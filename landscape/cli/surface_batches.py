"""The surfaces of batches beside `landscape surface`'s own: one sweep for all of them, and the gradient's noise at the center."""

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from landscape.batch_losses import BatchLosses, no_batch_losses
from landscape.cli.batch_examples import WHOLE, BatchExamples, batch_name
from landscape.cli.progress import progress_of
from landscape.grid import Grid
from landscape.surface import Surface, empty_surface
from landscape.sweep.run import Stop, sweep
from landscape.sweep.world import Mistake, World
from landscape.trials import Trials

GRADIENT = ("mean_square", "trace")


def plan_of_batches(experiment, grid: Grid) -> str:
    """Say what is measured beside for batches."""
    found: BatchExamples = experiment.batches
    sizes = ", ".join(str(size) for size in found.members)
    num = len(next(iter(found.members.values())))
    return (
        f"{num} of each of {sizes} samples, and all {len(found.samples)} of {found.split} that are looked at; "
        f"{grid.of_one_plane().num_points} evaluations beside, and as many gradients as samples"
    )


def with_batches(
    experiment,
    seed: int,
    surface: Surface | None,
    *,
    world: World,
    idle: frozenset[int],
    save: Callable[[Surface], None],
    stop: Stop,
    say: Callable[[str], None],
) -> Surface | None:
    """Measure what is left of the batches' surfaces, all ranks together, and return the surface with them on rank 0.

    Args:
        experiment: None on idle ranks.
        surface: The whole surface; on rank 0.
    """
    examples: BatchExamples | None = experiment and experiment.batches  # an idle rank has neither
    start = None
    if surface is not None:
        surface = replace(surface, batches=_begun(surface, examples, seed))
        start = _as_sweep(surface.batches, surface.grid.of_one_plane())

    def keep(found: Surface) -> Surface:
        whole = replace(surface, batches=_from_sweep(surface.batches, found))
        save(whole)
        return whole

    measure = None if world.rank in idle else examples.measure()
    with progress_of(start, world, say, "batch point") as progress:
        found = sweep(measure, start, world=world, save=keep, progress=progress, stop=stop, idle=idle)
    if surface is not None:
        surface = keep(found)
    return _with_gradient(examples, surface, world=world, idle=idle, save=save, stop=stop, say=say)


def _begun(surface: Surface, examples: BatchExamples, seed: int) -> BatchLosses:
    """Return what the surface's file has of these batches, or that nothing is measured."""
    shape = surface.grid.of_one_plane().shape
    new = no_batch_losses(shape, examples.samples, examples.members, {"split": examples.split, "seed": seed})
    known = surface.batches
    return known if known is not None and known.is_of_the_draw(new) else new


def _as_sweep(batches: BatchLosses, grid: Grid) -> Surface:
    values = {
        batch_name(size, number): losses
        for size, all_of in batches.losses.items()
        for number, losses in enumerate(all_of)
    }
    return Surface(grid, {**values, WHOLE: batches.whole}, batches.done)


def _from_sweep(batches: BatchLosses, found: Surface) -> BatchLosses:
    losses = {
        size: np.array([found.values[batch_name(size, number)] for number in range(len(members))])
        for size, members in batches.members.items()
    }
    return replace(batches, losses=losses, whole=found.values[WHOLE], done=found.done)


def _with_gradient(
    examples: BatchExamples | None,
    surface: Surface | None,
    *,
    world: World,
    idle: frozenset[int],
    save,
    stop: Stop,
    say,
) -> Surface | None:
    """Find the gradient's noise, one sample after the other on one rank; whatever can't be differentiated is said to be so."""
    known = world.share(surface is not None and _has_gradient(surface.batches))
    if known:
        return surface
    why: list[str] = []

    def measured(number: int) -> dict[str, float]:
        try:
            noise = examples.noise()
        except (Mistake, ValueError) as error:
            why.append(str(error))
            return dict.fromkeys(GRADIENT, np.nan)
        return {name: asdict(noise)[name] for name in GRADIENT}

    others = frozenset(range(1, world.size)) | idle  # the sentence on what failed is to come from here
    trials = None if surface is None else empty_surface(Trials(1, "the gradients of single samples"), list(GRADIENT))
    found = sweep(None if world.rank in others else measured, trials, world=world, stop=stop, idle=others)
    if surface is None:
        return None
    if why:
        say(f"warning: no gradients of batches: {why[0]}")
        told = {"why_no_gradient": why[0]}
    else:
        told = {"gradient": {name: float(found.values[name][0]) for name in GRADIENT}}
    surface = replace(surface, batches=surface.batches.also(**told))
    save(surface)
    return surface


def _has_gradient(batches: BatchLosses) -> bool:
    return "gradient" in batches.findings or "why_no_gradient" in batches.findings
