"""How often a random symmetric matrix has positive eigenvalues alone, as the Hessian of a minimum has."""

from collections.abc import Sequence

import numpy as np

AT_ONCE = 20_000  # matrices in memory


def count_minima(dimensions: Sequence[int], num_matrices: int, seed: int) -> tuple[int, ...]:
    """Draw symmetric Gaussian matrices of each size, and count those whose eigenvalues are all positive.

    A matrix is (G + G') / 2 of independent standard normal numbers G: the Gaussian orthogonal ensemble. Each size's
    matrices are a stream of their own, whatever other sizes are asked for.

    Args:
        dimensions: Numbers of rows.
        num_matrices: How many of each.

    Raises:
        ValueError: A size or the number of matrices is not positive.
    """
    if num_matrices < 1 or min(dimensions, default=1) < 1:
        raise ValueError(
            f"one matrix or more, of one row or more, is needed, not {num_matrices} of {list(dimensions)} rows"
        )
    return tuple(_positive(dimension, num_matrices, seed) for dimension in dimensions)


def known_shares() -> dict[int, float]:
    """Return the shares that are known in closed form, by number of rows.

    Of two rows: the share of all directions that lies in a cone of 45 degrees in three dimensions. Of three: the
    eigenvalues' joint density, integrated over positive ones.

    Source: Mehta 2004, Random Matrices, chapter 3, for the density.
    """
    return {1: 1 / 2, 2: (2 - np.sqrt(2)) / 4, 3: (np.pi - 2 * np.sqrt(2)) / (4 * np.pi)}


def _positive(dimension: int, num_matrices: int, seed: int) -> int:
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, dimension])))
    found = 0
    for start in range(0, num_matrices, AT_ONCE):
        drawn = random.standard_normal((min(AT_ONCE, num_matrices - start), dimension, dimension))
        smallest = np.linalg.eigvalsh(drawn + drawn.transpose(0, 2, 1))[:, 0]
        found += int((smallest > 0).sum())
    return found
