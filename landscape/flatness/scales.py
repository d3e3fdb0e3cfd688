"""How far each parameter is moved where a measure moves it by one: the length that its perturbation is counted in.

Of the scales below only `magnitudes` follows every rescaling of weights that leaves a network's function unchanged; those by
filter follow one of whole filters and of whole layers; `ones` follows none. Weight decay in an objective follows none either.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from landscape.curvature.layout import FlatLayout
from landscape.directions import BIASES
from landscape.filters import FilterLayout
from landscape.weights import Weights


def ones(layout: FlatLayout) -> np.ndarray:
    """Return 1 for every parameter, (dim,)."""
    return np.ones(layout.dim)


def magnitudes(layout: FlatLayout, center: Weights) -> np.ndarray:
    """Return each parameter's own magnitude |w_i|, (dim,), biases and norm parameters included.

    Source: Kwon et al. 2021, arXiv:2102.11600, section 3: T_w = diag(|w|), without the small constant that their code adds.
    """
    return np.abs(layout.flat(center))


def filter_lengths(
    layout: FlatLayout, center: Weights, filters: Mapping[str, FilterLayout], *, biases: str = "fixed"
) -> np.ndarray:
    """Return the L2 length of each parameter's filter, |w_f|, (dim,).

    Args:
        layout: Of the vector.
        center: The trained weights.
        filters: How each tensor's filters lie.
        biases: Whether biases and norm parameters are "fixed", at 0, or "moved", each tensor as one filter.

    Source: Kwon et al. 2021, arXiv:2102.11600, section 3, filter-wise.
    """
    return _by_filter(layout, center, filters, biases, lambda rows: rows.norm(dim=1, keepdim=True))


def filter_deviations(
    layout: FlatLayout, center: Weights, filters: Mapping[str, FilterLayout], *, biases: str = "fixed"
) -> np.ndarray:
    """Return the root mean square of each parameter's filter, |w_f| / sqrt(n_f), (dim,): the square root of S.

    S is the covariance of filter-normalized random directions. Arguments as of `filter_lengths`.

    Source: Li et al. 2018, arXiv:1712.09913, section 4, for the directions; their covariance is worked out here.
    """
    return _by_filter(layout, center, filters, biases, lambda rows: (rows**2).mean(1, keepdim=True).sqrt())


def require_scale(scale: np.ndarray, layout: FlatLayout) -> None:
    """Check that a scale moves something.

    Raises:
        ValueError: It is zero everywhere, or not finite.
    """
    assert scale.shape == (layout.dim,)
    if not np.isfinite(scale).all():
        raise ValueError("the weights are not all finite, so that nothing can be measured in their lengths")
    if not scale.any():
        raise ValueError(
            "nothing would be moved: the chosen parameters are zero, or are biases and norm parameters, which stay fixed"
        )


def _by_filter(
    layout: FlatLayout,
    center: Weights,
    filters: Mapping[str, FilterLayout],
    biases: str,
    length: Callable[[Tensor], Tensor],
) -> np.ndarray:
    if biases not in BIASES:
        raise ValueError(f"biases must be one of {', '.join(BIASES)}, not {biases!r}")
    scale = np.zeros(layout.dim)
    for name, place in layout.places.items():
        if filters[name].is_bias_or_norm and biases == "fixed":
            continue
        weight = center[name].detach().cpu().double()
        rows = filters[name].rows(weight)
        found = filters[name].tensor(torch.ones_like(rows) * length(rows), weight)
        scale[place] = found.reshape(-1).numpy()
    return scale
