"""What was measured beside a surface, so that one can tell how far it is to be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from landscape.grid import frozen_array
from landscape.origin import Value

# Array -> its axis.
DIMS = {
    "fresh_done": "fresh_plane",
    "hessian_uu": "fresh_plane",
    "hessian_uv": "fresh_plane",
    "hessian_vv": "fresh_plane",
    "difference_u": "fresh_plane",
    "difference_v": "fresh_plane",
    "plane_done": "plane",
    **{f"plane_{kind}_{entry}": "plane" for kind in ("hessian", "gram") for entry in ("uu", "uv", "vv")},
    "comparison_done": "comparison",
    "comparison_x": "comparison",
    "comparison_y": "comparison",
    "comparison_loss": "comparison",
    "comparison_accuracy": "comparison",
}


@dataclass(frozen=True, slots=True, eq=False)
class BeliefRecord:
    """Measurements at the surface's center and points, as far as they are done.

    Attributes:
        arrays: By the names of `DIMS`; nan where not measured. A fresh plane has two filter-normalized directions u and v that
            the surface does not use: u'Hu, u'Hv and v'Hv by products with the Hessian, and the second difference of the
            loss along each. Of the surface's own planes the same products, and the directions' inner products. A
            comparison is the loss at a point of the surface's first plane, measured otherwise. 1 in an array that ends in
            `_done` says that an entry is measured.
        findings: JSON-like: level, step (of the differences), comparisons [how each was measured], hessian {largest, smallest,
            their residuals, kind, verdict, ...}, why_no_products, why_no_eigenvalues, num_evaluations.
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    findings: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths: dict[str, int] = {}
        for name, array in self.arrays.items():
            if name not in DIMS or np.ndim(array) != 1:
                raise ValueError(f"a belief record has no array {name} of {np.ndim(array)} axes")
            if lengths.setdefault(DIMS[name], len(array)) != len(array):
                raise ValueError(f"{name} has {len(array)} along {DIMS[name]}, others {lengths[DIMS[name]]}")
        object.__setattr__(self, "arrays", {name: frozen_array(array) for name, array in self.arrays.items()})

    def also(self, *, arrays: Mapping[str, np.ndarray] = {}, **findings: Value) -> "BeliefRecord":
        """Return a record with more in it."""
        return BeliefRecord({**self.arrays, **arrays}, {**self.findings, **findings})
