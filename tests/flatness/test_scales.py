"""The lengths that perturbations are counted in."""

import numpy as np
import pytest
import torch
from quadratics import Quadratic, bowl, scale_by
from torch import nn

from landscape.curvature.layout import layout_of
from landscape.directions import random_direction
from landscape.filters import filter_layouts
from landscape.flatness.scales import filter_deviations, filter_lengths, magnitudes, ones, require_scale
from landscape.weights import weights_of

MODEL = Quadratic(np.eye(13), 0.0)


def test_of_filters_they_are_lengths_and_root_mean_squares_and_biases_stay():
    lengths = [np.sqrt(0.34)] * 2 + [np.sqrt(5.96)] * 2 + [0] * 3 + [np.sqrt(0.21)] * 3 + [np.sqrt(14)] * 3
    numbers = np.array([2, 2, 2, 2, 1, 1, 1, 3, 3, 3, 3, 3, 3])
    assert scale_by(filter_lengths, MODEL, bowl()) == pytest.approx(np.array(lengths), rel=1e-14)
    assert scale_by(filter_deviations, MODEL, bowl()) == pytest.approx(lengths / np.sqrt(numbers), rel=1e-14)


def test_biases_that_move_are_one_filter():
    lengths, deviations = (
        scale_by(make, MODEL, bowl(), biases="moved") for make in (filter_lengths, filter_deviations)
    )
    assert lengths[4:7] == pytest.approx([1.1] * 3, rel=1e-14)
    assert deviations[4:7] == pytest.approx([1.1 / np.sqrt(3)] * 3, rel=1e-14)


def test_of_single_numbers_they_are_magnitudes():
    wanted = [0.3, 0.5, 1.4, 2, 0.6, 0.2, 0.9, 0.4, 0.1, 0.2, 3, 1, 2]
    assert magnitudes(bowl().layout, weights_of(MODEL)) == pytest.approx(wanted, rel=1e-14)


def test_the_square_of_the_deviations_is_the_covariance_of_filter_normalized_directions():
    """Of a transposed convolution too, whose filters lie along the second axis, in groups; one filter is zero."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.ConvTranspose2d(4, 6, (1, 2), groups=2), nn.BatchNorm2d(6), nn.Conv2d(6, 2, 1)).double()
    with torch.no_grad():
        model[2].weight[1] = 0
    center, filters = weights_of(model), filter_layouts(model)
    layout = layout_of(center)
    deviations = filter_deviations(layout, center, filters)
    draws = np.array([layout.flat(random_direction(center, filters, seed=seed, axis="x")) for seed in range(800)])
    assert (draws**2).mean(0) == pytest.approx(deviations**2, rel=6 * np.sqrt(2 / 800))
    assert (deviations == 0).sum() == 6 + 6 + 6 + 6 + 2  # biases, the norm's, the zero filter


def test_a_scale_that_moves_nothing_is_refused():
    layout = bowl().layout
    words = (
        "nothing would be moved: the chosen parameters are zero, or are biases and norm parameters, which stay fixed"
    )
    with pytest.raises(ValueError, match=f"^{words}$"):
        require_scale(np.zeros(13), layout)
    words = "the weights are not all finite, so that nothing can be measured in their lengths"
    with pytest.raises(ValueError, match=f"^{words}$"):
        require_scale(np.full(13, np.nan), layout)
    require_scale(ones(layout), layout)


def test_an_unknown_word_for_biases_is_refused():
    with pytest.raises(ValueError, match="^biases must be one of fixed, moved, not 'free'$"):
        scale_by(filter_lengths, MODEL, bowl(), biases="free")
