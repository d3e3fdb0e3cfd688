"""Symmetric matrices of known spectra, and streams of random vectors."""

import numpy as np


def symmetric(values, seed: int = 0) -> np.ndarray:
    """Return a dense matrix of given eigenvalues in a random orthonormal basis."""
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values),) * 2))[0]
    return (basis * values) @ basis.T


def drawing(dim: int, seed: int = 0):
    """Return a function of a number that gives a random vector of its own."""
    return lambda number: np.random.default_rng([seed, number]).standard_normal(dim)


class Products:
    """A matrix as an operator that counts its products."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix, self.num = matrix, 0

    def __call__(self, vector: np.ndarray) -> np.ndarray:
        self.num += 1
        return self.matrix @ vector
