"""The trace of a symmetric operator, whole and by group of coordinates, with its standard error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landscape.curvature.krylov import Product


@dataclass(frozen=True, slots=True, eq=False)
class Deflation:
    """Directions whose part of the trace is taken exactly.

    Attributes:
        basis: (dim, k) orthonormal.
        products: (dim, k) the operator times them.
    """

    basis: np.ndarray
    products: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class TraceEstimate:
    """A trace by group.

    Attributes:
        exact: (groups,) the deflated part.
        probes: (probes, groups) one unbiased estimate of the rest a probe.
    """

    exact: np.ndarray
    probes: np.ndarray

    @property
    def total(self) -> float:
        return float(self.exact.sum() + self.probes.sum(1).mean()) if len(self.probes) else float(self.exact.sum())

    @property
    def standard_error(self) -> float:
        """Of the total; 0 without probes, where the trace is exact, nan with one."""
        return float(_error(self.probes.sum(1)[:, None])[0])

    @property
    def by_group(self) -> np.ndarray:
        return self.exact + self.probes.mean(0) if len(self.probes) else self.exact

    @property
    def standard_errors(self) -> np.ndarray:
        """(groups,)."""
        return _error(self.probes)


def deflated_part(deflation: Deflation, groups: Mapping[str, Sequence[slice]]) -> np.ndarray:
    """Return the part of each group's trace that is known exactly, (groups,).

    With P the projection onto the basis, the diagonal of PH + (I - P)HP, summed over the group.
    """
    basis, products = deflation.basis, deflation.products
    inside = (basis * products).sum(1)
    outside = ((products - basis @ (basis.T @ products)) * basis).sum(1)
    return _by_group(inside + outside, groups)


def probe_of_rest(
    product: Product, signs: np.ndarray, deflation: Deflation, groups: Mapping[str, Sequence[slice]]
) -> np.ndarray:
    """Return one probe's estimate of what `deflated_part` leaves, by group: signs * ((I - P) H (I - P) signs).

    Args:
        signs: (dim,) of -1 and 1.

    Source: Meyer, Musco, Musco and Woodruff, Hutch++, 2021, arXiv:2010.09649, with a basis of eigenvectors; by group as
    the diagonal estimator of Bekas, Kokiopoulou and Saad 2007.
    """
    basis = deflation.basis
    projected = signs - basis @ (basis.T @ signs)
    found = product(projected)
    return _by_group(signs * (found - basis @ (basis.T @ found)), groups)


def sketched(product: Product, draws: np.ndarray) -> Deflation:
    """Return the deflation of Hutch++'s own: an orthonormal basis of the operator's image of (dim, k) random vectors."""
    basis = np.linalg.qr(np.stack([product(column) for column in draws.T], 1))[0]
    return Deflation(basis, np.stack([product(column) for column in basis.T], 1))


def _by_group(diagonal: np.ndarray, groups: Mapping[str, Sequence[slice]]) -> np.ndarray:
    return np.array([sum(float(diagonal[place].sum()) for place in places) for places in groups.values()])


def _error(probes: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over the first axis."""
    num = len(probes)
    if num == 0:
        return np.zeros(probes.shape[1])
    return probes.std(0, ddof=1) / np.sqrt(num) if num > 1 else np.full(probes.shape[1], np.nan)
