"""How a Hessian's eigenvalues are spread, as numbers to draw: a smoothed density, or a histogram where all are known."""

from dataclasses import dataclass

import numpy as np

from landscape.curvature.density import Quadrature
from landscape.curvature_record import CurvatureRecord
from landscape.figures.symmetric_log import SymmetricLog

AXES = ("linear", "symmetric log")
NUM_POINTS, NUM_BINS = 600, 60
NARROWEST = 0.01  # of the range: the width of a Gaussian that stands for an eigenvalue
GAP_WIDTHS = 1.5  # half gaps between nodes at 0: Gaussians so wide show no gaps between them
THRESHOLD_GAPS, THRESHOLD_SHARE = (
    5,
    1e-4,
)  # the symmetric logarithm is linear within so many half gaps, or so much of the largest
DECADE_WIDTH = 0.11


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumAxis:
    """Where eigenvalues stand along a figure.

    Attributes:
        scale: None where the axis is linear.
        low, high: The smallest and the largest eigenvalue drawn.
    """

    scale: SymmetricLog | None
    low: float
    high: float

    def place(self, values) -> np.ndarray:
        return np.asarray(values, np.float64) if self.scale is None else self.scale.place(values)

    def value(self, places) -> np.ndarray:
        return places if self.scale is None else self.scale.value(places)

    @property
    def ends(self) -> tuple[float, float]:
        """The places of the smallest and the largest."""
        return float(self.place(self.low)), float(self.place(self.high))


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A share of eigenvalues per unit of the axis.

    Attributes:
        places: (points,) along the axis.
        heights, errors: (points,) and the standard error over the probes, nan where there is one.
        width: Of the Gaussians, in units of the axis.
        floor: A tenth of what a single eigenvalue reaches: nothing below is of interest.
    """

    places: np.ndarray
    heights: np.ndarray
    errors: np.ndarray
    width: float
    floor: float


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Numbers of eigenvalues between (bins + 1,) edges along the axis; the middle of one bin is 0."""

    edges: np.ndarray
    counts: np.ndarray


def spectrum_axis(record: CurvatureRecord, kind: str) -> SpectrumAxis:
    """Return the axis on which a record's eigenvalues are drawn.

    Args:
        kind: One of `AXES`.

    Raises:
        ValueError: The kind is unknown.
    """
    if kind not in AXES:
        raise ValueError(f"unknown axis {kind!r}; choose one of {', '.join(AXES)}")
    values = np.concatenate([record.arrays[name].ravel() for name in _measured(record)])
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    if kind == "linear":
        return SpectrumAxis(None, low, high)
    gap = 0.0 if "spectrum" in record.arrays else quadrature_of(record).resolution
    return SpectrumAxis(SymmetricLog(max(THRESHOLD_GAPS * gap, THRESHOLD_SHARE * max(-low, high)) or 1.0), low, high)


def density_of(record: CurvatureRecord, axis: SpectrumAxis) -> Density:
    """Return the smoothed density of what was estimated by quadrature."""
    found = quadrature_of(record)
    low, high = axis.ends
    narrowest = NARROWEST * (high - low) or NARROWEST
    width = max(narrowest, GAP_WIDTHS * found.resolution) if axis.scale is None else max(narrowest, DECADE_WIDTH)
    places = np.linspace(low - 4 * width, high + 4 * width, NUM_POINTS)
    heights, errors = Quadrature(axis.place(found.nodes), found.weights).smoothed(places, width)
    single = 1 / (record.findings["num_parameters"] * width * np.sqrt(2 * np.pi))
    return Density(places, heights, errors, width, 0.1 * single)


def histogram_of(record: CurvatureRecord, axis: SpectrumAxis) -> Histogram:
    """Count the eigenvalues where all are known."""
    low, high = axis.ends
    size = (high - low) / NUM_BINS or 1.0
    edges = (np.arange(np.floor(low / size + 0.5), np.floor(high / size + 0.5) + 2) - 0.5) * size
    return Histogram(edges, np.histogram(axis.place(record.arrays["spectrum"]), edges)[0])


def quadrature_of(record: CurvatureRecord) -> Quadrature:
    return Quadrature(record.arrays["density_node"], record.arrays["density_weight"])


def has_spread(record: CurvatureRecord) -> bool:
    """Tell whether anything was found out about all eigenvalues: by probes, or the whole spectrum."""
    return any(record.arrays.get(name, np.zeros(0)).size for name in ("spectrum", "density_node"))


def _measured(record: CurvatureRecord) -> list[str]:
    return [name for name in ("spectrum", "density_node", "eigenvalue") if name in record.arrays]
