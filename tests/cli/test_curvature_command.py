"""`landscape curvature`: what it writes, ranks, kills and mistakes."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from known_hessians import KNOWN, known

from landscape.cli.curvature import curvature_command
from landscape.cli.curvature_words import result_lines
from landscape.store.curvature_file import read_curvature
from landscape.store.eigenvector_file import eigenvectors_beside, read_eigenvectors
from landscape.store.weights_file import read_weights, write_weights
from landscape.sweep.world import Mistake, World

LINE_OF_SUMMED = 1 + KNOWN.read_text().splitlines().index("    return ((model(inputs) - targets) ** 2).sum(1)")
COUNTS = ("--trace-probes", "3", "--density-probes", "2", "--density-steps", "10")
DIGITS = tuple("--model mlp --model-arg hidden=12 --dataset digits --untrained 3 --num-samples 60".split())


def record_of(folder: Path, name: str, *more: str):
    curvature_command([*DIGITS, *COUNTS, *more, "--out", str(folder / name)], World())
    return read_curvature(folder / f"{name}.h5")


@pytest.mark.parametrize(
    "precision, tolerance", [("float64", 1e-10), pytest.param("float32", 1e-5, marks=pytest.mark.slow)]
)
def test_one_and_three_ranks_agree(precision, tolerance, run, tmp_path):
    whole = record_of(tmp_path, "one", "--precision", precision)
    arguments = [*DIGITS, *COUNTS, "--precision", precision, "--out", tmp_path / "three"]
    ended = run("-m", "landscape", "curvature", *arguments, ranks=3)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    found = read_curvature(tmp_path / "three.h5")
    scale = whole.findings["scale"]
    np.testing.assert_allclose(found.arrays["eigenvalue"], whole.arrays["eigenvalue"], atol=tolerance * scale)
    for name in ("loss", "gradient_norm", "gradient_error", "trace"):
        assert found.findings[name] == pytest.approx(whole.findings[name], rel=tolerance * 10), name


def test_results_do_not_depend_on_the_size_of_batches(tmp_path):
    one, other = (record_of(tmp_path, size, "--batch-size", size, "--precision", "float64") for size in ("60", "7"))
    np.testing.assert_allclose(one.arrays["eigenvalue"], other.arrays["eigenvalue"], atol=1e-10)


@pytest.mark.timed
def test_a_kill_in_the_middle_goes_on_to_the_same_bits(start, run, until, tmp_path):
    more = ("--density-probes", "40", "--trace-probes", "40", "--no-dense")
    arguments = ["-m", "landscape", "curvature", *DIGITS, *more, "--out", tmp_path / "killed"]
    process = start(*arguments)

    def is_half_done() -> bool:
        file = tmp_path / "killed.h5"
        return (
            process.poll() is not None or file.exists() and len(read_curvature(file).arrays.get("trace_rest", ())) > 5
        )

    until(is_half_done, "probes")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = read_curvature(tmp_path / "killed.h5")
    assert "eigenvalues" in kept.stages and "density" not in kept.stages
    ended = run(*arguments)
    assert ended.returncode == 0 and f"goes on with {tmp_path}/killed.h5: gradient, eigenvalues" in ended.stdout
    curvature_command([*DIGITS, *more, "--out", str(tmp_path / "whole")], World())
    whole = read_curvature(tmp_path / "whole.h5")
    resumed = read_curvature(tmp_path / "killed.h5")
    assert {name: array.tobytes() for name, array in resumed.arrays.items()} == {
        name: array.tobytes() for name, array in whole.arrays.items()
    }
    assert not list(tmp_path.glob("*.state.*"))


def test_eigenvectors_lie_beside_the_record_and_are_tied_to_it(tmp_path):
    record = record_of(tmp_path, "c", "--precision", "float64", "--dense")
    other = record_of(tmp_path, "d", "--precision", "float64", "--dense", "--subset-seed", "1")
    vectors = read_eigenvectors(eigenvectors_beside(tmp_path / "c.h5"), record)
    np.testing.assert_allclose(vectors.matrix.T @ vectors.matrix, np.eye(8), atol=1e-10)
    assert vectors.pair(1) == 0 and vectors.pair(-1) == 7 and vectors.pair(-4) is None
    with pytest.raises(OSError, match="belong to another analysis"):
        read_eigenvectors(eigenvectors_beside(tmp_path / "c.h5"), other)


def test_eigenvectors_that_lack_a_tensor_are_said_to_be_damaged(tmp_path):
    record = record_of(tmp_path, "c", "--dense")
    path = eigenvectors_beside(tmp_path / "c.h5")
    tensors, metadata = read_weights(path)
    write_weights(path, {name: tensor for name, tensor in tensors.items() if name != "2.1.bias"}, metadata)
    with pytest.raises(
        OSError, match=r"c.vectors.safetensors is damaged; `landscape curvature --overwrite` makes it again$"
    ):
        read_eigenvectors(path, record)


@pytest.mark.parametrize(
    "losses, line",
    [
        ([2.0, 1.0, np.nan], "along the most negative eigenvector the loss does not fall below 1"),
        ([0.5, 1.0, np.nan], "along the most negative eigenvector the loss falls from 1 to 0.5 (by 0.5), 3 away"),
    ],
)
def test_the_way_out_is_said_as_it_is(losses, line, tmp_path):
    record = record_of(tmp_path, "c", "--dense")
    arrays = {"escape_length": [-3.0, 0.0, 3.0], "escape_loss": losses, "escape_predicted": [0.0, 1.0, 0.0]}
    record = record.also(arrays={name: np.array(array) for name, array in arrays.items()}, loss=1.0)
    assert result_lines(record)[-1] == line


def test_the_same_command_again_does_nothing_anew(tmp_path, capsys):
    record_of(tmp_path, "c")
    before = (tmp_path / "c.h5").read_bytes()
    record_of(tmp_path, "c")
    assert (tmp_path / "c.h5").read_bytes() == before
    assert f"{tmp_path}/c.h5 is complete\n" in capsys.readouterr().out


def test_a_dry_run_writes_nothing_and_says_how_long_it_takes(tmp_path, capsys):
    curvature_command([*DIGITS, "--dry-run", "--out", str(tmp_path / "new" / "c")], World())
    assert not list(tmp_path.iterdir())
    said = capsys.readouterr().out
    assert " s a product" in said or "a product " in said and "products: about" in said


def test_a_dry_run_over_a_whole_result_leaves_all_as_it_is(tmp_path, capsys):
    few = ["--trace-probes", "0", "--density-probes", "0"]
    record_of(tmp_path, "c", *few)
    (tmp_path / "c.html").write_text("kept")
    record_of(tmp_path, "c", *few, "--dry-run")
    assert (tmp_path / "c.html").read_text() == "kept"
    assert f"{tmp_path}/c.h5 is complete\n" in capsys.readouterr().out


def test_too_little_memory_is_said_before_the_search(tmp_path, monkeypatch):
    monkeypatch.setattr("landscape.curvature.memory.available_bytes", lambda device: 10**6)
    with pytest.raises(Mistake) as caught:
        record_of(tmp_path, "c", "--no-dense")
    assert str(caught.value) == (
        "too little memory: a search for eigenvalues among 910 parameters takes about 0.00116 GB, and 0.001 GB are free; "
        "choose fewer by --parameters"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["--dense", "--no-dense"])
def test_a_hessian_that_is_not_finite_is_one_sentence(how, tmp_path):
    arguments = [*known("softmax", "classes", loss="bent"), how, "--out", str(tmp_path / "c")]
    with pytest.raises(Mistake) as caught:
        curvature_command(arguments, World())
    assert str(caught.value) == (
        "a product with the Hessian is not finite: the loss overflows, or has no second derivative there; look at other weights"
    )


def test_several_checkpoints_give_a_file_each_and_one_page(tmp_path):
    arguments = ["--checkpoint", "zoo:mlp-digits", "zoo:vgg9-digits", "--num-samples", "20", "--max-products", "8"]
    few = ["--trace-probes", "0", "--density-probes", "0", "--out", str(tmp_path / "c")]
    curvature_command([*arguments, *few], World())
    assert {path.name for path in tmp_path.glob("*.h5")} == {"c-mlp-digits.h5", "c-vgg9-digits.h5"}
    assert (tmp_path / "c.html").exists()
    found = read_curvature(tmp_path / "c-mlp-digits.h5")
    assert "trace" not in found.findings and found.findings["shares"] is None
    assert not found.arrays["eigenvalue_converged"].all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_convex_loss_has_no_eigenvalue_below_zero_however_sure_the_network_is(precision, tmp_path):
    """The last layer's alone: softmax regression, at a loss of 1e-4, where most of 1 - p is rounding in float32."""
    last = ["--checkpoint", "zoo:resnet20-digits", "--num-samples", "32", "--parameters", "linear.*", "--dense"]
    curvature_command([*last, "--precision", precision, "--out", str(tmp_path / "c")], World())
    record = read_curvature(tmp_path / "c.h5")
    assert record.findings["loss"] < 1e-3
    assert record.arrays["spectrum"].min() > -1e-7 * record.findings["scale"]
    assert record.findings["hessian"]["kind"] == "degenerate"
    assert record.findings["shares"]["below"] == 0


@pytest.mark.parametrize("num_samples", ["1", "2", "3"])
def test_few_samples_do_not_make_a_slope_a_critical_point(num_samples, tmp_path):
    few = ["--num-samples", num_samples, "--trace-probes", "0", "--density-probes", "0"]
    found = record_of(tmp_path, "c", *few).findings
    assert found["gradient_norm"] > 0.1 and found["critical"]["kind"] == "not critical"
    assert found["critical"]["evidence"].endswith("the samples are too few to compare it with chance")


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--precision", "bf16"], "--precision must be float32 or float64 for curvature, not 'bf16'"),
        (["--largest", "0"], "--largest must be 1 or more, not 0"),
        (["--density-steps", "1"], "--density-steps must be 2 or more, not 1"),
        (["--trace-probes", "-1"], "--trace-probes must be 0 or more, not -1"),
        (["--tolerance", "0"], "--tolerance must be above 0, not 0"),
        (["--weight-decay", "-0.1"], "--weight-decay must be 0 or more, not -0.1"),
        (["--num-samples", "0"], "--num-samples must lie between 1 and 1438, not 0"),
        (
            ["--differentiation", "numeric"],
            "--differentiation must be one of double-backward, forward-over-reverse, not 'numeric'",
        ),
        (
            ["--parameters", "stage9.*"],
            "--parameters 'stage9.*' fits no parameter; the model's are 0.weight, 0.bias, 2.weight, 2.bias",
        ),
        (
            ["--loss", f"{KNOWN}:counted"],
            "the loss can't be differentiated: no gradient reaches the parameters; it must be made of torch's operations on "
            "the model's output, without .item(), .detach() or counting",
        ),
        (
            ["--loss", f"{KNOWN}:summed"],
            f"model, loss and data do not work together: RuntimeError in {KNOWN}:{LINE_OF_SUMMED}: The size of tensor a (10) must "
            "match the size of tensor b (32) at non-singleton dimension 1",
        ),
    ],
)
def test_mistakes(arguments, sentence, tmp_path):
    with pytest.raises(Mistake) as caught:
        record_of(tmp_path, "c", *arguments)
    assert (
        str(caught.value).replace("1.weight, 1.bias, 3.weight, 3.bias", "0.weight, 0.bias, 2.weight, 2.bias")
        == sentence
    )
    assert not list(tmp_path.glob("*.h5")) and not list(tmp_path.glob(".*"))


def test_a_gradient_that_is_not_finite_is_said_once_by_two_ranks(run, tmp_path):
    arguments = [*known("softmax", "classes", loss="rooted"), "--out", tmp_path / "c"]
    ended = run("-m", "landscape", "curvature", *arguments, ranks=2)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "landscape: the gradient is not finite: the loss overflows, or has no slope there; look at other weights\n"
    )
    assert not list(tmp_path.iterdir())
