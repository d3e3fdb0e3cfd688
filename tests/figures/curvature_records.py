"""Curvature records to draw: one made by hand, and those that real analyses save on their way."""

from functools import cache

import numpy as np

from landscape.curvature_record import CurvatureRecord
from landscape.origin import Origin

STAGES = ("gradient", "eigenvalues", "trace", "density", "shares", "newton", "escape")
SHARES = {"above": 0.3, "within": 0.6, "below": 0.1, "errors": [0.02, 0.03, 0.01], "exact": False, "tolerance": 0.05}


def estimated(name: str = "conv", **changes) -> CurvatureRecord:
    """Return a finished record of a Hessian known by products: eigenvalues of both signs, one not converged.

    Args:
        name: Of the second of three layers.
        changes: Findings to be set.
    """
    steps = np.linspace(-1.5, 1.5, 7)
    findings = {
        "loss": 0.75,
        "num_samples": 96,
        "num_parameters": 1000,
        "gradient_norm": 0.31,
        "gradient_error": 0.12,
        "weights_norm": 12.0,
        "layers": ["first", name, "last"],
        "num_largest": 2,
        "scale": 4.0,
        "hessian": {"kind": "indefinite", "tolerance": 0.05, "evidence": "one of each sign"},
        "critical": {"kind": "not critical", "evidence": "longer than by chance"},
        "verdict": "not a critical point; the Hessian there is indefinite",
        "condition_number": None,
        "shares": SHARES,
        "newton": None,
        "escape": {"slope": 0.03, "eigenvalue": -0.25},
        "num_products": 310,
        "seconds": 12.5,
        "stages": list(STAGES),
    }
    arrays = {
        "eigenvalue": [4.0, 1.5, -0.25],
        "eigenvalue_residual": [1e-6, 0.31, 2e-5],
        "eigenvalue_converged": [1.0, 0.0, 1.0],
        "trace_exact": [3.0, 2.0, -0.5],
        "trace_rest": [[1.0, -0.5, 0.25], [1.5, 0.5, 0.0], [2.0, 0.25, -0.5], [0.5, 1.0, 0.75]],
        "density_node": [
            [-0.25, -0.02, 0.01, 0.03, 1.4, 4.0],
            [-0.24, -0.03, 0.02, 0.04, 1.5, 4.0],
            [-0.2, -0.01, 0.0, 0.02, 1.2, 3.9],
        ],
        "density_weight": [
            [0.02, 0.5, 0.3, 0.14, 0.03, 0.01],
            [0.03, 0.4, 0.1, 0.4, 0.05, 0.02],
            [0.01, 0.6, 0.31, 0.05, 0.02, 0.01],
        ],
        "escape_length": steps,
        "escape_loss": 0.75 + 0.03 * steps - 0.125 * steps**2 + 0.05 * steps**4,
        "escape_predicted": 0.75 + 0.03 * steps - 0.125 * steps**2,
    }
    return CurvatureRecord(arrays, {**findings, **changes}, Origin({"splits": ["train"]}, {"torch": "2"}))


def positive(**changes) -> CurvatureRecord:
    """Return a record of a positive definite Hessian of five parameters, known whole."""
    spectrum = np.array([0.5, 0.5, 2.0, 3.0, 40.0])
    arrays = {
        "eigenvalue": [40.0, 3.0, 0.5],
        "eigenvalue_residual": [1e-14, 2e-14, 1e-15],
        "eigenvalue_converged": [1.0, 1.0, 1.0],
        "spectrum": spectrum,
        "trace_exact": [40.5, 5.5],
        "trace_rest": np.zeros((0, 2)),
    }
    findings = {
        **estimated().findings,
        "num_parameters": 5,
        "layers": ["first", "last"],
        "hessian": {"kind": "positive", "tolerance": 1e-12, "evidence": "upward along all"},
        "verdict": "not a critical point; the Hessian there is positive definite",
        "condition_number": 80.0,
        "newton": {"value": 0.6, "residual": 0.0},
        "escape": None,
        "shares": {"above": 1.0, "within": 0.0, "below": 0.0, "errors": [0.0] * 3, "exact": True, "tolerance": 1e-12},
    }
    return CurvatureRecord(arrays, {**findings, **changes})


@cache
def on_the_way(dense: bool) -> tuple[CurvatureRecord, ...]:
    """Return every record that an analysis of a small network on digits saves, the whole one last."""
    import torch

    from landscape.curvature.analysis import Analysis, AnalysisSettings, Saved, Savers
    from landscape.curvature.objective import Objective
    from landscape.curvature.sums import SampleSums
    from landscape.problem.datasets import open_dataset
    from landscape.problem.losses import named_loss
    from landscape.problem.models import build_model
    from landscape.problem.problem import Problem

    data = open_dataset("digits")
    torch.manual_seed(4)
    network = build_model("mlp", {"hidden": "3"}, from_data=data.model_arguments)
    split = data.split("train")
    inputs, targets = torch.from_numpy(split.inputs[:60]).float(), torch.from_numpy(split.targets[:60]).long()

    def batches(size: int) -> list:
        return [(inputs[start : start + size], targets[start : start + size]) for start in range(0, 60, size)]

    problem = Problem(network, named_loss("cross-entropy"), {"train": batches(40)})
    objective = Objective(SampleSums(problem, batches(40), chunks=batches(4), sample=inputs[:2]))
    settings = AnalysisSettings(dense=dense, trace_probes=3, density_probes=3, density_steps=20)
    kept: list[CurvatureRecord] = [CurvatureRecord()]
    Analysis(objective, settings, Saved(CurvatureRecord()), Savers(record=kept.append)).run()
    return tuple(kept)
