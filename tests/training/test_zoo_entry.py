"""A finished run enters the zoo with what it recorded of itself."""

import pytest

from landscape.problem.checkpoints import read_checkpoint
from landscape.problem.datasets import open_dataset
from landscape.problem.zoo import read_zoo, zoo_file
from landscape.store.run_file import read_run
from landscape.store.weights_file import read_weights, write_weights
from landscape.training.zoo_entry import add_to_zoo


def run_of(folder, *more: str):
    from landscape.cli.train import train_command
    from landscape.sweep.world import World

    out = folder / "a run"
    train_command(["--model", "mlp", "--dataset", "digits", "--swa", *more, "--out", str(out)], World())
    return out


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("runs"), "--epochs", "4", "--seed", "3")


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A run that ended without the training accuracy asked for."""
    more = ["--epochs", "2", "--seed", "4", "--swa-from", "1", "--until-train-accuracy", "1"]
    return run_of(tmp_path_factory.mktemp("runs"), *more)


def beside(out, ending):
    return out.parent / (out.name + ending)


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "zoo").mkdir()
    return tmp_path / "zoo" / "manifest.json"


def test_a_run_enters_with_its_command_scores_and_seconds(trained, manifest):
    weights, run = beside(trained, ".safetensors"), beside(trained, ".run.h5")
    entry = add_to_zoo(weights, "small", manifest, open_dataset("digits"), about="a test", run=run)
    assert read_zoo(manifest) == {"small": entry}
    assert zoo_file("small", manifest).read_bytes() == weights.read_bytes()
    assert entry.commands[0].startswith("landscape train --model mlp") and f"'{trained}'" in entry.commands[0]
    assert (entry.epochs, entry.updates, entry.seed, entry.under_trained) == (4, 4 * 12, 3, False)
    assert entry.scores["test_accuracy"] == read_checkpoint(weights).recorded("test_accuracy")
    assert entry.wall_s > 0 and 0 < entry.update_s < entry.wall_s / 48 and entry.threads == 1


def test_weights_on_the_way_are_scored_and_counted_to_where_they_stood(trained, manifest):
    member, run = beside(trained, "-checkpoints") / "epoch-0003.safetensors", beside(trained, ".run.h5")
    entry = add_to_zoo(member, "member", manifest, open_dataset("digits"), about="a test", run=run)
    assert (entry.epochs, entry.updates) == (3, 3 * 12)
    assert 0.1 < entry.scores["test_accuracy"] <= 1 and entry.scores["train_loss"] > 0
    average = add_to_zoo(
        beside(trained, "-swa.safetensors"), "swa", manifest, open_dataset("digits"), about="a test", run=run
    )
    assert list(read_zoo(manifest)) == ["member", "swa"] and "ensemble_test_accuracy" in average.scores


@pytest.mark.parametrize(
    "kept, scored_on",
    [
        (".safetensors", "subset_accuracy"),
        ("-swa.safetensors", "subset_accuracy"),
        ("-checkpoints/epoch-0001.safetensors", "train_accuracy"),
    ],
)
def test_all_weights_of_a_run_short_of_its_accuracy_enter_as_under_trained(short, manifest, kept, scored_on):
    entry = add_to_zoo(
        beside(short, kept), "short", manifest, open_dataset("digits"), about="a test", run=beside(short, ".run.h5")
    )
    assert entry.under_trained and entry.scores[scored_on] < 1


def test_another_runs_records_are_refused_and_nothing_enters(trained, short, manifest):
    weights, run = beside(trained, "-swa.safetensors"), beside(short, ".run.h5")
    with pytest.raises(ValueError) as caught:
        add_to_zoo(weights, "swa", manifest, open_dataset("digits"), about="a test", run=run)
    assert str(caught.value) == (
        f"{run} is not of the run that made {weights} (other epochs, seed, swa_from, until_train_accuracy); "
        "give that run's .run.h5"
    )
    assert list(manifest.parent.iterdir()) == []


@pytest.mark.parametrize("is_older", [False, True])
def test_an_average_of_a_run_that_stopped_by_itself_counts_the_epochs_that_were(tmp_path, manifest, is_older):
    more = ["--schedule", "constant", "--swa-from", "1", "--until-train-accuracy", "0.9", "--seed", "2"]
    out = run_of(tmp_path, *more, "--checkpoint-every", "20step")
    average, run = beside(out, "-swa.safetensors"), beside(out, ".run.h5")
    num_epochs = read_run(run).num_epochs
    assert 2 <= num_epochs < 30
    if is_older:  # averages did not tell their epochs
        tensors, metadata = read_weights(average)
        del metadata["epochs"]
        write_weights(average, tensors, metadata)
    entry = add_to_zoo(average, "swa", manifest, open_dataset("digits"), about="a test", run=run)
    assert (entry.epochs, entry.updates) == (num_epochs, 12 * num_epochs)
    step = beside(out, "-checkpoints/step-000020.safetensors")
    entry = add_to_zoo(step, "step", manifest, open_dataset("digits"), about="a test", run=run)
    assert (entry.epochs, entry.updates) == (1, 20)


def test_no_network_of_the_zoo_contradicts_its_scores():
    asked = {name: network for name, network in read_zoo().items() if network.recipe.get("until_train_accuracy")}
    assert len(asked) >= 10
    for name, network in asked.items():
        scores = network.scores
        reached = scores.get("subset_accuracy", scores["train_accuracy"])
        assert network.under_trained == (reached < network.recipe["until_train_accuracy"]), name
    assert not any(network.under_trained for name, network in read_zoo().items() if name not in asked)


def test_a_second_network_of_a_name_takes_the_first_one_s_place(trained, manifest):
    for about in ("one", "two"):
        add_to_zoo(
            beside(trained, ".safetensors"), "same", manifest, open_dataset("digits"), about=about, commands=["by hand"]
        )
    assert [network.about for network in read_zoo(manifest).values()] == ["two"]


def test_weights_that_no_run_wrote_are_refused_and_nothing_enters(manifest, tmp_path, trained):
    stray = tmp_path / "stray.safetensors"
    write_weights(stray, dict(read_checkpoint(beside(trained, ".safetensors")).tensors), {})
    with pytest.raises(ValueError, match="does not say how it was trained"):
        add_to_zoo(stray, "stray", manifest, open_dataset("digits"), about="a test", commands=["by hand"])
    with pytest.raises(ValueError, match="say how these weights were made"):
        add_to_zoo(beside(trained, ".safetensors"), "some", manifest, open_dataset("digits"), about="a test")
    assert list(manifest.parent.iterdir()) == []
