"""What a film shows: a surface, who travels over it, and a chart in step with them; values, nothing drawn."""

from dataclasses import dataclass

import numpy as np

from landscape.figures.scale import Scale
from landscape.grid import frozen_array
from landscape.race.critical import CriticalPoint
from landscape.surface import Surface


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a film in the light or in the dark, as on the pages."""

    ground: str
    ink: str
    grid: str
    curves: tuple[str, ...]


OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00")
THEMES = {
    "light": Theme("#ffffff", "#1f2937", "#e5e7eb", (*OKABE_ITO, "#0072b2", "#f0e442", "#000000")),
    "dark": Theme("#111827", "#e5e7eb", "#374151", (*OKABE_ITO, "#a596ff", "#f0e442", "#d1d5db")),
}
ALONE = {"magma": "#19d3c5"}  # the colour of a path that is alone, by the surface's colours
USUALLY_ALONE = "#ff5a36"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands on a surface, or beside a way.

    Attributes:
        kind: "drop" or "restart" of the learning rate, or "average".
        place: (alpha, beta).
        text: Written beside it.
    """

    kind: str
    place: tuple[float, float]
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Traveller:
    """Who goes over the surface, step by step.

    Attributes:
        colour: Its number among a theme's curves; None for one that is alone.
        dash: Its number among the patterns of lines.
        places: (steps + 1, 2), all finite.
        times: (steps + 1,) where it is on the charts' axis.
        values: A chart's place -> (steps + 1,).
        beside: (steps + 1,) what the first chart shows beside the values; None for nothing.
        marks: That stand where they are from the first picture on.
        ran_off: Whether it ends in a cross, having left the frame for good or met what is not finite.
    """

    colour: int | None
    dash: int
    places: np.ndarray
    times: np.ndarray
    values: tuple[np.ndarray, ...]
    beside: np.ndarray | None = None
    marks: tuple[Mark, ...] = ()
    ran_off: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", frozen_array(self.places))
        object.__setattr__(self, "times", frozen_array(self.times))
        object.__setattr__(self, "values", tuple(frozen_array(values) for values in self.values))

    @property
    def last(self) -> int:
        """The last step."""
        return len(self.places) - 1

    def has_run_off(self, moment: float) -> bool:
        """Tell whether a cross stands for it by now."""
        return self.ran_off and moment >= self.last

    def colour_in(self, theme: Theme, colours: str) -> str:
        """Return its colour over a surface of these colours."""
        if self.colour is None:
            return ALONE.get(colours, USUALLY_ALONE)
        return theme.curves[self.colour % len(theme.curves)]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart's look.

    Attributes:
        title: What it shows.
        is_log: Whether its axis is logarithmic.
        ends: The range of values that is seen.
    """

    title: str
    is_log: bool
    ends: tuple[float, float]

    def shown(self, values: np.ndarray) -> np.ndarray:
        """Return values as heights on its axis; nan where it has no place for one."""
        values = np.asarray(values, np.float64)
        if not self.is_log:
            return np.where(np.isfinite(values), values, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.log10(values)
        return np.where(np.isfinite(heights), heights, np.nan)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a traveller's colour, a pattern of lines, or a mark.

    Attributes:
        colour: A number among a theme's curves; None for the theme's ink.
        dash: A number among the patterns.
        mark: A kind of `Mark`, in place of a line.
    """

    text: str
    colour: int | None = None
    dash: int = 0
    mark: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """Everything that a film shows, but for its look.

    Attributes:
        axes: What the two coordinates are called.
        travellers: The first lies on top.
        shows_way: Whether all of the way is seen before it is gone.
        has_center: Whether the surface's (0, 0) is marked.
        time_title: What the charts' axis is.
        words: One text a step, of the longest way.
        points: Critical points of the surface.
    """

    title: str
    surface: Surface
    metric: str
    scale: Scale
    axes: tuple[str, str]
    travellers: tuple[Traveller, ...]
    shows_way: bool
    has_center: bool
    charts: tuple[Chart, ...]
    time_title: str
    words: tuple[str, ...]
    legend: tuple[Entry, ...] = ()
    points: tuple[CriticalPoint, ...] = ()

    @property
    def num_steps(self) -> int:
        """Of the longest way."""
        return max(traveller.last for traveller in self.travellers)


def moments_of(num_pictures: int, num_steps: int) -> np.ndarray:
    """Return at which step, a fraction in general, each picture is taken: the first at the start, the last at the end.

    Raises:
        ValueError: There are fewer than two pictures.
    """
    if num_pictures < 2:
        raise ValueError(f"a film needs 2 pictures or more, not {num_pictures}; give more --seconds or a higher --fps")
    return np.linspace(0, num_steps, num_pictures)


def at_moment(rows: np.ndarray, moment: float) -> np.ndarray:
    """Return one row an axis, or one number, at a step that may lie between two; the last one after the end."""
    at = min(max(moment, 0.0), len(rows) - 1)
    before = int(at)
    after = min(before + 1, len(rows) - 1)
    return rows[before] if at == before else rows[before] + (at - before) * (rows[after] - rows[before])


def gone_by(rows: np.ndarray, moment: float) -> np.ndarray:
    """Return the rows up to a moment, with the one there at their end."""
    at = min(max(moment, 0.0), len(rows) - 1)
    return np.concatenate([rows[: int(at) + 1], [at_moment(rows, at)]])


def range_of(values: np.ndarray, is_log: bool) -> tuple[float, float]:
    """Return a chart's range around values, of which only those that have a place count."""
    values = np.asarray(values, np.float64)
    known = values[np.isfinite(values) & ((values > 0) | (not is_log))]
    low, high = (float(known.min()), float(known.max())) if len(known) else (1.0, 2.0)
    if is_log:
        factor = max((high / low) ** 0.06, 1.1)
        return low / factor, high * factor
    margin = 0.06 * (high - low) or abs(low) * 0.05 or 1.0
    return low - margin, high + margin
