"""Surfaces of known functions with measurements beside them, made by hand: off-centre, non-square, each plane its own."""

from dataclasses import replace

import numpy as np

from landscape.belief_record import BeliefRecord
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface

X, Y = np.linspace(-0.5, 0.75, 6), np.linspace(-0.2, 0.6, 5)
COMPARISONS = (
    ("own", "as on the surface", 0.225, 0.18, 0.9, 0.7),
    ("norm statistics", "re-estimated at the point", 0.225, 0.18, 0.4, 0.8),
    ("second subset", "12 other samples of train", 0.0, 0.0, 0.52, 0.75),
    ("second subset", "12 other samples of train", 0.225, 0.18, 0.95, 0.6),
    ("other split", "24 samples of test", 0.0, 0.0, 0.75, 0.625),
    ("other split", "24 samples of test", 0.225, 0.18, 0.5, 0.65),
)
INDEFINITE = {
    "largest": 40.0,
    "smallest": -3.1,
    "largest_residual": 0.004,
    "smallest_residual": 0.02,
    "largest_converged": True,
    "smallest_converged": True,
    "hessian": {"kind": "indefinite", "tolerance": 0.02, "evidence": "one of each sign"},
    "verdict": "a saddle, within sampling error",
    "num_samples": 1024,
}


def quadratic(along_x: float, along_y: float, mixed: float = 0.0, center: float = 0.5):
    return lambda x, y: center + 0.02 * x - 0.01 * y + along_x * x**2 / 2 + mixed * x * y + along_y * y**2 / 2


def sampled(
    *functions, x=X, y=Y, precision="float32", normalization="filter", loss="cross-entropy", **record
) -> Surface:
    """Return the surface of one function a plane; of a single function, without a dimension of planes."""
    along, across = np.meshgrid(x, [0.0] if y is None else y, indexing="ij")
    values = np.stack([np.broadcast_to(function(along, across), along.shape) for function in functions])
    values = values if y is not None else values[:, :, 0]
    grid = Grid(x, y, len(functions) if len(functions) > 1 else None)
    directions = {"x": {"seed": 1, "normalization": normalization}}
    identity = {"precision": precision, "loss": loss, "directions": directions}
    center = float(functions[0](np.zeros(()), np.zeros(())))
    record = {"center": {"train_loss": center, "train_accuracy": 0.8}, **record}
    values = values.reshape(grid.shape)
    return Surface(grid, {"train_loss": values}, np.ones(grid.shape), Origin(identity, {}, record))


def directed(cosine: float | None, *, expected: float = 0.01, random: bool = True) -> dict:
    """Return the record of a pair of directions."""
    return {"direction_report": {"cosine": cosine, "expected_cosine": expected, "random": random}}


def with_belief(
    surface: Surface, *, level="full", differences=None, products=None, own=None, comparisons=(), step=0.02, **findings
) -> Surface:
    """Return a surface with measurements beside it.

    Args:
        differences: (planes, 1 or 2) along fresh directions.
        products: (planes, 3) u'Hu, u'Hv and v'Hv along them; not measured where None.
        own: A plane of the surface's own -> (hessian, gram), matrices.
        comparisons: As `COMPARISONS`.
        findings: More of them.
    """
    arrays, names = {}, ("uu", "uv", "vv")
    if differences is not None:
        differences = np.array(differences, float)
        missing = np.full((len(differences), 1), np.nan)
        arrays |= dict(zip(("difference_u", "difference_v"), np.hstack([differences, missing]).T))
        products = np.full((len(differences), 3), np.nan) if products is None else np.array(products, float)
        arrays |= {f"hessian_{name}": products[:, place] for place, name in enumerate(names)}
        arrays["fresh_done"] = np.ones(len(differences))
    for kind, matrices in zip(("hessian", "gram"), zip(*own or [])):
        entries = [_entries(np.asarray(matrix, float)) for matrix in matrices]
        arrays |= {f"plane_{kind}_{name}": np.array(entries)[:, place] for place, name in enumerate(names)}
        arrays["plane_done"] = np.ones(len(entries))
    for place, name in enumerate(("x", "y", "loss", "accuracy"), 2) if comparisons else ():
        arrays[f"comparison_{name}"] = np.array([part[place] for part in comparisons], float)
        arrays["comparison_done"] = np.ones(len(comparisons))
    known = {
        "level": level,
        "metric": "train_loss",
        "step": step,
        "num_fresh": 0 if differences is None else len(differences),
        "comparisons": [dict(zip(("kind", "words", "x", "y"), part)) for part in comparisons],
        "kinds": sorted({part[0] for part in comparisons} - {"own"}),
        "absent": {},
        "why_no_products": None,
    }
    return replace(surface, belief=BeliefRecord(arrays, {**known, **findings}))


def _entries(matrix: np.ndarray) -> tuple[float, float, float]:
    return (matrix[0, 0], matrix[0, 1], matrix[1, 1]) if len(matrix) == 2 else (matrix[0, 0], np.nan, np.nan)
