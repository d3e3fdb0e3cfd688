"""The whole Hessian of a small network, column by column."""

import numpy as np

from landscape.curvature.eigenpairs import Eigenpairs
from landscape.curvature.krylov import require_finite

COLUMNS_AT_ONCE = 32
LARGEST = 20_000  # 3.2 GB; and its eigenvalues take minutes


def dense_hessian(products, dim: int, *, progress=lambda words: None) -> np.ndarray:
    """Return the (dim, dim) Hessian, made symmetric.

    Args:
        products: (dim, k) -> (dim, k).

    Raises:
        ValueError: It is too large to hold, or not finite.
    """
    if dim > LARGEST:
        raise ValueError(
            f"a dense Hessian of {dim} parameters is too large (at most {LARGEST}); choose fewer by --parameters, or leave --dense out"
        )
    matrix = np.empty((dim, dim))
    for start in range(0, dim, COLUMNS_AT_ONCE):
        stop = min(dim, start + COLUMNS_AT_ONCE)
        columns = np.zeros((dim, stop - start))
        columns[range(start, stop), range(stop - start)] = 1
        matrix[:, start:stop] = products(columns)
        require_finite(matrix[:, start:stop])
        progress(f"dense Hessian: {stop} of {dim} columns")
    return (matrix + matrix.T) / 2


def dense_eigenpairs(
    matrix: np.ndarray, *, num_largest: int, num_smallest: int, tolerance: float
) -> tuple[np.ndarray, Eigenpairs]:
    """Return all eigenvalues, ascending, and the pairs at both ends with their residuals."""
    values, vectors = np.linalg.eigh(matrix)
    dim = len(values)
    num_largest = min(num_largest, dim)
    num_smallest = min(num_smallest, dim - num_largest)
    chosen = [*range(dim - 1, dim - 1 - num_largest, -1), *range(num_smallest - 1, -1, -1)]
    ours = vectors[:, chosen]
    residuals = np.linalg.norm(matrix @ ours - ours * values[chosen], axis=0)
    scale = float(np.abs(values).max())
    return values, Eigenpairs(
        values=values[chosen],
        vectors=ours,
        products=matrix @ ours,
        residuals=residuals,
        converged=residuals <= tolerance * np.maximum(np.abs(values[chosen]), 0.01 * scale),
        num_largest=num_largest,
        num_products=dim,
        scale=scale,
    )
