"""Surfaces with a few measurements beside them, and what is said of each."""

import numpy as np
from belief_records import INDEFINITE, quadratic, sampled

from landscape.belief.account import account_of
from landscape.figures.belief_words import sentences

UPWARD = [[4.0 + 0.1 * place, 3.0 - 0.2 * place, 6.0] for place in range(30)]  # u'Hu, u'Hv, v'Hv: positive definite
CALM = [[row[0], row[2]] for row in UPWARD]
CONVEX = "This slice looks convex."


def said(surface) -> list[str]:
    return sentences(account_of(surface))


def hessian(kind: str, smallest: float, residual: float = 0.02, **changes) -> dict:
    return INDEFINITE | {"hessian": {"kind": kind}, "smallest": smallest, "smallest_residual": residual} | changes


def convex(**options):
    return sampled(quadratic(400, 300, 90), **options)


def wavy(x, y):
    return np.cos(3 * x) + 2 * y**2
