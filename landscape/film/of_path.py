"""The film of training runs: their ways over the surface, and a metric at the checkpoints beside the plane's."""

import numpy as np

from landscape.figures.given_plane_words import per_cent
from landscape.figures.path_panel import way_shown
from landscape.figures.path_plots import DECADES, done_in
from landscape.figures.scale import Scale, label
from landscape.film.film import Chart, Entry, Film, Mark, Traveller, at_moment, range_of
from landscape.surface import Surface

MARKS = {"drop": "learning rate drops", "restart": "learning rate begins anew"}


def film_of_path(surface: Surface, metric: str, scale: Scale, title: str) -> Film:
    """Return the film of a surface's path.

    Args:
        surface: With a path, whose checkpoints are measured; see `require_path`.
        metric: Of the chart and of the surface.
    """
    record = surface.origin.record["path"]
    ways = [way_shown(record, place) for place in range(len(record["ways"]))]
    unit, times = _times(record["ways"])
    travellers = []
    for place, way in enumerate(ways):
        travellers.append(
            Traveller(
                colour=place if len(ways) > 1 else None,
                dash=0,
                places=np.array([(point["x"], point["y"]) for point in way["points"]]),
                times=times[place],
                values=(_values(way, "metrics", metric),),
                beside=_values(way, "in_plane", metric),
                marks=_marks(way),
            )
        )
    seen = np.concatenate([array for one in travellers for array in (one.values[0], one.beside)])
    return Film(
        title=title,
        surface=surface,
        metric=metric,
        scale=scale,
        axes=(_alpha(record), "β"),
        travellers=tuple(travellers),
        shows_way=True,
        has_center=True,
        charts=(_chart(metric, seen),),
        time_title=f"{unit}s done" if unit else "checkpoint",
        words=_words(ways, metric),
        legend=_legend(ways),
    )


def _times(ways: list[dict]) -> tuple[str | None, list]:
    """Return what all ways are counted in, with how many were done at each one's checkpoints; None where they differ, with numbers."""
    counted = [done_in(way) for way in ways]
    unit, others = counted[0][0], counted[1:]
    if all(done for _, done in counted) and all(other == unit for other, _ in others):
        return unit, [done for _, done in counted]
    return None, [np.arange(1.0, way["num"] + 1) for way in ways]


def require_path(surface: Surface, name: str) -> None:
    """Refuse a surface without a path that can be shown.

    Raises:
        ValueError: It has none, or its checkpoints are not measured yet.
    """
    record = surface.origin.record.get("path")
    if not record:
        raise ValueError(
            f"{name} holds a surface without a path, and nothing moves on it; give a file of `landscape trajectory` or "
            "`landscape race`"
        )
    if any("metrics" not in point for point in record["points"]):
        raise ValueError(f"the checkpoints of {name} are not measured yet; let `landscape trajectory` go on first")


def _alpha(record: dict) -> str:
    """Return the first axis' name, with how much of the way is seen where the plane is not its own."""
    plane = record.get("plane")
    return f"α   (this plane holds {per_cent(plane['held'])} of the way's squared distances)" if plane else "α"


def _values(way: dict, which: str, metric: str) -> np.ndarray:
    return np.array([point[which][metric] for point in way["points"]], np.float64)  # None becomes nan


def _marks(way: dict) -> tuple[Mark, ...]:
    places = np.array([(point["x"], point["y"]) for point in way["points"]])
    turns = [Mark(turn["kind"], tuple(at_moment(places, turn["at"]))) for turn in way["turns"]]
    averages = [Mark("average", (one["x"], one["y"]), one["kind"].upper()) for one in way["averages"]]
    return (*turns, *averages)


def _chart(metric: str, seen: np.ndarray) -> Chart:
    finite = seen[np.isfinite(seen)]
    is_log = len(finite) > 0 and finite.min() > 0 and np.log10(finite.max() / finite.min()) > DECADES
    title = f"{metric.replace('_', ' ')} (dotted: in the plane)"
    return Chart(title, bool(is_log), range_of(seen, bool(is_log)))


def _words(ways: list[dict], metric: str) -> tuple[str, ...]:
    """Say where the longest way is; of one way alone, with its numbers."""
    longest = max(ways, key=lambda way: len(way["points"]))["points"]
    if len(ways) > 1:
        return tuple(f"checkpoint {number} of {len(longest)}" for number in range(1, len(longest) + 1))
    name = metric.replace("_", " ")
    return tuple(
        f"{point['name']}: {name} {_told(point['metrics'][metric], metric)}, "
        f"in the plane {_told(point['in_plane'][metric], metric)}"
        for point in longest
    )


def _told(value: float | None, metric: str) -> str:
    return "not finite" if value is None else label(float(f"{value:.3g}"), metric)


def _legend(ways: list[dict]) -> tuple[Entry, ...]:
    names = [Entry(way["name"], place) for place, way in enumerate(ways)] if len(ways) > 1 else []
    kinds = {turn["kind"] for way in ways for turn in way["turns"]}
    return (*names, *(Entry(words, mark=kind) for kind, words in MARKS.items() if kind in kinds))
