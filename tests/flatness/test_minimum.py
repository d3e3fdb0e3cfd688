"""The minimum between samples: exact for quadratics, and what keeps it from being refined."""

import numpy as np
import pytest
from scipy.optimize import minimize

from landscape.belief.rounding import BY_PRECISION
from landscape.flatness.minimum import Minimum, minimum_on_grid, value_between

X = np.array([-0.9, -0.55, -0.3, -0.1, 0.0, 0.2, 0.35, 0.8, 1.1])
Y = np.array([-0.4, -0.25, 0.0, 0.1, 0.3, 0.45])
EVEN = (np.linspace(-0.8, 1.3, 15), np.linspace(-1.1, 0.6, 12))  # no 0 among either
COARSE = (np.array([-0.7, -0.4, -0.3, 0.1, 0.15, 0.9]), np.array([-1.0, -0.2, 0.3, 0.35, 0.7]))
LINE = (np.linspace(-0.45, 1.05, 9), None)
SHORT = (np.array([-0.5, 1.0]), np.array([0.2, 0.3, 0.9]))
MATRIX = np.array([[4.0, 1.1], [1.1, 2.0]])


def bowl(at, matrix=MATRIX, lowest: float = 0.3, axes=(X, Y)) -> np.ndarray:
    """Return lowest + (p - at)' M (p - at) / 2 over a grid."""
    axes = [axis for axis in axes if axis is not None]
    away = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - np.asarray(at)[: len(axes)]
    matrix = np.asarray(matrix)[: len(axes), : len(axes)]
    return lowest + np.einsum("...i,ij,...j->...", away, matrix, away) / 2


def sample(index, axes=(X, Y)) -> tuple[float, ...]:
    return tuple(axis[place] for axis, place in zip(axes, index))


def lowest_index(values: np.ndarray) -> tuple[int, ...]:
    return np.unravel_index(values.argmin(), values.shape)


@pytest.mark.parametrize("at", [(0.31, -0.22), (0.02, -0.37), (0.86, 0.41), (-0.1, 0.1)])  # two within the last cells
@pytest.mark.parametrize("axes", [(X, Y), EVEN, COARSE, LINE], ids=["uneven", "even", "coarse", "line"])
def test_a_quadratics_minimum_comes_out(axes, at):
    at = at[: len([axis for axis in axes if axis is not None])]
    found = minimum_on_grid(*axes, bowl(at, lowest=-0.25, axes=axes))
    assert found.is_refined and not found.is_on_frame
    assert found.at == pytest.approx(at, abs=1e-12) and found.value == pytest.approx(-0.25, abs=1e-12)


@pytest.mark.parametrize(
    "at, ratio",
    [((0.13, 0.21), 1e-2), ((0.13, 0.21), 1e-4), ((0.843, 1.19), 1e-3)],  # the last within the frame's last cell
)
def test_a_narrow_valleys_minimum_comes_out_though_its_lowest_sample_lies_cells_away(at, ratio):
    x, y, along = np.linspace(-1, 1.2, 12), np.linspace(-1.1, 1.2, 10), np.array([0.8, 0.6])
    values = bowl(at, 40 * (np.eye(2) - (1 - ratio) * np.outer(along, along)), axes=(x, y))
    lowest = sample(lowest_index(values), (x, y))
    assert (np.abs(np.subtract(lowest, at)) > 0.2).any()  # a cell and more
    found = minimum_on_grid(x, y, values)
    assert found.is_refined and found.at == pytest.approx(at, abs=1e-9)


def test_finer_grids_come_closer_with_the_cube_of_the_step():
    def formula(x, y):
        return np.exp(x) - 1.3 * x + np.cosh(1.5 * y - 0.3) + 0.4 * x * y

    wanted = minimize(lambda at: formula(*at), [0.3, 0.1], tol=1e-14).x
    errors = []
    for num in (13, 49):  # a quarter of the step
        x, y = np.linspace(-0.7, 1.1, num), np.linspace(-0.5, 0.6, num)
        found = minimum_on_grid(x, y, formula(*np.meshgrid(x, y, indexing="ij")))
        errors.append(np.linalg.norm(np.subtract(found.at, wanted)))
    assert errors[0] < 0.02 and errors[1] < errors[0] / 8


@pytest.mark.parametrize("at", [(2.0, -0.2), (0.3, -1.6), (-5.0, 3.0)])
def test_a_minimum_beyond_the_frame_is_the_lowest_sample_of_it_and_said_to_be_there(at):
    values = bowl(at, np.diag([2.0, 1.0]), axes=EVEN)
    found = minimum_on_grid(*EVEN, values)
    assert found == Minimum(sample(lowest_index(values), EVEN), values.min(), True, False)
    clipped = [np.clip(coordinate, axis[0], axis[-1]) for coordinate, axis in zip(at, EVEN)]
    assert found.at == pytest.approx(clipped, abs=0.08)  # half a cell


def test_on_lines_and_axes_too_short_for_a_parabola_the_lowest_sample_is_on_the_frame():
    assert minimum_on_grid(X, None, X) == Minimum((-0.9,), -0.9, True, False)
    assert minimum_on_grid(X[3:5], None, X[3:5] ** 2) == Minimum((0.0,), 0.0, True, False)
    values = bowl((0.3, 0.28), axes=SHORT)
    assert minimum_on_grid(*SHORT, values) == Minimum(sample(lowest_index(values), SHORT), values.min(), True, False)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_no_minimum_and_keep_a_neighbour_from_being_refined(hole):
    values = bowl((-0.42, 0.17))
    values[0, 0] = hole
    assert minimum_on_grid(X, Y, values).is_refined
    values[2, 4] = hole
    found = minimum_on_grid(X, Y, values)
    assert found == Minimum(sample((2, 3)), values[2, 3], False, False)


def test_without_a_finite_value_there_is_no_minimum():
    assert minimum_on_grid(X, Y, np.full((9, 6), np.nan)) is None


def test_what_curves_by_less_than_rounding_stays_at_a_sample():
    faint = bowl((-0.42, 0.17), 1e-5 * MATRIX)
    assert not minimum_on_grid(X, Y, faint).is_refined
    assert minimum_on_grid(X, Y, faint, rounding=BY_PRECISION["float64"]).at == pytest.approx((-0.42, 0.17), abs=1e-6)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_along_a_valley_without_slope_the_lowest_sample_stays_whatever_its_walls_rounding(precision):
    for at in np.random.default_rng(1).uniform(-0.4, 0.4, (20, 2)):
        values = bowl(at, 1e3 * np.outer([1.0, 0.4], [1.0, 0.4]), 0.0, EVEN).astype(precision)
        found = minimum_on_grid(*EVEN, values, rounding=BY_PRECISION[precision])
        assert not found.is_refined and found.value == values.min()


def test_of_equal_samples_the_one_nearest_to_the_center_is_taken():
    assert minimum_on_grid(X, Y, np.full((9, 6), 0.7)) == Minimum((0.0, 0.0), 0.7, False, False)
    floor = np.maximum(bowl((0.1, -0.3), 4 * np.eye(2), 0.0, EVEN), 0.5)
    nearest = min((sample(index, EVEN) for index in np.argwhere(floor == 0.5)), key=lambda at: np.hypot(*at))
    assert minimum_on_grid(*EVEN, floor).at == nearest


def test_a_saddle_and_a_kink_go_no_higher_than_the_lowest_sample():
    saddle = bowl((0.31, -0.22), [[1.0, 1.7], [1.7, 0.3]], axes=EVEN)
    assert minimum_on_grid(*EVEN, saddle) == Minimum(sample(lowest_index(saddle), EVEN), saddle.min(), True, False)
    kinked = saddle + 30 * np.abs(EVEN[0] - 0.05)[:, None] + np.abs(EVEN[1] + 0.33)
    found = minimum_on_grid(*EVEN, kinked)
    assert found.value <= kinked.min() and all(axis[0] <= at <= axis[-1] for axis, at in zip(EVEN, found.at))


def test_where_the_surface_rises_towards_the_parabolas_minimum_the_lowest_sample_stays():
    away_x, away_y = np.meshgrid(X + 0.3, Y - 0.1, indexing="ij")
    values = bowl((-0.24, 0.15), np.diag([2.0, 2.0])) + 40 * (away_x / 0.2 * away_y / 0.15) ** 2
    assert lowest_index(values) == (2, 3)
    assert minimum_on_grid(X, Y, values) == Minimum((-0.3, 0.1), values[2, 3], False, False)


def test_a_minimum_above_the_lowest_sample_by_rounding_alone_has_its_value():
    away_x, away_y = np.meshgrid(X + 0.3, Y - 0.1, indexing="ij")
    wall = (0.06**2 + 0.05**2 + 1e-7) / (0.06 * 0.05) ** 2  # at its minimum the parabola lies 1e-7 above the sample
    values = bowl((-0.24, 0.15), np.diag([2.0, 2.0])) + wall * (away_x * away_y) ** 2
    found = minimum_on_grid(X, Y, values)
    assert value_between(X, Y, values, (-0.24, 0.15)) == pytest.approx(values[2, 3] + 1e-7, abs=1e-12)
    assert found.is_refined and found.at == pytest.approx((-0.24, 0.15), abs=1e-9) and found.value == values[2, 3]
    assert not minimum_on_grid(X, Y, values, rounding=BY_PRECISION["float64"]).is_refined


def test_a_single_deep_sample_keeps_the_minimum_within_the_cells_beside_it_and_no_higher():
    values = bowl((-0.42, 0.17))
    values[2, 3] -= 1
    found = minimum_on_grid(X, Y, values)
    assert found.value <= values[2, 3] and found.at == pytest.approx((-0.3, 0.1), abs=0.1)


def test_the_value_at_a_minimum_is_that_between_the_samples():
    values = np.random.default_rng(5).normal(size=(9, 6)) + bowl((0.26, 0.07), 30 * MATRIX)
    found = minimum_on_grid(X, Y, values)
    assert found.is_refined and found.value == value_between(X, Y, values, found.at)


def test_a_walk_that_goes_round_in_a_bent_valley_ends_at_the_lowest_sample():
    axes = (np.linspace(-1.5, 1.7, 17), np.linspace(-0.55, 2.3, 14))
    x, y = np.meshgrid(*axes, indexing="ij")
    values = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    assert minimum_on_grid(*axes, values) == Minimum(sample(lowest_index(values), axes), values.min(), False, False)


def test_whatever_the_values_no_minimum_is_above_the_lowest_sample_or_outside_the_frame():
    random = np.random.default_rng(0)
    for _ in range(200):
        values = random.normal(size=(9, 6))
        found = minimum_on_grid(X, Y, values)
        assert found.value <= values.min() and all(axis[0] <= at <= axis[-1] for axis, at in zip((X, Y), found.at))
        assert found.is_refined != (found.at == sample(lowest_index(values)))


@pytest.mark.parametrize(
    "axes", [(X, Y), EVEN, COARSE, LINE, (X[:2], None)], ids=["uneven", "even", "coarse", "line", "two"]
)
def test_between_samples_a_quadratics_value_comes_out(axes):
    known = [axis for axis in axes if axis is not None]
    at, matrix = np.array((0.3, -0.2)[: len(known)]), MATRIX[: len(known), : len(known)]
    values = bowl(at, axes=axes) if len(axes[0]) > 2 else 3 * axes[0] - 1
    for share in np.random.default_rng(3).uniform(size=(20, len(known))):
        point = np.array([axis[0] + part * np.ptp(axis) for axis, part in zip(known, share)])
        exact = 0.3 + (point - at) @ matrix @ (point - at) / 2 if len(axes[0]) > 2 else 3 * point[0] - 1
        assert value_between(*axes, values, point) == pytest.approx(exact, abs=1e-12)


def test_along_an_axis_of_two_samples_values_lie_on_a_chord():
    x, y = SHORT
    values = 2 * x[:, None] + y**2
    for point in ((0.1, 0.33), (0.9, 0.75)):
        assert value_between(x, y, values, point) == pytest.approx(2 * point[0] + point[1] ** 2, abs=1e-12)


def test_at_and_around_samples_the_value_is_theirs():
    x, y = COARSE
    values = np.random.default_rng(0).normal(size=(6, 5))
    for index in np.ndindex(values.shape):
        point = sample(index, COARSE)
        assert value_between(x, y, values, point) == values[index]
        inward = [at + (1e-9 if at < axis[-1] else -1e-9) for at, axis in zip(point, COARSE)]
        assert value_between(x, y, values, inward) == pytest.approx(values[index], abs=1e-6)


def test_a_value_outside_the_frame_or_beside_a_hole_is_unknown():
    values = bowl((0.26, -0.13))
    assert np.isnan(value_between(X, Y, values, (1.2, 0.0)))
    values[3, 2] = np.inf
    assert np.isnan(value_between(X, Y, values, (-0.15, 0.05))) and value_between(X, Y, values, (-0.1, 0.0)) == np.inf
    assert value_between(X, Y, values, (0.0, 0.0)) == values[4, 2]


@pytest.mark.parametrize("ask", [minimum_on_grid, lambda x, y, values: value_between(x, y, values, (0, 0))])
def test_another_grids_values_are_refused(ask):
    with pytest.raises(ValueError) as error:
        ask(X, Y, np.zeros((6, 9)))
    assert str(error.value) == "the grid is (9, 6), but the values are (6, 9)"
