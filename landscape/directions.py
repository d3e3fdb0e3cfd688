"""Directions in weight space: random ones, normalized by the filters that they move, and ones toward other weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from torch import Tensor

from landscape.filters import FilterLayout
from landscape.weights import Weights, require_same_layout

GENERATOR = "philox-normal-1"
NORMALIZATIONS = ("filter", "layer", "weight", "none")
BIASES = ("fixed", "moved")


@dataclass(frozen=True, slots=True)
class RandomRule:
    """How a random direction is made.

    Attributes:
        normalization: "filter" (Li et al. 2018, section 4), "layer" (the same a tensor), "weight" (each number times
            its weight's magnitude), or "none".
        biases: Whether biases and norm parameters stay "fixed" or are "moved", each as one filter.
    """

    normalization: str = "filter"
    biases: str = "fixed"

    def __post_init__(self) -> None:
        if self.normalization not in NORMALIZATIONS:
            raise ValueError(f"unknown normalization {self.normalization!r}; choose one of {', '.join(NORMALIZATIONS)}")
        if self.biases not in BIASES:
            raise ValueError(f"biases must be one of {', '.join(BIASES)}, not {self.biases!r}")


def gaussian(shape: tuple[int, ...], seed: int, axis: str, name: str) -> np.ndarray:
    """Return standard normal float64 numbers from a counter-based stream of (seed, axis, parameter name).

    Philox (Salmon et al. 2011), keyed by a digest: any rank on any device makes the same numbers, alone.
    """
    key = sha256(f"{GENERATOR}\0{seed}\0{axis}\0{name}".encode()).digest()[:16]
    stream = np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))
    return stream.standard_normal(shape)


def stream_digests(center: Weights, seed: int, axis: str) -> dict[str, str]:
    """Return, a parameter, the SHA-256 of its random numbers before any normalization."""
    return {
        name: sha256(gaussian(tuple(w.shape), seed, axis, name).tobytes()).hexdigest() for name, w in center.items()
    }


def random_direction(
    center: Weights, layouts: Mapping[str, FilterLayout], *, seed: int, axis: str, rule: RandomRule = RandomRule()
) -> dict[str, Tensor]:
    """Draw a Gaussian direction and normalize it.

    Args:
        center: The trained weights.
        layouts: How each tensor's filters lie.
        seed: With `axis` ("x", "y") and each name, the key of the stream.

    Returns:
        Tensors like those of `center`. A filter of zero length gets a zero direction.

    Source: Li et al. 2018, arXiv:1712.09913, section 4.
    """
    direction = {}
    for name, weight in center.items():
        layout = layouts[name]
        if layout.is_bias_or_norm and rule.biases == "fixed" or not weight.is_floating_point():
            direction[name] = torch.zeros_like(weight)
            continue
        draw = torch.from_numpy(gaussian(tuple(weight.shape), seed, axis, name))
        moved = normalized(draw, weight.detach().cpu().double(), layout, rule.normalization)
        direction[name] = moved.to(weight.dtype).to(weight.device)
    return direction


def stream_of_plane(number: int) -> str:
    """Return the name of the random streams of a plane; the first's is that of a single one."""
    return "" if number == 0 else f"plane {number + 1}"


def random_directions(
    center: Weights,
    layouts: Mapping[str, FilterLayout],
    *,
    seed: int,
    axes: Sequence[str],
    rule: RandomRule = RandomRule(),
    stream: str = "",
) -> list[dict[str, Tensor]]:
    """Draw one direction an axis.

    Args:
        stream: Planes with streams of different names have independent directions.
    """
    prefix = f"{stream} " if stream else ""
    return [random_direction(center, layouts, seed=seed, axis=f"{prefix}{axis}", rule=rule) for axis in axes]


def normalized(draw: Tensor, weight: Tensor, layout: FilterLayout, normalization: str) -> Tensor:
    """Scale a tensor of a direction by the tensor that it moves; both are float64."""
    if normalization == "none":
        return draw
    if normalization == "weight":
        return draw * weight.abs()
    if normalization == "layer":
        return draw * (weight.norm() / draw.norm())
    rows, weight_rows = layout.rows(draw), layout.rows(weight)
    lengths = rows.norm(dim=1, keepdim=True)
    scale = weight_rows.norm(dim=1, keepdim=True) / torch.where(lengths > 0, lengths, 1.0)
    return layout.tensor(rows * scale, weight)


def toward(center: Weights, other: Weights, what: str = "the other checkpoint") -> dict[str, Tensor]:
    """Return the direction from `center` to other weights, at coordinate 1; every parameter moves.

    Raises:
        ValueError: Names or shapes differ, or the two are equal.
    """
    require_same_layout(other, center, what)
    direction = {name: other[name].to(weight) - weight for name, weight in center.items()}
    if not any(bool(tensor.any()) for tensor in direction.values()):
        raise ValueError(f"{what} equals the center, so that there is no direction toward it")
    return direction


def in_order(arrays: Sequence[np.ndarray], center: Weights, states: Weights, what: str) -> dict[str, Tensor]:
    """Give names to a direction that comes without, in the order of a model's parameters() or of its state_dict().

    Args:
        center: The parameters, in their order.
        states: The entries of state_dict(), in their order.
        what: Where the arrays come from, for messages.

    Returns:
        The parameters' tensors, in the arrays' own precision.

    Raises:
        ValueError: Count or shapes fit neither order, or an entry that is no parameter is not zero.
    """
    layout = next((layout for layout in (center, states) if len(layout) == len(arrays)), None)
    if layout is None:
        raise ValueError(
            f"{what} holds {len(arrays)} tensors, but the model has {len(center)} parameters, and {len(states)} entries "
            "in its state_dict(); it was made for another model"
        )
    tensors = {name: torch.from_numpy(np.asarray(array)) for name, array in zip(layout, arrays, strict=True)}
    wrong = [
        f"{number} is {tuple(tensors[name].shape)} instead of {tuple(layout[name].shape)} ({name})"
        for number, name in enumerate(layout)
        if tensors[name].shape != layout[name].shape
    ]
    if wrong:
        raise ValueError(f"{what} does not fit the model: {'; '.join(wrong)}")
    moved = [name for name, tensor in tensors.items() if name not in center and bool(tensor.any())]
    if moved:
        raise ValueError(
            f"{what} moves statistics that the model keeps ({', '.join(moved)}); only parameters are moved here, so make "
            "it of weights, or with zeros there"
        )
    return {name: tensors[name] for name in center}


@dataclass(frozen=True, slots=True)
class DirectionReport:
    """What is to be known of the directions of a plane.

    Attributes:
        norms: L2 norm a direction.
        center_norm: L2 norm of the weights that at least one direction moves.
        cosine: Between the two; None on a line or where one is zero.
        expected_cosine: The standard deviation of the cosine of two random filter-normalized directions, 1/sqrt(n_eff).
        num_zero_filters: Filters of the moved tensors whose weights are all zero.
        num_filters: Filters of the moved tensors.
    """

    norms: tuple[float, ...]
    center_norm: float
    cosine: float | None
    expected_cosine: float
    num_zero_filters: int
    num_filters: int


def report(center: Weights, directions: list[Weights], layouts: Mapping[str, FilterLayout]) -> DirectionReport:
    """Measure the directions of a plane in float64."""
    norms = tuple(_dot(direction, direction) ** 0.5 for direction in directions)
    cosine = None
    if len(directions) == 2 and all(norms):
        cosine = _dot(*directions) / (norms[0] * norms[1])
    squares, fourth, zero, count = 0.0, 0.0, 0, 0
    for name, weight in center.items():
        if not any(bool(direction[name].any()) for direction in directions) and layouts[name].is_bias_or_norm:
            continue
        rows = layouts[name].rows(weight.double())
        lengths = (rows**2).sum(1)
        squares += float(lengths.sum())
        fourth += float((lengths**2).sum()) / rows.shape[1]
        zero += int((lengths == 0).sum())
        count += len(rows)
    expected = fourth**0.5 / squares if squares else 0.0
    return DirectionReport(norms, squares**0.5, cosine, expected, zero, count)


def _dot(first: Weights, second: Weights) -> float:
    return sum(float((first[name].double() * second[name].double()).sum()) for name in first)
