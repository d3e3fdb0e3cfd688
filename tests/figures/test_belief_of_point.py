"""What is said of the center: whether it is a minimum, by the Hessian, the gradient and random planes."""

import numpy as np
import pytest
from belief_records import INDEFINITE, quadratic, sampled, with_belief
from said_of_belief import CALM, UPWARD, convex, hessian, said
from scipy.stats import binomtest

CRITICAL = {"gradient_norm": 0.1, "gradient_error": 0.12}
ON_A_SLOPE = {
    "verdict": "not a critical point; the Hessian there is degenerate",
    "gradient_norm": 3.14,
    "gradient_error": 0.8,
}
FALLS = (
    "The gradient is not zero: the loss falls along it. Its length is 3.14, where chance brings 0.8 with these samples."
)


def test_a_convex_slice_of_a_saddle_says_what_the_hessian_found_and_random_planes_do_not_show():
    products = [[row[0], 0.1, row[2]] for row in UPWARD]
    found = said(with_belief(convex(), differences=CALM, products=products, hessian=INDEFINITE))
    high = np.ceil(100 * (1 - 0.025 ** (1 / 30)))  # none of 30: (1 - p)^30 = 0.025
    assert found[:3] == [
        "This slice looks convex.",
        "The Hessian has an eigenvalue of -3.1 (residual 0.02): the point is no minimum.",
        f"None of 30 random planes shows it; of all, 0 to {high:.0f} % do (95 % confidence).",
    ]
    assert high == 12


def test_the_planes_that_show_it_are_those_with_a_negative_eigenvalue():
    down = sum(np.linalg.eigvalsh([[uu, uv], [uv, vv]])[0] < 0 for uu, uv, vv in UPWARD[:3] + [[1.0, 4.0, 2.0]] * 4)
    surface = with_belief(
        convex(), differences=CALM[:7], products=UPWARD[:3] + [[1.0, 4.0, 2.0]] * 4, hessian=INDEFINITE
    )
    ends = binomtest(down, 7).proportion_ci(0.95, "exact")
    words = f"{np.floor(100 * ends.low):.0f} to {np.ceil(100 * ends.high):.0f} %"
    assert down == 4 and said(surface)[2] == f"4 of 7 random planes show it; of all, {words} do (95 % confidence)."


def test_a_single_plane_shows_and_on_lines_directions_do():
    one = [[-1.0, 0.0, 3.0]] + [[2.0, 0.0, 3.0]] * 29
    found = said(with_belief(convex(), differences=CALM, products=one, hessian=INDEFINITE))
    assert found[2].startswith("1 of 30 random planes shows it; of all, 0.084 to 18 % do")
    line = sampled(quadratic(400, 0), y=None)
    products = [[-1.0, np.nan, np.nan], [2.0, np.nan, np.nan]]
    found = said(with_belief(line, differences=[[1.0], [2.0]], products=products, hessian=INDEFINITE))
    assert found[2].startswith("1 of 2 random directions shows it")


@pytest.mark.parametrize("kind, smallest", [("positive", 0.4), ("degenerate", -1e-9), ("undecided", 0.3)])
def test_a_hessian_without_a_negative_eigenvalue_is_never_called_no_minimum(kind, smallest):
    for differences in (CALM, [[-1.0, 2.0], [3.0, -0.5]]):
        text = " ".join(said(with_belief(convex(), differences=differences, hessian=hessian(kind, smallest))))
        assert "no minimum" not in text and "saddle" not in text and f"{smallest:.3g} (residual 0.02)" in text


def test_each_class_has_its_own_words():
    def words(kind, smallest, **changes):
        return said(with_belief(convex(), hessian=hessian(kind, smallest, **changes)))[1]

    assert words("positive", 0.4).endswith("0.4 (residual 0.02): no direction curves downward at the center.")
    assert words("degenerate", 1e-9).endswith("zero within what can be told: second derivatives do not decide.")
    assert words("undecided", 0.3).endswith("that was found is 0.3 (residual 0.02); lower ones may exist.")
    assert words(None, 0.3, hessian=None).endswith("lower ones may exist.")
    assert words("negative", -3.0).endswith("the point is no minimum.")


def test_without_the_hessian_random_directions_that_go_down_show_no_minimum():
    found = said(with_belief(convex(), level="quick", differences=[[-1.0, 2.0], [3.0, -4.0]]))
    assert found[1] == (
        "Along 2 of 4 random directions the loss curves downward over a step of 0.02, so that one end lies below the center: "
        "at this scale the center is no minimum."
    )
    found = said(with_belief(convex(), level="quick", differences=[[1.0, 2.0]]))
    assert found[1] == (
        "None of 2 random directions curves downward over a step of 0.02; others may: "
        "whether the center is a minimum was not measured."
    )
    assert said(with_belief(convex(), level="quick"))[1] == (
        "Whether the center is a minimum was not measured: a random plane can show a way down, and never exclude one."
    )
    found = said(with_belief(convex(), differences=[[1.0, 2.0]], products=[[-1.0, 0.0, 2.0]]))
    assert (
        found[1] == "By the Hessian the loss curves downward along 1 of 2 random directions: the point is no minimum."
    )


@pytest.mark.parametrize("kind, smallest", [("positive", 0.4), ("degenerate", 1e-9), ("undecided", 0.3)])
def test_a_gradient_beyond_chance_is_said(kind, smallest):
    found = said(with_belief(convex(), hessian=hessian(kind, smallest, **ON_A_SLOPE)))
    assert found[2] == FALLS and "a minimum" not in " ".join(found)
    unknown = said(with_belief(convex(), hessian=hessian(kind, smallest, **ON_A_SLOPE | {"gradient_error": None})))
    too_few = "The gradient's length is 3.14, and the samples are too few to compare it with chance."
    assert unknown[2] == too_few
    for unsure in ({"gradient_excess": None}, {"gradient_error": 4.0}, {"gradient_error": np.nan}):
        assert said(with_belief(convex(), hessian=hessian(kind, smallest, **ON_A_SLOPE | unsure)))[2] == too_few
    at_rest = said(with_belief(convex(), hessian=hessian(kind, smallest, **CRITICAL)))
    assert not any("falls" in sentence or "gradient's length" in sentence for sentence in at_rest)


@pytest.mark.parametrize(
    "verdict, within", [("a minimum", ""), ("a minimum, within sampling error", " within sampling error")]
)
def test_a_critical_point_of_positive_curvature_is_a_minimum_within_what_can_be_told(verdict, within):
    found = said(with_belief(convex(), hessian=hessian("positive", 0.4, verdict=verdict, **CRITICAL)))
    smallest = "The Hessian's smallest eigenvalue is 0.4 (residual 0.02)"
    assert found[1] == f"{smallest}, and the gradient is zero{within}: a minimum, within what can be told."
