"""`landscape train` as a user starts it: kills, mistakes, ranks."""

import os
import random
import re
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from landscape.cli.arguments import Parser
from landscape.cli.train import train_command
from landscape.cli.train_options import add_train_options
from landscape.problem.batches import stratified_subset
from landscape.problem.datasets import Samples, digits
from landscape.store.run_file import read_run
from landscape.sweep.run import Stopped
from landscape.sweep.world import Mistake, World
from landscape.training.batches import padded_images, training_batches
from landscape.training.epochs import Epochs
from landscape.training.recipe import Recipe

OWN = """
from torch import nn
def make(*, num_classes):
    layers = [nn.Conv2d(1, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(54, num_classes))
"""
OPTIONS = """--model --model-arg --dataset --data-dir --cache-dir --download --num-train --subset-seed --crop --flip --epochs
    --batch-size --accumulate --until-train-accuracy --accuracy-subset --early-stop --watch --optimizer --base-optimizer --rho
    --learning-rate --momentum --weight-decay --label-smoothing --schedule --lowest --factor --milestones --cycle-epochs
    --cycle-growth --patience --swa --swa-from --swa-every --ema --out --from --checkpoint-every --overwrite --precision --seed
    --threads --stop-after""".split()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder with a model of theirs, where the program runs."""
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tensors_of(folder, name: str) -> dict[str, torch.Tensor]:
    """Return every tensor of a run's weights, averages and checkpoints."""
    paths = sorted(folder.glob(f"{name}*.safetensors")) + sorted(folder.glob(f"{name}-checkpoints/*"))
    found = {}
    for path in paths:
        inside = str(path.relative_to(folder)).removeprefix(name)
        found |= {f"{inside} {key}": tensor for key, tensor in load_file(path).items()}
    return found


def require_same(folder, one: str, other: str) -> None:
    first, second = tensors_of(folder, one), tensors_of(folder, other)
    assert first.keys() == second.keys() and first
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    columns, others = (read_run(folder / f"{name}.run.h5").columns for name in (one, other))
    same = [name for name in columns if not name.endswith("_s")]
    assert all(np.array_equal(columns[name], others[name]) for name in same) and len(same) >= 8


EVERYTHING = """--model own.py:make --epochs 10 --batch-size 64 --crop 1 --flip --optimizer sam --schedule plateau --patience 1
    --label-smoothing 0.1 --swa --swa-from 3 --swa-every 2 --ema 0.95 --checkpoint-every 20step --accumulate 2""".split()


@pytest.mark.parametrize("num_kills", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_kills_at_any_moment_change_no_bit_of_what_a_run_ends_with(folder, start, run, kill_all, num_kills):
    train_command([*EVERYTHING, "--out", "whole"], World())
    moments, numbers = random.Random(4), []
    for _ in range(num_kills):
        process = start("-m", "landscape", "train", *EVERYTHING, "--out", "killed", cwd=folder)
        for line in process.stdout:
            if line.startswith("epoch "):  # under way; where it is hit, chance decides
                numbers.append(int(line.split()[1].split("/")[0]))
                break
        time.sleep(moments.uniform(0, 0.25))
        kill_all(process)
    assert not (folder / "killed.safetensors").exists(), "it ended before the last kill"
    assert numbers == sorted(set(numbers))  # each went on from where the last one was
    ended = run("-m", "landscape", "train", *EVERYTHING, "--out", "killed", cwd=folder)
    assert ended.returncode == 0 and ended.stdout.startswith("going on after epoch "), ended.stderr
    require_same(folder, "whole", "killed")


def test_the_options_of_the_command_are_known():
    parser = Parser()
    add_train_options(parser)
    found = [option for action in parser._actions for option in action.option_strings]
    assert sorted(set(found) - {"-h", "--help"}) == sorted(OPTIONS)


def test_help_and_page_say_that_training_runs_on_the_cpu_and_name_the_usual_network(capsys):
    train_command(["--help"], World())
    told = " ".join(capsys.readouterr().out.split())
    assert "train a network on the CPU" in told and "no training on GPUs" in told and "(default: resnet20)" in told
    page = (Path(__file__).resolve().parents[2] / "docs" / "training.md").read_text()
    assert "runs on the CPU only" in page.split("## ")[0]
    assert f"| Which network? | `--model`, `--model-arg KEY=VALUE` | `{Recipe().model}` |" in page


@pytest.mark.slow
def test_the_bare_command_trains_a_network_that_classifies_well(folder, run):
    done = run("-m", "landscape", "train", cwd=folder)
    assert done.returncode == 0, done.stderr
    scores = read_run(folder / "outputs" / "resnet20-digits.run.h5").origin.record["scores"]["weights"]
    assert scores["train_accuracy"] > 0.99 and scores["test_accuracy"] > 0.97


def test_the_page_on_training_names_every_option_and_no_other():
    text = (Path(__file__).resolve().parents[2] / "docs" / "training.md").read_text()
    named = set(re.findall(r"--[a-z][a-z-]*", text)) - {"--nproc-per-node", "--checkpoint", "--help"}
    assert named == {option for option in OPTIONS if option != "--cache-dir"}


# What is asked for -> the sentence. The recipe's own sentences are in test_recipe.py.
REFUSED = {
    "--threads 0": "--threads must be 1 or more, not 0",
    "--threads 100000": f"--threads must be {4 * os.cpu_count()} or fewer on this machine, not 100000; give its cores",
    "--crop 50": "crop must be below the images' shorter side, of 8 pixels, not 50: nothing of an image would be left",
    "--model-arg num_classes=5": "the model mlp gives 5 scores, but digits (train) has labels up to 9; give the model "
    "10 classes (such as --model-arg num_classes=10), or number the labels anew",
    "--stop-after 0": "--stop-after must be 1 or more, not 0",
    "--checkpoint-every 3days": "--checkpoint-every must be a number of epochs such as 5, or of steps such as 100step, not '3days'",
    "--milestones 3;4 --schedule step": "--milestones must be epochs separated by commas, such as 15,23, not '3;4'",
    "--epochs few": "argument --epochs: invalid int value: 'few'; `landscape train --help` lists the options",
    "--optimiser sgd": "unrecognized arguments: --optimiser sgd; `landscape train --help` lists the options",
    "--from nowhere.pt": "there is no checkpoint nowhere.pt; give a .safetensors or a torch file, or zoo:NAME",
    "--model vgg57x": None,
    "--num-train 1439": "num train must lie between 1 and the 1438 training images, not 1439",
    "--swa --epochs 1": "averaging from epoch 1 on, every 1, finds fewer than two members in 1 epochs; begin earlier",
    "--swa-every 2": "swa every belongs to swa, which is not asked for; leave it out",
    "--out .": "--out names the run, not a folder: try mlp",
    f"--out {300 * 'n'}": "--out's name must have 200 letters or fewer, since endings are added to it, not 300; choose a shorter one",
    "--from zoo:resnet20-digits": None,
    "--out own.py/run": "the folder own.py can't be made (file exists); choose another --out",
}


@pytest.mark.parametrize("options", REFUSED)
def test_a_mistake_is_a_sentence_and_writes_nothing(options, folder):
    with pytest.raises(Mistake) as caught:
        train_command(["--model", "mlp", *options.split()], World())
    assert caught.value.status == 2
    if REFUSED[options] is not None:
        assert str(caught.value) == REFUSED[options]
    assert [path.name for path in folder.iterdir()] == ["own.py"]


SHORT = "--model mlp --epochs 3 --out run".split()


def stopped_in(monkeypatch, number: int) -> str:
    """Return what is said when a signal comes in the epoch of this number."""
    whole = Epochs.run

    def hit(self, rows):
        if len(rows) + 1 == number:
            raise KeyboardInterrupt
        return whole(self, rows)

    with monkeypatch.context() as patch, pytest.raises(Stopped) as caught:
        patch.setattr(Epochs, "run", hit)
        train_command(SHORT, World())
    return str(caught.value)


def test_a_signal_while_training_says_what_is_kept_and_that_the_same_command_goes_on(folder, monkeypatch, capsys):
    assert stopped_in(monkeypatch, 1) == (
        "stopped before an epoch was finished, so that nothing is kept; the same command begins again"
    )
    assert stopped_in(monkeypatch, 3) == (
        "stopped; what was done up to the last finished epoch is kept, and the same command goes on"
    )
    capsys.readouterr()
    train_command(SHORT, World())
    assert capsys.readouterr().out.startswith("going on after epoch 2 of 3 (run.state.pt)\nepoch 3/3: ")


def test_a_failure_on_the_way_leaves_with_1(folder, run):
    (folder / "blocked.run.html").mkdir()
    failed = run("-m", "landscape", "train", "--model", "mlp", "--epochs", "1", "--out", "blocked", cwd=folder)
    assert failed.returncode == 1
    assert failed.stderr == (
        "landscape: training stopped after epoch 1: blocked.run.html can't be written (is a directory); what stood "
        "there is as it was; the state after epoch 1 is kept\n"
    )


def test_digits_are_trained_and_seen_on_a_page_from_one_short_command(folder, run):
    began = time.perf_counter()
    done = run("-m", "landscape", "train", "--dataset", "digits", "--model", "resnet20", "--epochs", "3", cwd=folder)
    assert done.returncode == 0 and time.perf_counter() - began < 60, done.stderr
    names = ("resnet20-digits" + ending for ending in (".safetensors", ".run.h5", ".run.html"))
    assert all((folder / "outputs" / name).is_file() for name in names)
    record = read_run(folder / "outputs" / "resnet20-digits.run.h5").origin.record
    assert record["command"] == "landscape train --dataset digits --model resnet20 --epochs 3"
    assert done.stdout.endswith("weights in outputs/resnet20-digits.safetensors\n")


# Ranks.

TOGETHER = "--model mlp --optimizer momentum --schedule cosine --epochs 3 --batch-size 100 --crop 1".split()


def scores_of(path) -> dict[str, np.ndarray]:
    return {name: column for name, column in read_run(path).columns.items() if not name.endswith("_s")}


def test_two_ranks_end_where_one_process_does(folder, run):
    train_command([*TOGETHER, "--out", "alone"], World())
    whole = run("-m", "landscape", "train", *TOGETHER, "--out", "whole", ranks=2, cwd=folder)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert len(whole.stdout.splitlines()) == 3 + 2 + 1  # each line from one rank
    one, two = load_file(folder / "alone.safetensors"), load_file(folder / "whole.safetensors")
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)  # float32, summed in another order
    first, second = scores_of(folder / "alone.run.h5"), scores_of(folder / "whole.run.h5")
    for name in ("train_loss", "test_loss", "gradient_norm", "learning_rate"):
        assert second[name] == pytest.approx(first[name], rel=1e-4)


@pytest.mark.slow
def test_two_ranks_go_on_to_the_same_bits_under_either_launcher(folder, run):
    whole = run("-m", "landscape", "train", *TOGETHER, "--out", "whole", ranks=2, cwd=folder)
    assert (whole.returncode, whole.stderr) == (0, "")
    left = run("-m", "landscape", "train", *TOGETHER, "--out", "parts", "--stop-after", "1", ranks=2, cwd=folder)
    assert left.returncode == 0 and not (folder / "parts.safetensors").exists()
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "landscape", "train")
    ended = run(*torchrun, *TOGETHER, "--out", "parts", cwd=folder)
    assert ended.returncode == 0 and ended.stdout.startswith("going on after epoch 1 of 3"), ended.stderr
    require_same(folder, "whole", "parts")


@pytest.mark.slow
def test_batch_norm_sees_a_ranks_part_and_its_running_statistics_are_the_ranks_mean(folder, run):
    still = ["--model", "own.py:make", "--epochs", "1", "--batch-size", "100", "--num-train", "250"]
    still += ["--learning-rate", "1e-30", "--weight-decay", "0", "--checkpoint-every", "1", "--out", "still"]
    done = run("-m", "landscape", "train", *still, ranks=2, cwd=folder)
    assert done.returncode == 0, done.stderr
    checkpoint, dataset = load_file(folder / "still-checkpoints/epoch-0000.safetensors"), digits()
    chosen = stratified_subset(dataset.split("train"), 250, 0)
    samples = Samples(dataset.split("train").inputs[chosen], dataset.split("train").targets[chosen])
    options = {"batch_size": 100, "crop": 0, "flip": False, "seed": (1, 0)}
    means = []
    for rank in (0, 1):
        mean = torch.zeros(6)
        part = slice(rank, None, 2)
        for inputs, _ in training_batches(padded_images(samples, 0), samples.targets, dataset, part=part, **options):
            seen = torch.nn.functional.conv2d(inputs, checkpoint["0.weight"], checkpoint["0.bias"], stride=2)
            mean = 0.9 * mean + 0.1 * seen.mean((0, 2, 3))
        means.append(mean)
    found = load_file(folder / "still.safetensors")["1.running_mean"]
    assert torch.allclose(found, (means[0] + means[1]) / 2, atol=1e-6)
    assert not torch.allclose(found, means[0], atol=1e-4)


@pytest.mark.slow
def test_ranks_say_a_failure_once(folder, run):
    options = ["--model", "mlp", "--optimizer", "sgd", "--schedule", "constant", "--learning-rate", "1e30"]
    failed = run("-m", "landscape", "train", *options, "--out", "run", ranks=2, cwd=folder)
    assert failed.returncode != 0 and failed.stderr.count("landscape: ") == 1
    assert failed.stderr.startswith("landscape: training stopped after epoch 0: the loss became ")
