"""What is said of how far a surface can be believed, and in which order: each sentence with its figures recomputed from the record."""

import re
from dataclasses import replace

import numpy as np
import pytest
from belief_records import COMPARISONS, INDEFINITE, X, Y, directed, quadratic, sampled, with_belief
from said_of_belief import CALM, CONVEX, convex, hessian, said, wavy

from landscape.belief.account import account_of
from landscape.figures.belief_words import headline, sentences


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


def test_what_is_measured_gives_its_name():
    surface = convex()
    renamed = replace(surface, values={"test_squared_error": surface.values["train_loss"]})
    found = sentences(account_of(replace(renamed, values={"test_squared_error": np.cos(3 * X)[:, None] + Y})))
    assert "the squared error lies" in found[0]
