"""What a page says of surfaces of batches: where their minima lie, how these scatter, and the noise of their gradients."""

from collections.abc import Sequence

import numpy as np

from landscape.batch_losses import BatchLosses
from landscape.flatness.minimum import Minimum
from landscape.flatness.scatter import Scatter, minimum_of, scatter_of
from landscape.gradient_noise import GradientNoise
from landscape.surface import Surface

BY_CHANCE = 3.84  # |g|^2 over what chance gives it, exceeded in one of 20 cases where the gradients lie along one line (chi squared)
TIMES = "What an update and an epoch take over batch sizes: `python -m benchmarks updates` measures it (docs/performance.md)."


def batches_panel(surface: Surface) -> dict:
    """Return words, minima and tables of a surface's batches.

    Returns:
        {"words": of all samples, "minimum": [place] or None, "sizes": [{"size", "name", "unit", "words": [one a batch],
        "minima": [place or None], "onFrame": bool}], "parts": [{"title", "sentences", "head", "rows"}]}.
    """
    batches, grid = surface.batches, surface.grid.of_one_plane()
    lowest = minimum_of(grid, batches.whole)
    found = {size: scatter_of(batches, grid, size) for size in batches.sizes}
    return {
        "words": f"all {len(batches.samples):,} samples, {_lowest_words(lowest)}",
        "minimum": _place(lowest),
        "sizes": [_size(size, scatter, batches) for size, scatter in found.items()],
        "parts": [_minima(surface, lowest, found), _gradient(batches)],
    }


def noise_of(batches: BatchLosses) -> GradientNoise | None:
    """Return the gradient's noise at the center; None where it was not measured."""
    found = batches.findings.get("gradient")
    return None if found is None else GradientNoise(found["mean_square"], found["trace"], len(batches.samples))


def _size(size: int, scatter: Scatter, batches: BatchLosses) -> dict:
    unit = "example" if size == 1 else "batch"
    words = [
        f"{_example(batches, members)}{_lowest_words(found)}{_excess_words(excess)}"
        for members, found, excess in zip(batches.members[size], scatter.minima, scatter.excess)
    ]
    return {
        "size": size,
        "name": "single examples" if size == 1 else f"batches of {size:,}",
        "unit": unit,
        "words": words,
        "minima": [_place(found) for found in scatter.minima],
        "onFrame": bool(scatter.share_on_frame > 0),
    }


def _example(batches: BatchLosses, members: np.ndarray) -> str:
    return f"sample {batches.samples[members[0]]:,} of {batches.findings.get('split')}, " if len(members) == 1 else ""


def _lowest_words(found: Minimum | None) -> str:
    if found is None:
        return "minimum unknown: no value is finite"
    return f"minimum {found.value:.3g} at {_pair(found.at)}{', on the frame' if found.is_on_frame else ''}"


def _excess_words(excess: float) -> str:
    return f"; there all samples' loss is {excess:.2g} above its minimum" if np.isfinite(excess) else ""


def _place(found: Minimum | None) -> list[float] | None:
    return None if found is None else list(found.at)


def _minima(surface: Surface, lowest: Minimum | None, found: dict[int, Scatter]) -> dict:
    batches = surface.batches
    of = "" if surface.grid.num_planes is None else f" of the first {surface.grid.kind}"
    num = len(next(iter(batches.members.values())))
    sentences = [
        f"{num} batches of each size, drawn from {len(batches.samples):,} samples of {batches.findings.get('split')}, without replacement within "
        f"a batch. At each point{of} the loss of each sample was measured once; every surface is a mean of these."
    ]
    if any(scatter.share_on_frame > 0 for scatter in found.values()):
        sentences.append(
            "Where minima lie on the frame, they would lie further out on a larger plane: deviation and height come out too small."
        )
    fine = [size for size, scatter in found.items() if _is_within_a_cell(surface, scatter)]
    if fine:
        sentences.append(
            f"Minima of batches of {' and of '.join(f'{size:,}' for size in fine)} scatter by less than a cell of the grid: where they lie rests on "
            "parabolas between the points. A narrower range tells more."
        )
    rows = [
        [
            _named(size, len(batches.samples)),
            _pair(scatter.mean),
            _pair(scatter.deviation),
            _share(scatter),
            _range(scatter.excess),
        ]
        for size, scatter in found.items()
    ]
    if lowest is not None:
        rows.append(
            [f"all {len(batches.samples):,}", _pair(lowest.at), "", "1 of 1" if lowest.is_on_frame else "0 of 1", ""]
        )
    axes = "α, β" if len(surface.grid.axes) == 2 else "α"
    head = [
        "batch of",
        f"mean of minima, {axes}",
        "their deviation",
        "on the frame",
        "all samples' loss there, above its minimum",
    ]
    return {"title": "Where the minima lie", "sentences": sentences, "head": head, "rows": rows}


def _is_within_a_cell(surface: Surface, scatter: Scatter) -> bool:
    """Tell whether minima scatter, by more than rounding, but by less than a cell along some axis."""
    cells = [np.median(np.diff(getattr(surface.grid, name))) for name in surface.grid.axes]
    return any(1e-9 * cell < deviation < cell for deviation, cell in zip(scatter.deviation, cells))


def _gradient(batches: BatchLosses) -> dict:
    noise = noise_of(batches)
    title = "The gradient's noise, at the center"
    if noise is None:
        why = batches.findings.get("why_no_gradient", "the run ended before")
        return {"title": title, "sentences": [f"Not measured: {why}.", TIMES], "head": [], "rows": []}
    rows = [
        [
            _named(size, noise.num_samples),
            f"{noise.norm:.3g}",
            f"{noise.spread(size):.3g}",
            _ratio(noise.spread(size), noise.norm),
        ]
        for size in dict.fromkeys((*batches.sizes, noise.num_samples))
    ]
    head = ["batch of", "length of the mean gradient", "spread of a batch's about it", "spread over length"]
    return {"title": title, "sentences": [*noise_words(noise), TIMES], "head": head, "rows": rows}


def noise_words(noise: GradientNoise) -> list[str]:
    """Return sentences on a gradient's noise."""
    if not noise.mean_square > 0:
        return ["The mean gradient is zero: whatever a batch's gradient is, it is noise."]
    said = [
        f"The noise scale tr Σ/|g|² is {noise.scale:.3g}: a batch of so many samples, drawn with replacement, has a gradient with as much "
        "noise as slope (McCandlish et al. 2018)."
    ]
    if noise.num_samples == 1:
        return said
    times = noise.mean_square * (noise.num_samples - 1) / noise.trace if noise.trace > 0 else np.inf
    if times <= BY_CHANCE:
        said.append(
            f"As an estimate for more data than these {noise.num_samples:,} samples it is a lower bound: their mean gradient's square is "
            f"{times:.2g} times what chance alone gives it, which is too little to tell a slope from chance."
        )
    else:
        beyond = noise.trace * noise.num_samples / (noise.num_samples - 1) / noise.beyond_chance
        said.append(
            f"As an estimate for more data than these {noise.num_samples:,} samples, less what chance adds to |g|²: {beyond:.3g}."
        )
    return said


def _named(size: int, num_samples: int) -> str:
    if size == num_samples:
        return f"all {size:,}"
    return "1 (an example)" if size == 1 else f"{size:,}"


def _pair(numbers: Sequence[float]) -> str:
    return ", ".join("–" if np.isnan(number) else f"{number:.3f}" for number in numbers)


def _share(scatter: Scatter) -> str:
    known = [found for found in scatter.minima if found is not None]
    return f"{sum(found.is_on_frame for found in known)} of {len(known)}"


def _range(excess: Sequence[float]) -> str:
    finite = [value for value in excess if np.isfinite(value)]
    if not finite:
        return "–"
    return f"{np.median(finite):.2g} ({min(finite):.2g} to {max(finite):.2g})"


def _ratio(spread: float, norm: float) -> str:
    return f"{spread / norm:.3g}" if norm > 0 else "–"
