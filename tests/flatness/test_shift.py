"""The shift of the minimum from training to test samples, against linear regression in a plane."""

import numpy as np
import pytest

from landscape.flatness.shift import mean_shift, shift_between

X, Y = np.linspace(-0.9, 1.3, 12), np.linspace(-1.1, 0.8, 9)  # no 0 among either


class Regression:
    """|Xw - y|^2 / (2N) of samples on the plane w + a u + b v: curvature M and slope at its center."""

    def __init__(self, num: int, seed: int, truth: np.ndarray, center: np.ndarray, plane: np.ndarray) -> None:
        draw = np.random.default_rng(seed)
        inputs = draw.standard_normal((num, len(truth))) * np.linspace(0.6, 1.7, len(truth))
        targets = inputs @ truth + 0.8 * draw.standard_normal(num)
        self.in_plane, self.residuals = inputs @ plane, inputs @ center - targets
        self.num, self.matrix = num, self.in_plane.T @ self.in_plane / num
        self.minimum = -np.linalg.solve(self.matrix, self.in_plane.T @ self.residuals / num)

    def loss(self, *at: float) -> float:
        return float(((self.in_plane @ at + self.residuals) ** 2).sum() / (2 * self.num))

    def on(self, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
        if y is None:
            return np.array([self.loss(a, 0.0) for a in x])
        return np.array([[self.loss(a, b) for b in y] for a in x])


def regressions(seed: int = 0) -> tuple[Regression, Regression]:
    """Return train and test samples of one truth in a plane whose center is off both minima."""
    draw = np.random.default_rng(100 + seed)
    truth, plane = draw.standard_normal(6), draw.standard_normal((6, 2)) / 2
    center = truth - plane @ (0.25, -0.2) + 0.1 * draw.standard_normal(6)
    return tuple(Regression(num, seed + 7 * num, truth, center, plane) for num in (40, 90))


@pytest.mark.parametrize("seed", range(4))
def test_of_linear_regression_shift_and_rise_are_the_closed_form(seed):
    train, test = regressions(seed)
    found = shift_between(train.on(X, Y), test.on(X, Y), X, Y)
    shift = test.minimum - train.minimum
    assert not found.is_clipped and found.train_minimum.is_refined and found.test_minimum.is_refined
    assert found.train_minimum.at == pytest.approx(train.minimum, abs=1e-9)
    assert found.vector == pytest.approx(shift, abs=1e-9) and 0.01 < np.linalg.norm(shift)
    assert found.length == pytest.approx(np.linalg.norm(shift), abs=1e-9)
    assert found.rise == pytest.approx(shift @ test.matrix @ shift / 2, abs=1e-9)
    assert found.rise_at_center == pytest.approx(test.minimum @ test.matrix @ test.minimum / 2, abs=1e-9)
    assert found.rise_at_center > found.rise > 1e-5


def test_on_a_line_too():
    train, test = regressions()
    found = shift_between(train.on(X), test.on(X), X)
    minima = [-(each.in_plane[:, 0] @ each.residuals / each.num) / each.matrix[0, 0] for each in (train, test)]
    assert found.vector == pytest.approx([minima[1] - minima[0]], abs=1e-9)
    assert found.length == pytest.approx(abs(minima[1] - minima[0]), abs=1e-9)
    assert found.rise == pytest.approx(test.matrix[0, 0] * (minima[1] - minima[0]) ** 2 / 2, abs=1e-9)
    assert found.rise_at_center == pytest.approx(test.matrix[0, 0] * minima[1] ** 2 / 2, abs=1e-9)


def test_the_same_surface_twice_has_no_shift():
    train, _ = regressions()
    found = shift_between(train.on(X, Y), train.on(X, Y), X, Y)
    assert found.vector == (0, 0) and found.length == 0 and found.rise == pytest.approx(0, abs=1e-12)


def test_ten_times_as_sharp_the_same_shift_costs_ten_times_as_much():
    train, test = regressions()
    flat, sharp = (shift_between(by * train.on(X, Y), by * test.on(X, Y), X, Y) for by in (1, 10))
    assert sharp.vector == pytest.approx(flat.vector, abs=1e-9) and sharp.rise == pytest.approx(
        10 * flat.rise, rel=1e-9
    )


def test_a_minimum_outside_the_frame_is_said():
    train, test = regressions()
    beyond = X > test.minimum[0] + 0.1
    found = shift_between(train.on(X, Y)[beyond], test.on(X, Y)[beyond], X[beyond], Y)
    assert found.is_clipped and found.test_minimum.is_on_frame and found.test_minimum.at[0] == X[beyond][0]
    assert np.isnan(found.rise_at_center) == (X[beyond][0] > 0)


def test_a_test_surface_that_is_not_finite_around_the_training_minimum_leaves_the_rise_unknown():
    train, test = (each.on(X, Y) for each in regressions())
    low = np.unravel_index(train.argmin(), train.shape)
    test[low] = np.inf
    test[1, 1] = -5.0  # far from there
    found = shift_between(train, test, X, Y)
    assert np.isnan(found.rise) and found.test_minimum.value <= -5 and np.isfinite(found.length)


def test_without_a_finite_value_of_either_there_is_no_shift():
    train, test = (each.on(X, Y) for each in regressions())
    assert shift_between(train, test + np.nan, X, Y) is shift_between(train + np.nan, test, X, Y) is None


def test_means_over_planes_leave_out_and_count_those_that_do_not_tell():
    pairs = [regressions(seed) for seed in range(3)]
    shifts = [shift_between(train.on(X, Y), test.on(X, Y), X, Y) for train, test in pairs]
    clipped = shift_between(*(each.on(X[:3], Y) for each in pairs[0]), X[:3], Y)
    assert clipped.is_clipped
    found = mean_shift([*shifts, clipped, None])
    assert (found.num, found.num_clipped, found.num_unknown) == (3, 1, 1)
    for name in ("length", "rise", "rise_at_center"):
        values = [getattr(shift, name) for shift in shifts]
        assert getattr(found, name) == pytest.approx(np.mean(values), rel=1e-12)
        assert getattr(found, f"{name}_error") == pytest.approx(np.std(values, ddof=1) / 3**0.5, rel=1e-12)


def test_means_of_no_plane_are_unknown():
    found = mean_shift([None])
    assert (found.num, found.num_clipped, found.num_unknown) == (0, 0, 1) and np.isnan(found.length)
