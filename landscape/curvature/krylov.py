"""A Krylov basis that stays orthogonal, and what the operator looks like within it."""

from collections.abc import Callable

import numpy as np

Product = Callable[[np.ndarray], np.ndarray]
BREAKDOWN = 1e-12  # of the operator's size: what is left of a product is rounding


class NotFinite(ValueError):
    """A product holds inf or nan."""


class KrylovBasis:
    """An orthonormal basis that grows by products of a symmetric operator with its newest vector.

    Each product is orthogonalized twice against all of the basis, without which lost orthogonality brings copies of
    eigenvalues that are not there (Parlett 1980, chapter 13). The projected matrix holds the coefficients themselves, so
    that a basis may start from any orthonormal vectors whose products are known.

    Args:
        first: (dim,) where the basis begins; need not be of unit length.
        capacity: How many vectors it may hold.

    Attributes:
        size: Vectors of which products are known.
        projected: (size, size) basis^T operator basis.
        beta: Length of what is left of the last product outside the basis.
    """

    def __init__(self, first: np.ndarray, capacity: int) -> None:
        self._rows = np.empty((capacity + 1, len(first)))
        self._matrix = np.zeros((capacity, capacity))
        self._rows[0] = first / np.linalg.norm(first)
        self.size, self.beta = 0, 0.0

    @property
    def capacity(self) -> int:
        return len(self._matrix)

    @property
    def projected(self) -> np.ndarray:
        return self._matrix[: self.size, : self.size]

    def extend(self, product: Product, fresh: Callable[[], np.ndarray]) -> None:
        """Take one product and find the next vector.

        Args:
            fresh: Gives a random vector, with which an exhausted space is left: the next vector is then not a product's rest,
                and `beta` is 0.

        Raises:
            ValueError: The product is not finite.
        """
        place = self.size
        rest = product(self._rows[place])
        require_finite(rest)
        basis = self._rows[: place + 1]
        coefficients = basis @ rest
        rest = rest - coefficients @ basis
        again = basis @ rest
        rest -= again @ basis
        self._matrix[: place + 1, place] = self._matrix[place, : place + 1] = coefficients + again
        self.size = place + 1
        self.beta = float(np.linalg.norm(rest))
        if self.beta <= BREAKDOWN * max(1e-300, float(np.abs(self.projected).max())):
            self.beta, rest = 0.0, fresh()
        self._append(rest)

    def replace_rest(self, vector: np.ndarray) -> None:
        """Let the next vector be another one's part outside the basis."""
        self.beta = 0.0
        self._append(vector)

    def ritz(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return Ritz values, ascending, the projected matrix's eigenvectors in columns, and estimated residuals."""
        values, vectors = np.linalg.eigh(self.projected)
        return values, vectors, self.beta * np.abs(vectors[-1])

    def combined(self, coefficients: np.ndarray) -> np.ndarray:
        """Return combinations of the basis, (dim, k) for (size, k)."""
        return self._rows[: self.size].T @ coefficients

    def restart(self, coefficients: np.ndarray, values: np.ndarray) -> None:
        """Keep k Ritz vectors and the next vector (thick restart, Wu and Simon 2000).

        Args:
            coefficients: (size, k) orthonormal columns, eigenvectors of the projected matrix.
            values: (k,) theirs.
        """
        kept, num = self._rows[: self.size].T @ coefficients, len(values)
        self._rows[num] = self._rows[self.size]
        self._rows[:num] = kept.T
        self._matrix[:] = 0
        self._matrix[range(num), range(num)] = values
        self.size = num

    def state(self) -> dict[str, np.ndarray]:
        """Return what a basis that was just restarted consists of."""
        return {
            "rows": self._rows[: self.size + 1].copy(),
            "projected": self.projected.copy(),
            "beta": np.array(self.beta),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Become what a state describes."""
        size = len(state["rows"]) - 1
        self._rows[: size + 1] = state["rows"]
        self._matrix[:] = 0
        self._matrix[:size, :size] = state["projected"]
        self.size, self.beta = size, float(state["beta"])

    def _append(self, vector: np.ndarray) -> None:
        basis = self._rows[: self.size]
        for _ in range(2):
            vector = vector - (basis @ vector) @ basis
        length = np.linalg.norm(vector)
        self._rows[self.size] = vector / length if length > 0 else 0.0


def require_finite(products: np.ndarray) -> None:
    """Refuse products that are not finite.

    Raises:
        NotFinite: One is not.
    """
    if not np.isfinite(products).all():
        raise NotFinite(
            "a product with the Hessian is not finite: the loss overflows, or has no second derivative there; look at other weights"
        )
