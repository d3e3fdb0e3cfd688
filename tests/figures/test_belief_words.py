"""What is said of how far a surface can be believed: each sentence with its figures recomputed from the record."""

import re
from dataclasses import replace

import numpy as np
import pytest
from belief_records import COMPARISONS, INDEFINITE, X, Y, directed, quadratic, sampled, with_belief
from scipy.stats import binomtest, t

from landscape.belief.account import account_of
from landscape.belief.shares import Share
from landscape.figures.belief_numbers import figure, interval, share_words, spelled
from landscape.figures.belief_words import headline, sentences

UPWARD = [[4.0 + 0.1 * place, 3.0 - 0.2 * place, 6.0] for place in range(30)]  # u'Hu, u'Hv, v'Hv: positive definite
CALM = [[row[0], row[2]] for row in UPWARD]
CONVEX = "This slice looks convex."


def said(surface) -> list[str]:
    return sentences(account_of(surface))


def hessian(kind: str, smallest: float, residual: float = 0.02, **changes) -> dict:
    return INDEFINITE | {"hessian": {"kind": kind}, "smallest": smallest, "smallest_residual": residual} | changes


def convex(**options):
    return sampled(quadratic(400, 300, 90), **options)


def wavy(x, y):
    return np.cos(3 * x) + 2 * y**2


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


def test_ten_planes_give_a_curvature_with_its_error():
    along = np.random.default_rng(2).uniform(2, 8, (10, 2))
    found = said(sampled(*(quadratic(a, b) for a, b in along)))
    means = along.mean(1)
    error = means.std(ddof=1) / np.sqrt(10)
    by = t.ppf(0.975, 9) * np.sqrt(2) * error
    assert 0.1 < error < 1 and found[1] == (
        f"Ten planes: curvature {means.mean():.2f} ± {error:.2f} over cells of 0.25 and 0.2; "
        f"a second network must differ by more than {by:.2g} (95 %)."
    )


def test_planes_of_the_usual_example_read_as_wanted():
    deviations = np.array([-1, 1] * 5) * 0.5 * np.sqrt(9)  # standard error 0.5
    found = said(sampled(*(quadratic(4.1 + each, 4.1 + each) for each in deviations)))
    assert found[1].startswith(
        "Ten planes: curvature 4.10 ± 0.50 over cells of 0.25 and 0.2; a second network must differ"
    )


def test_lines_are_called_lines_and_the_unknown_is_left_out():
    lines = sampled(quadratic(3, 0), quadratic(5, 0), lambda x, y: np.where(x > 0.2, np.nan, x**2), y=None)
    found = said(lines)
    assert found[1].startswith("Two of three lines: curvature 4.0 ± 1.0 over cells of 0.25; a second network")
    beside = said(sampled(quadratic(3, 0), quadratic(5, 0), y=None, x=X + 0.01))
    assert beside[1] == (
        "How much the two lines differ in curvature is not known: the grid does not hold the center between its points "
        "(take a range around 0 with an odd number of points)."
    )
    holed = said(sampled(*[lambda x, y: np.where(x > 0.2, np.nan, x**2)] * 2, y=None))
    assert holed[1].endswith("is not known: finite values beside the center are missing.")


def test_one_plane_says_that_another_was_not_measured_or_what_random_directions_say():
    one = "This is one plane: how much another would differ was not measured."
    assert said(convex(**directed(0.01)))[1] == one
    assert one not in said(convex(**directed(0.01, random=False)))
    found = said(with_belief(convex(), level="quick", differences=CALM[:5]))
    along = np.array(CALM[:5]).ravel()
    error = along.std(ddof=1) / np.sqrt(10)
    by = t.ppf(0.975, 9) * np.sqrt(2) * error
    assert found[2] == (
        f"Ten random directions: curvature {along.mean():.2f} ± {error:.2f} over steps of 0.02, with a deviation of "
        f"{along.std(ddof=1):.2g} from one to the next; a second network must differ by more than {by:.2g} (95 %)."
    )


def test_where_a_slice_is_not_convex_the_worst_point_and_the_way_it_curves_at_the_center_are_said():
    worst = max(
        (np.cos(3 * X[i]) - (np.cos(3 * X[i - s]) + np.cos(3 * X[i + s])) / 2, X[i])
        for i in range(6)
        for s in range(1, 3)
        if s <= i < 6 - s
    )
    shape, center = said(sampled(wavy))[:2]
    assert worst[1] == 0 and re.fullmatch(
        rf"This slice is not convex: at (the center|\(0, [-\d.]+\)) the loss lies {worst[0]:.3g} above a chord\.", shape
    )
    assert center == "Over the cells beside the center it curves upward along y and downward along x."
    above = said(sampled(lambda x, y: 1 - np.cos(5 * x) + 2 * y**2))[1]
    assert above == "Over the cells beside the center it curves upward along x and y."
    assert said(sampled(wavy, y=None))[1] == "Over the cells beside the center it curves downward."


@pytest.mark.parametrize(
    "functions, shape, center",
    [
        ([quadratic(4, 6)] * 2, "Both slices look convex.", None),
        ([quadratic(4, 6)] * 3, "All three slices look convex.", None),
        (
            [quadratic(4, 6), wavy],
            "One of two slices looks convex; in another, at ",
            "three of four axes curve upward.",
        ),
        ([quadratic(4, 6)] * 2 + [wavy], "Two of three slices look convex; in another, at ", "five of six axes curve"),
        ([wavy, wavy], "None of two slices looks convex; in one, at ", "two of four axes curve upward."),
        ([lambda x, y: -(x**2) - y**2] * 2, "None of two slices looks convex;", "none of four axes curves upward."),
    ],
)
def test_one_and_many_slices_are_told_apart(functions, shape, center):
    found = said(sampled(*functions))
    assert found[0].startswith(shape) and (center is None or center in found[1])
    assert center is not None or "Over the cells" not in found[1]


def test_of_too_few_points_nothing_is_said_to_look_convex():
    two = said(sampled(quadratic(4, 6), x=np.array([0.0, 1.0]), y=None))[0]
    assert two == "Whether this slice is convex can't be told: no three finite values lie evenly on a line."
    both = said(sampled(quadratic(4, 6), quadratic(4, 6), x=np.array([0.0, 1.0]), y=None))[0]
    assert both.startswith("Whether both slices are convex can't be told")
    flat = said(sampled(lambda x, y: 2.0 + 0 * x))[0]
    assert flat == "Whether this slice is convex can't be told: the values differ by no more than rounding may."
    some = said(sampled(quadratic(4, 6), lambda x, y: 2.0 + 0 * x))[0]
    assert some == "One of two slices looks convex; of the others it can't be told."


def test_holes_are_said_and_convexity_holds_where_finite():
    found = said(sampled(lambda x, y: np.where(x + y > 1.2, np.inf, 400 * x**2 + 300 * y**2)))
    assert found[0] == "This slice looks convex, where finite." and found[-1] == "1 point is not finite, and left grey."
    found = said(sampled(lambda x, y: np.where(x > 0.4, np.nan, 400 * x**2 + 300 * y**2)))
    assert found[-1] == "10 points are not finite, and left grey."


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


def test_kinks_below_a_positive_hessian_are_said():
    found = said(with_belief(convex(), differences=[[-1.0, 2.0], [3.0, 4.0]], hessian=hessian("positive", 0.4)))
    assert found[2] == "Yet over a step of 0.02, 1 of 4 random directions curves downward."


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


def test_the_hessian_is_said_not_to_describe_a_surface_from_a_fifth_on():
    products = np.array(UPWARD)
    for factor, is_said in ((1.15, False), (1.45, True)):
        differences = factor * products[:, [0, 2]]
        text = said(
            with_belief(
                sampled(quadratic(400, 300, center=0.0)), differences=differences, products=products, hessian=INDEFINITE
            )
        )
        kinks = [sentence for sentence in text if "kinks" in sentence]
        assert bool(kinks) is is_said
    mean = products[:, [0, 2]].mean()
    assert kinks == [
        f"Over steps of 0.02 the loss curves by {1.45 * mean:.3g} on average where the Hessian says {mean:.3g}, "
        "and direction by direction they differ by 45 %: kinks of ReLU or higher derivatives, which the Hessian does not see."
    ]


def test_of_each_kind_the_larger_change_is_said_from_a_tenth_on():
    text = said(with_belief(convex(), level="quick", comparisons=COMPARISONS))
    assert [sentence for sentence in text if "instead of" in sentence] == [
        "With norm statistics re-estimated at the point, the loss at (0.225, 0.18) is 0.4 instead of 0.9.",
        "On 24 samples of test, the loss at (0.225, 0.18) is 0.5 instead of 0.9.",
    ]
    assert not [sentence for sentence in text if "alone change" in sentence]  # by a twentieth
    both = {"train_loss": 0.5, "test_loss": 0.8}
    assert "On test samples, the loss at the center is 0.8 instead of 0.5." in said(convex(center=both))
    broken = [("norm statistics", "stored", 0.0, 0.0, np.nan, np.nan)]
    text = said(with_belief(convex(), level="quick", comparisons=broken))
    assert "With norm statistics stored, the loss at the center is not finite instead of 0.5." in text


def test_a_cosine_beyond_chance_is_said_of_random_pairs_alone():
    def has(**record):
        return [sentence for sentence in said(convex(**record)) if "cosine" in sentence]

    assert has(**directed(-0.06)) == [
        "The cosine between two directions is -0.06, where chance stays within ±0.05: they are not independent."
    ]
    assert not has(**directed(0.04)) and not has(**directed(0.9, random=False)) and not has(**directed(None))


def test_what_decides_the_flat_region_is_said():
    what = "The region within 0.1 nat above the center"
    assert f"{what} reaches the frame: it may be larger than what is shown." in said(sampled(quadratic(0.1, 0.2)))
    assert f"{what} spans fewer than ten cells: take a narrower range, or more points." in said(convex())
    mixed = said(sampled(quadratic(0.1, 0.2), quadratic(400, 300), quadratic(0.2, 0.1)))
    assert f"{what} reaches the frame in two of three planes: it may be larger than what is shown." in mixed
    assert f"{what} spans fewer than ten cells in one of three planes: take a narrower range, or more points." in mixed
    holed = said(sampled(lambda x, y: np.where(np.abs(x - 0.25) + np.abs(y) < 0.01, np.nan, quadratic(0.1, 0.2)(x, y))))
    assert f"{what} borders on points that are not finite: it may be larger than what is counted." in holed


def test_of_what_is_no_cross_entropy_nats_are_not_said():
    text = " ".join(said(sampled(quadratic(0.1, 0.2), loss="squared-error")))
    assert "The region within 0.1 above the center reaches the frame" in text


def test_axes_that_curve_in_opposite_ways_have_no_mean():
    along = np.array([[2.0, -3.0], [4.0, -3.5], [3.0, -4.5], [2.5, -2.0]])
    found = said(sampled(*(quadratic(a, b) for a, b in along)))
    (text,) = [sentence for sentence in found if sentence.startswith("Four planes")]
    means, errors = along.mean(0), along.std(0, ddof=1) / 2
    limits = t.ppf(0.975, 3) * np.sqrt(2) * errors
    assert text == (
        f"Four planes: curvature {means[0]:.2f} ± {errors[0]:.2f} along x and {means[1]:.2f} ± {errors[1]:.2f} along y over "
        f"cells of 0.25 and 0.2; a second network must differ by more than {limits[0]:.2g} along x and {limits[1]:.2g} along y (95 %)."
    )


def test_a_picture_whose_cells_hide_the_centers_curvature_is_said_to_be_one_of_cells():
    def kinked(x, y):  # 0.018 near the center; far out, where |x| or |y| is above 0.1, a steep wall
        return 0.5 + 0.009 * (x**2 + y**2) + 5 * np.maximum(np.abs(x) - 0.1, 0) + 5 * np.maximum(np.abs(y) - 0.1, 0)

    axis = np.linspace(-1, 1, 5)
    coarse, wall = sampled(kinked, x=axis, y=axis), 2 * (0.009 * 0.25 + 5 * 0.4) / 0.25
    differences = np.full((5, 2), 0.018) + 1e-3 * np.arange(10).reshape(5, 2)
    mean = differences.mean()
    end = "the picture's curvature is that of its cells, not the center's."
    assert (
        f"Over cells of 0.5 the loss curves by {wall:.4g} where random directions over steps of 0.02 say {mean:.3g}: {end}"
        in said(with_belief(coarse, level="quick", differences=differences))
    )
    own = [([[0.018, 0.0], [0.0, 0.020]], np.eye(2))]
    assert (
        f"Over cells of 0.5 the loss curves by {wall:.4g} where the Hessian along the same directions says 0.019: {end}"
        in said(with_belief(coarse, own=own, hessian=INDEFINITE))
    )


@pytest.mark.parametrize("factor, is_said", [(1.15, False), (1.25, True), (0.85, False), (0.75, True)])
def test_cells_are_blamed_from_a_fifth_on(factor, is_said):
    own = [([[4.0, 1.0], [1.0, 6.0]], np.eye(2))]
    found = said(with_belief(sampled(quadratic(4.0 * factor, 6.0 * factor)), own=own, hessian=INDEFINITE))
    assert any("that of its cells" in sentence for sentence in found) is is_said


def test_cells_are_not_blamed_for_what_another_direction_may_show():
    scattered = np.array([[1.0, 12.0], [9.0, 2.0], [3.0, 4.0]])  # 5.2, and 4.3 from one to the next
    for curvature, is_said in ((10.0, False), (40.0, True)):
        found = said(with_belief(sampled(quadratic(curvature, curvature)), level="quick", differences=scattered))
        assert any("that of its cells" in sentence for sentence in found) is is_said


def test_what_is_within_rounding_is_no_finding():
    flat = [lambda x, y, number=number: 2.0 + 1e-3 * number * x**2 for number in range(3)]
    found = said(sampled(*flat, precision="bf16"))
    assert "Three planes: the curvature over cells of 0.25 and 0.2 is not told from rounding." in found
    still = with_belief(sampled(quadratic(4, 6, center=100.0)), level="quick", differences=np.zeros((5, 2)))
    found = said(still)
    assert "Ten random directions: the curvature over steps of 0.02 is not told from rounding." in found
    assert any(
        sentence
        == "The curvatures of 10 random directions over a step of 0.02 are not told from rounding: whether the center is a minimum was not measured."
        for sentence in found
    )
    tiny = [("norm statistics", "stored", 0.0, 0.0, 2.54e-7, np.nan)]
    text = said(with_belief(sampled(quadratic(4, 6, center=0.0), precision="bf16"), level="quick", comparisons=tiny))
    assert not any("norm statistics" in sentence for sentence in text)


def test_other_samples_change_a_loss_alone_and_another_split_must_change_it_more():
    def found(split):
        parts = (
            ("second subset", "60 other samples of train", 0.0, 0.0, 1.0, 0.75),
            ("other split", "60 samples of test", 0.0, 0.0, split, 0.6),
        )
        return [each for each in said(with_belief(convex(), level="quick", comparisons=parts)) if "samples of" in each]

    alone = "60 other samples of train alone change the loss at the center from 0.5 to 1."
    assert found(0.9) == found(1.0) == found(0.1) == [alone]
    assert found(1.1) == [alone, "On 60 samples of test, the loss at the center is 1.1 instead of 0.5."]


def test_what_an_interrupted_run_has_is_said_first():
    begun = with_belief(convex(), differences=CALM[:6], num_fresh=30, comparisons=COMPARISONS)
    assert said(begun)[:2] == ["Not all was measured yet: 6 of 30 random planes.", CONVEX]
    line = with_belief(sampled(quadratic(400, 0), y=None), differences=[[1.0]], num_fresh=30)
    assert said(line)[0] == "Not all was measured yet: 1 of 30 random directions."
    assert said(with_belief(convex(), differences=CALM, hessian=INDEFINITE))[0] == CONVEX


def test_the_headline_is_that_the_point_is_no_minimum_or_else_the_first_sentence():
    assert headline(said(convex())) == CONVEX
    proven = said(with_belief(convex(), differences=CALM, hessian=INDEFINITE))
    assert headline(proven) == "The Hessian has an eigenvalue of -3.1 (residual 0.02): the point is no minimum."
    shown = said(with_belief(convex(), level="quick", differences=[[-1.0, 2.0], [3.0, -4.0]]))
    assert headline(shown).endswith("at this scale the center is no minimum.")
    assert headline(said(with_belief(convex(), hessian=hessian("positive", 0.4)))) == CONVEX


CRITICAL = {"gradient_norm": 0.1, "gradient_error": 0.12}
ON_A_SLOPE = {
    "verdict": "not a critical point; the Hessian there is degenerate",
    "gradient_norm": 3.14,
    "gradient_error": 0.8,
}
FALLS = (
    "The gradient is not zero: the loss falls along it. Its length is 3.14, where chance brings 0.8 with these samples."
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


@pytest.mark.parametrize(
    "count, num, words",
    [(0, 30, "0 to 12 %"), (30, 30, "88 to 100 %"), (1, 60, "0.042 to 8.9 %"), (59, 60, "91 to 100 %")],
)
def test_intervals_are_never_narrower_than_they_are(count, num, words):
    ends = binomtest(count, num).proportion_ci(0.95, "exact")
    assert interval(Share(count, num, ends.low, ends.high)) == words


def test_numbers_have_words():
    assert [spelled(num) for num in (1, 12, 13, 1024)] == ["one", "twelve", "13", "1,024"]
    assert share_words(Share(0, 30, 0.0, 0.1)) == "none of 30" and figure(np.inf) == figure(np.nan) == "not finite"


def test_what_is_measured_gives_its_name():
    surface = convex()
    renamed = replace(surface, values={"test_squared_error": surface.values["train_loss"]})
    found = sentences(account_of(replace(renamed, values={"test_squared_error": np.cos(3 * X)[:, None] + Y})))
    assert "the squared error lies" in found[0]
