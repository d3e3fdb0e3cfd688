"""The Newton decrement: how far below a quadratic model with a positive definite Hessian has its minimum."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg


@dataclass(frozen=True, slots=True)
class NewtonDecrement:
    """sqrt(g^T H^-1 g); half its square is the fall in loss that the quadratic model promises.

    Attributes:
        residual: |H x - g| / |g| of the solution.
    """

    value: float
    residual: float


def newton_decrement(
    product, gradient: np.ndarray, *, tolerance: float = 1e-3, max_products: int = 100
) -> NewtonDecrement:
    """Solve H x = g by conjugate gradients; only where H is positive definite."""
    dim = len(gradient)
    if not gradient.any():
        return NewtonDecrement(0.0, 0.0)
    solution, _ = cg(
        LinearOperator((dim, dim), matvec=product, dtype=np.float64), gradient, rtol=tolerance, maxiter=max_products
    )
    rest = np.linalg.norm(product(solution) - gradient) / np.linalg.norm(gradient)
    return NewtonDecrement(float(np.sqrt(max(0.0, gradient @ solution))), float(rest))
