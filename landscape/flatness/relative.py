"""Relative flatness of a layer: the curvature between its neurons, weighed by the inner products of their weights."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from landscape.belief.plane_curvature import mean_and_error
from landscape.curvature.objective import Objective
from landscape.directions import gaussian
from landscape.filters import FilterLayout
from landscape.flatness.excursion import excursion

AT_A_TIME = 8  # products, which share their passes through the network


@dataclass(frozen=True, slots=True)
class RelativeFlatness:
    """kappa of one layer, in nats a sample; the larger, the sharper.

    Attributes:
        standard_error: Over probes; 0 where it is exact, nan with a single probe.
        num_products: Hessian products it took.
        is_exact: Whether every direction was looked at, rather than random ones.
    """

    value: float
    standard_error: float
    num_products: int
    is_exact: bool


def relative_flatness(
    objective: Objective, name: str, filters: FilterLayout, *, num_probes: int = 100, seed: int = 0
) -> RelativeFlatness:
    """Measure kappa = sum over neurons s, s' of <w_s, w_s'> tr(H_ss'), w_s being the weights of a layer's neuron.

    A filter of a convolution counts as a neuron, the trace going over all numbers of a filter; that is ours. With W the
    matrix of rows w_s, kappa is the trace of (WW' x I) H. It is taken exactly where that takes no more products than
    probes, rank(W) times the numbers a neuron; else by Hutchinson's probes V = WZ, Z of random signs: E tr(V' HV) is kappa.

    A rescaling of the layer's own neurons, undone behind them, leaves it unchanged, as does one of whole layers; one of the
    neurons before, by unequal factors, does not. A linear layer under the mean over samples and outputs of the squared
    error has 2 / outputs |W|^2 tr E[xx'].

    Args:
        objective: Over this layer's weight, or more.
        name: The weight's.
        filters: How its filters lie.
        num_probes: Hessian products, at most.

    Raises:
        ValueError: There is no such weight, it is a bias, or `num_probes` is below 1.

    Source: Petzka et al. 2021, arXiv:2001.00939.
    """
    if num_probes < 1:
        raise ValueError(f"relative flatness needs one probe or more, not {num_probes}")
    _require_weight(objective, name, filters)
    with excursion(objective):
        like = torch.from_numpy(objective.weights[objective.layout.places[name]].reshape(objective.layout.shapes[name]))
        weight = filters.rows(like).numpy()
        factor = _factor(weight)
        num_exact = factor.shape[1] * weight.shape[1]
        if num_exact <= num_probes:
            columns = (np.outer(part, unit) for part in factor.T for unit in np.eye(weight.shape[1]))
            found = _curvatures(objective, name, filters, like, columns)
            return RelativeFlatness(float(found.sum()), 0.0, num_exact, True)
        probes = (weight @ _signs(weight.shape[1], seed, name, number) for number in range(num_probes))
        found = _curvatures(objective, name, filters, like, probes)
    return RelativeFlatness(float(found.mean()), mean_and_error(found)[1], num_probes, False)


def _require_weight(objective: Objective, name: str, filters: FilterLayout) -> None:
    shapes = objective.layout.shapes
    if name not in shapes:
        raise ValueError(f"{name!r} is none of the chosen parameters; they are {', '.join(shapes)}")
    if filters.is_bias_or_norm:
        raise ValueError(f"{name} is a bias or of a norm; relative flatness is that of a layer's weight")


def _factor(weight: np.ndarray) -> np.ndarray:
    """Return (neurons, rank) columns F with FF' = WW', as few as there can be."""
    left, lengths, _ = np.linalg.svd(weight, full_matrices=False)
    kept = lengths > lengths.max(initial=0.0) * max(weight.shape) * np.finfo(float).eps
    return (left * lengths)[:, kept]


def _signs(num: int, seed: int, name: str, number: int) -> np.ndarray:
    draw = gaussian((num, num), seed, f"flatness relative {number}", name)
    return np.where(draw < 0, -1.0, 1.0)


def _curvatures(
    objective: Objective, name: str, filters: FilterLayout, like: Tensor, matrices: Iterable[np.ndarray]
) -> np.ndarray:
    """Return V' HV for matrices of the shape (neurons, numbers a neuron), those of one layer."""
    matrices, found = iter(matrices), [np.zeros(0)]
    while chunk := list(islice(matrices, AT_A_TIME)):
        vectors = np.zeros((objective.dim, len(chunk)))
        for place, matrix in enumerate(chunk):
            tensor = filters.tensor(torch.from_numpy(np.ascontiguousarray(matrix)), like)
            vectors[objective.layout.places[name], place] = tensor.reshape(-1).numpy()
        found.append((vectors * objective.products(vectors)).sum(0))
    return np.concatenate(found)
