"""How a metric becomes height and colour: logarithmic, linear or clipped, one range over surfaces, levels at round values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.surface import Surface

KINDS = ("log", "linear", "clipped")
DECADE_PARTS = (1 / 50, 1 / 20, 1 / 10, 1 / 5, 1 / 4, 1 / 2, 1.0, 2.0)
NUM_LEVELS = 24
MOST_LABELS = 9


@dataclass(frozen=True, slots=True)
class Scale:
    """A map from a metric to height, with its range in the metric's own units.

    Attributes:
        kind: "log" (height is log10), "linear", or "clipped" (linear, with all that is above `high` at its height).
        low, high: The range shown; for "log" both are above 0.
    """

    kind: str
    low: float
    high: float

    def height(self, values) -> np.ndarray:
        """Return heights; nan where a value is not finite, the floor where a log's value is below it."""
        values = np.asarray(values, np.float64)
        finite = np.where(np.isfinite(values), values, np.nan)
        if self.kind == "linear":
            return finite
        if self.kind == "clipped":
            return np.minimum(finite, self.high)
        with np.errstate(invalid="ignore"):
            return np.log10(np.maximum(finite, self.low))

    @property
    def ends(self) -> tuple[float, float]:
        """The range in heights, never empty."""
        low, high = (float(self.height(value)) for value in (self.low, self.high))
        if high > low:
            return low, high
        margin = abs(low) * 1e-3 or 1e-3
        return low - margin, low + margin

    @property
    def step(self) -> float:
        """The distance in height between two levels."""
        low, high = self.ends
        rough = (high - low) / NUM_LEVELS
        if self.kind == "log":
            wider = [part for part in DECADE_PARTS if part >= rough]
            if wider and rough > DECADE_PARTS[0] / 4:
                return wider[0]
        return round_up(rough)

    def levels(self) -> np.ndarray:
        """Return the heights of all isolines inside the range, at whole multiples of the step."""
        low, high = self.ends
        return np.arange(np.ceil(low / self.step), np.floor(high / self.step) + 1) * self.step

    def labelled(self) -> list[float]:
        """Return the values, in the metric's units, that get a label: decades, or rounder ones where these are few."""
        low, high = self.ends
        if self.kind == "log":
            for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
                exponents = range(int(np.floor(low)), int(np.ceil(high)) + 1)
                found = [digit * 10.0**exponent for exponent in exponents for digit in digits]
                found = [value for value in found if low - 1e-9 <= np.log10(value) <= high + 1e-9]
                if len(found) >= 3:
                    return found[:: -(-len(found) // MOST_LABELS)]
            low, high = 10**low, 10**high
        step = round_up((high - low) / 6)
        values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
        return [float(f"{value:.12g}") for value in values]


def scale_over(surfaces: Sequence[Surface], metric: str, kind: str = "log", *, clip: float | None = None) -> Scale:
    """Return one scale for a metric of several surfaces.

    A log scale's floor is the smallest positive finite value; where there is a negative value or none above 0,
    the scale is linear. It is linear too where nothing lies above the value at which it would be clipped.

    Args:
        clip: Where a clipped scale is cut; if None, at the first of 1, 2, 2.5 and 5 times a power of ten that half
            of all finite values do not exceed.

    Raises:
        ValueError: The kind is unknown, no surface has the metric, or the clip is not above the smallest value.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown scale {kind!r}; choose one of {', '.join(KINDS)}")
    arrays = [surface.values[metric].ravel() for surface in surfaces if metric in surface.values]
    if not arrays:
        choices = sorted({name for surface in surfaces for name in surface.values})
        raise ValueError(f"there is no metric {metric!r}; choose one of {', '.join(choices)}")
    values = np.concatenate(arrays)
    values = values[np.isfinite(values)]
    if not len(values):
        return Scale("linear", 0.0, 1.0)
    positive = values[values > 0]
    if kind == "log" and len(positive) and values.min() >= 0:
        return Scale("log", float(positive.min()), float(positive.max()))
    low, high = float(values.min()), float(values.max())
    if kind == "clipped":
        median = float(np.median(values))
        cut = clip if clip is not None else round_up(median) if median > 0 else median
        if clip is not None and not clip > low:
            raise ValueError(f"the clip must be above the smallest {metric}, {low:.4g}, not {clip:g}")
        if low < cut < high:
            return Scale("clipped", low, cut)
    return Scale("linear", low, high)


def label(value: float, metric: str = "") -> str:
    """Return a value as a tick's text: per cent for accuracies, few digits otherwise."""
    if metric.endswith("accuracy"):
        return f"{100 * value:.4g}%"
    if value and not 1e-3 <= abs(value) < 9999.5:
        mantissa, exponent = f"{value:.2e}".split("e")
        mantissa = f"{float(mantissa):g}"
        raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"10{raised}" if mantissa == "1" else f"{mantissa}·10{raised}"
    return f"{value:.4g}"


def round_up(step: float) -> float:
    """Return the first of 1, 2, 2.5 and 5 times a power of ten that is not below a step."""
    power = 10.0 ** np.floor(np.log10(step))
    return next(float(digit * power) for digit in (1, 2, 2.5, 5, 10) if digit * power >= step * (1 - 1e-9))
