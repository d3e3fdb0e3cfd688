"""A user's mistake is one sentence that says what was expected, what came and what to do; nothing is written."""

import re
from pathlib import Path

import h5py
import pytest
import torch
from refusing import ALONE_AND_TOGETHER, refused

from landscape.cli.surface import surface_command
from landscape.sweep.world import Mistake, World

MODELS = (
    "mlp, vgg9, vgg56, resnet20, resnet20_noshort, resnet32, resnet32_noshort, resnet44, resnet44_noshort, resnet56, "
    "resnet56_noshort, resnet110, resnet110_noshort, vgg11, vgg13, vgg16, vgg19, wrn, wrn16_4, wrn16_8, wrn28_2, "
    "wrn28_4, wrn28_10, wrn40_2, wrn40_4, densenet121"
)
TINY = ["--model", "mlp", "--untrained", "1", "--x", "-1:1:3", "--num-samples", "20"]
USERS = """
import torch

def scaled():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(9, 10))

class Noisy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(64, 10)

    def forward(self, inputs):
        return self.linear(inputs.flatten(1)) + torch.randn(len(inputs), 10)

def no_model():
    return 3

def bare_mean(model, batch):
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])

def counted(model, batch):
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1], reduction="sum"), len(batch[1])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder, with a module of theirs and some files, where the program runs."""
    (tmp_path / "users.py").write_text(USERS)
    (tmp_path / "text.txt").write_text("no weights\n")
    torch.save({"linear.weight": torch.ones(2, 2)}, tmp_path / "other.pt")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["mine"] = [1, 2, 3]
    monkeypatch.chdir(tmp_path)
    return tmp_path


# What is asked for -> the sentence.
REQUIRED = {
    "--model vgg57": f"unknown model 'vgg57'; choose one of {MODELS}, torchvision:NAME, package.module:factory or path/file.py:factory",
    "--dataset mnist1 --model mlp --untrained 1": "unknown data set 'mnist1'; choose one of digits, cifar10, cifar100, mnist, fashionmnist, "
    "npz:FILE, folder:DIR, package.module:factory, path/file.py:factory",
    "--model mlp --checkpoint text.txt": "text.txt can't be read as a torch file; it may be cut short or of another kind",
    "--model mlp --model-arg hidden=8 --checkpoint other.pt": "other.pt does not fit the model: missing 1.weight; missing 1.bias; "
    "2 more missing; unexpected linear.weight",
    "--x 1:-1:5": "--x must be MIN:MAX:NUM, such as -1:1:25, with MIN below MAX and both finite, not '1:-1:5'",
    "--x -1:1:0": "--x must be MIN:MAX:NUM, such as -1:1:25, with NUM 2 or more, not '-1:1:0'",
    "--model mlp --untrained 1 --num-samples 1439": "--num-samples must lie between 1 and 1438, not 1439",
    "--model mlp --untrained 1 --dataset cifar10 --data-dir nowhere": "CIFAR-10 is not in nowhere: expected cifar10.npz or "
    "cifar-10-batches-py/ there; give --data-dir, or --download to fetch it",
    "--model mlp --untrained 1 --out text.txt/result": "the folder text.txt can't be made (file exists); choose another --out",
}
OTHERS = {
    "--model resnet110": "there are no trained weights of resnet110 on digits here; give --checkpoint FILE, or --untrained SEED to look around "
    "fresh weights",
    "--checkpoint nowhere.pt": "there is no checkpoint nowhere.pt; give a .safetensors or a torch file, or zoo:NAME",
    "--checkpoint a.pt --untrained 1": "give --checkpoint or --untrained, not both",
    "--toward-y a.pt": "--toward-y needs --toward; with one other checkpoint, give it as --toward",
    "--planes 1": "--planes must be 2 or more, not 1; leave it out for one plane",
    "--planes 1001": "--planes must be 1,000 or less, not 1,001",
    "--planes 3 --directions hessian": "--planes draws random directions, and --directions hessian gives them; leave one of the two out",
    "--planes 3 --toward a.pt": "--planes draws random directions, and --toward gives them; leave one of the two out",
    "--planes 3 --taylor": "--taylor is for one plane; leave --planes out",
    "--planes 3 --curvature-map": "--curvature-map is for one plane; leave --planes out",
    "--belief some": "--belief must be one of quick, full, off, not 'some'",
    "--flat-within 0": "--flat-within must be a number above 0, not 0",
    "--flat-within nan": "--flat-within must be a number above 0, not nan",
    "--batch-loss 1,0": "--batch-loss must be at most 8 whole numbers of 1 or more, such as 1,16,128, not '1,0'",
    "--batch-loss 1,2.5": "--batch-loss must be at most 8 whole numbers of 1 or more, such as 1,16,128, not '1,2.5'",
    "--batch-loss 1,2,3,4,5,6,7,8,9": "--batch-loss must be at most 8 whole numbers of 1 or more, such as 1,16,128, not '1,2,3,4,5,6,7,8,9'",
    "--num-batches 4": "--num-batches is of the batches of --batch-loss; give --batch-loss too, such as 1,16,128",
    "--batch-loss 8 --num-batches 1": "--num-batches must lie between 2 and 200, not 1",
    "--batch-loss 8,9 --num-batches 100 --x auto:251 --y -1:1:101": "--batch-loss would keep 200 surfaces of 25,351 points, where 5,000,000 "
    "numbers are the most; take fewer sizes, --num-batches or points",
    "--batch-loss 8 --norm-stats reestimated": "--batch-loss takes the loss of each sample by itself, and with re-estimated norm statistics it "
    "hangs on the other samples; give --norm-stats stored",
    "--model mlp --untrained 1 --num-samples 40 --batch-loss 8,41": "--batch-loss needs batches no larger than the 40 samples that are looked "
    "at, not of 41; give smaller sizes, or a larger --num-samples",
    "--model mlp --untrained 1 --loss users.py:counted --batch-loss 8": "--batch-loss needs one loss a sample, a tensor of one axis as long as "
    "the batch, and the loss returned a pair (sum, count); return one value a sample, or leave --batch-loss out",
    "--model mlp --untrained 1 --loss users.py:bare_mean --batch-loss 8": "the loss returned a bare mean, of which the number of samples is not "
    "certain; return one loss a sample, a pair (sum, count), or a dict of names to either",
    "--model users.py:scaled --untrained 1 --batch-loss 8": None,
    "--x nonsense": "--x must be MIN:MAX:NUM, such as -1:1:25, not 'nonsense'",
    "--y 0:1:x": "--y must be MIN:MAX:NUM, such as -1:1:25, not '0:1:x'",
    "--model users:missing --untrained 1": "the model 'users:missing': users has no function 'missing'",
    "--model nobody:net --untrained 1": "the model 'nobody:net': no module 'nobody' is found from {cwd} or among the installed packages",
    "--model nobody.py:net --untrained 1": "the model 'nobody.py:net': there is no file nobody.py",
    "--model users.py:no_model --untrained 1": "the model factory users.py:no_model must return a torch.nn.Module, not int",
    "--model torchvision:resnet19 --untrained 1": None,
    "--model mlp --untrained 1 --model-arg depth=3": "the model mlp takes no argument depth; its arguments are hidden, activation, "
    "channels, image_size, num_classes",
    "--model mlp --untrained 1 --model-arg hidden": "--model-arg must be KEY=VALUE, not 'hidden'",
    "--model mlp --untrained 1 --loss hinge": "unknown loss 'hinge'; choose one of cross-entropy, mse, package.module:function, "
    "path/file.py:function",
    "--model mlp --untrained 1 --normalization layers": "unknown normalization 'layers'; choose one of filter, layer, weight, none",
    "--model mlp --untrained 1 --biases free": "biases must be one of fixed, moved, not 'free'",
    "--model mlp --untrained 1 --norm-stats new": "--norm-stats must be one of stored, reestimated, not 'new'",
    "--model mlp --untrained 1 --precision float8": "--precision must be one of float32, bf16, tf32, float64, not 'float8'",
    "--model mlp --untrained 1 --device tpu": "--device must be auto, cpu or cuda, not 'tpu'",
    "--model mlp --untrained 1 --batch-size 0": "--batch-size must be 1 or more, not 0",
    "--model mlp --untrained 1 --num-samples some": "--num-samples must be a whole number or all, not 'some'",
    "--model mlp --untrained 1 --seed -1": "--seed must be 0 or more, not -1",
    "--model mlp --untrained 1 --mean a": "--mean must be numbers separated by commas, such as 0.5,0.5,0.5, not 'a'",
    "--model mlp --untrained 1 --mean 0.1,0.2": "--mean and --std need one number for each of the 1 channels, not 2 and 1",
    "--model mlp --untrained 1 --dataset npz:no.npz": "there is no file no.npz; expected an npz archive with the arrays train_images, "
    "train_labels, test_images, test_labels",
    "--model mlp --untrained 1 --grid 3": "unrecognized arguments: --grid 3; `landscape surface --help` lists the options",
    "--model users.py:Noisy --untrained 1": None,
    "--model users.py:scaled --untrained 1": None,
    "--model mlp --untrained 1 --loss users.py:bare_mean": "the loss returned a bare mean, of which the number of samples is not "
    "certain; return one loss a sample, a pair (sum, count), or a dict of names to either",
    "--model mlp --untrained 1 --out .": "--out names the result, not a folder: try mlp-digits",
}
STARTS = {
    "--model torchvision:resnet19 --untrained 1": "torchvision has no model 'resnet19'; choose one of alexnet, ",
    "--model users.py:scaled --untrained 1 --batch-loss 8": "model, loss and data do not work together: RuntimeError in ",
    "--model users.py:Noisy --untrained 1": "the model is random: two measurements of the center differ (train_loss ",
    "--model users.py:scaled --untrained 1": "model, loss and data do not work together: RuntimeError in ",
}


@pytest.mark.parametrize("options", [*REQUIRED, *OTHERS])
def test_a_mistake_is_a_sentence_and_writes_nothing(options, folder):
    before = sorted(folder.rglob("*"))
    with pytest.raises(Mistake) as caught:
        surface_command(options.split(), World())
    wanted = {**REQUIRED, **OTHERS}[options]
    sentence = str(caught.value)
    if wanted is None:
        assert sentence.startswith(STARTS[options]) and "\n" not in sentence
    else:
        assert sentence == wanted.format(cwd=Path.cwd())
    assert caught.value.status == 2
    left = [path for path in folder.rglob("*") if path not in before and "__pycache__" not in str(path)]
    assert [path for path in left if path.is_file()] == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_is_refused_where_there_is_none(folder):
    with pytest.raises(Mistake) as caught:
        surface_command([*TINY, "--device", "cuda"], World())
    assert str(caught.value) == (
        "--device cuda was asked for, but torch finds no CUDA device here; leave --device out, or give cpu"
    )


UNDER_MPIRUN = [*REQUIRED, "--model mlp --untrained 1 --device cuda"]
SAMPLED = 15  # every fifteenth of them each time, the others by `make test-slow`: what is said once does not depend on what it is


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(options, marks=[pytest.mark.slow] if place % SAMPLED else [])
        for place, options in enumerate(UNDER_MPIRUN)
    ],
)
def test_three_ranks_say_a_mistake_once(options, folder, run, plot_surface):
    if "cuda" in options and torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    done = run(plot_surface, *options.split(), ranks=3, cwd=folder)
    said = [line for line in done.stderr.splitlines() if line]
    assert len(said) == 1 and said[0].startswith("landscape: "), done.stderr
    if options in REQUIRED:
        assert said[0] == f"landscape: {REQUIRED[options]}".replace("landscape surface", "plot_surface.py")
    assert done.returncode == 2


def test_a_file_of_another_program_is_left_as_it_is_even_when_told_to_overwrite(folder):
    before = (folder / "foreign.h5").read_bytes()
    for more in ([], ["--overwrite"]):
        with pytest.raises(Mistake) as caught:
            surface_command([*TINY, "--out", "foreign", *more], World())
        assert str(caught.value) == (
            "foreign.h5 is an HDF5 file of another program, not a surface file; it was left as it is"
        )
    assert (folder / "foreign.h5").read_bytes() == before
    assert not list(folder.glob(".*"))


def test_other_settings_on_the_same_file_are_refused_by_name(folder):
    surface_command([*TINY, "--out", "mine"], World())
    before = (folder / "mine.h5").read_bytes()
    for more, named in (
        (["--seed", "5"], r"directions x seed: 0 in the file, 5 now"),
        (["--num-samples", "21"], r"data train: "),
        (["--untrained", "2"], r"checkpoint: "),
        (["--loss", "mse"], r"loss: cross-entropy in the file, mse now"),
        (["--x", "-1:1:4"], r"grid x: "),
        (["--precision", "float64"], r"precision: float32 in the file, float64 now"),
        (["--batch-size", "7"], r"batch size: 250 in the file, 7 now"),
        (["--norm-stats", "reestimated"], r"norm stats: stored in the file, reestimated now"),
        (["--split", "test"], r"data test: nothing in the file, "),
    ):
        with pytest.raises(Mistake) as caught:
            surface_command([*TINY, *more, "--out", "mine"], World())
        pattern = rf"mine\.h5 holds another run \(.*{named}.*\); choose another --out, or --overwrite to begin anew"
        assert re.fullmatch(pattern, str(caught.value)), caught.value
    assert (folder / "mine.h5").read_bytes() == before


@ALONE_AND_TOGETHER
@pytest.mark.parametrize("options", ["--x 1:-1:5", "--x -1:1:0"])
def test_a_program_says_a_mistake_once_and_leaves_with_status_2(options, ranks, run, plot_surface, folder):
    assert refused(run, plot_surface, *options.split(), ranks=ranks, cwd=folder) == REQUIRED[options]


@ALONE_AND_TOGETHER
def test_a_program_says_once_that_it_may_not_write(ranks, run, analytic, folder):
    said = refused(run, analytic, "--", "--out", "/proc/mine", ranks=ranks, cwd=folder)
    assert said == "/proc can't be written (no such file or directory); choose another --out"


@pytest.mark.slow
def test_training_over_several_ranks_says_a_mistake_once(run, folder):
    said = refused(run, "-m", "landscape", "train", "--schedule", "linear", "--out", "mine", ranks=3, cwd=folder)
    assert said.startswith("unknown schedule 'linear'; choose one of constant, ") and not list(folder.glob("mine*"))
