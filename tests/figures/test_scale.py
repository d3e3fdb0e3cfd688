import numpy as np
import pytest
from surfaces import slanted, with_values

from landscape.figures.scale import Scale, label, scale_over


def test_one_log_scale_spans_all_surfaces():
    scale = scale_over([slanted(), slanted(factor=100)], "train_loss")
    assert (scale.kind, scale.low, scale.high) == ("log", 1.0, 3600.0)


def test_a_log_scale_starts_at_the_smallest_positive_finite_value():
    surface = with_values(lambda loss: loss.__setitem__((0, slice(0, 3)), [0.0, np.nan, np.inf]))
    scale = scale_over([surface], "train_loss")
    assert scale.low == 2.0 and np.isfinite(scale.high)


def test_a_negative_value_makes_the_scale_linear():
    surface = with_values(lambda loss: loss.__setitem__((2, 1), -3.0))
    assert scale_over([surface], "train_loss").kind == "linear"


def test_zero_lies_on_the_floor_and_holes_stay_holes():
    heights = Scale("log", 0.01, 100.0).height([0.0, 0.01, 1.0, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(heights, [-2, -2, 0, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("low, high", [(0.02, 800.0), (1.1, 1.2), (1e-9, 1e9), (0.5, 40.0), (2.0, 2.0)])
@pytest.mark.parametrize("kind", ["log", "linear"])
def test_levels_are_few_and_inside_the_range(low, high, kind):
    scale = Scale(kind, low, high)
    levels, (bottom, top) = scale.levels(), scale.ends
    assert 4 <= len(levels) <= 50
    assert (levels >= bottom - 1e-9).all() and (levels <= top + 1e-9).all()


@pytest.mark.parametrize("low, high", [(0.02, 800.0), (1.1, 1.2), (1e-9, 1e9), (0.5, 40.0)])
def test_a_log_scale_has_three_labels_or_more_at_round_values(low, high):
    values = Scale("log", low, high).labelled()
    assert len(values) >= 3
    assert all(low * (1 - 1e-6) <= value <= high * (1 + 1e-6) for value in values)


def test_a_log_scale_over_decades_labels_the_decades():
    np.testing.assert_allclose(Scale("log", 0.02, 800.0).labelled(), [0.1, 1, 10, 100])


def test_a_constant_surface_has_a_range():
    low, high = scale_over([with_values(lambda loss: loss.fill(3.0))], "train_loss").ends
    assert low < np.log10(3.0) < high


def test_labels_are_in_the_metrics_own_units():
    assert [label(value) for value in (0.5, 1e6, 3e-7, 0.0)] == ["0.5", "10⁶", "3·10⁻⁷", "0"]
    assert label(0.25, "train_accuracy") == "25%"


def test_an_unknown_metric_lists_the_choices():
    with pytest.raises(ValueError, match="^there is no metric 'loss'; choose one of train_accuracy, train_loss$"):
        scale_over([slanted()], "loss")


def test_a_clipped_scale_cuts_at_a_round_value_that_half_of_the_points_do_not_exceed():
    surface = with_values(lambda loss: loss.__setitem__((5, 3), 1e6))
    scale = scale_over([surface], "train_loss", "clipped")
    assert (scale.kind, scale.low, scale.high) == ("clipped", 1.0, 20.0)  # the median is 18.5
    np.testing.assert_array_equal(scale.height([1.0, 19.5, 1e6, np.inf, np.nan]), [1, 19.5, 20, np.nan, np.nan])
    assert scale.ends == (1.0, 20.0) and max(scale.labelled()) <= 20 and scale.levels().max() <= 20


def test_a_clip_of_ones_own_is_kept_and_one_that_cuts_nothing_is_linear():
    assert scale_over([slanted()], "train_loss", "clipped", clip=7.3).high == 7.3
    assert scale_over([slanted()], "train_loss", "clipped", clip=99.0) == Scale("linear", 1.0, 36.0)


def test_a_clip_below_every_value_is_refused():
    with pytest.raises(ValueError, match=r"^the clip must be above the smallest train_loss, 1, not 0\.5$"):
        scale_over([slanted()], "train_loss", "clipped", clip=0.5)


def test_an_unknown_scale_lists_the_choices():
    with pytest.raises(ValueError, match="^unknown scale 'cubic'; choose one of log, linear, clipped$"):
        scale_over([slanted()], "train_loss", "cubic")
