"""The density of a symmetric operator's eigenvalues by stochastic Lanczos quadrature, and shares of it, with errors."""

from dataclasses import dataclass

import numpy as np

from landscape.curvature.krylov import KrylovBasis, Product


@dataclass(frozen=True, slots=True, eq=False)
class Quadrature:
    """Nodes and weights a probe: each probe's weights are a distribution, whose mean is that of the eigenvalues.

    Attributes:
        nodes: (probes, steps) Ritz values, ascending; a row that ended early is filled up with its last node at weight 0.
        weights: (probes, steps), each row sums to 1.
    """

    nodes: np.ndarray
    weights: np.ndarray

    @property
    def num_probes(self) -> int:
        return len(self.nodes)

    @property
    def resolution(self) -> float:
        """How near to 0 eigenvalues can be told apart: half the distance between nodes there; 0 where the nodes are all there are."""
        return max(_half_gap_at_zero(nodes[weights > 0]) for nodes, weights in zip(self.nodes, self.weights))

    def smoothed(self, at: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the density at (points,), as a sum of Gaussians of a width, and its standard error over the probes."""
        rows = np.array([_gaussians(at, nodes, weights, width) for nodes, weights in zip(self.nodes, self.weights)])
        return rows.mean(0), _error(rows)

    def shares(self, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of eigenvalues above, within and below a tolerance around 0, and their standard errors, (3,) each.

        Within less than the `resolution`, a share is not to be believed.
        """
        above = (self.weights * (self.nodes > tolerance)).sum(1)
        below = (self.weights * (self.nodes < -tolerance)).sum(1)
        rows = np.stack([above, 1 - above - below, below], 1)
        return rows.mean(0), _error(rows)


def quadrature_row(product: Product, start: np.ndarray, num_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one probe's nodes and weights, (steps,) each.

    Args:
        start: (dim,) Gaussian vector.

    Source: Ubaru, Chen and Saad, Fast estimation of tr(f(A)) via stochastic Lanczos quadrature, 2017; Ghorbani, Krishnan and
    Xiao 2019, arXiv:1901.10159, for networks.
    """
    num_steps = min(num_steps, len(start))
    basis = KrylovBasis(start, num_steps)
    while basis.size < num_steps:
        basis.extend(product, lambda: np.zeros_like(start))
        if basis.beta == 0.0:
            break
    nodes, vectors, _ = basis.ritz()
    weights = vectors[0] ** 2
    missing = num_steps - len(nodes)
    return np.pad(nodes, (0, missing), mode="edge"), np.pad(weights / weights.sum(), (0, missing))


def _half_gap_at_zero(nodes: np.ndarray) -> float:
    nearest = int(np.abs(nodes).argmin())
    around = nodes[max(0, nearest - 1) : nearest + 2]
    return float(np.diff(around).mean() / 2) if len(around) > 1 else 0.0


def _gaussians(at: np.ndarray, nodes: np.ndarray, weights: np.ndarray, width: float) -> np.ndarray:
    distance = (at[:, None] - nodes) / width
    return (weights * np.exp(-(distance**2) / 2)).sum(1) / (width * np.sqrt(2 * np.pi))


def _error(rows: np.ndarray) -> np.ndarray:
    return rows.std(0, ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else np.full(rows.shape[1], np.nan)
