"""What was found out about the Hessian at some weights: arrays, single findings, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from landscape.grid import frozen_array
from landscape.origin import Origin, Value

# Array -> its axes, in order.
DIMS = {
    "eigenvalue": ("eigenpair",),
    "eigenvalue_residual": ("eigenpair",),
    "eigenvalue_converged": ("eigenpair",),
    "spectrum": ("spectrum_index",),
    "trace_exact": ("layer",),
    "trace_rest": ("trace_probe", "layer"),
    "density_node": ("density_probe", "density_step"),
    "density_weight": ("density_probe", "density_step"),
    "escape_length": ("escape_step",),
    "escape_loss": ("escape_step",),
    "escape_predicted": ("escape_step",),
}


@dataclass(frozen=True, slots=True, eq=False)
class CurvatureRecord:
    """The Hessian at one setting of the weights, as far as it was measured.

    Attributes:
        arrays: By the names of `DIMS`. Eigenvalues come in descending order, the `num_largest` largest first; the spectrum is
            ascending, and there only where it is known whole.
        findings: JSON-like: loss, num_samples, num_parameters, gradient_norm, gradient_error, gradient_excess, weights_norm, num_largest, scale,
            hessian {kind, tolerance, evidence}, critical {kind, evidence}, verdict, layers [names], trace, trace_error,
            shares {above, within, below, errors, exact, tolerance}, condition_number, newton {value, residual}, escape {slope,
            eigenvalue}, num_products, seconds, stages [those done].
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    findings: Mapping[str, Value] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        lengths: dict[str, int] = {}
        for name, array in self.arrays.items():
            if name not in DIMS or np.ndim(array) != len(DIMS[name]):
                raise ValueError(f"a curvature record has no array {name} of {np.ndim(array)} axes")
            for dim, length in zip(DIMS[name], np.shape(array), strict=True):
                if lengths.setdefault(dim, length) != length:
                    raise ValueError(f"{name} has {length} along {dim}, where other arrays have {lengths[dim]}")
        object.__setattr__(self, "arrays", {name: frozen_array(array) for name, array in self.arrays.items()})

    @property
    def stages(self) -> tuple[str, ...]:
        """What is finished."""
        return tuple(self.findings.get("stages") or ())

    def also(
        self, *, arrays: Mapping[str, np.ndarray] = {}, stage: str | None = None, **findings: Value
    ) -> "CurvatureRecord":
        """Return a record with more in it."""
        stages = [*self.stages, *([stage] if stage else [])]
        return CurvatureRecord({**self.arrays, **arrays}, {**self.findings, **findings, "stages": stages}, self.origin)
