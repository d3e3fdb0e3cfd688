"""Midpoint convexity: what is convex from every side, what is not, and where."""

import re
import time

import numpy as np
import pytest

from landscape.belief.convexity import Convexity, convexity
from landscape.belief.rounding import Rounding

X, Y = np.linspace(-0.8, 1.2, 21), np.linspace(-1.0, 0.4, 15)
UNEVEN_X, UNEVEN_Y = np.sinh(np.linspace(-1.5, 2, 17)), np.array([-2.0, -1.7, -0.4, 0.0, 0.1, 0.9, 2.5])


def quadratic(hessian, x=X, y=Y, level=0.4) -> np.ndarray:
    x, y = np.meshgrid(x, y, indexing="ij")
    (a, b), (_, c) = hessian
    return level + 0.3 * x - 0.7 * y + (a * x**2 + 2 * b * x * y + c * y**2) / 2


def turned(angle: float, curvatures) -> np.ndarray:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.diag(curvatures) @ turn.T


def bump(values, i, j, height=0.3) -> np.ndarray:
    raised = values.copy()
    raised[i, j] += height
    return raised


def slow_convexity(values, x, y, allowed) -> Convexity:
    """Look at each point as the middle of each triple on its own."""
    found = []
    for i, j in np.ndindex(values.shape):
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
            for span in range(1, max(values.shape)):
                (bi, bj), (ai, aj) = (i - span * dx, j - span * dy), (i + span * dx, j + span * dy)
                if min(bi, bj, ai, aj) < 0 or max(bi, ai) >= len(x) or max(bj, aj) >= len(y):
                    continue
                points = [np.array([x[k], y[m]]) for k, m in ((bi, bj), (i, j), (ai, aj))]
                share = np.linalg.norm(points[1] - points[0]) / np.linalg.norm(points[2] - points[0])
                above = values[i, j] - (1 - share) * values[bi, bj] - share * values[ai, aj]
                found.append((above, float(x[i]), float(y[j])))
    known = [entry for entry in found if np.isfinite(entry[0])]
    worst = max(known)
    violated = worst[0] > allowed
    is_convex = False if violated else None if len(known) < len(found) else True
    where = worst[1:] if violated else None
    return Convexity(is_convex, worst[0] if violated else 0.0, where, len(known), len(found) - len(known))


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 7, endpoint=False))
@pytest.mark.parametrize("curvatures", [(5.0, 0.3), (2.0, 0.0), (0.0, 0.0), (1e-3, 1e3)])
def test_every_convex_quadratic_is_convex_whatever_its_orientation(angle, curvatures):
    hessian = turned(angle, curvatures)
    found = convexity(quadratic(hessian), X, Y)
    assert (found.is_convex, found.worst, found.where, found.num_left_out) == (True, 0.0, None, 0)
    assert convexity(quadratic(hessian, UNEVEN_X, UNEVEN_Y), UNEVEN_X, UNEVEN_Y).is_convex


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_of_linear_functions_is_convex(seed):
    slopes = np.random.default_rng(seed).normal(size=(9, 3))
    for x, y in ((X, Y), (UNEVEN_X, UNEVEN_Y)):
        planes = [along_x * x[:, None] + along_y * y + level for along_x, along_y, level in slopes]
        assert convexity(np.max(planes, 0), x, y).is_convex
        assert convexity(np.min(planes, 0), x, y).is_convex is False


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 8, endpoint=False))
def test_a_saddle_is_not_convex_whatever_its_orientation(angle):
    found = convexity(quadratic(turned(angle, (5.0, -1.0))), X, Y)
    assert found.is_convex is False and found.worst > 0 and found.where is not None


@pytest.mark.parametrize("sign", [1, -1])
def test_a_saddle_along_the_diagonals_shows_on_them_alone(sign):
    values = sign * np.multiply.outer(X, Y)
    assert convexity(values, X, Y).worst == pytest.approx(0.7 * 0.7)  # the longest span is 7 steps, of 0.1 each
    stretched = np.where(X < 1.15, X, 1.3)
    assert convexity(sign * np.multiply.outer(stretched, Y), stretched, Y).is_convex


def test_a_double_well_is_not_convex_between_its_wells():
    values = np.add.outer(X**4 - 0.2 * X**2, Y**2)
    found = convexity(values, X, Y)
    assert found.is_convex is False
    assert found.where[0] == pytest.approx(0, abs=1e-12)
    # at 0 above the chord of -s and s by .2 s^2 - s^4, most at s = sqrt(.1), here 3 steps of .1
    assert found.worst == pytest.approx(0.2 * 0.3**2 - 0.3**4)


@pytest.mark.parametrize("i, j", [(1, 1), (7, 13), (19, 4), (0, 6), (20, 6), (5, 0)])
def test_a_bump_is_found_at_its_place(i, j):
    found = convexity(bump(quadratic([[0.2, 0.0], [0.0, 0.1]]), i, j), X, Y)
    assert found.is_convex is False
    assert found.where == (X[i], Y[j])
    assert 0.29 < found.worst < 0.3


@pytest.mark.parametrize("num_holes", [0, 1, 40])
@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_that_of_every_triple_looked_at_alone(seed, num_holes):
    draw = np.random.default_rng(seed)
    x, y = np.linspace(-0.5, 1.5, 9), np.linspace(-2, 1, 7)
    values = quadratic([[3.0, 1.0], [1.0, 2.0]], x, y) + (seed % 2) * draw.normal(0, 0.3, (9, 7))
    values.flat[draw.permutation(63)[:num_holes]] = np.nan
    found, wanted = convexity(values, x, y, rounding=Rounding(0.0, 1e-9)), slow_convexity(values, x, y, 1e-9)
    assert found.worst == pytest.approx(wanted.worst)
    assert (found.is_convex, found.where, found.num_triples, found.num_left_out) == (
        wanted.is_convex,
        wanted.where,
        wanted.num_triples,
        wanted.num_left_out,
    )


def test_transposing_and_mirroring_change_nothing():
    values = bump(quadratic([[3.0, 1.0], [1.0, 2.0]]), 8, 3) + 0.1 * np.sin(9 * np.add.outer(X, 2 * Y))
    found = convexity(values, X, Y)
    swapped, mirrored = convexity(values.T, Y, X), convexity(values[::-1], -X[::-1], Y)
    assert swapped.where == found.where[::-1]
    assert mirrored.where == pytest.approx((-found.where[0], found.where[1]))
    assert (swapped.worst, mirrored.worst) == pytest.approx((found.worst, found.worst))
    assert swapped.num_triples == mirrored.num_triples == found.num_triples


def test_a_line_is_looked_at_alike():
    assert convexity(np.abs(X - 0.3) + X**2, X).is_convex
    uneven = np.sort(np.random.default_rng(2).normal(size=30))
    assert convexity(np.exp(uneven), uneven).is_convex
    found = convexity(np.minimum((X + 0.3) ** 2, (X - 0.7) ** 2), X)
    assert found.is_convex is False
    assert found.where == (pytest.approx(0.2), 0.0) and found.worst == pytest.approx(0.25)
    assert found.num_triples == sum(21 - 2 * span for span in range(1, 11))


def test_what_is_not_finite_leaves_it_open_unless_a_violation_is_found():
    values = quadratic([[3.0, 1.0], [1.0, 2.0]])
    for hole in (np.nan, np.inf, -np.inf):
        values[4, 9] = hole
        found = convexity(values, X, Y)
        assert found.is_convex is None and found.num_left_out > 0 and found.worst == 0
        assert convexity(bump(values, 15, 3), X, Y).is_convex is False
    assert convexity(np.full_like(values, np.nan), X, Y) == Convexity(
        None, 0.0, None, 0, found.num_triples + found.num_left_out
    )


def test_a_slice_without_a_triple_says_nothing():
    assert convexity(np.ones((2, 2)), X[:2], Y[:2]) == Convexity(None, 0.0, None, 0, 0)


def test_rounding_to_float32_is_no_violation():
    values = quadratic([[2.0, 0.0], [0.0, 0.0]], level=2.3)
    rounded = values.astype(np.float32)
    assert convexity(rounded, X, Y, rounding=Rounding(0.0, 0.0)).is_convex is False
    assert convexity(rounded, X, Y).is_convex
    wall = np.maximum(1.0, 3e6 * np.pi * (X[:, None] - 0.5) + 1e6 * np.pi * Y).astype(np.float32)
    assert convexity(wall, X, Y, rounding=Rounding(0.0, 1e-6)).is_convex is False
    assert convexity(wall, X, Y).is_convex


def test_a_unit_of_the_loss_changes_no_answer():
    values = quadratic([[2.0, 0.0], [0.0, 0.0]], level=2.3)
    share = Rounding(1e-6, 0.0)
    small, large = (convexity(bump(unit * values, 9, 4, unit * 1e-4), X, Y, rounding=share) for unit in (1e-3, 1e3))
    assert small.is_convex is large.is_convex is False
    assert large.worst == pytest.approx(1e6 * small.worst)


def test_a_wall_hides_no_bump():
    values = bump(quadratic([[2.0, 0.0], [0.0, 3.0]]), 9, 4)
    values[-1], values[:, 0] = 1e30, 1e30
    found = convexity(values, X, Y)
    assert found.is_convex is False and found.where == (X[9], Y[4])


def test_a_tolerance_counts_in_nats():
    values = bump(quadratic([[0.0, 0.0], [0.0, 0.0]]), 9, 4, 0.01)
    assert convexity(values, X, Y, rounding=Rounding(0.0, 0.011)).is_convex
    assert convexity(values, X, Y, rounding=Rounding(0.0, 0.009)).worst == pytest.approx(0.01)


@pytest.mark.timed
def test_a_hundred_points_an_axis_take_less_than_a_second():
    axis = np.linspace(-1, 1, 101)
    values = quadratic([[3.0, 1.0], [1.0, 2.0]], axis, axis)
    start = time.perf_counter()
    assert convexity(values, axis, axis).num_triples == 2 * 2500 * 101 + 2 * sum(
        (101 - 2 * s) ** 2 for s in range(1, 51)
    )
    assert time.perf_counter() - start < 1


def test_values_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=f"^{re.escape('the grid is (21, 15), but the values are (15, 21)')}$"):
        convexity(np.ones((15, 21)), X, Y)
    with pytest.raises(ValueError, match=f"^{re.escape('the grid is (21,), but the values are (21, 1)')}$"):
        convexity(np.ones((21, 1)), X)
