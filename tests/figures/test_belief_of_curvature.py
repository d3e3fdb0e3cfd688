"""What is said of curvature: of planes, cells, random directions, and of the Hessian beside them."""

import numpy as np
import pytest
from belief_records import INDEFINITE, X, directed, quadratic, sampled, with_belief
from said_of_belief import CALM, UPWARD, convex, hessian, said
from scipy.stats import t


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


def test_kinks_below_a_positive_hessian_are_said():
    found = said(with_belief(convex(), differences=[[-1.0, 2.0], [3.0, 4.0]], hessian=hessian("positive", 0.4)))
    assert found[2] == "Yet over a step of 0.02, 1 of 4 random directions curves downward."


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
