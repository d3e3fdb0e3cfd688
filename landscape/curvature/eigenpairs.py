"""The largest and smallest eigenvalues of a symmetric operator, with vectors, residuals, and an honest word on convergence."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from landscape.curvature.krylov import KrylovBasis, Product

FLOOR = 0.01  # an eigenvalue smaller than this share of the largest is asked for as exactly as one of that size
CHECK_EVERY = 4  # products between looks at convergence
LEAST_PRODUCTS = 24  # before convergence is believed: an interior eigenvalue, zero above all, may look converged early
FRESH_PRODUCTS = 12  # after convergence, from a new random vector: finds the copies of a repeated eigenvalue
CAPACITY = 40  # vectors held at a time, where few eigenvalues are wanted
Draw = Callable[[int], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Eigenpairs:
    """Eigenvalues in descending order: first the largest, then the smallest.

    Attributes:
        values: (k,).
        vectors: (dim, k), orthonormal.
        products: (dim, k) the operator times the vectors.
        residuals: (k,) |H v - value v|, measured by a product each: an eigenvalue lies within so much of the value.
        converged: (k,) whether the residual is within the tolerance.
        num_largest: How many of them are the largest.
        num_products: How many products they took.
        scale: The largest magnitude seen.
    """

    values: np.ndarray
    vectors: np.ndarray
    products: np.ndarray
    residuals: np.ndarray
    converged: np.ndarray
    num_largest: int
    num_products: int
    scale: float


def extreme_eigenpairs(
    product: Product,
    dim: int,
    *,
    num_largest: int,
    num_smallest: int,
    draw: Draw,
    tolerance: float = 0.01,
    max_products: int = 300,
    capacity: int = CAPACITY,
    fresh_products: int = FRESH_PRODUCTS,
    state: dict[str, np.ndarray] | None = None,
    save: Callable[[dict[str, np.ndarray]], None] = lambda state: None,
    progress: Callable[[str], None] = lambda words: None,
) -> Eigenpairs:
    """Find eigenpairs at both ends by Lanczos' method with full orthogonalization and thick restarts.

    Having converged, the search goes on from a new random vector: a single start can't see that an eigenvalue is repeated.

    Args:
        draw: Number -> (dim,) random vector; the same for the same number.
        tolerance: A residual may be this share of its eigenvalue, or of a hundredth of the largest.
        max_products: When to give up; what has not converged by then is said not to have.
        capacity: Vectors held at a time.
        fresh_products: Products from the new random vector; 0 leaves this out.
        state: What `save` was given before a stop; the search goes on to the same bits.

    Raises:
        ValueError: More eigenvalues are asked for than there are.

    Source: Wu and Simon, Thick-restart Lanczos method for large symmetric eigenvalue problems, SIAM J. Matrix Anal. Appl. 2000.
    """
    num_wanted = num_largest + num_smallest
    if not 1 <= num_wanted <= dim:
        raise ValueError(f"{num_wanted} eigenvalues were asked for, of a Hessian that has {dim}")
    capacity = capacity_for(num_wanted, dim, capacity, fresh_products)
    basis = KrylovBasis(draw(0), capacity)
    num_products, num_draws, checked = 0, 1, None
    if state is not None:
        basis.load(state)
        num_products, num_draws = int(state["num_products"]), int(state["num_draws"])
        checked = state["checked"] if len(state["checked"]) else None

    def fresh() -> np.ndarray:
        nonlocal num_draws
        num_draws += 1
        return draw(num_draws - 1)

    while True:
        goal = basis.size + (CHECK_EVERY if checked is None else fresh_products)
        while basis.size < min(goal, capacity) and num_products < max_products:
            basis.extend(product, fresh)
            num_products += 1
            progress(f"eigenvalues: {num_products} products")
        values, coefficients, residuals = basis.ritz()
        wanted = _ends(len(values), num_largest, num_smallest)
        scale = float(np.abs(values).max())
        allowed = tolerance * np.maximum(np.abs(values), FLOOR * scale)
        is_done = len(wanted) == num_wanted and bool((residuals[wanted] <= allowed[wanted]).all())
        is_done &= num_products >= min(LEAST_PRODUCTS, dim)
        is_confirmed = checked is not None and bool((np.abs(values[wanted] - checked) <= allowed[wanted]).all())
        is_over, found = basis.size == dim or num_products >= max_products, None
        if is_over or is_done and (is_confirmed or not fresh_products):
            found = _measured(product, basis.combined(coefficients[:, wanted[::-1]]), tolerance, scale)
            num_products += len(wanted)
            if is_over or found.converged.all():
                return replace(found, num_largest=min(num_largest, len(wanted)), num_products=num_products)
        elif basis.size < capacity and not is_done:
            checked = None
            continue
        kept = _kept(len(values), num_largest, num_smallest, capacity - fresh_products - 1)
        basis.restart(coefficients[:, kept], values[kept])
        checked = values[wanted] if is_done and found is None else None
        if found is not None:  # the residuals that were estimated miss what going on from a new vector left behind
            worst = int((found.residuals / np.maximum(np.abs(found.values), FLOOR * scale)).argmax())
            basis.replace_rest(found.products[:, worst] - found.values[worst] * found.vectors[:, worst])
        elif is_done:
            basis.replace_rest(fresh())
        extra = {"num_products": num_products, "num_draws": num_draws, "checked": [] if checked is None else checked}
        save({**basis.state(), **{name: np.array(value, np.float64) for name, value in extra.items()}})


def _measured(product: Product, vectors: np.ndarray, tolerance: float, scale: float) -> Eigenpairs:
    """Return what orthonormal vectors are by a product each; how many are the largest, the caller knows."""
    products = np.stack([product(vector) for vector in vectors.T], 1)
    values = (vectors * products).sum(0)  # Rayleigh quotients: nearer than the Ritz values
    residuals = np.linalg.norm(products - vectors * values, axis=0)
    allowed = tolerance * np.maximum(np.abs(values), FLOOR * scale)
    return Eigenpairs(
        values=values,
        vectors=vectors,
        products=products,
        residuals=residuals,
        converged=residuals <= allowed,
        num_largest=0,
        num_products=0,
        scale=scale,
    )


def capacity_for(num_wanted: int, dim: int, capacity: int = CAPACITY, fresh_products: int = FRESH_PRODUCTS) -> int:
    """Return how many vectors a search for so many eigenpairs holds at a time."""
    return min(dim, max(capacity, 2 * num_wanted + 8 + fresh_products))


def _ends(num: int, num_largest: int, num_smallest: int) -> np.ndarray:
    """Return the places of the wanted ends among ascending values."""
    largest = range(max(0, num - num_largest), num)
    return np.array(sorted({*range(min(num, num_smallest)), *largest}), int)


def _kept(num: int, num_largest: int, num_smallest: int, most: int) -> np.ndarray:
    """Return the places of what a restart keeps: the wanted ends, and a third of the rest of the room beside them."""
    more = max(1, (most - num_largest - num_smallest) // 6)
    return _ends(num, min(num_largest + more, num - 1), min(num_smallest + more, num - 1))[:most]
