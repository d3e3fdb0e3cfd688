"""`landscape curvature` against closed forms: networks whose Hessian is known exactly, through the whole program."""

import runpy

import numpy as np
import pytest
from known_hessians import KNOWN, known

from landscape.cli.curvature import curvature_command
from landscape.store.curvature_file import read_curvature
from landscape.sweep.world import World

# What, its loss, all eigenvalues ascending, what is said of the Hessian, and of the point.
TABLE = {
    "saddle of (1 - w1 w2)^2": (known("product", "ones", "at=0,0"), 1.0, [-2, 2], "indefinite", "a saddle"),
    "valley of (1 - w1 w2)^2": (
        known("product", "ones", "at=2,0.5"),
        0.0,
        [0, 8.5],
        "degenerate",
        "a degenerate critical point: second derivatives do not decide",
    ),
    "(1 - w1 w2 w3)^2 at (3, 0, 0)": (known("product", "ones", "at=3,0,0"), 1.0, [-6, 0, 6], "indefinite", "a saddle"),
    "Rosenbrock's minimum": (
        known("rosenbrock", "pairs", loss="summed"),
        0.0,
        [0.3993607675, 1001.6006392325],
        "positive",
        "a minimum",
    ),
    "matrix factors at zero": (
        known("factors", "columns", loss="summed"),
        5.0,
        [-3, -3, -1, -1, 1, 1, 3, 3],
        "indefinite",
        "a saddle",
    ),
    "matrix factors at diag(0, 1)": (
        known("factors", "columns", "first=0,1", "second=0,1", loss="summed"),
        4.5,
        [-3, -2, 0, 0, 0, 2, 3, 4],
        "indefinite",
        "a saddle",
    ),
}


ALSO_SHOWN_BY_OTHERS = (
    "(1 - w1 w2 w3)^2 at (3, 0, 0)",
    "matrix factors at diag(0, 1)",
    "valley of (1 - w1 w2)^2",
    "matrix factors at zero",
    "Rosenbrock's minimum",
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in ALSO_SHOWN_BY_OTHERS else name for name in TABLE]
)
def test_a_closed_form_comes_out_of_two_ranks(name, run, tmp_path):
    arguments, loss, eigenvalues, kind, point = TABLE[name]
    ended = run("-m", "landscape", "curvature", *arguments, "--out", tmp_path / "c", ranks=2)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    record = read_curvature(tmp_path / "c.h5")
    np.testing.assert_allclose(record.arrays["spectrum"], eigenvalues, atol=1e-8)
    assert record.findings["loss"] == pytest.approx(loss, abs=1e-12)
    assert (record.findings["hessian"]["kind"], record.findings["verdict"]) == (kind, point)
    assert f"this is {point}\n" in ended.stdout


def test_softmax_regression_at_zero_has_its_closed_form_by_lanczos(tmp_path):
    arguments = known("softmax", "classes", loss="cross-entropy")
    curvature_command(
        [*arguments, "--no-dense", "--largest", "9", "--tolerance", "1e-10", "--out", str(tmp_path / "c")], World()
    )
    inputs = runpy.run_path(str(KNOWN))["classes"]()["train"][0]
    one = np.linalg.eigvalsh(inputs.T @ inputs / len(inputs)) / 10
    record = read_curvature(tmp_path / "c.h5")
    np.testing.assert_allclose(record.arrays["eigenvalue"][:9], np.repeat(one[-1], 9), atol=1e-8)  # each C - 1 times
    np.testing.assert_allclose(record.arrays["eigenvalue"][9:], 0, atol=1e-8)
    assert record.findings["loss"] == pytest.approx(np.log(10), abs=1e-12)
    assert record.findings["hessian"]["kind"] == "degenerate"
