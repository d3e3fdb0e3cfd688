"""Averaged weights against means written out, and the ensemble of the same members beside them."""

import shutil

import numpy as np
import pytest
import torch

from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.models import build_model
from landscape.store.run_file import read_run
from landscape.training.averages import Averages, is_member
from landscape.training.batches import normalized, padded_images, training_batches
from landscape.training.files import CheckpointRule
from landscape.training.loop import train
from landscape.training.samples import prepared

FLOAT32 = 2e-6  # running means are taken in float32, in steps


def quiet(line: str) -> None:
    pass


def trained(tmp_path, recipe, dataset, **options):
    path = train(recipe, dataset, tmp_path / "run", say=quiet, **options)
    return path, tmp_path / "run-checkpoints"


def tensors_of(path) -> dict[str, torch.Tensor]:
    return dict(read_checkpoint(path).tensors)


def weights_among(tensors) -> list[str]:
    return [name for name in tensors if "running" not in name and "num_batches" not in name]


def test_members_are_the_chosen_epochs():
    from landscape.training.recipe import Recipe

    recipe = Recipe(epochs=12, swa_from=5, swa_every=3)
    assert [epoch for epoch in range(1, 13) if is_member(recipe, epoch)] == [5, 8, 11]
    assert not any(is_member(Recipe(epochs=12), epoch) for epoch in range(1, 13))


def test_averaged_weights_are_the_plain_mean_of_the_members(tmp_path, recipe, few_digits):
    _, kept = trained(tmp_path, recipe(schedule="constant", swa_from=2), few_digits())
    assert sorted(path.name for path in kept.iterdir()) == [f"epoch-000{n}.safetensors" for n in (2, 3, 4, 5)]
    members = [tensors_of(path) for path in sorted(kept.iterdir())]
    found = tensors_of(tmp_path / "run-swa.safetensors")
    for name in weights_among(found):
        mean = torch.stack([member[name].double() for member in members]).mean(0)
        assert torch.allclose(found[name].double(), mean, atol=FLOAT32), name
        assert not torch.allclose(found[name].double(), members[-1][name].double(), atol=1e-4), name


def test_batch_norms_statistics_of_averaged_weights_are_means_over_training_batches(tmp_path, recipe, few_digits):
    settings, dataset = recipe(schedule="constant", swa_from=3, swa_every=2), few_digits()
    trained(tmp_path, settings, dataset)
    found = read_checkpoint(tmp_path / "run-swa.safetensors")
    model = build_model(settings.model, from_data=dataset.model_arguments)
    load_into(model, found)
    samples = dataset.split("train")
    batches = training_batches(
        padded_images(samples, 1), samples.targets, dataset, batch_size=32, crop=1, flip=True, seed=(3, 5)
    )
    with torch.no_grad():
        seen = [model[0](inputs).double() for inputs, _ in batches]
    mean = torch.stack([one.mean((0, 2, 3)) for one in seen]).mean(0)
    variance = torch.stack([one.var((0, 2, 3)) for one in seen]).mean(0)
    assert torch.allclose(found.tensors["1.running_mean"].double(), mean, atol=1e-5)
    assert torch.allclose(found.tensors["1.running_var"].double(), variance, rtol=1e-5)


def test_batch_norm_is_estimated_again_where_one_sample_is_left_over(tmp_path, few_digits):
    from landscape.training.recipe import Recipe

    file = tmp_path / "deep.py"  # batch norm over single values, as at the end of a vgg
    file.write_text(
        "from torch import nn\n"
        "def make(*, num_classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.BatchNorm1d(5), nn.Linear(5, num_classes))\n"
    )
    settings = Recipe(model=f"{file}:make", epochs=1, num_train=49, batch_size=32, accumulate=2, ema=0.9)
    dataset = few_digits()
    train(settings, dataset, tmp_path / "run", say=quiet)  # 16 + 16 + 17, not 16 + 16 + 16 + 1
    found = read_checkpoint(tmp_path / "run-ema.safetensors")
    model = build_model(settings.model, from_data=dataset.model_arguments)
    load_into(model, found)
    samples = prepared(settings, dataset)[0].split("train")
    images = normalized(padded_images(samples, 0), dataset)
    order = np.random.default_rng((1, 1)).permutation(49)
    with torch.no_grad():
        seen = [model[1](model[0](images[part])).double() for part in (order[:16], order[16:32], order[32:])]
    mean = torch.stack([one.mean(0) for one in seen]).mean(0)
    variance = torch.stack([one.var(0) for one in seen]).mean(0)
    assert torch.allclose(found.tensors["2.running_mean"].double(), mean, atol=1e-5)
    assert torch.allclose(found.tensors["2.running_var"].double(), variance, rtol=1e-5)


def test_the_ensemble_is_the_mean_of_the_members_probabilities(tmp_path, recipe, few_digits):
    settings, dataset = recipe(schedule="constant", swa_from=3), few_digits()
    trained(tmp_path, settings, dataset)
    model = build_model(settings.model, from_data=dataset.model_arguments)
    samples, mean = dataset.split("test"), 0.0
    for epoch in (3, 4, 5):
        load_into(model, read_checkpoint(tmp_path / f"run-checkpoints/epoch-000{epoch}.safetensors"))
        with torch.no_grad():
            scores = model(normalized(padded_images(samples, 0), dataset)).double().numpy()
        powers = np.exp(scores - scores.max(1, keepdims=True))
        mean = mean + powers / powers.sum(1, keepdims=True) / 3
    scores = read_run(tmp_path / "run.run.h5").origin.record["scores"]["ensemble"]
    losses = -np.log(mean[np.arange(40), samples.targets])
    assert scores["test_loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert scores["test_accuracy"] == (mean.argmax(1) == samples.targets).mean()
    found = read_checkpoint(tmp_path / "run-swa.safetensors")
    assert found.recorded("ensemble_test_loss") == scores["test_loss"]
    assert found.recorded("members") == [f"epoch-000{epoch}.safetensors" for epoch in (3, 4, 5)]


def test_a_member_that_is_gone_costs_the_ensemble_alone(tmp_path, recipe, few_digits):
    settings, said = recipe(schedule="constant", epochs=3, swa_from=1), []
    _, kept = trained(tmp_path, settings, few_digits(), stop_after=2)
    lost, whole = kept / "epoch-0001.safetensors", tmp_path / "whole"
    shutil.copytree(kept, tmp_path / "whole-checkpoints")
    shutil.copy(tmp_path / "run.state.pt", tmp_path / "whole.state.pt")
    train(settings, few_digits(), whole, say=quiet)
    content = lost.read_bytes()
    lost.write_bytes(content[:-9])
    with pytest.raises(OSError, match=r"epoch-0001\.safetensors can't be read as safetensors .*; remove it, or"):
        trained(tmp_path, settings, few_digits())
    lost.unlink()
    train(settings, few_digits(), tmp_path / "run", say=said.append)
    note = f"the ensemble is left out: its member {lost} is gone"
    record = read_run(tmp_path / "run.run.h5").origin.record
    assert note in said and record["notes"] == [note] and list(record["scores"]) == ["swa", "weights"]
    found, undisturbed = tensors_of(tmp_path / "run-swa.safetensors"), tensors_of(tmp_path / "whole-swa.safetensors")
    assert all(torch.equal(found[name], undisturbed[name]) for name in undisturbed)
    assert not [key for key in read_checkpoint(tmp_path / "run-swa.safetensors").metadata if "ensemble" in key]


def test_a_member_that_is_cut_on_the_way_costs_the_ensemble_alone(tmp_path, recipe, few_digits):
    member = tmp_path / "run-checkpoints" / "epoch-0001.safetensors"

    def cut(line: str) -> None:
        if line.startswith("epoch 2/3"):
            member.write_bytes(member.read_bytes()[:-9])

    path = train(recipe(epochs=3, swa_from=1), few_digits(), tmp_path / "run", say=cut)
    (note,) = read_run(tmp_path / "run.run.h5").origin.record["notes"]
    assert note.startswith(f"the ensemble is left out: {member} can't be read as safetensors (")
    assert path.exists() and (tmp_path / "run-swa.safetensors").exists()


def test_averages_are_labelled_under_trained_by_their_own_accuracy(tmp_path, recipe, few_digits):
    asked = recipe(epochs=3, swa_from=1, ema=0.9, until_train_accuracy=1.0)
    trained(tmp_path, asked, few_digits())
    trained(tmp_path / "unasked", recipe(epochs=3, swa_from=1, ema=0.9), few_digits())
    for name in ("swa", "ema"):
        found = read_checkpoint(tmp_path / f"run-{name}.safetensors")
        assert found.recorded("subset_accuracy") < 1 and found.recorded("under_trained") is True
        assert found.recorded("epochs") == 3
        unasked = read_checkpoint(tmp_path / f"unasked/run-{name}.safetensors")
        assert unasked.recorded("under_trained") is None


def test_a_moving_average_forgets_with_its_decay(tmp_path, recipe, few_digits):
    settings = recipe(schedule="constant", epochs=2, ema=0.7)
    _, kept = trained(tmp_path, settings, few_digits(), checkpoints=CheckpointRule(1, "step"))
    steps = [tensors_of(path) for path in sorted(kept.iterdir())]
    assert len(steps) == 1 + 2 * 3  # the initial weights, and 3 updates an epoch
    found = tensors_of(tmp_path / "run-ema.safetensors")
    for name in weights_among(found):
        mean = steps[1][name].double()
        for step in steps[2:]:
            mean = 0.7 * mean + 0.3 * step[name].double()
        assert torch.allclose(found[name].double(), mean, atol=FLOAT32), name


def test_averages_leave_the_run_as_it_is(tmp_path, recipe, few_digits):
    plain = tensors_of(train(recipe(), few_digits(), tmp_path / "plain", say=quiet))
    beside = tensors_of(train(recipe(swa_from=2, ema=0.9), few_digits(), tmp_path / "beside", say=quiet))
    assert all(torch.equal(plain[name], beside[name]) for name in plain)


@pytest.mark.parametrize("begin, have", [(4, "no member"), (1, "one member")])
def test_a_run_that_ends_with_fewer_than_two_members_has_no_average_and_says_so(
    tmp_path, recipe, few_digits, begin, have
):
    settings, said = recipe(swa_from=begin, ema=0.9, until_train_accuracy=0.01), []
    train(settings, few_digits(), tmp_path / "run", say=said.append)
    note = f"swa and its ensemble are left out: averaging from epoch {begin} on had {have} when the run ended after epoch 1"
    record = read_run(tmp_path / "run.run.h5").origin.record
    assert said.count(note) == 1 and record["notes"] == [note] and sorted(record["scores"]) == ["ema", "weights"]
    assert not (tmp_path / "run-swa.safetensors").exists() and (tmp_path / "run-ema.safetensors").exists()


def test_without_averages_nothing_is_averaged():
    from landscape.training.recipe import Recipe

    averages = Averages(Recipe(), torch.nn.Linear(2, 2))
    averages.after_update(torch.nn.Linear(2, 2))
    averages.after_epoch(torch.nn.Linear(2, 2), 1)
    assert averages.state() == {} and not list(averages.networks(list))
