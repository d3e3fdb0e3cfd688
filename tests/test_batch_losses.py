"""Batches: how they are drawn, and what a value of their losses must hold."""

import re

import numpy as np
import pytest

from landscape.batch_losses import BatchLosses, drawn_batches, no_batch_losses


def test_no_sample_comes_twice_in_a_batch():
    drawn = drawn_batches(37, (1, 5, 30, 37), 12, seed=4)
    assert {size: batches.shape for size, batches in drawn.items()} == {size: (12, size) for size in (1, 5, 30, 37)}
    for batches in drawn.values():
        assert (np.diff(batches, axis=1) > 0).all() and batches.min() >= 0 and batches.max() < 37
    assert (drawn[37] == np.arange(37)).all()


def test_single_examples_are_all_different():
    assert sorted(drawn_batches(19, (1,), 19, seed=0)[1].ravel()) == list(range(19))


def test_every_sample_is_as_likely_as_any_other():
    counts = np.bincount(drawn_batches(11, (4,), 4000, seed=1)[4].ravel(), minlength=11)
    expected = 4000 * 4 / 11
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected * 7 / 11)  # hypergeometric, five deviations


def test_a_sizes_batches_hang_on_the_seed_and_on_no_other_size():
    alone, among = drawn_batches(50, (8,), 6, seed=2), drawn_batches(50, (1, 8, 20), 6, seed=2)
    np.testing.assert_array_equal(alone[8], among[8])
    np.testing.assert_array_equal(drawn_batches(50, (8,), 9, seed=2)[8][:6], alone[8])
    assert (drawn_batches(50, (8,), 6, seed=3)[8] != alone[8]).any()


@pytest.mark.parametrize(
    "sizes, num, sentence",
    [
        (
            (4, 21),
            3,
            "--batch-loss needs batches no larger than the 20 samples that are looked at, not of 21; give smaller sizes, or a larger "
            "--num-samples",
        ),
        ((1,), 21, "--num-batches must be 20 or less, the single examples that there are, not 21"),
    ],
)
def test_more_than_there_are_is_refused(sizes, num, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        drawn_batches(20, sizes, num, seed=0)


def begun() -> BatchLosses:
    return no_batch_losses((5, 3), np.arange(30, 50), drawn_batches(20, (1, 6), 4, seed=0), {"split": "train"})


def test_nothing_is_measured_at_first_and_arrays_are_read_only():
    batches = begun()
    assert batches.sizes == (1, 6) and batches.losses[6].shape == (4, 5, 3) and np.isnan(batches.losses[6]).all()
    assert not batches.is_complete and not batches.done.any()
    for array in (batches.losses[1], batches.members[6], batches.whole, batches.samples):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_another_sample_another_batch_or_another_split_is_another_draw():
    one = begun()
    members = drawn_batches(20, (1, 6), 4, seed=0)
    same = no_batch_losses((5, 3), np.arange(30, 50), members, {"split": "train", "gradient": {}})
    assert one.is_of_the_draw(same)
    others = [
        no_batch_losses((5, 3), np.arange(31, 51), members, {"split": "train"}),
        no_batch_losses((5, 3), np.arange(30, 50), drawn_batches(20, (1, 6), 4, seed=1), {"split": "train"}),
        no_batch_losses((5, 3), np.arange(30, 50), members, {"split": "test"}),
        no_batch_losses((3, 5), np.arange(30, 50), members, {"split": "train"}),
        no_batch_losses((5, 3), np.arange(30, 50), {1: members[1]}, {"split": "train"}),
    ]
    assert not any(one.is_of_the_draw(other) for other in others)


def test_losses_of_another_shape_than_the_grids_are_refused():
    members = {2: np.array([[0, 1], [1, 2], [0, 2]])}
    with pytest.raises(ValueError, match=r"losses of batches of 2 have the shape \(3, 4, 5\), .* the grid is \(5, 4\)"):
        BatchLosses(np.arange(3), members, {2: np.zeros((3, 4, 5))}, np.zeros((5, 4)), np.zeros((5, 4)))
    with pytest.raises(ValueError, match=r"done has the shape \(4, 5\)"):
        BatchLosses(np.arange(3), members, {2: np.zeros((3, 5, 4))}, np.zeros((5, 4)), np.zeros((4, 5)))
