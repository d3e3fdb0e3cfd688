"""Critical points that values alone show: at kinks, and where Newton's method would cost much."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.race.courses import COURSES
from landscape.race.critical import critical_points
from landscape.race.derivatives import values_at
from landscape.race.kinks import flat_places, kinked_points
from landscape.race.race import points_of

GRID = Grid(np.linspace(-1.0, 1.3, 24), np.linspace(-0.9, 1.0, 17))


def on(function, grid=GRID) -> np.ndarray:
    return values_at(function, np.array([grid.point(index) for index in grid.indices()])).reshape(grid.shape)


def kinked(first: float, second: float):
    """|x - .31| and |y + .17|, weighted, with a slope that moves no kink."""
    return lambda x, y: first * (x - 0.31).abs() + second * (y + 0.17).abs() + 0.2 * x


@pytest.mark.parametrize(
    "first, second, kind",
    [(1.0, 2.0, "minimum"), (-1.0, -2.0, "maximum"), (1.0, -2.0, "saddle"), (-1.5, 1.0, "saddle")],
)
def test_a_point_at_a_kink_is_found_with_its_kind(first, second, kind):
    function = kinked(first, second)
    (point,) = kinked_points(function, GRID, on(function), [])
    assert point.kind == kind and point.width > 0 and kind in point.verdict
    assert np.abs(point.place - [0.31, -0.17]).max() < point.width


def test_what_has_no_critical_point_shows_none():
    for function in (kinked(0.1, 1.0), lambda x, y: x + 2 * y, lambda x, y: 0 * x + 3, lambda x, y: x**3 + y**2):
        assert kinked_points(function, GRID, on(function), []) == []


def test_a_smooth_course_has_no_kinks():
    """Along a valley the grid's flattest points are everywhere, and rings cross its bottom four times."""
    course = COURSES["product"]
    grid = Grid(np.linspace(*course.frame[:2], 41), np.linspace(*course.frame[2:], 37))
    known = critical_points(course.function, course.frame)
    assert kinked_points(course.function, grid, on(course.function, grid), known) == []


def test_newton_from_where_values_show_points_finds_what_it_finds_from_everywhere():
    course = replace(COURSES["himmelblau"], search=(0, 6))
    grid = Grid(np.linspace(*course.frame[:2], 41), np.linspace(*course.frame[2:], 37))
    known = critical_points(course.function, course.frame)
    found = points_of(course, grid, on(course.function, grid))
    assert 3 <= len(found) <= 5 and {"minimum", "saddle"} <= {point.kind for point in found}
    for point in found:
        (same,) = [other for other in known if np.abs(other.place - point.place).max() < 1e-9]
        assert point.kind == same.kind and point.width == 0
        assert point.eigenvalues == pytest.approx(same.eigenvalues)


def test_flat_places_are_the_grids_own_and_not_beside_what_is_not_finite():
    losses = on(lambda x, y: (x - 0.2) ** 2 + 3 * (y - 0.4) ** 2)
    (place,) = flat_places(GRID, losses)
    assert place == pytest.approx([GRID.x[12], GRID.y[11]]) and np.abs(place - [0.2, 0.4]).max() < 0.06
    losses[11:14, 10:13] = np.nan
    assert not any(np.abs(found - place).max() < 0.1 for found in flat_places(GRID, losses))
    assert flat_places(Grid([0, 1], [0, 1, 2]), np.ones((2, 3))).shape == (0, 2)
