"""The measures of flatness that networks are compared by: what each is, where it comes from, and how it is taken."""

from dataclasses import dataclass

from landscape.flatness.measure import RESCALINGS, Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSettings:
    """How far and how often; the same for every network of a comparison.

    Attributes:
        num_pairs: Of opposite perturbations, for either average.
        num_probes: Random vectors, for the trace and for relative flatness.
        num_steps: Of each ascent.
        max_products: Of the search for the largest eigenvalue.
        sigma_filter: In root mean squares of the filters: S^.5.
        sigma: In the weights' own unit.
        rho, rho_adaptive, rho_filter: Radii of the balls, in the weights' unit, in magnitudes, in filters' lengths.
        box: Keskar's epsilon.
        seed: Of all draws.
    """

    num_pairs: int = 20
    num_probes: int = 20
    num_steps: int = 10
    max_products: int = 100
    sigma_filter: float = 0.1
    sigma: float = 0.01
    rho: float = 0.05
    rho_adaptive: float = 0.5
    rho_filter: float = 0.1
    box: float = 1e-3
    seed: int = 0


MEASURES = (
    Measure(
        key="flat_area",
        name="flat area",
        formula="area of the connected {L <= L(w) + eps} around the center, in a plane",
        second_order="2 pi eps / sqrt(det M), M the plane's Hessian",
        source="Hochreiter and Schmidhuber 1997, on planes of filter-normalized directions",
        unit="squared lengths of the directions",
        follows=("filters", "layers"),
        is_sharpness=False,
        is_along_directions=True,
        is_within=True,
        is_from_surfaces=True,
    ),
    Measure(
        key="half_width",
        name="half-width",
        formula="distance along a line to L(w) + eps, mean of its two sides",
        second_order="sqrt(2 eps / d'Hd)",
        source="of a slice, as in Li et al. 2018",
        unit="lengths of the directions",
        follows=("filters", "layers"),
        is_sharpness=False,
        is_along_directions=True,
        is_within=True,
        is_from_surfaces=True,
    ),
    Measure(
        key="cell_curvature",
        name="curvature over a cell",
        formula="[L(h) + L(-h) - 2 L(0)] / h^2 along a line",
        second_order="d'Hd",
        source="of a slice, as in Li et al. 2018",
        unit="nats per squared length",
        follows=("filters", "layers"),
        is_along_directions=True,
        is_from_surfaces=True,
    ),
    Measure(
        key="tau",
        name="tau",
        formula="E d'Hd over the lines' directions; of filter-normalized ones tr(SH)",
        is_along_directions=True,
        second_order="itself",
        source="Li et al. 2018 for the directions; by products with the Hessian along the lines",
        unit="nats per squared length",
        follows=("filters", "layers"),
        needs="products",
    ),
    Measure(
        key="average",
        name="average sharpness",
        formula="E L(w + sigma S^.5 xi) - L(w), xi standard normal",
        second_order=".5 sigma^2 tr(SH)",
        source="Neyshabur et al. 2017, arXiv:1706.08947, with filter-wise S",
        unit="nats",
        follows=("filters", "layers"),
    ),
    Measure(
        key="lpf",
        name="LPF",
        formula="E L(w + sigma xi) - L(w): the loss after a Gaussian low-pass filter, less the loss",
        second_order=".5 sigma^2 tr(H)",
        source="Bisla, Wang and Choromanska 2022, arXiv:2201.08025",
        unit="nats",
    ),
    Measure(
        key="keskar",
        name="Keskar's sharpness",
        formula="100 (max L(w + y) - L(w)) / (1 + L(w)) over |y_i| <= eps (|w_i| + 1)",
        second_order="50 eps^2 sum h_i (|w_i| + 1)^2 / (1 + L), H diagonal",
        source="Keskar et al. 2017, arXiv:1609.04836, section 2.2.2",
        unit="per cent",
        needs="gradients",
        is_bound=True,
    ),
    Measure(
        key="sam",
        name="SAM sharpness",
        formula="max L(w + d) - L(w) over |d| <= rho",
        second_order=".5 rho^2 lambda_max",
        source="Foret et al. 2021, arXiv:2010.01412",
        unit="nats",
        needs="gradients",
        is_bound=True,
    ),
    Measure(
        key="asam",
        name="adaptive sharpness (ASAM)",
        formula="max L(w + d) - L(w) over |T^-1 d| <= rho, T = diag(|w_i|)",
        second_order=".5 rho^2 lambda_max(THT)",
        source="Kwon et al. 2021, arXiv:2102.11600",
        unit="nats",
        follows=RESCALINGS,
        needs="gradients",
        is_bound=True,
    ),
    Measure(
        key="asam_filter",
        name="adaptive sharpness, by filter",
        formula="max L(w + d) - L(w) over |T^-1 d| <= rho, T the filters' lengths",
        second_order=".5 rho^2 lambda_max(THT)",
        source="Kwon et al. 2021, arXiv:2102.11600, filter-wise",
        unit="nats",
        follows=("filters", "layers"),
        needs="gradients",
        is_bound=True,
    ),
    Measure(
        key="largest_eigenvalue",
        name="largest eigenvalue",
        formula="lambda_max of the Hessian, by Lanczos' method",
        second_order="itself",
        source="Wu and Simon 2000 for the method",
        unit="nats per squared unit of weight",
        needs="products",
    ),
    Measure(
        key="trace",
        name="trace",
        formula="tr H, by Hutchinson's probes",
        second_order="itself",
        source="Hutchinson 1990",
        unit="nats per squared unit of weight",
        needs="products",
    ),
    Measure(
        key="relative",
        name="relative flatness",
        formula="sum over neurons s, s' of the last layer of <w_s, w_s'> tr(H_ss')",
        second_order="itself",
        source="Petzka et al. 2021, arXiv:2001.00939",
        unit="nats",
        follows=("filters", "layers"),
        needs="products",
    ),
    Measure(
        key="fisher_rao",
        name="Fisher-Rao norm",
        formula="w'Fw, F the Fisher information of the model's own answers",
        second_order="itself",
        source="Liang et al. 2019, arXiv:1711.01530",
        unit="squared nats",
        follows=RESCALINGS,
        needs="probabilities",
    ),
)
BY_KEY = {measure.key: measure for measure in MEASURES}
# One trial each, in the order in which they are taken: products one after the other share a graph, and the long ones come first.
ONCE = ("largest_eigenvalue", "relative")
ASCENTS = ("sam", "asam", "asam_filter", "keskar", "fisher_rao")


def trials_of(keys: tuple[str, ...], settings: SuiteSettings, num_lines: int) -> tuple[str, ...]:
    """Return the trials that measures take, each by its measure's key; those from surfaces take none."""
    times = {
        **dict.fromkeys(ONCE, 1),
        "tau": num_lines,
        "trace": settings.num_probes,
        **dict.fromkeys(ASCENTS, 1),
        "average": settings.num_pairs,
        "lpf": settings.num_pairs,
    }
    return tuple(key for key, num in times.items() if key in keys for _ in range(num))


def chosen_measures(text: str | None) -> tuple[str, ...]:
    """Return the keys of a text such as "flat_area,tau"; all for None or "all".

    Raises:
        ValueError: One is unknown.
    """
    if text in (None, "all"):
        return tuple(BY_KEY)
    keys = tuple(part.strip() for part in text.split(","))
    for key in keys:
        if key not in BY_KEY:
            raise ValueError(f"unknown measure {key!r}; choose of {', '.join(BY_KEY)}, or all")
    return tuple(key for key in BY_KEY if key in keys)
