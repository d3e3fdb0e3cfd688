"""The grid of a run: as it was given, or with ranges found from a few points on each axis."""

import math
from collections.abc import Callable

from landscape.cli.settings import AutoAxis, SurfaceSettings
from landscape.grid import Grid, axis_from_text
from landscape.sweep.reach import (
    WHERE_NEVER_REACHED,
    bisection,
    distance_reached,
    level_worth_reaching,
    probing_surface,
)
from landscape.sweep.run import Stop, sweep
from landscape.sweep.world import World


def chosen_grid(
    settings: SurfaceSettings,
    experiment,
    center: dict[str, float],
    world: World,
    *,
    idle: frozenset[int],
    stop: Stop,
    say,
) -> Grid | None:
    """Return the grid on rank 0, None elsewhere; all ranks measure what is needed to find a range."""
    axes = []
    for name in settings.dims:
        axis = getattr(settings, name)
        if isinstance(axis, AutoAxis):
            along = None if world.rank in idle else _along(experiment.measure, name)
            distance = _distance(experiment, center, along, world, idle=idle, stop=stop, say=say, name=name)
            axis = axis_from_text(f"{-distance!r}:{distance!r}:{axis.num}", name) if world.is_first else None
        axes.append(axis)
    y = axes[1] if len(axes) > 1 else None
    return Grid(axes[0], y, settings.num_planes) if world.is_first else None


def _along(measure: Callable, name: str) -> Callable:
    """Return the measure along one axis, as a line's."""
    return measure if name == "x" else lambda distance, _: measure(0.0, distance)


def _distance(experiment, center, along, world: World, *, idle, stop, say, name: str) -> float:
    metric = next((metric for metric in center if metric.endswith("_loss")), next(iter(center)))
    words = metric.replace("_", " ")
    if not math.isfinite(center[metric]):
        say(f"range along {name}: {words} is not finite at the center, so that none can be found; -1 to 1 is taken")
        return WHERE_NEVER_REACHED
    split = metric.partition("_")[0]
    known = world.agreed(lambda: experiment.constant_answer(split))
    level = level_worth_reaching(center[metric], known)
    probed = sweep(
        along,
        probing_surface(list(center)) if world.is_first else None,
        world=world,
        ask=bisection(metric, level),
        stop=stop,
        idle=idle,
    )
    if probed is None:
        return WHERE_NEVER_REACHED
    found = distance_reached(probed, metric, level)
    if found is None:
        say(f"range along {name}: {words} stays below {level:.4g}; -1 to 1 is taken ({probed.num_done} points)")
        return WHERE_NEVER_REACHED
    say(f"range along {name}: -{found:g} to {found:g}, where {words} reaches {level:.4g} ({probed.num_done} points)")
    return found
