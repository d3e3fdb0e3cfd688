"""The second order around a center: what it leaves over, and how far it holds."""

import re
from dataclasses import replace

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface
from landscape.taylor import Taylor, Trust, radius_of_trust, residual, second_orders, taylor_of

GRID = Grid(np.linspace(-0.5, 1.0, 31), np.linspace(-1.0, 0.25, 26))  # 0.05 apart, off-center, the center on it
SECOND = Taylor(0.7, [0.3, -0.2], [[2.0, 0.4], [0.4, 5.0]])


def surface_of(loss: np.ndarray, second: Taylor = SECOND, grid: Grid = GRID, done=None) -> Surface:
    entry = {"value": second.value, "gradient": second.gradient.tolist(), "hessian": second.hessian.tolist()}
    origin = Origin(record={"taylor": {"train_loss": entry}})
    return Surface(grid, {"train_loss": loss}, np.ones(grid.shape) if done is None else done, origin)


def on_line(change, second: Taylor, x=np.linspace(-0.5, 1.0, 151), done=None) -> Surface:
    return surface_of(second.at(x) + change(x), second, Grid(x), done)


def cubic(c: float) -> Surface:
    x, y = GRID.x[:, None], GRID.y[None]
    return surface_of(SECOND.at(GRID.x, GRID.y) + c * x**2 * y)


def slow_trust(surface: Surface, second: Taylor, share: float) -> Trust:
    """Look at every disk anew, point by point."""
    points = [(round(float(np.hypot(*surface.grid.point(i))), 12), i) for i in surface.grid.indices()]
    held = None
    for radius in sorted({distance for distance, _ in points} - {0.0}):
        missed = moved = 0.0
        for distance, index in points:
            if distance <= radius:
                x, y = surface.grid.point(index)
                (a, b), (b_again, c) = second.hessian
                predicted = (
                    second.value + second.gradient @ [x, y] + (a * x * x + (b + b_again) * x * y + c * y * y) / 2
                )
                measured = surface.values["train_loss"][index]
                missed, moved = max(missed, abs(measured - predicted)), max(moved, abs(measured - second.value))
        if missed > share * moved:
            return Trust(held, radius)
        held = radius
    return Trust(held, None)


def test_a_quadratic_leaves_nothing_over_and_holds_to_the_frame():
    x, y = GRID.x[:, None], GRID.y[None]
    surface = surface_of(0.7 + 0.3 * x - 0.2 * y + 1.0 * x**2 + 0.4 * x * y + 2.5 * y**2)
    assert np.abs(residual(surface, "train_loss")).max() < 1e-14
    trust = radius_of_trust(surface, "train_loss")
    assert trust.failing is None and trust.radius == pytest.approx(np.hypot(1, 1))


def test_what_a_cubic_leaves_over_is_the_cubic_at_its_own_points():
    surface = cubic(3.0)
    left = residual(surface, "train_loss")
    x, y = GRID.x[26], GRID.y[4]
    assert (x, y) == pytest.approx((0.8, -0.8))
    assert left[26, 4] == pytest.approx(3 * 0.8**2 * -0.8, rel=1e-12)
    assert left[2, 24] == pytest.approx(3 * 0.4**2 * 0.2, rel=1e-12)
    assert left.shape == (31, 26)


@pytest.mark.parametrize("c, share", [(3.0, 0.05), (0.4, 0.05), (3.0, 0.2), (-1.0, 0.01)])
def test_the_radius_is_that_of_every_disk_looked_at_anew(c, share):
    surface = cubic(c)
    found, wanted = radius_of_trust(surface, "train_loss", share), slow_trust(surface, SECOND, share)
    assert wanted.failing is not None
    assert found.failing == pytest.approx(wanted.failing) and found.radius == pytest.approx(wanted.radius)


def test_on_a_line_the_radius_is_that_of_the_formula():
    # |c r^3| <= s (h r^2 / 2 + c r^3) up to r = s h / (2 c (1 - s)) = 0.1053, the change being largest on the right.
    surface = on_line(lambda x: 0.5 * x**3, Taylor(0.3, [0.0], [[2.0]]))
    trust = radius_of_trust(surface, "train_loss")
    assert (trust.radius, trust.failing) == pytest.approx((0.10, 0.11))


def test_a_constant_more_or_a_unit_changes_no_radius():
    surface = cubic(3.0)
    moved = Taylor(3 * (SECOND.value + 8), 3 * SECOND.gradient, 3 * SECOND.hessian)
    other = surface_of(3 * (surface.values["train_loss"] + 8), moved)
    assert radius_of_trust(other, "train_loss") == radius_of_trust(surface, "train_loss")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_point_that_is_not_finite_ends_the_radius_and_one_not_done_is_left_out(value):
    x = np.linspace(-0.5, 1.0, 16)
    loss = 1 + x**2
    loss[8] = value  # x = 0.3
    second, done = Taylor(1.0, [0.0], [[2.0]]), np.ones(16)
    trust = radius_of_trust(surface_of(loss, second, Grid(x)), "train_loss")
    assert (trust.radius, trust.failing) == pytest.approx((0.2, 0.3))
    done[8] = 0
    assert radius_of_trust(surface_of(loss, second, Grid(x), done), "train_loss") == Trust(1.0, None)


def test_where_the_nearest_points_fail_there_is_no_radius():
    trust = radius_of_trust(on_line(lambda x: 50 * np.abs(x), Taylor(0.3, [0.0], [[2.0]])), "train_loss")
    assert trust.radius is None and trust.failing == pytest.approx(0.01)


def test_the_center_and_rounding_decide_nothing():
    def noise(x):
        return 2e-8 * np.cos(1e4 * x)

    flat = on_line(noise, Taylor(0.5, [0.0], [[0.0]]))
    assert radius_of_trust(flat, "train_loss") == Trust(1.0, None)
    bowl = on_line(noise, Taylor(0.5, [0.0], [[2.0]]))
    assert radius_of_trust(bowl, "train_loss") == Trust(1.0, None)


def test_without_a_finite_record_or_a_point_beside_the_center_nothing_is_said():
    surface = cubic(3.0)
    bare = replace(surface, origin=Origin())
    assert taylor_of(bare, "train_loss") is residual(bare, "train_loss") is radius_of_trust(bare, "train_loss") is None
    assert taylor_of(surface, "test_loss") is None and second_orders(bare) == {}
    assert list(second_orders(surface)) == ["train_loss"]
    assert taylor_of(surface_of(surface.values["train_loss"], replace(SECOND, value=np.nan)), "train_loss") is None
    done = np.zeros(GRID.shape)
    assert radius_of_trust(surface_of(surface.values["train_loss"], done=done), "train_loss") is None
    done[10, 20] = 1
    assert GRID.point((10, 20)) == pytest.approx((0, 0))
    assert radius_of_trust(surface_of(surface.values["train_loss"], done=done), "train_loss") is None


def test_of_a_hessian_the_symmetric_part_counts():
    skew = replace(SECOND, hessian=np.array([[2.0, 0.1], [0.7, 5.0]]))
    np.testing.assert_allclose(skew.at(GRID.x, GRID.y), SECOND.at(GRID.x, GRID.y), rtol=1e-14)
    assert not skew.hessian.flags.writeable


def test_derivatives_that_fit_no_grid_are_refused():
    message = "the second order of train_loss has a gradient of length 1, but the grid has 2 axes; record it anew"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        residual(surface_of(np.ones(GRID.shape), Taylor(1.0, [0.0], [[2.0]])), "train_loss")
    message = "a second order needs a gradient (n,) and a hessian (n, n), not (2,) and (2,)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Taylor(1.0, [0.0, 1.0], [2.0, 1.0])
