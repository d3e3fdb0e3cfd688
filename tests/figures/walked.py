"""Surfaces with paths on them: off-centre, non-square, and no step as long as another."""

import numpy as np
from asking import HOSTILE

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface

PLACES = [(-0.5, -1.0), (0.0, 0.1), (0.9, -0.6), (1.0, 0.25)]
AVERAGE = (0.5, -0.4)


def point(name: str, place, loss: float, off: float) -> dict:
    own, there = ({"train_loss": value, "train_accuracy": 1 / (2 + value)} for value in (loss, loss + off))
    return {
        "name": name,
        "x": place[0],
        "y": place[1],
        "off": off,
        "from_center": 2 + off,
        "metrics": own,
        "in_plane": there,
    }


def on_a_path(ways: int = 1) -> Surface:
    """Return a slanted plane with a path, or two, and an average."""
    grid = Grid(np.linspace(-0.5, 1.0, 7), np.linspace(-1.0, 0.25, 6))
    alpha, beta = np.meshgrid(grid.x, grid.y, indexing="ij")
    names = ["start", HOSTILE, "third", "end"]
    points = [point(name, place, 5.0 - n, 0.125 * n) for n, (name, place) in enumerate(zip(names, PLACES))]
    turns = [{"kind": "drop", "epoch": 3, "before": 0.5, "after": 0.05}]
    record = {
        "origin": "last",
        "singular_values": [4.0, 2.0, 1.0, 0.0],
        "shares": [16 / 21, 4 / 21, 1 / 21, 0.0],
        "ways": [{"name": "run", "first": 0, "num": 4, "epochs": [0, 2, 4, 5], "turns": turns}],
        "points": [*points, point("run-swa", AVERAGE, 1.5, 0.25)],
        "averages": [{"way": 0, "kind": "swa", "point": 4}],
    }
    if ways == 2:
        record["ways"][0] |= {"num": 2, "epochs": [0, 2], "turns": []}
        record["ways"].append({"name": "files", "first": 2, "num": 2, "epochs": None, "turns": []})
    loss = 2.0 + alpha + 3 * beta**2
    values = {"train_loss": loss, "train_accuracy": 1 / (2 + loss)}
    return Surface(grid, values, np.ones(loss.shape), Origin(record={"path": record}))
