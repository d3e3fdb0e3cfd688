"""What is known of a surface, recomputed from its numbers by other ways."""

from dataclasses import replace

import numpy as np
import pytest
from belief_records import COMPARISONS, INDEFINITE, X, Y, directed, quadratic, sampled, with_belief
from scipy.linalg import eigh
from scipy.stats import binomtest

from landscape.belief.account import account_of
from landscape.belief.fresh import estimate
from landscape.surface import Surface

FOUR = [(4.0, 6.0, 1.0), (3.0, 2.0, -0.5), (7.0, 8.0, 0.0), (5.5, 1.5, 2.0)]  # along x and y, and mixed
MEANS = [5.0, 2.5, 7.5, 3.5]


def four(**record) -> Surface:
    return sampled(*(quadratic(*each) for each in FOUR), **record)


def random_hessian(dim: int = 7) -> np.ndarray:
    draw = np.random.default_rng(4).normal(size=(dim, dim))
    return (draw + draw.T) / 2


def test_an_estimate_is_mean_error_and_deviation_of_the_finite_values():
    found = estimate([3.0, None, -1.5, np.nan, 4.0, np.inf])
    kept = np.array([3.0, -1.5, 4.0])
    assert (found.mean, found.deviation, found.num) == pytest.approx((kept.mean(), kept.std(ddof=1), 3))
    assert found.error == pytest.approx(kept.std(ddof=1) / np.sqrt(3))
    assert np.isnan([estimate([2.0]).error, estimate([2.0]).deviation, estimate([]).mean]).all()


def test_curvature_over_planes_is_the_mean_of_their_own_with_its_error():
    account = account_of(four())
    assert [plane.mean_curvature for plane in account.planes] == pytest.approx(MEANS)
    assert [found.mean for found in account.curvatures] == pytest.approx(np.mean(FOUR, 0)[:2])
    assert account.steps == pytest.approx((0.25, 0.2))
    assert account.curvature.mean == pytest.approx(np.mean(MEANS)) and account.curvature.num == 4
    assert account.curvature.error == pytest.approx(np.std(MEANS, ddof=1) / 2)


def test_the_flat_area_is_that_of_the_ellipse():
    matrices = [[[90.0, 30.0], [30.0, 60.0]], [[50.0, 0.0], [0.0, 120.0]]]
    x, y = np.linspace(-0.2, 0.3, 201), np.linspace(-0.25, 0.2, 181)
    functions = [lambda x, y, m=m: 0.5 + (m[0][0] * x**2 + 2 * m[0][1] * x * y + m[1][1] * y**2) / 2 for m in matrices]
    account = account_of(sampled(*functions, x=x, y=y, flat_within=0.05))
    areas = [2 * np.pi * 0.05 / np.sqrt(np.linalg.det(matrix)) for matrix in matrices]
    assert account.eps == 0.05 and [plane.flat.area for plane in account.planes] == pytest.approx(areas, rel=2e-3)
    assert account.flat_size.mean == pytest.approx(np.mean(areas), rel=2e-3)


def test_curvature_at_the_center_has_a_sign_where_rounding_leaves_one():
    account = account_of(sampled(quadratic(-2.0, 3.0), quadratic(1e-5, -2e-5)))
    assert [plane.signs for plane in account.planes] == [(-1, 1), (0, 0)]
    beside = account_of(sampled(quadratic(1.0, -1.0), x=X - 0.1))
    assert beside.planes[0].signs == (None, None) and np.isnan(beside.planes[0].mean_curvature)


def test_cosines_are_those_of_all_planes_and_bounded_for_random_pairs_alone():
    assert account_of(four(cosines=[0.01, None, -0.08], **directed(0.5))).cosines == (0.01, -0.08)
    single = account_of(sampled(quadratic(1, 2), **directed(0.03)))
    assert single.cosines == (0.03,) and single.cosine_bound == pytest.approx(0.05)
    assert account_of(sampled(quadratic(1, 2), **directed(0.03, random=False))).cosine_bound is None
    assert account_of(sampled(quadratic(1, 2), **directed(0.03, expected=0.21))).cosine_bound is None  # above 1
    assert account_of(sampled(quadratic(1, 2))).cosines == ()
    lines = account_of(sampled(quadratic(1, 2), y=None, **directed(None)))
    assert lines.cosines == ()


def test_directions_that_scale_with_each_weight_have_no_bound_by_filters():
    """Of weight normalization a cosine's variance is sum w^4 / (sum w^2)^2, far above 1/n_eff where weights are unequal."""
    bounds = {
        rule: account_of(sampled(quadratic(1, 2), normalization=rule, **directed(0.03))).cosine_bound
        for rule in ("filter", "layer", "none", "weight")
    }
    assert bounds == {"filter": 0.05, "layer": 0.05, "none": 0.05, "weight": None}


DIFFERENCES = [[1.0, -0.2], [0.5, 2.0], [-3.0, 1.5], [0.0, np.nan]]
PRODUCTS = [[1.0, 0.1, -0.1], [0.5, 1.2, 2.0], [1.0, 0.0, 1.5], [-2e-6, 0.0, 4.0]]


def test_directions_that_curve_downward_are_counted_by_differences_and_by_products():
    fresh = account_of(with_belief(four(), differences=DIFFERENCES, products=PRODUCTS)).fresh
    assert (fresh.lower.count, fresh.lower.num, fresh.num_left_out) == (2, 7, 1)
    assert (fresh.directions.count, fresh.directions.num) == (1, 8)  # -2e-6 of at most 4 is rounding
    assert (fresh.planes.count, fresh.planes.num) == (2, 4)  # the first by v, the second by its mixed term alone
    for share in (fresh.lower, fresh.directions, fresh.planes):
        exact = binomtest(share.count, share.num).proportion_ci(0.95, "exact")
        assert (share.low, share.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_tau_and_its_deviation_are_those_of_the_products():
    fresh = account_of(with_belief(four(), differences=DIFFERENCES, products=PRODUCTS)).fresh
    along = np.array(PRODUCTS)[:, [0, 2]].ravel()
    assert (fresh.tau.mean, fresh.tau.deviation, fresh.tau.num) == pytest.approx((along.mean(), along.std(ddof=1), 8))
    assert fresh.tau.error == pytest.approx(along.std(ddof=1) / np.sqrt(8))


@pytest.mark.parametrize("precision, rounding, step", [("float32", 1e-6, 0.02), ("float64", 1e-12, 1e-3)])
def test_differences_below_zero_by_rounding_are_not_counted(precision, rounding, step):
    surface = sampled(quadratic(1, 2, center=0.5), precision=precision)
    zero = 4 * rounding * 0.5 / step**2
    found = with_belief(surface, differences=[[-0.99 * zero, 1], [-1.01 * zero, -0.5 * zero]], step=step)
    assert (account_of(found).fresh.lower.count, account_of(found).fresh.lower.num) == (1, 4)


def test_the_hessian_parts_from_differences_by_what_rounding_does_not_explain():
    surface = sampled(quadratic(1, 2, center=0.0))
    products = np.array([[2.0, 0.0, -1.0], [0.0, 0.0, 5.0]])
    differences = products[:, [0, 2]] + [[1.0, -1.0], [0.5, 0.5]]
    fresh = account_of(with_belief(surface, differences=differences, products=products)).fresh
    assert fresh.parting == pytest.approx((0.75 - 4 * 1e-7 / 0.02**2) / 2.0)
    drowned = with_belief(sampled(quadratic(1, 2, center=100.0)), differences=differences, products=products)
    assert account_of(drowned).fresh.parting == 0.0  # rounding of a loss of 100 is 1 of curvature
    flat = with_belief(surface, differences=differences, products=np.zeros((2, 3)))
    assert account_of(flat).fresh.parting is None


def test_without_products_there_is_no_tau():
    fresh = account_of(with_belief(four(), level="quick", differences=DIFFERENCES)).fresh
    assert fresh.tau is fresh.parting is fresh.directions is fresh.planes is None and fresh.lower.count == 2


def test_a_line_has_one_direction_a_trial_and_no_planes():
    line = sampled(quadratic(3, 2), quadratic(5, 2), y=None)
    found = with_belief(
        line, differences=[[1.0], [-2.0], [np.inf]], products=[[1.0, np.nan, np.nan]] * 3, own=[([[8.0]], [[4.0]])]
    )
    account = account_of(found)
    assert (account.fresh.lower.count, account.fresh.lower.num, account.fresh.num_left_out) == (1, 2, 1)
    assert account.fresh.planes is None and account.fresh.directions.num == 3
    assert account.plane_eigenvalues == ((2.0, 2.0),) and account.num_axes == 1
    assert account.curvature.mean == pytest.approx(4.0) and [plane.signs for plane in account.planes] == [(1,), (1,)]


def test_a_planes_curvatures_are_generalized_eigenvalues_and_interlace():
    hessian, draw = random_hessian(), np.random.default_rng(9)
    planes = [draw.normal(size=(7, 2)) @ [[1.0, 0.4], [0.0, 3.0]] for _ in range(5)]
    own = [(plane.T @ hessian @ plane, plane.T @ plane) for plane in planes]
    account = account_of(with_belief(four(), own=own))
    spectrum = np.linalg.eigvalsh(hessian)
    for found, (matrix, gram) in zip(account.plane_eigenvalues, own, strict=True):
        assert found == pytest.approx(eigh(matrix, gram, eigvals_only=True))
        assert spectrum[0] <= found[0] <= spectrum[-2] and spectrum[1] <= found[1] <= spectrum[-1]


def test_planes_that_span_none_or_are_not_finite_have_no_curvatures():
    good = ([[2.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 4.0]])
    parallel = ([[2.0, 2.0], [2.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]])
    zero = (np.zeros((2, 2)), np.zeros((2, 2)))
    unknown = ([[2.0, np.nan], [np.nan, np.nan]], good[1])
    account = account_of(with_belief(four(), own=[parallel, good, zero, unknown]))
    assert len(account.plane_eigenvalues) == 1


def test_points_measured_otherwise_stand_beside_their_own_value():
    compared = account_of(with_belief(four(), comparisons=COMPARISONS)).compared
    assert [(each.kind, each.own, each.other) for each in compared] == [
        ("norm statistics", 0.9, 0.4),
        ("second subset", 0.5, 0.52),
        ("second subset", 0.9, 0.95),
        ("other split", 0.5, 0.75),
        ("other split", 0.9, 0.5),
    ]
    assert compared[0].other_accuracy == 0.8 and (compared[0].x, compared[0].y) == (0.225, 0.18)


@pytest.mark.parametrize("precision, is_told", [("float64", True), ("float32", False), ("bf16", False)])
def test_points_that_rounding_parts_are_not_told_apart(precision, is_told):
    other = [("second subset", "12 other samples of train", 0.0, 0.0, 0.5 + 0.9e-6, 0.75)]
    (found,) = account_of(with_belief(four(precision=precision), comparisons=other)).compared
    assert found.is_told is is_told and found.change == pytest.approx(0.9e-6)


def test_along_the_planes_own_directions_the_hessian_is_kept_by_axis():
    own = [([[4.0, 1.0], [1.0, 6.0]], [[2.0, 0.0], [0.0, 3.0]]), ([[5.0, 1.0], [1.0, -2.0]], [[2.5, 0.0], [0.0, 3.5]])]
    account = account_of(with_belief(four(), own=own))
    assert account.own_hessian == ((4.0, 6.0), (5.0, -2.0)) and account.squared_lengths == ((2.0, 3.0), (2.5, 3.5))
    assert account.hessian_along.mean == pytest.approx((5.0 + 1.5) / 2)
    assert [found.mean for found in account.hessians_along] == [4.5, 2.0]


def test_what_is_not_measured_yet_is_not_compared():
    found = with_belief(four(), comparisons=COMPARISONS)
    done = np.array([0, 1, 1, 1, 0, 0])  # without the own value the corner has nothing to stand beside
    account = account_of(replace(found, belief=found.belief.also(arrays={"comparison_done": done})))
    assert [(each.kind, each.x) for each in account.compared] == [("second subset", 0.0)]
    assert "3 of 6 points measured otherwise: not measured yet" in account.missing


def test_train_stands_against_test_where_the_surface_holds_both():
    both = {"train_loss": 0.5, "test_loss": 0.8, "test_accuracy": 0.7}
    (found,) = account_of(sampled(quadratic(1, 2), center=both)).compared
    assert (found.own, found.other, found.other_accuracy, found.x, found.y) == (0.5, 0.8, 0.7, 0.0, 0.0)
    assert account_of(sampled(quadratic(1, 2))).compared == ()


def test_a_surface_without_measurements_beside_it_says_so():
    account = account_of(four())
    assert account.missing == ("nothing was measured beside the surface; --belief quick and --belief full do",)
    assert account.level is account.fresh is account.hessian is None and account.plane_eigenvalues == ()


def test_all_that_is_missing_is_said_with_its_reason():
    small = with_belief(four(**directed(0.01)), level="quick", kinds=["norm statistics", "other split"])
    room = "a tenth of the points leaves no room; --belief full measures it"
    assert account_of(small).missing == (
        f"norm statistics: {room}",
        f"other split: {room}",
        f"curvature along fresh random directions: {room}",
        "the Hessian, and whether the center is a minimum: --belief full measures it",
    )
    rest = with_belief(
        four(precision="bf16"), step=None, absent={"second subset": "too few are left"}, why_no_products="not in bf16"
    )
    assert account_of(rest).missing == (
        "second subset: too few are left",
        "curvature along fresh random directions: second differences drown in the rounding of bf16",
        "the Hessian's eigenvalues: not in bf16",
    )
    given = account_of(with_belief(sampled(quadratic(1, 2), **directed(0.5, random=False)), hessian=INDEFINITE))
    assert given.missing == (
        "curvature along fresh random directions: the surface's directions are not random",
        "1 of 1 planes' own products with the Hessian: not measured yet",
    )


def test_what_an_interrupted_run_has_left_is_said():
    found = with_belief(four(), differences=DIFFERENCES, num_fresh=30, own=[(np.eye(2), np.eye(2))] * 4)
    assert account_of(found).missing == (
        "the Hessian's eigenvalues: not measured yet",
        "26 of 30 fresh planes: not measured yet",
    )
    assert (
        account_of(
            with_belief(four(), differences=DIFFERENCES, own=[(np.eye(2), np.eye(2))] * 4, hessian=INDEFINITE)
        ).missing
        == ()
    )


@pytest.mark.parametrize("center", [np.nan, np.inf, None])
def test_beside_a_center_that_is_not_finite_nothing_is_counted(center):
    surface = four()
    record = {**surface.origin.record, "center": {"train_loss": center} if center is not None else {}}
    surface = replace(surface, origin=replace(surface.origin, record=record))
    account = account_of(with_belief(surface, level="quick", differences=DIFFERENCES, comparisons=COMPARISONS))
    assert account.fresh.lower is None and account.fresh.differences.num == 7
    assert all((plane.flat is None) == (center is not None) for plane in account.planes)
    assert [each.x for each in account.compared if center is None] == [0.225] * 3 * (center is None)


def test_points_that_are_not_finite_are_counted_and_points_not_done_are_no_points():
    surface = sampled(quadratic(4, 6))
    values, done = surface.values["train_loss"].copy(), surface.done.copy()
    values[5, 4], values[0, 0], values[1, 1], done[1, 1], done[2, 2] = np.nan, np.inf, 1e9, 0, 0
    account = account_of(Surface(surface.grid, {"train_loss": values}, done, surface.origin))
    assert account.num_non_finite == {"train_loss": 2}
    assert np.isnan(account.planes[0].mean_curvature) and account.planes[0].axes[1].curvature is not None
    assert account.planes[0].convexity.worst == 0 and account.planes[0].convexity.is_convex is None


@pytest.mark.parametrize("precision, is_convex", [("float32", False), ("bf16", True)])
def test_a_bump_as_large_as_rounding_is_none(precision, is_convex):
    surface = sampled(lambda x, y: 0.5 + np.abs(x), precision=precision)
    values = surface.values["train_loss"].copy()
    values[3, 2] += 0.005
    assert account_of(replace(surface, values={"train_loss": values})).planes[0].looks_convex is is_convex


@pytest.mark.parametrize("precision, hidden", [("float64", 1e-12), ("float32", 1e-6), ("bf16", 0.02)])
def test_where_values_differ_by_rounding_alone_nothing_looks_convex(precision, hidden):
    rises = [lambda x, y, rise=rise: 1 + rise * (x + 0.5) / 1.25 for rise in (3.9 * hidden, 4.2 * hidden, 0.0)]
    planes = account_of(sampled(*rises, precision=precision)).planes
    assert [plane.looks_convex for plane in planes] == [None, True, None]


def test_the_axes_of_hand_made_surfaces_are_off_centre_and_hold_it():
    assert len(X) != len(Y) and 0 in X and 0 in Y and X[0] != -X[-1] and Y[0] != -Y[-1]
