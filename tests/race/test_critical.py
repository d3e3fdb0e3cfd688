"""Critical points of functions whose critical points are known."""

import math

import numpy as np
import pytest
import torch

from landscape.race.courses import COURSES
from landscape.race.critical import critical_points, nearest_saddle, newton, saddles_of

ROOT65, PEAK = math.sqrt(65), 2 + 40 * math.pi**2


def both(x, y, *known):
    """The same at a point and at its mirror image through the origin."""
    return [((x, y), *known), ((-x, -y), *known)]


# Place, value, eigenvalues ascending, kind.
KNOWN = {
    "saddle": [((0, 0), 0, (-2, 2), "saddle")],
    "monkey": [((0, 0), 0, (0, 0), "degenerate")],
    "beale": [
        ((3, 0.5), 0, (0.3014636465, 48.9797863535), "minimum"),
        ((0.10053794, -2.64451359), 9.8645122848, (-0.781027, 867.752179), "saddle"),
        ((0, 1), 14.203125, (-27.75, 27.75), "saddle"),
    ],
    "rosenbrock": [((1, 1), 0, (0.3993607675, 1001.6006392), "minimum")],
    "camel": [
        *both(0.08984201, -0.71265640, -1.0316284535, (7.682251, 16.493195), "minimum"),
        *both(1.70360671, -0.79608357, -0.2154638244, (18.817139, 22.697515), "minimum"),
        *both(1.60710475, 0.56865145, 2.1042503103, (7.121512, 10.021603), "minimum"),
        ((0, 0), 0, (-ROOT65, ROOT65), "saddle"),
        *both(1.10920534, -0.76826809, 0.5437186010, (-7.902619, 20.366740), "saddle"),
        *both(1.63806798, 0.22867407, 2.2293571975, (-5.545775, 12.436664), "saddle"),
        *both(1.29607027, 0.60508439, 2.2294708180, (-6.177182, 9.637588), "saddle"),
        *both(1.23022988, 0.16233458, 2.4962953510, (-8.014907, -5.953724), "maximum"),
    ],
    "himmelblau": [
        ((3, 2), 0, (25.715729, 82.284271), "minimum"),
        ((3.58442834, -1.84812653), 0, (28.690677, 105.418908), "minimum"),
        ((-2.80511809, 3.13131252), 0, (64.840373, 80.550072), "minimum"),
        ((-3.77931025, -3.28318599), 0, (70.714355, 133.785615), "minimum"),
        ((3.38515418, 0.07385188), 13.3119262704, (-14.135178, 97.547878), "saddle"),
        ((0.08667750, 2.88425470), 67.7191500875, (-31.706622, 75.507609), "saddle"),
        ((-3.07302575, -0.08135304), 104.0151629176, (-39.651496, 72.435248), "saddle"),
        ((-0.12796135, -1.95371498), 178.3372392019, (-50.610239, 20.284050), "saddle"),
        ((-0.27084459, -0.92303856), 181.6165215226, (-45.605229, -16.066020), "maximum"),
    ],
    "valley": [((0, 0), 0, (1, 100), "minimum")],
}


@pytest.mark.parametrize("name", KNOWN)
def test_all_known_critical_points_are_found_and_no_other(name):
    """Tables give places to 8 digits and eigenvalues to 6."""
    found = critical_points(COURSES[name].function, COURSES[name].frame)
    assert len(found) == len(KNOWN[name]) and all(point.is_isolated for point in found)
    for place, value, eigenvalues, kind in KNOWN[name]:
        (point,) = [point for point in found if np.abs(point.place - place).max() < 2e-8]
        assert point.kind == kind and point.value == pytest.approx(value, abs=1e-9)
        assert point.eigenvalues == pytest.approx(eigenvalues, abs=2e-6)


@pytest.fixture(scope="module")
def product():
    return critical_points(COURSES["product"].function, COURSES["product"].frame)


def test_a_saddle_of_two_linear_layers_lies_between_valleys_of_any_sharpness(product):
    """At (t, 1/t) the eigenvalues are 0 and 2 (t^2 + t^-2)."""
    (saddle,) = [point for point in product if point.is_isolated]
    assert saddle.kind == "saddle" and saddle.value == 1 and saddle.eigenvalues == pytest.approx([-2, 2])
    assert saddle.place == pytest.approx([0, 0], abs=1e-12)
    assert abs(saddle.eigenvectors[:, 0] @ [1, 1]) == pytest.approx(math.sqrt(2))
    valley = [point for point in product if not point.is_isolated]
    assert {np.sign(point.place[0]) for point in valley} == {-1, 1} and len(valley) > 20
    for point in valley:
        t = point.place[0]
        assert point.place[1] == pytest.approx(1 / t) and point.kind == "degenerate"
        assert point.eigenvalues == pytest.approx([0, 2 * (t**2 + t**-2)], abs=1e-7)


def test_rastrigins_points_are_all_pairs_of_its_profiles():
    """Along each axis 2 x + 20 pi sin 2 pi x = 0: as many kinds as signs of 2 + 40 pi^2 cos 2 pi x."""
    course = COURSES["rastrigin"]
    found = critical_points(course.function, course.frame)
    low, high, bottom, top = course.frame
    roots = [crossings(profile_slope, low, high), crossings(profile_slope, bottom, top)]
    assert len(found) == len(roots[0]) * len(roots[1])
    for point in found:
        assert min(abs(roots[0] - point.place[0])) < 1e-9 and min(abs(roots[1] - point.place[1])) < 1e-9
        curvatures = sorted(2 + 40 * math.pi**2 * np.cos(2 * math.pi * point.place))
        assert point.eigenvalues == pytest.approx(curvatures)
    assert found[0].eigenvalues == pytest.approx([PEAK, PEAK]) and found[0].place == pytest.approx([0, 0], abs=1e-12)
    next_one = [point for point in found if point.kind == "minimum"][1]
    assert next_one.value == pytest.approx(0.99495906, abs=1e-8)
    assert sorted(abs(next_one.place)) == pytest.approx([0, 0.99495864], abs=1e-8)


def profile_slope(x):
    return 2 * x + 20 * math.pi * np.sin(2 * math.pi * x)


def crossings(function, low: float, high: float) -> np.ndarray:
    """Return where a function of one number is zero, by bisection between samples of different sign."""
    x = np.linspace(low, high, 3977)
    ends = [(a, b) for a, b in zip(x[:-1], x[1:]) if function(a) * function(b) < 0]
    for _ in range(60):
        ends = [(a, m) if function(a) * function(m) <= 0 else (m, b) for a, b in ends for m in [(a + b) / 2]]
    return np.array([a for a, _ in ends])


def test_eigenvectors_belong_to_their_eigenvalues_where_no_axis_lies_along_them():
    (point,) = critical_points(COURSES["valley"].function, COURSES["valley"].frame)
    angle = math.pi / 6
    assert abs(point.eigenvectors[:, 0] @ [math.cos(angle), math.sin(angle)]) == pytest.approx(1)
    assert abs(point.eigenvectors[:, 1] @ [-math.sin(angle), math.cos(angle)]) == pytest.approx(1)


def test_points_outside_the_frame_and_ways_that_end_nowhere_are_left_out():
    def slope(x, y):
        return x + 2 * y

    assert critical_points(COURSES["saddle"].function, (0.2, 1.0, -1.0, -0.1)) == []
    assert critical_points(slope, (-1.0, 2.0, -1.0, 1.0)) == []
    assert critical_points(lambda x, y: torch.log(x - 9) * y, (-1.0, 2.0, -1.0, 1.0)) == []


def test_a_function_that_decides_by_its_arguments_is_looked_at_point_by_point():

    def kinked(x, y):
        return (x - 0.3) ** 2 + 2 * (y + 0.1) ** 2 if x > 0 else (x - 0.3) ** 2 - y

    (point,) = critical_points(kinked, (-1.0, 1.0, -0.7, 0.8), starts_a_side=8)
    assert point.place == pytest.approx([0.3, -0.1]) and point.eigenvalues == pytest.approx([2, 4])


def test_newton_finds_the_one_point_of_a_quadratic_in_one_step_of_any_length():
    ends = newton(COURSES["saddle"].function, np.array([[0.7, -0.3], [5.0, 8.0]]), longest=100.0)
    assert np.abs(ends).max() < 1e-15


def test_the_nearest_saddle_is_no_minimum_and_no_degenerate_point(product):
    camel = critical_points(COURSES["camel"].function, COURSES["camel"].frame)
    assert nearest_saddle(camel, (1.2, -0.75)).place == pytest.approx([1.10920534, -0.76826809])
    assert nearest_saddle(camel, (0.1, -0.7)).kind == "saddle"
    monkey = critical_points(COURSES["monkey"].function, COURSES["monkey"].frame)
    assert nearest_saddle(monkey, (1, 1)) is None and len(saddles_of(monkey)) == 1
    assert len(saddles_of(product)) == 1
