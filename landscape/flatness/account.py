"""What a comparison's numbers say: each measure of each network with its error, and what tells two networks apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from landscape.belief.flat_region import flat_region
from landscape.belief.plan import FLAT_WITHIN
from landscape.belief.plane_curvature import center_curvature, mean_and_error
from landscape.belief.rounding import rounding_of
from landscape.comparison import SCORED, TRIAL_VALUES, ComparedNetwork, Comparison
from landscape.flatness.half_widths import half_widths
from landscape.flatness.rank_correlation import FEWEST, RankCorrelation, rank_correlation
from landscape.flatness.shift import MeanShift, mean_shift, shift_between
from landscape.flatness.suite import BY_KEY
from landscape.surface import NOT_DONE, Surface

LEVEL = 0.95
ROUNDING = 1e-6  # of a number without an error: what is nearer is the same


@dataclass(frozen=True, slots=True)
class Finding:
    """A measure of a network.

    Attributes:
        value: nan where it is not known.
        error: Standard error; nan where there is none.
        num: Planes, lines or draws that it is a mean over; 1 of a single number, whose error was estimated with it.
        is_bound: Whether the true one may be larger.
        is_coarse: Whether too few samples tell it.
        caveats: What else is to be known of it, in short phrases.
    """

    value: float
    error: float = np.nan
    num: int = 1
    is_bound: bool = False
    is_coarse: bool = False
    caveats: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(np.isfinite(self.value))


UNKNOWN = Finding(np.nan, num=0)


@dataclass(frozen=True, slots=True)
class Score:
    """A network's loss and accuracy at its center.

    Attributes:
        accuracy: nan where there is none.
        num_samples: 0 where the data have no such split.
    """

    loss: float
    accuracy: float
    num_samples: int


def scores_of(network: ComparedNetwork) -> dict[str, Score]:
    """Return a network's scores by split, as far as they are measured."""
    values, done = network.scores.values, network.scores.done
    return {
        split: Score(float(values["loss"][place]), float(values["accuracy"][place]), int(values["num_samples"][place]))
        for place, split in enumerate(SCORED)
        if done[place] and values["num_samples"][place] > 0
    }


def findings_of(comparison: Comparison, network: ComparedNetwork) -> dict[str, Finding]:
    """Return a network's measures by key, in their order; those not asked for are left out."""
    metric = f"{comparison.origin.record['splits'][0]}_loss"
    eps = float(comparison.origin.record.get("flat_within") or FLAT_WITHIN)
    keys = comparison.origin.identity["measures"]["keys"]
    made = {
        "flat_area": lambda: _flat_area(network.planes, metric, eps),
        "half_width": lambda: _half_width(network.lines, metric, eps),
        "cell_curvature": lambda: _cell_curvature(network.lines, metric),
    }
    return {
        key: made[key]() if key in made else _of_trials(comparison, network.measures, key)
        for key in BY_KEY
        if key in keys
    }


def shift_of(network: ComparedNetwork) -> MeanShift | None:
    """Return how far the minimum moves from training to test samples, over planes; None where not both are measured."""
    planes = network.planes
    metrics = [f"{split}_loss" for split in SCORED]
    if not planes.is_complete or not set(metrics) <= set(planes.values):
        return None
    rounding = rounding_of(planes.origin.identity.get("precision", "float32"))
    pairs = zip(*(planes.values[metric] for metric in metrics))
    return mean_shift(
        shift_between(train, test, planes.grid.x, planes.grid.y, rounding=rounding) for train, test in pairs
    )


def correlations_of(comparison: Comparison) -> dict[str, RankCorrelation | None] | None:
    """Return, by measure, how it ranks the networks against their test error; None of fewer than five networks.

    Rescaled copies are left out. The test error is the share of wrong answers, or the loss where there are no answers.
    """
    rescaled = comparison.origin.record.get("rescaled") or {}
    networks = [network for network in comparison.networks if network.name not in rescaled]
    scores = [scores_of(network).get("test") for network in networks]
    if len(networks) < FEWEST or None in scores:
        return None
    errors = [score.loss if np.isnan(score.accuracy) else 1 - score.accuracy for score in scores]
    found = [findings_of(comparison, network) for network in networks]
    return {key: rank_correlation([each[key].value for each in found], errors) for key in found[0]}


def _center(surface: Surface, metric: str) -> float:
    return float(surface.origin.record["center"][metric])


def _values(surface: Surface, metric: str) -> np.ndarray:
    return np.where(surface.done != NOT_DONE, surface.values[metric], np.nan)


def _unknown(surface: Surface) -> Finding | None:
    """Return why a surface tells nothing; None where it does."""
    if not surface.is_complete:
        return UNKNOWN
    if 0 in (surface.origin.record.get("direction_report") or {}).get("norms", ()):
        return Finding(np.nan, num=0, caveats=("the directions do not move this network",))
    return None


def _flat_area(planes: Surface, metric: str, eps: float) -> Finding:
    if (unknown := _unknown(planes)) is not None:
        return unknown
    grid = planes.grid
    regions = [flat_region(grid.x, grid.y, values, _center(planes, metric), eps) for values in _values(planes, metric)]
    known = [region for region in regions if region is not None]
    return Finding(
        *mean_and_error(region.area for region in known),
        is_bound=any(region.touches_frame or region.touches_non_finite for region in known),
        is_coarse=any(region.is_coarse for region in known),
    )


def _half_width(lines: Surface, metric: str, eps: float) -> Finding:
    if (unknown := _unknown(lines)) is not None:
        return unknown
    x, center = lines.grid.x, _center(lines, metric)
    sides = [half_widths(x, values, center, eps) for values in _values(lines, metric)]
    reached = [[_within(side.distance, end) for side, end in zip(pair, (-x[0], x[-1]))] for pair in sides]
    num_clipped = sum(side.is_clipped or side.touches_non_finite for pair in sides for side in pair)
    words = f"{num_clipped} of {2 * len(sides)} sides reach the line's end, or what is not finite"
    return Finding(
        *mean_and_error(float(np.mean(pair)) for pair in reached),
        is_bound=num_clipped > 0,
        caveats=(words,) if num_clipped else (),
    )


def _within(distance: float, end: float) -> float:
    return min(distance, float(end))


def _cell_curvature(lines: Surface, metric: str) -> Finding:
    if (unknown := _unknown(lines)) is not None:
        return unknown
    x = lines.grid.x
    return Finding(*mean_and_error(center_curvature(x, values) for values in _values(lines, metric)))


def _of_trials(comparison: Comparison, measures: Surface, key: str) -> Finding:
    chosen = np.array([name == key for name in comparison.plan])
    if not chosen.any() or not measures.done[chosen].all():
        return UNKNOWN
    value, error, converged = (measures.values[name][chosen] for name in TRIAL_VALUES)
    if len(value) > 1:
        if np.isfinite(value).all():
            return Finding(*mean_and_error(value))
        return Finding(np.nan, num=0, caveats=(f"{int((~np.isfinite(value)).sum())} of {len(value)} are not finite",))
    if not np.isfinite(value[0]):
        return Finding(np.nan, num=0, caveats=("it could not be taken at these weights",))
    caveats = ("not converged",) if converged[0] == 0 else ()
    if key == "largest_eigenvalue":  # a residual is no standard error
        return Finding(float(value[0]), caveats=(*caveats, f"residual {error[0]:.2g}"))
    num = comparison.origin.identity["measures"].get("num_probes", 1) if key == "relative" else 1
    return Finding(float(value[0]), float(error[0]), num, BY_KEY[key].is_bound, caveats=caveats)


def told_apart(first: Finding, second: Finding) -> bool | None:
    """Tell whether two numbers differ by more than their errors bring by chance, 19 times of 20.

    By Welch's test, of independent means; draws that two networks share make it the more careful. An error that came with a single
    number is taken as known well. None where one of the two is not known, has no error, or is coarse, and where the smaller one
    may be larger than it is.

    Source: Welch 1947, Biometrika 34.
    """
    pair = sorted((first, second), key=lambda found: found.value)
    if (
        not all(found.is_known and np.isfinite(found.error) and not found.is_coarse for found in pair)
        or pair[0].is_bound
    ):
        return None
    gap, squares = pair[1].value - pair[0].value, np.array([found.error**2 for found in pair])
    if not squares.sum():
        return gap > ROUNDING * abs(pair[1].value)
    parts = [square**2 / (found.num - 1) for square, found in zip(squares, pair) if found.num > 1]
    degrees = squares.sum() ** 2 / sum(parts) if sum(parts) else np.inf
    return bool(gap > stats.t.ppf((1 + LEVEL) / 2, degrees) * np.sqrt(squares.sum()))


@dataclass(frozen=True, slots=True)
class Votes:
    """What the measures say of two networks; keys of measures.

    Attributes:
        first, second: Those that call the first or the second flatter, by more than their errors.
        untold: Those whose difference is within their errors.
        without: Those that can't be judged: without an error, coarse, or bounds.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    untold: tuple[str, ...]
    without: tuple[str, ...]


def votes_of(first: Mapping[str, Finding], second: Mapping[str, Finding]) -> Votes:
    """Sort the measures that two networks have both."""
    sorted_keys: dict[str, list[str]] = {"first": [], "second": [], "untold": [], "without": []}
    for key in first:
        if not (first[key].is_known and second[key].is_known):
            continue
        is_told = told_apart(first[key], second[key])
        is_first = (first[key].value < second[key].value) == BY_KEY[key].is_sharpness
        place = "without" if is_told is None else "untold" if not is_told else "first" if is_first else "second"
        sorted_keys[place].append(key)
    return Votes(**{name: tuple(keys) for name, keys in sorted_keys.items()})
