"""A race: several optimizers from several starts on one function, with the function on a grid and its critical points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from landscape.grid import Grid, frozen_array
from landscape.origin import Origin
from landscape.race.courses import Course, Place
from landscape.race.critical import CriticalPoint, critical_points, nearest_saddle, saddles_of
from landscape.race.derivatives import values_at
from landscape.race.kinks import cell_of, is_near, kinked_points
from landscape.race.optimizers import RATE
from landscape.race.run import FAR, Run, distances_to, run_from, step_of_leaving


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """What came of a race.

    Attributes:
        name, formula: Of the function.
        scale: How its heights are drawn: "log", "linear", "clipped" or "auto".
        grid: The frame's points.
        losses: (nx, ny) the function there.
        points: Its critical points in the frame.
        starts: (n, 2).
        runs: All starts of one optimizer, then the next optimizer's.
        axes: What the two weights are called.
    """

    name: str
    formula: str
    scale: str
    grid: Grid
    losses: np.ndarray
    points: tuple[CriticalPoint, ...]
    starts: np.ndarray
    runs: tuple[Run, ...]
    axes: tuple[str, str] = ("x", "y")
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        for name in ("losses", "starts"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))

    @property
    def frame(self) -> tuple[float, float, float, float]:
        return frame_of(self.grid)


def frame_of(grid: Grid) -> tuple[float, float, float, float]:
    return float(grid.x[0]), float(grid.x[-1]), float(grid.y[0]), float(grid.y[-1])


def rate_of(course: Course, optimizer: str, wishes: Mapping[str, float]) -> float:
    """Return an optimizer's learning rate: the user's own for it, or for all, or the course's."""
    for rates in (wishes, course.rates):
        for name in (optimizer, ""):
            if name in rates:
                return rates[name]
    return RATE


def run_race(
    course: Course,
    optimizers: Sequence[str],
    starts: Sequence[Place],
    grid: Grid,
    *,
    rates: Mapping[str, float] = {},
    steps: int = 200,
    noise: float = 0.0,
    seed: int = 0,
    origin: Origin = Origin(),
) -> Race:
    """Let each optimizer go from each start.

    Noise is drawn anew for each start, from a stream of its own: it is the same whoever else races.

    Args:
        rates: Learning rates by optimizer, "" for all; the course's where nothing is said.
        noise: Deviation of a noisy optimizer's gradient errors.
    """
    frame = frame_of(grid)
    corners = np.array([grid.point(index) for index in grid.indices()])
    losses = values_at(course.function, corners).reshape(grid.shape)
    points = points_of(course, grid, losses)
    saddles = saddles_of(points)
    runs = []
    for optimizer in optimizers:
        rate = rate_of(course, optimizer, rates)
        for number, start in enumerate(starts):
            places, felt, gradients, diverged_at = run_from(
                course.function,
                optimizer,
                start,
                rate=rate,
                steps=steps,
                noise=np.random.Generator(np.random.Philox(key=[seed, number])),
                deviation=noise,
                limit=FAR * float(np.hypot(frame[1] - frame[0], frame[3] - frame[2])),
            )
            runs.append(
                Run(
                    optimizer,
                    rate,
                    number,
                    places,
                    felt,
                    np.linalg.norm(gradients, axis=1),
                    np.linalg.norm(np.diff(places, axis=0), axis=1),
                    distances_to(saddles, places),
                    diverged_at,
                    step_of_leaving(nearest_saddle(points, start), places, course.leaving_distance),
                )
            )
    return Race(
        course.name,
        course.formula,
        course.scale,
        grid,
        losses,
        tuple(points),
        np.array(starts, np.float64),
        tuple(runs),
        course.axes,
        origin,
    )


def points_of(course: Course, grid: Grid, losses: np.ndarray) -> list[CriticalPoint]:
    """Return a course's critical points from the lowest to the highest, those at kinks among them.

    Newton's method starts from a grid of its own, or, where each of its steps costs much, from where values show a point.
    """
    function, frame = course.function, frame_of(grid)
    starts_a_side, most_steps = course.search
    if starts_a_side:
        smooth = critical_points(function, frame, starts_a_side=starts_a_side, most_steps=most_steps)
        kinked = kinked_points(function, grid, losses, smooth)
    else:
        seen = kinked_points(function, grid, losses, [])
        starts = np.array([point.place for point in seen]).reshape(-1, 2)
        smooth = critical_points(function, frame, most_steps=most_steps, starts=starts)
        kinked = [point for point in seen if not is_near(point.place, smooth, cell_of(grid))]
    return sorted([*smooth, *kinked], key=lambda point: (point.value, *point.place))
