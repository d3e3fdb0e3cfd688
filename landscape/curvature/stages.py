"""What an analysis is asked for, where it begins, and what is called as it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape.curvature.eigenpairs import capacity_for
from landscape.curvature_record import CurvatureRecord

STAGES = ("gradient", "eigenvalues", "trace", "density", "shares", "newton", "escape")
DENSE_UP_TO = 600  # parameters: as many products as two searches for eigenvalues


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """What to find out, and how exactly.

    Attributes:
        num_largest, num_smallest: Eigenpairs at both ends.
        tolerance: A residual's share of its eigenvalue, or of a hundredth of the largest.
        max_products: Products that the search for eigenvalues may take.
        trace_probes, density_probes, density_steps: 0 probes leave the stage out.
        dense: Compute the whole Hessian; None where there are few parameters.
        precision: "float32" or "float64": what products are good to.
    """

    num_largest: int = 5
    num_smallest: int = 3
    tolerance: float = 0.01
    max_products: int = 300
    trace_probes: int = 20
    density_probes: int = 4
    density_steps: int = 40
    dense: bool | None = None
    seed: int = 0
    precision: str = "float32"

    def is_dense(self, dim: int) -> bool:
        return dim <= DENSE_UP_TO if self.dense is None else self.dense

    def num_products(self, dim: int) -> tuple[int, int]:
        """Return how many products the analysis takes, about: with a search that ends early, and with one that does not."""
        if self.is_dense(dim):
            return dim, dim
        rest = self.trace_probes + self.density_probes * min(self.density_steps, dim)
        wanted = self.num_largest + self.num_smallest
        return rest + min(60, self.max_products) + wanted, rest + self.max_products + wanted

    def memory(self, dim: int) -> tuple[int, str]:
        """Return the bytes of host memory that the analysis takes on the first rank, products aside, and what for."""
        if self.is_dense(dim):
            return 5 * 8 * dim**2, f"a dense Hessian of {dim} parameters"  # the matrix, its mean, LAPACK's own, vectors
        held = capacity_for(self.num_largest + self.num_smallest, dim)
        return 4 * 8 * dim * held, f"a search for eigenvalues among {dim} parameters"  # three copies as it is saved


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What an earlier run left: its record, its eigenvectors (dim, k), the state of its search for them."""

    record: CurvatureRecord
    vectors: np.ndarray | None = None
    state: dict[str, np.ndarray] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Savers:
    """What is called when something is worth keeping."""

    record: Callable[[CurvatureRecord], None] = lambda record: None
    vectors: Callable[[np.ndarray, CurvatureRecord], None] = lambda vectors, record: None
    state: Callable[[dict[str, np.ndarray]], None] = lambda state: None
    progress: Callable[[str], None] = lambda words: None
