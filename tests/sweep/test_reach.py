"""The range worth looking at, on functions whose reach is known."""

import math

import pytest

from landscape.sweep.reach import LADDER, bisection, distance_reached, level_worth_reaching, probing_surface
from landscape.sweep.run import sweep


def reached(loss, level: float) -> tuple[float | None, int]:
    probed = sweep(lambda a, b: {"loss": loss(a)}, probing_surface(["loss"]), ask=bisection("loss", level))
    return distance_reached(probed, "loss", level), probed.num_done


@pytest.mark.parametrize("scale", [0.003, 0.011, 0.08, 0.4, 1.0, 4.9])
def test_it_is_the_first_step_of_the_ladder_at_which_a_parabola_has_risen(scale):
    found, num_points = reached(lambda a: (a / scale) ** 2, 1.0)
    assert found == next(step for step in LADDER if step >= scale)
    assert num_points <= 10


def test_both_sides_count_as_their_mean():
    assert reached(lambda a: 10 * a if a > 0 else 0.0, 1.0)[0] == 0.2


@pytest.mark.parametrize("beyond", [math.inf, math.nan])
def test_a_loss_that_is_no_number_has_risen(beyond):
    assert reached(lambda a: beyond if a > 0.25 else 0.0, 1.0)[0] == 0.3


def test_a_flat_loss_never_rises():
    assert reached(lambda a: 0.5, 1.0)[0] is None


@pytest.mark.parametrize(
    "center, constant, level",
    [(0.01, 2.3, 2.3), (0.5, 2.3, 5.0), (0.5, None, 5.0), (0.0, None, 1.0), (-2.0, None, 0.0), (0.0, 2.3, 2.3)],
)
def test_the_level_is_ten_times_the_center_or_what_knowing_nothing_costs(center, constant, level):
    assert level_worth_reaching(center, constant) == pytest.approx(level)
