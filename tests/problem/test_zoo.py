"""The committed networks are those that their manifest describes, and as good as it says."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from landscape.cli.train import SETTINGS, _parsed
from landscape.cli.zoo import _sheet
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import open_dataset
from landscape.problem.models import build_model
from landscape.problem.zoo import file_digest, manifest_path, read_zoo, zoo_file
from landscape.training.zoo_entry import write_zoo

ZOO = read_zoo()
SIZE_AT_MOST = 40e6  # bytes
SOME = 1000


@pytest.mark.parametrize("name", ZOO)
def test_a_network_s_file_is_the_one_of_its_manifest(name):
    network, path = ZOO[name], manifest_path().with_name(f"{name}.safetensors")
    assert file_digest(path) == network.sha256 and path.stat().st_size == network.size
    checkpoint = read_checkpoint(path)
    assert {key: checkpoint.recorded(key) for key in ("model", "dataset", "recipe")} == {
        "model": network.model,
        "dataset": network.dataset,
        "recipe": network.recipe,
    }
    assert network.commands and network.about


def test_the_zoo_is_small_and_has_no_file_that_its_manifest_does_not_know():
    files = list(manifest_path().parent.glob("*.safetensors"))
    assert {path.stem for path in files} == set(ZOO)
    assert sum(path.stat().st_size for path in files) <= SIZE_AT_MOST


@pytest.mark.parametrize("name", ZOO)
def test_a_network_s_last_command_is_its_recipe(name):
    recipe = ZOO[name].recipe
    words = ZOO[name].commands[-1].split()
    assert words[:2] == ["landscape", "train"]
    options = _parsed(words[2:], "landscape train")
    asked = {key: getattr(options, key) for key in ("model", *SETTINGS) if getattr(options, key) is not None}
    usual = json.loads(json.dumps({key: value for key, value in asked.items() if key in recipe}))
    assert usual == {key: recipe[key] for key in usual} and {"seed", "epochs", "batch_size", "weight_decay"} <= set(
        usual
    )


def right(name: str, data_dir, split: str, limit: int | None) -> tuple[int, int]:
    """Count by a plain loop the images classified rightly: the slow oracle of the recorded accuracies."""
    network = ZOO[name]
    dataset = open_dataset(network.dataset, data_dir=data_dir)
    model = build_model(network.model, network.model_arguments, from_data=dataset.model_arguments)
    load_into(model, read_checkpoint(f"zoo:{name}"))
    model.eval()
    images, labels = dataset.splits[split].inputs[:limit], dataset.splits[split].targets[:limit]
    if images.dtype == np.uint8:
        images = np.moveaxis(images, 3, 1) / 255
    shape = (1, -1, 1, 1)
    images = (images - np.reshape(dataset.mean, shape)) / np.reshape(dataset.std, shape)
    found = 0
    with torch.no_grad():
        for start in range(0, len(images), 100):
            scores = model(torch.tensor(images[start : start + 100], dtype=torch.float32))
            found += sum(
                int(np.argmax(row)) == label for row, label in zip(scores.numpy(), labels[start : start + 100])
            )
    return found, len(images)


OF_DIGITS = [name for name, network in ZOO.items() if network.dataset == "digits"]
OF_CIFAR10 = [name for name, network in ZOO.items() if network.dataset == "cifar10"]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", OF_DIGITS)
def test_the_recorded_accuracy_on_digits_is_measured_again(name, split):
    found, number = right(name, None, split, None)
    assert (
        abs(found - ZOO[name].scores[f"{split}_accuracy"] * number) < 1.5
    )  # one image on the edge between two classes


@pytest.mark.parametrize("name", OF_CIFAR10)
def test_the_recorded_accuracy_on_cifar10_agrees_with_some_images(name, data_dir):
    found, number = right(name, data_dir, "test", SOME)
    accuracy = ZOO[name].scores["test_accuracy"]
    assert abs(found / number - accuracy) < 4 * (accuracy * (1 - accuracy) / number) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", OF_CIFAR10)
def test_the_recorded_accuracy_on_cifar10_is_measured_again(name, split, data_dir):
    found, number = right(name, data_dir, split, None)
    assert abs(found - ZOO[name].scores[f"{split}_accuracy"] * number) <= 3  # images on the edge between two classes


@pytest.fixture
def copy(tmp_path):
    """Return a manifest of a zoo of one, beside its file."""
    manifest = tmp_path / "manifest.json"
    shutil.copy(manifest_path().with_name("mlp-digits.safetensors"), tmp_path)
    write_zoo({"mlp-digits": ZOO["mlp-digits"]}, manifest)
    return manifest


def test_a_network_is_found_by_name_with_or_without_the_prefix(copy):
    assert zoo_file("mlp-digits", copy) == zoo_file("zoo:mlp-digits", copy) == copy.with_name("mlp-digits.safetensors")


def test_another_file_under_a_network_s_name_is_refused(copy):
    path = copy.with_name("mlp-digits.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match="is not the one that its manifest describes"):
        zoo_file("mlp-digits", copy)


def test_a_missing_file_or_name_is_said(copy):
    with pytest.raises(ValueError, match="the zoo has no network 'nope'; choose one of mlp-digits"):
        zoo_file("zoo:nope", copy)
    copy.with_name("mlp-digits.safetensors").unlink()
    with pytest.raises(OSError, match="is missing; install the tool again"):
        zoo_file("mlp-digits", copy)


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"name": "a"}]', '[{"commands": [], "wings": 2}]'])
def test_a_damaged_manifest_is_said(copy, text):
    copy.write_text(text)
    with pytest.raises(OSError, match="manifest .* is damaged"):
        read_zoo(copy)


def test_a_manifest_is_read_as_it_was_written(copy):
    network = replace(ZOO["mlp-digits"], wall_s=None, under_trained=True)
    write_zoo({"mlp-digits": network}, copy)
    assert read_zoo(copy) == {"mlp-digits": network}
    assert isinstance(json.loads(copy.read_text()), list)


def test_a_zoo_network_starts_a_surface_on_its_own_data_under_its_own_name(run, plot_surface, tmp_path):
    done = run(plot_surface, "--checkpoint", "zoo:mlp-digits", "--x", "-1:1:3", "--num-samples", "20", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "checkpoint: zoo:mlp-digits" in done.stdout and (tmp_path / "outputs" / "mlp-digits.h5").is_file()


@pytest.mark.slow
def test_a_zoo_network_can_be_trained_on(run, tmp_path):
    done = run(
        "-m", "landscape", "train", "--model", "mlp", "--dataset", "digits", "--from", "zoo:mlp-digits",
        "--epochs", "1", "--learning-rate", "1e-9", "--schedule", "constant", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    model, other = build_model("mlp", from_data={"channels": 1, "image_size": 8}), nn.Module()
    load_into(model, read_checkpoint(tmp_path / "outputs" / "mlp-digits.safetensors"))
    other = build_model("mlp", from_data={"channels": 1, "image_size": 8})
    load_into(other, read_checkpoint("zoo:mlp-digits"))
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(model.parameters(), other.parameters()))


@pytest.mark.parametrize("name", ZOO)
def test_what_is_told_of_a_network_stands_apart_from_its_value(name):
    network = ZOO[name]
    lines = _sheet(network)[1:]
    column = (
        len("  made by") + len(lines[-1].removeprefix("  made by")) - len(lines[-1].removeprefix("  made by").lstrip())
    )
    assert all(line[column - 2 : column] == "  " and line[column] != " " for line in lines)
    told = {line[2:column].strip(): line[column:] for line in lines}
    for key, value in network.scores.items():
        assert float(told[key.replace("_", " ")]) == pytest.approx(value, rel=1e-4)


def test_the_zoo_is_listed_and_told(run):
    listed = run("-m", "landscape", "zoo")
    assert all(name in listed.stdout for name in ZOO) and listed.returncode == 0
    told = run("-m", "landscape", "zoo", "mlp-digits")
    assert ZOO["mlp-digits"].sha256 in told.stdout and ZOO["mlp-digits"].commands[-1] in told.stdout
    unknown = run("-m", "landscape", "zoo", "nope")
    assert unknown.returncode == 2 and "the zoo has no network 'nope'" in unknown.stderr
