"""An axis for numbers of both signs and many sizes: linear near zero, decades on both sides."""

from dataclasses import dataclass

import numpy as np

from landscape.figures.scale import label

MOST_TICKS, FEWEST_TICKS = 9, 4
NEAREST_TO_ZERO = 0.4  # decades: a tick nearer to that of 0 would stand on it


@dataclass(frozen=True, slots=True)
class SymmetricLog:
    """A place is asinh(value / threshold) in decades.

    Attributes:
        threshold: Above 0; a tenfold larger value stands a decade farther out where it is much larger than this.
    """

    threshold: float

    def place(self, values) -> np.ndarray:
        """Return where values stand on the axis."""
        return np.arcsinh(np.asarray(values, np.float64) / self.threshold) / np.log(10)

    def value(self, places) -> np.ndarray:
        """Return what stands at places."""
        return self.threshold * np.sinh(np.asarray(places, np.float64) * np.log(10))

    def ticks(self, low: float, high: float, most: int = MOST_TICKS) -> dict:
        """Return Plotly's tickvals and ticktext for the values from `low` to `high`: 0, and round ones on both sides."""
        for digits in ((1,), (1, 3), (1, 2, 5)):
            sizes = _round_sizes(float(self.value(NEAREST_TO_ZERO)), max(abs(low), abs(high)), digits)
            sizes = sizes[:: -(-2 * len(sizes) // most) or 1] if digits == (1,) else sizes
            found = sorted({sign * size for size in sizes for sign in (-1, 1) if low <= sign * size <= high} | {0.0})
            if len(found) >= FEWEST_TICKS:
                break
        return {
            "tickvals": [float(self.place(value)) for value in found],
            "ticktext": [signed(value) for value in found],
        }


def signed(value: float) -> str:
    """Return a number as a tick's text, with a minus sign."""
    return ("−" if value < 0 else "") + label(abs(value))


def decade_ticks(low: float, high: float, most: int = MOST_TICKS) -> dict:
    """Return Plotly's tickvals and ticktext of a logarithmic axis: powers of ten."""
    exponents = range(int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9)) + 1)
    chosen = [10.0**exponent for exponent in exponents if exponent % -(-len(exponents) // most) == 0]
    return {"tickvals": chosen, "ticktext": [label(value) for value in chosen]}


def _round_sizes(least: float, most: float, digits: tuple[int, ...]) -> list[float]:
    """Return the digits times powers of ten between two sizes, the largest first."""
    last = int(np.ceil(np.log10(most))) if most > 0 else 0
    exponents = range(int(np.floor(np.log10(least))), last + 1)
    found = [digit * 10.0**exponent for exponent in exponents for digit in digits]
    return [size for size in reversed(found) if least <= size <= most]
