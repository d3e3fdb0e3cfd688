"""Training batches, against a slow loop."""

import numpy as np
import pytest
import torch

from landscape.problem.batches import SampleBatches
from landscape.problem.datasets import Dataset, Samples, digits
from landscape.training.batches import normalized, padded_images, training_batches


def pictures(number: int = 11) -> tuple[Samples, Dataset]:
    """Return images whose first pixel of the first channel numbers them, in a data set of odd means."""
    random = np.random.default_rng(1)
    images = random.integers(1, 256, (number, 4, 5, 2), np.uint8)
    samples = Samples(images, np.arange(number))
    return samples, Dataset("pictures", {"train": samples}, (0.2, 0.6), (0.5, 2.0))


def epoch(samples, dataset, *, crop: int, flip: bool, seed=(3, 0)) -> list[tuple[torch.Tensor, torch.Tensor]]:
    images = padded_images(samples, crop)
    return list(training_batches(images, samples.targets, dataset, batch_size=4, crop=crop, flip=flip, seed=seed))


@pytest.mark.parametrize("crop, flip", [(0, False), (2, True)])
def test_each_sample_comes_once_an_epoch(crop, flip):
    batches = epoch(*pictures(), crop=crop, flip=flip)
    assert [len(targets) for _, targets in batches] == [4, 4, 3]
    assert sorted(torch.cat([targets for _, targets in batches]).tolist()) == list(range(11))


def test_without_shift_and_mirror_images_are_as_they_are():
    samples, dataset = pictures()
    for inputs, targets in epoch(samples, dataset, crop=0, flip=False):
        assert torch.equal(inputs, normalized(samples.inputs[targets], dataset))


def test_training_images_are_normalized_as_measured_ones_are():
    samples, dataset = pictures()
    measured, _ = next(iter(SampleBatches(samples, np.arange(11), batch_size=11, mean=dataset.mean, std=dataset.std)))
    assert torch.allclose(normalized(samples.inputs, dataset), measured, atol=1e-6)


def test_floating_point_images_are_normalized_as_measured_ones_are():
    dataset = digits()
    samples = dataset.split("test")
    measured, _ = next(iter(SampleBatches(samples, np.arange(9), batch_size=9, mean=dataset.mean, std=dataset.std)))
    assert torch.allclose(normalized(padded_images(samples, 0)[:9], dataset), measured, atol=1e-6)


def shifted_slowly(image: np.ndarray, down: int, right: int, is_mirrored: bool) -> np.ndarray:
    """Move an image pixel by pixel, zeros coming in, and then mirror it."""
    height, width, _ = image.shape
    result = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[row, column] = image[row - down, column - right]
    return result[:, ::-1] if is_mirrored else result


def ways_seen(crop: int, flip: bool) -> set[tuple[int, int, bool]]:
    """Find how each training image of many epochs was moved; fail where no way explains it."""
    samples, dataset = pictures()
    ways = [
        (down, right, m) for down in range(-crop, crop + 1) for right in range(-crop, crop + 1) for m in {False, flip}
    ]
    tables = [
        {normalized(shifted_slowly(image, *way)[None], dataset).numpy().tobytes(): way for way in ways}
        for image in samples.inputs
    ]
    return {
        tables[target][inputs[place : place + 1].numpy().tobytes()]
        for number in range(40)
        for inputs, targets in epoch(samples, dataset, crop=crop, flip=flip, seed=(3, number))
        for place, target in enumerate(targets.tolist())
    }


def test_images_are_shifted_by_up_to_the_crop_in_all_ways_and_mirrored_or_not():
    assert ways_seen(1, True) == {
        (down, right, m) for down in (-1, 0, 1) for right in (-1, 0, 1) for m in (False, True)
    }


def test_images_are_not_mirrored_unless_told():
    assert ways_seen(1, False) == {(down, right, False) for down in (-1, 0, 1) for right in (-1, 0, 1)}


def test_another_epoch_has_another_order_and_the_same_epoch_the_same():
    first, again, other = (epoch(*pictures(), crop=2, flip=True, seed=(3, number)) for number in (0, 0, 1))
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(first, again))
    assert [targets.tolist() for _, targets in first] != [targets.tolist() for _, targets in other]


@pytest.mark.parametrize("num_ranks", [2, 3])
def test_ranks_share_each_batch_out_and_draw_as_one_process_does(num_ranks):
    samples, dataset = pictures()
    images, options = padded_images(samples, 2), {"batch_size": 4, "crop": 2, "flip": True, "seed": (3, 0)}
    whole = epoch(samples, dataset, crop=2, flip=True)
    parts = [
        list(training_batches(images, samples.targets, dataset, part=slice(rank, None, num_ranks), **options))
        for rank in range(num_ranks)
    ]
    for batch, (inputs, targets) in enumerate(whole):
        for rank in range(num_ranks):
            assert torch.equal(parts[rank][batch][0], inputs[rank::num_ranks])
            assert torch.equal(parts[rank][batch][1], targets[rank::num_ranks])
