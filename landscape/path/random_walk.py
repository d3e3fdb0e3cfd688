"""What a path of no structure would show: the principal shares of a random walk in many dimensions."""

import math

CENTERED, LAST = "centered", "last"
ORIGINS = (CENTERED, LAST)


def random_walk_share(kind: str, number: int) -> float:
    """Return the share of a long random walk's principal direction of this number, from 1 on.

    Large first shares alone say nothing of a training run: those of independent steps are large too.

    Args:
        kind: The origin: "centered", 6 / (pi number)^2, or "last", 8 / (pi (2 number - 1))^2.

    Source: Antognini and Sohl-Dickstein 2018, arXiv:1806.08805 (centered); the eigenvalues of Brownian
    motion's covariance min(s, t) for a walk seen from an end.
    """
    shares = {CENTERED: 6 / (math.pi * number) ** 2, LAST: 8 / (math.pi * (2 * number - 1)) ** 2}
    return shares[kind]
