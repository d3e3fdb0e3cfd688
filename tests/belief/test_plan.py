"""What is measured beside a surface fits into a tenth of its points, whatever the grid."""

from itertools import product

import numpy as np
import pytest

from landscape.belief.plan import FEWEST_FRESH, NUM_FULL, belief_plan
from landscape.grid import Grid

EVALUATIONS = {"own": 1, "norm statistics": 4, "second subset": 1, "other split": 1}  # a point of each kind
KINDS = ("norm statistics", "second subset", "other split")
SETS = [chosen for chosen in product((True, False), repeat=3)]
SIZES = [2, 3, 5, 9, 10, 13, 19, 25, 51, 101]


def grids():
    for num in SIZES:
        for planes in (None, 1, 4, 10):
            yield Grid(np.linspace(-0.5, 1, num), None, planes)
            for across in (2, 7, 30):
                yield Grid(np.linspace(-0.5, 1, num), np.linspace(-1, 0.25, across), planes)


def plan_of(grid, level="quick", kinds=KINDS, num_samples=500, **changes):
    given = {"precision": "float32", "is_differentiable": True, "is_random": True} | changes
    return belief_plan(level, grid, kinds, num_samples=num_samples, **given)


def counted(plan, grid) -> int:
    """Count evaluations one by one: each comparison's, and both ends of each fresh direction."""
    ends = 2 * (1 if grid.y is None else 2)
    return sum(EVALUATIONS[part.kind] for part in plan.comparisons) + sum(ends for _ in range(plan.num_fresh))


@pytest.mark.parametrize("chosen", SETS, ids=str)
@pytest.mark.parametrize("precision", ["float32", "float64", "bf16"])
def test_quick_costs_at_most_a_tenth_of_the_sweep(chosen, precision):
    kinds = [kind for kind, has in zip(KINDS, chosen) if has]
    for grid in grids():
        plan = plan_of(grid, kinds=kinds, precision=precision)
        assert counted(plan, grid) == plan.num_evaluations
        assert 10 * counted(plan, grid) <= grid.num_points and not plan.has_products


def test_the_usual_grid_has_room_for_everything():
    grid = Grid(np.linspace(-1, 1, 51), np.linspace(-1, 1, 51))
    plan = plan_of(grid)
    assert plan.num_fresh == NUM_FULL == 30 and {part.kind for part in plan.comparisons} == {"own", *KINDS}
    assert counted(plan, grid) == 1 + 4 + 2 + 2 + 120


def test_full_measures_everything_however_small_the_grid():
    for grid in grids():
        plan = plan_of(grid, "full")
        assert plan.num_fresh == 30 and plan.has_products and plan.step == 0.02
        assert [part.kind for part in plan.comparisons] == ["own", KINDS[0], KINDS[1], KINDS[1], KINDS[2], KINDS[2]]


def test_what_is_no_loss_has_no_products():
    assert not plan_of(next(grids()), "full", is_differentiable=False).has_products


@pytest.mark.parametrize(
    "num, wanted, num_fresh",
    [
        (39, [], 0),  # room for three: a second subset takes three with the surface's own, and one to be set up
        (49, ["second subset"], 0),
        (69, ["norm statistics"], 0),
        (99, ["norm statistics", "second subset"], 0),
        (129, ["norm statistics", "second subset", "other split"], 0),
        (209, ["norm statistics", "second subset", "other split"], 0),
        (211, ["norm statistics", "second subset", "other split"], FEWEST_FRESH),
        (299, ["norm statistics", "second subset", "other split"], 5),
    ],
)
def test_what_does_not_fit_is_left_out_in_the_order_of_what_it_tells(num, wanted, num_fresh):
    plan = plan_of(Grid(np.linspace(-0.5, 1, num)))
    assert list(dict.fromkeys(part.kind for part in plan.comparisons)) == (["own", *wanted] if wanted else [])
    assert plan.num_fresh == num_fresh


def test_a_kind_that_the_run_has_not_leaves_its_room_to_the_others():
    grid = Grid(np.linspace(-0.5, 1, 79))
    assert [part.kind for part in plan_of(grid, kinds=KINDS[1:]).comparisons] == [
        "own",
        *[KINDS[1]] * 2,
        *[KINDS[2]] * 2,
    ]


@pytest.mark.parametrize("level", ["quick", "full"])
@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_in_coarse_arithmetic_there_are_no_second_differences(level, precision):
    plan = plan_of(Grid(np.linspace(-1, 1, 400)), level, precision=precision)
    assert plan.step is None and plan.num_fresh == 0 and plan.comparisons


@pytest.mark.parametrize("level", ["quick", "full"])
def test_directions_that_are_not_random_have_no_fresh_ones_like_them(level):
    assert plan_of(Grid(np.linspace(-1, 1, 400)), level, is_random=False).num_fresh == 0


@pytest.mark.parametrize(
    "x, y, corner",
    [
        ((-1, 1), (-1, 1), (0.3, 0.3)),
        ((-0.5, 2), (-1, 0.25), (0.3, -0.3)),
        ((-0.1, 0.05), (-0.1, 0.1), (-0.03, 0.03)),
        ((-4, -1), (0.5, 1), (-1.2, 0.5)),
        ((-1, -0.5), None, (-0.5, 0.0)),
        ((0, 3), None, (0.3, 0.0)),
    ],
)
def test_the_corner_lies_toward_the_farther_side_and_within_the_frame(x, y, corner):
    grid = Grid(np.linspace(*x, 125), None if y is None else np.linspace(*y, 31))
    for level in ("quick", "full"):
        places = {(part.x, part.y) for part in plan_of(grid, level).comparisons}
        assert {tuple(np.round(place, 12)) for place in places} <= {(0.0, 0.0), corner} and places - {(0.0, 0.0)}


def test_each_point_measured_otherwise_has_the_surfaces_own_beside_it():
    for level, grid in product(("quick", "full"), grids()):
        parts = plan_of(grid, level).comparisons
        own = {(0.0, 0.0)} | {(part.x, part.y) for part in parts if part.kind == "own"}
        assert {(part.x, part.y) for part in parts} <= own
        assert sum(part.kind == "own" for part in parts) <= 1


def test_the_same_grid_gives_the_same_plan():
    assert [plan_of(grid) for grid in grids()] == [plan_of(grid) for grid in grids()]
