import re
from collections import namedtuple

import numpy as np
import pytest
import torch

from landscape.problem.batches import (
    SampleBatches,
    default_batch_size,
    digest_of_batches,
    fixed_batches,
    moved,
    stratified_subset,
)
from landscape.problem.datasets import Samples, digits


def unequal_classes() -> Samples:
    """Return 100 samples in disorder: 60 of class 0, 27 of class 4, 10 of class 5, 3 of class 9."""
    targets = np.repeat([0, 4, 5, 9], [60, 27, 10, 3])
    return Samples(np.zeros((100, 1), np.float32), np.random.default_rng(1).permutation(targets))


def images(number: int = 7) -> Samples:
    random = np.random.default_rng(2)
    return Samples(random.integers(0, 256, (number, 3, 5, 2), np.uint8), random.integers(0, 4, number))


def cut(samples: Samples, indices=None, batch_size: int = 3, **options) -> SampleBatches:
    chosen = np.arange(len(samples)) if indices is None else np.asarray(indices)
    return SampleBatches(samples, chosen, batch_size=batch_size, **options)


# Subsets.


@pytest.mark.parametrize("num_samples", [1, 2, 9, 33, 50, 99])
def test_a_subset_holds_each_class_in_proportion_to_within_one_sample(num_samples):
    samples = unequal_classes()
    chosen = stratified_subset(samples, num_samples, seed=3)
    assert len(chosen) == num_samples
    for label, count in zip(*np.unique(samples.targets, return_counts=True)):
        assert abs((samples.targets[chosen] == label).sum() - count * num_samples / 100) < 1


def test_a_subset_has_the_exact_proportions_where_they_are_whole():
    samples = Samples(np.zeros((100, 1)), np.repeat([0, 4, 5, 9], [60, 20, 10, 10]))
    assert np.bincount(samples.targets[stratified_subset(samples, 30, seed=3)]).tolist() == [
        18,
        0,
        0,
        0,
        6,
        3,
        0,
        0,
        0,
        3,
    ]


def test_a_subset_is_increasing_and_holds_no_sample_twice():
    chosen = stratified_subset(unequal_classes(), 50, seed=3)
    assert (np.diff(chosen) > 0).all() and chosen[0] >= 0 and chosen[-1] < 100


def test_the_seed_alone_decides_which_samples():
    first, again, other = (stratified_subset(unequal_classes(), 50, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_subset_is_spread_over_the_whole_of_each_class():
    chosen = np.concatenate([stratified_subset(unequal_classes(), 34, seed=seed) for seed in range(100)])
    assert set(chosen) == set(range(100))


def test_all_samples_are_all_in_order():
    assert np.array_equal(stratified_subset(unequal_classes(), 100, seed=3), np.arange(100))


def test_targets_that_are_no_classes_give_a_plain_subset():
    samples = Samples(np.zeros((20, 1)), np.linspace(0, 1, 20))
    chosen = stratified_subset(samples, 7, seed=3)
    assert len(set(chosen)) == 7 and (np.diff(chosen) > 0).all()
    assert not np.array_equal(chosen, stratified_subset(samples, 7, seed=4))


@pytest.mark.parametrize("num_samples", [0, -1, 101])
def test_more_samples_than_there_are_or_none_are_refused(num_samples):
    with pytest.raises(ValueError, match=f"^--num-samples must lie between 1 and 100, not {num_samples}$"):
        stratified_subset(unequal_classes(), num_samples, seed=3)


# Batches.


def test_batches_hold_the_chosen_samples_in_order_with_a_short_last_one():
    samples = images()
    found = list(cut(samples, [6, 0, 5, 2, 1], batch_size=2))
    assert [len(targets) for _, targets in found] == [2, 2, 1]
    assert torch.cat([targets for _, targets in found]).tolist() == samples.targets[[6, 0, 5, 2, 1]].tolist()


def test_images_become_channels_first_between_zero_and_one():
    samples = images()
    inputs, targets = next(iter(cut(samples)))
    assert inputs.shape == (3, 2, 3, 5) and inputs.dtype == torch.float32 and targets.dtype == torch.int64
    for sample, channel, row, column in np.ndindex(inputs.shape):
        assert float(inputs[sample, channel, row, column]) == np.float32(
            samples.inputs[sample, row, column, channel] / 255
        )


def test_each_channel_is_normalized_by_its_own_mean_and_deviation():
    plain, _ = next(iter(cut(images())))
    found, _ = next(iter(cut(images(), mean=(0.2, 0.7), std=(0.5, 2.0))))
    assert torch.allclose(found[:, 0], (plain[:, 0] - 0.2) / 0.5, atol=1e-6)
    assert torch.allclose(found[:, 1], (plain[:, 1] - 0.7) / 2.0, atol=1e-6)


def test_floating_point_inputs_and_targets_are_taken_as_they_are():
    samples = Samples(np.linspace(-3, 3, 20).reshape(10, 2), np.linspace(0, 1, 10))
    inputs, targets = next(iter(cut(samples, batch_size=10)))
    assert np.array_equal(inputs.numpy(), samples.inputs) and np.array_equal(targets.numpy(), samples.targets)


def test_going_through_batches_again_gives_the_same_bits():
    batches = cut(images(), mean=(0.2, 0.7), std=(0.5, 2.0))
    assert digest_of_batches(batches) == digest_of_batches(batches)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"batch_size": 0}, "--batch-size must be 1 or more, not 0"),
        ({"mean": (0.5,), "std": (0.5,)}, "--mean and --std need one number for each of the 2 channels, not 1 and 1"),
        ({"mean": (0.5, 0.5)}, "--mean and --std need one number for each of the 2 channels, not 2 and 0"),
        ({"mean": (0.5, 0.5), "std": (0.5, 0.0)}, "--std must be above 0, not [0.5, 0.0]"),
        ({"mean": (0.5, 0.5), "std": (0.5, float("nan"))}, "--std must be above 0, not [0.5, nan]"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        cut(images(), **options)


def test_default_batches_follow_the_size_of_a_sample():
    photos = Samples(np.zeros((1, 32, 32, 3), np.uint8), np.zeros(1, int))
    huge = Samples(np.zeros((1, 3, 500, 500), np.float32), np.zeros(1, int))
    assert default_batch_size(photos, "cpu", "plain") == 50
    assert default_batch_size(photos, "cpu", "folded") == 32
    assert default_batch_size(digits().split("train"), "cpu", "folded") == 250
    assert default_batch_size(huge, "cpu", "plain") == 1
    assert default_batch_size(photos, "cuda:1", "folded") == 1000
    assert default_batch_size(huge, "cuda", "folded") == 4


# Digests.


def test_a_digest_is_the_same_for_the_same_samples_in_batches_of_any_size():
    assert cut(images(), batch_size=2).digest() == cut(images(), batch_size=5).digest()


def changed(samples: Samples, what: str) -> Samples:
    inputs, targets = samples.inputs.copy(), samples.targets.copy()
    if what == "pixel":
        inputs[6, 2, 4, 1] ^= 1
    if what == "label":
        targets[6] += 1
    return Samples(inputs, targets)


@pytest.mark.parametrize("what", ["pixel", "label"])
def test_a_digest_changes_with_any_pixel_or_label(what):
    assert cut(changed(images(), what)).digest() != cut(images()).digest()


@pytest.mark.parametrize(
    "indices, options",
    [
        ([1, 0, 2, 3, 4, 5, 6], {}),
        ([0, 1, 2, 3, 4, 5], {}),
        (None, {"mean": (0.2, 0.7), "std": (0.5, 2.0)}),
    ],
)
def test_a_digest_changes_with_order_number_and_normalization(indices, options):
    assert cut(images(), indices, **options).digest() != cut(images()).digest()


def test_a_digest_sees_samples_beyond_its_first_block():
    samples = Samples(np.zeros((5000, 1), np.float32), np.zeros(5000, int))
    other = Samples(samples.inputs.copy(), samples.targets.copy())
    other.inputs[4999] = 1
    assert cut(samples).digest() != cut(other).digest()


Pair = namedtuple("Pair", "inputs targets")


def nested() -> list:
    return [{"inputs": (torch.arange(6.0), [torch.tensor(3)]), "name": "first"}, Pair(torch.ones(2), torch.zeros(2))]


def test_a_digest_of_batches_changes_with_any_number_in_any_nesting():
    first = digest_of_batches(nested())
    assert first == digest_of_batches(nested())
    for change in range(4):
        batches = nested()
        if change == 0:
            batches[0]["inputs"][0][5] += 1
        if change == 1:
            batches[0]["inputs"][1][0] += 1
        if change == 2:
            batches[1].targets[1] = 7
        if change == 3:
            batches[0]["name"] = "second"
        assert digest_of_batches(batches) != first


def test_a_digest_of_batches_changes_with_their_order_and_types():
    assert digest_of_batches(nested()[::-1]) != digest_of_batches(nested())
    assert digest_of_batches([torch.zeros(2)]) != digest_of_batches([torch.zeros(2, dtype=torch.int32)])
    assert digest_of_batches([torch.zeros(2, 3)]) != digest_of_batches([torch.zeros(3, 2)])


# A loader's batches.


def test_batches_of_a_loader_are_kept_once_and_for_all():
    kept = fixed_batches(torch.ones(2) * number for number in (3, 5))
    assert [batch.tolist() for batch in kept] == [[3, 3], [5, 5]]


def test_a_loader_without_batches_is_refused():
    with pytest.raises(ValueError, match="^the loader gave no batch; a surface needs one sample or more$"):
        fixed_batches(iter(()))


def test_moving_a_batch_keeps_its_form_and_changes_the_type_of_floating_point_numbers_alone():
    first, second = (moved(batch, "cpu", torch.float64) for batch in nested())
    assert first["inputs"][0].dtype == torch.float64 and first["inputs"][1][0].dtype == torch.int64
    assert type(first["inputs"]) is tuple and type(first["inputs"][1]) is list and first["name"] == "first"
    assert type(second) is Pair and second.targets.dtype == torch.float64
