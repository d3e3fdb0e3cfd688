"""The film of a race: optimizers over a function, and their losses and step lengths beside."""

import numpy as np

from landscape.figures.race_page import scale_of
from landscape.figures.race_words import place_words
from landscape.figures.scale import KINDS, Scale, scale_over
from landscape.film.film import Chart, Entry, Film, Traveller, range_of
from landscape.race.optimizers import RACERS
from landscape.race.race import Race
from landscape.race.run import Run
from landscape.surface import Surface

METRIC = "loss"
LEAST = 1e-16  # of losses on a logarithmic axis: what is left of one that is reached
LOWEST_SHARE = 50  # a log scale's floor is where this part of the frame lies below


def film_of_race(race: Race, kind: str | None = None, title: str = "") -> Film:
    """Return a race's film.

    Args:
        kind: Of scale; the race's own if None.
    """
    surface = Surface(race.grid, {METRIC: race.losses}, np.ones(race.losses.shape))
    scale = race_scale(race, surface, kind or scale_of(race))
    optimizers = list(dict.fromkeys(run.optimizer for run in race.runs))
    return Film(
        title=title or f"Race: {race.name}",
        surface=surface,
        metric=METRIC,
        scale=scale,
        axes=race.axes,
        travellers=tuple(_traveller(run, optimizers.index(run.optimizer)) for run in race.runs),
        shows_way=False,
        has_center=False,
        charts=(_loss_chart(race, scale.kind == "log"), _length_chart(race)),
        time_title="step",
        words=tuple(f"step {step} of {race.runs[0].num_steps}" for step in range(race.runs[0].num_steps + 1)),
        legend=_legend(race, optimizers),
        points=race.points,
    )


def race_scale(race: Race, surface: Surface, kind: str) -> Scale:
    """Return a scale as the race's page draws it.

    A clipped one shows every critical point; a log scale's floor is where a fiftieth of the frame lies below.

    Raises:
        ValueError: The kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown scale {kind!r}; choose one of {', '.join(KINDS)}")
    scale = scale_over([surface], METRIC, kind)
    finite = np.sort(race.losses[np.isfinite(race.losses)])
    if scale.kind == "clipped":
        top = max([scale.high, *(point.value for point in race.points)])
        return Scale("clipped", scale.low, min(top + 0.1 * (top - scale.low), float(finite[-1])))
    if scale.kind == "log":
        floor = float(finite[len(finite) // LOWEST_SHARE])
        return Scale("log", min(scale.high / 10, max(scale.low, floor)), scale.high)
    return scale


def _traveller(run: Run, colour: int) -> Traveller:
    last = run.last
    lengths = np.append(run.step_lengths[:last], np.nan)  # there is none after the last place
    return Traveller(
        colour=colour,
        dash=run.start,
        places=run.places[: last + 1],
        times=np.arange(last + 1.0),
        values=(run.losses[: last + 1], lengths),
        ran_off=run.diverged_at is not None,
    )


def _loss_chart(race: Race, is_log: bool) -> Chart:
    """Return the chart of losses that are reached, within those of the frame: what runs off would hide the others."""
    finite = race.losses[np.isfinite(race.losses)]
    lowest, highest = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    reached = np.concatenate([run.losses for run in race.runs])
    reached = reached[(reached > LEAST if is_log else reached >= lowest) & (reached <= highest)]
    return Chart(METRIC, is_log, range_of(reached if len(reached) else np.array([lowest, highest]), is_log))


def _length_chart(race: Race) -> Chart:
    """Return the chart of step lengths, within those of steps that begin in the frame."""
    left, right, bottom, top = race.frame
    lengths = [run.step_lengths[_inside(run.places[:-1], (left, bottom), (right, top))] for run in race.runs]
    return Chart("step length (SGD: rate × gradient)", True, range_of(np.concatenate(lengths), True))


def _inside(places: np.ndarray, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    return ((places >= low) & (places <= high)).all(axis=1)


def _legend(race: Race, optimizers: list[str]) -> tuple[Entry, ...]:
    names = [Entry(RACERS[name].label, place) for place, name in enumerate(optimizers)]
    starts = [Entry(f"from {place_words(start)}", dash=number) for number, start in enumerate(race.starts)]
    return (*names, *(starts if len(starts) > 1 else []))
