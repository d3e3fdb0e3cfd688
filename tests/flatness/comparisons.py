"""Comparisons to tell of: networks with chosen numbers."""

from dataclasses import replace

import numpy as np

from landscape.comparison import SCORE_VALUES, TRIAL_VALUES, ComparedNetwork, Comparison
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface
from landscape.trials import Trials

PLAN = ("largest_eigenvalue", "tau", "tau", "tau", "sam", "average", "average", "average")
X, Y, LINE = np.linspace(-0.6, 0.9, 31), np.linspace(-0.8, 0.7, 31), np.linspace(-0.5, 1.0, 31)


def network(
    name: str, sharpness: float = 1.0, *, train: float = 0.99, test: float = 0.9, spread: float = 0.1, **measures
):
    """Return a network of quadratic planes and lines, sharper by a factor, whose trials scatter by a share of their mean.

    Args:
        train, test: Accuracies.
        measures: By key, the value of every trial in place of the sharpness.
    """
    factors = sharpness * np.array([1.0, 1 + spread, 1 - spread])
    origin = Origin({"precision": "float64"}, {}, {"center": {"train_loss": 0.1, "test_loss": 0.2}})
    x, y = np.meshgrid(X, Y, indexing="ij")
    test_loss = 0.2 + factors[:, None, None] * ((x - 0.1) ** 2 + 2 * (y + 0.2) ** 2)
    planes = {"train_loss": 0.1 + factors[:, None, None] * (x**2 + 2 * y**2), "test_loss": test_loss}
    lines = {"train_loss": 0.1 + factors[:, None] * LINE**2}
    lines["test_loss"] = lines["train_loss"] + 0.1
    value = np.array([measures.get(key, sharpness) for key in PLAN]) * np.array(
        [1, *(factors / sharpness), 1, *(factors / sharpness)]
    )
    trials = {
        "value": value,
        "error": np.where(np.arange(8) == 0, 0.01, np.nan),
        "converged": np.where(np.array(PLAN) == "sam", 1.0, np.nan),
    }
    assert set(trials) == set(TRIAL_VALUES)
    scores = dict(zip(SCORE_VALUES, ([0.05, 0.3], [train, test], [10_000, 8_000])))
    return ComparedNetwork(
        name,
        planes=Surface(Grid(X, Y, 3), planes, np.ones((3, 31, 31)), origin),
        lines=Surface(Grid(LINE, None, 3), lines, np.ones((3, 31)), origin),
        measures=Surface(Trials(len(PLAN)), trials, np.ones(len(PLAN))),
        scores=Surface(Trials(2), scores, np.ones(2)),
    )


def comparison(*networks: ComparedNetwork, **record) -> Comparison:
    keys = ["flat_area", "half_width", "cell_curvature", "tau", "average", "sam", "largest_eigenvalue"]
    origin = Origin({"measures": {"keys": keys}}, {}, {"splits": ["train", "test"], "flat_within": 0.1, **record})
    return Comparison(networks, PLAN, origin)


def without_measures(network: ComparedNetwork) -> ComparedNetwork:
    done = np.zeros(len(PLAN))
    return replace(network, measures=replace(network.measures, done=done))
