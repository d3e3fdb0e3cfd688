"""The page's panel: rows of text from figures, whatever a file may hold, and the same for networks that are the same."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from belief_records import COMPARISONS, INDEFINITE, directed, quadratic, sampled, with_belief

from landscape.figures.belief_panel import belief_panel
from landscape.surface import Surface

DIFFERENCES = [[1.0, -0.2], [0.5, 2.0], [-3.0, 1.5]]
PRODUCTS = [[1.0, 0.1, -0.1], [0.5, 1.2, 2.0], [1.0, 0.0, 1.5]]
OWN = [([[4.0, 1.0], [1.0, 6.0]], [[2.0, 0.0], [0.0, 3.0]])]
EVERYTHING = {
    "differences": DIFFERENCES,
    "products": PRODUCTS,
    "own": OWN,
    "comparisons": COMPARISONS,
    "hessian": INDEFINITE,
}


def whole(**changes) -> Surface:
    return with_belief(sampled(quadratic(40, 30, 9), **directed(0.0123)), **EVERYTHING | changes)


def rows_of(surface) -> dict[str, tuple[str, str]]:
    rows = belief_panel(surface)["rows"]
    assert len({what for what, _, _ in rows}) == len(rows)
    return {what: (value, meaning) for what, value, meaning in rows}


def texts(panel: dict) -> list[str]:
    return [panel["headline"], *panel["sentences"], *(cell for row in panel["rows"] for cell in row), *panel["missing"]]


def test_every_figure_has_its_row():
    along = np.array(PRODUCTS)[:, [0, 2]].ravel()
    rows = rows_of(whole())
    assert rows["curvature over ±0.25 and ±0.2"][0] == "35" and rows["cosine"][0] == "0.0123"
    assert rows["τ = E d'Hd"][0] == f"{along.mean():.2f} ± {along.std(ddof=1) / np.sqrt(6):.2f}"
    assert rows["its deviation"][0] == f"{along.std(ddof=1):.3g}"
    assert rows["directions that curve downward"][0] == "2 of 6"
    assert rows["directions with d'Hd < 0"][0] == "1 of 6"
    assert rows["planes that show a descent"] == ("2 of 3", "by the Hessian in the plane; 95 % interval 9.4 to 100 %")
    low, high = np.linalg.eigvalsh(np.array([[4 / 2, 1 / 6**0.5], [1 / 6**0.5, 6 / 3]]))
    within = (
        "by the Hessian along unit directions, within the Hessian's own ends; "
        "times |d|² (2 to 3, the directions' squared length) they are the picture's"
    )
    assert rows["by the Hessian along the same directions"] == ("5", "d'Hd at the center, without a step")
    assert rows["curvature over ±0.25 and ±0.2"][1].endswith("; that of the cells, not of the center")
    assert rows["curvatures of the plane"] == (f"{low:.3g} to {high:.3g}", within)
    assert rows["smallest eigenvalue"] == ("-3.1", "residual 0.02; 1,024 samples")
    assert rows["kind of point"][0] == "a saddle, within sampling error"
    assert rows["norm statistics, (0.225, 0.18)"] == ("0.4, not 0.9", "re-estimated at the point; accuracy 80.0%")
    assert rows["other samples, center"][0] == "0.52, not 0.5"
    assert rows["points measured"] == ("30 of 30", "none interpolated")


def test_the_gaussian_approximation_is_named_and_never_less_than_one_in_a_thousand():
    steady = [[4.0, 0.0, 4.1]] * 15 + [[4.2, 0.0, 4.0]] * 15
    meaning = rows_of(whole(differences=DIFFERENCES * 10, products=steady))["directions with d'Hd < 0"][1]
    assert meaning == "95 % interval 0 to 6 %; less than 1 in 1,000 by the Gaussian approximation"


def test_curvatures_beyond_the_ends_that_were_found_are_said_to_be():
    narrow = INDEFINITE | {"largest": 2.0, "largest_converged": False}
    rows = rows_of(whole(hessian=narrow))
    assert rows["curvatures of the plane"][1].startswith(
        "by the Hessian along unit directions; beyond the ends that were found; times"
    )
    assert rows["largest eigenvalue"][1] == "residual 0.004, not converged; 1,024 samples"


def test_planes_and_lines_are_named_as_such():
    two = rows_of(with_belief(sampled(quadratic(4, 6), quadratic(5, 8)), own=OWN * 2))
    assert two["curvatures of the planes"] and two["flat area"][1].count("mean over 2 planes") == 1
    lines = rows_of(with_belief(sampled(quadratic(4, 6), quadratic(5, 8), y=None), own=[([[8.0]], [[4.0]])] * 2))
    assert lines["curvatures of the lines"][0] == "2 to 2" and "mean over 2 lines" in lines["flat length"][1]
    assert rows_of(sampled(lambda x, y: -(x**2), quadratic(4, 6)))["convex"][0].endswith(", in 1 of 2")


def test_a_curvature_that_is_not_known_says_why():
    beside = rows_of(sampled(quadratic(4, 6), x=np.linspace(-0.5, 0.75, 6) + 0.1))["curvature over a cell"]
    assert beside[0] == "not known" and beside[1].startswith("the grid does not hold the center between its points")
    holed = rows_of(sampled(lambda x, y: np.where((x < 0) & (y == 0), np.nan, x**2 + y**2)))["curvature over a cell"]
    assert holed == ("not known", "finite values beside the center are missing")


def test_of_axes_that_curve_in_opposite_ways_both_are_given():
    saddle = with_belief(sampled(quadratic(4, -6)), own=[([[5.0, 1.0], [1.0, -7.0]], np.eye(2))])
    rows = rows_of(saddle)
    assert rows["curvature over ±0.25 and ±0.2"][0] == "4 along x and -6 along y"
    assert rows["by the Hessian along the same directions"][0] == "5 along x and -7 along y"


def test_over_planes_the_hessian_along_their_directions_is_a_mean_with_its_error():
    own = [([[4.0, 1.0], [1.0, 6.0]], np.eye(2)), ([[7.0, 1.0], [1.0, 9.0]], np.eye(2))]
    rows = rows_of(with_belief(sampled(quadratic(4, 6), quadratic(7, 9)), own=own))
    assert (
        rows["by the Hessian along the same directions"][0] == rows["curvature over ±0.25 and ±0.2"][0] == "6.5 ± 1.5"
    )
    lines = with_belief(sampled(quadratic(4, 6), quadratic(8, 6), y=None), own=[([[8.0]], [[4.0]])] * 2)
    assert rows_of(lines)["by the Hessian along the same directions"][0] == "8"


def test_what_is_within_rounding_is_called_so():
    drowned = with_belief(
        sampled(quadratic(1e-5, 2e-5, center=100.0)), level="quick", differences=np.full((5, 2), 0.5),
        comparisons=[("second subset", "12 other samples of train", 0.0, 0.0, 100.0001, 0.75)],
    )  # fmt: skip
    rows = rows_of(drowned)
    assert (
        rows["curvature over ±0.25 and ±0.2"][0]
        == rows["curvature of random directions"][0]
        == "not told from rounding"
    )
    assert rows["other samples, center"][0] == "100 and 100: not told from rounding"
    assert "directions that curve downward" not in rows


def test_an_unfinished_surface_has_no_panel_and_one_without_measurements_has_rows():
    surface = sampled(quadratic(4, 6))
    assert belief_panel(replace(surface, done=np.zeros(surface.grid.shape))) is None
    assert {"curvature over ±0.25 and ±0.2", "flat area", "asymmetry", "convex"} <= set(rows_of(surface))


def test_the_same_file_gives_the_same_panel():
    assert belief_panel(whole()) == belief_panel(whole())


BAD = (np.nan, np.inf, -np.inf)


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_whatever_is_not_finite_is_never_printed_as_such(bad):
    surfaces = []
    good = whole()
    for name in good.belief.arrays:
        for places in (slice(0, 1), slice(None)):
            if not name.endswith("_done") and name not in ("comparison_x", "comparison_y"):
                array = good.belief.arrays[name].copy()
                array[places] = bad
                surfaces.append(replace(good, belief=good.belief.also(arrays={name: array})))
    for name in ("largest", "smallest", "largest_residual", "smallest_residual"):
        for kind in ("indefinite", "positive", "degenerate", "undecided"):
            surfaces.append(whole(hessian=INDEFINITE | {name: bad, "hessian": {"kind": kind}}))
    record = good.origin.record
    for changes in ({"center": {"train_loss": bad, "test_loss": 1.0}}, {"cosines": [bad, 0.01]}, directed(bad)):
        surfaces.append(replace(good, origin=replace(good.origin, record={**record, **changes})))
    for index in product(range(6), range(5)):
        values = good.values["train_loss"].copy()
        values[index] = bad
        surfaces.append(replace(good, values={"train_loss": values}))
    surfaces.append(replace(good, values={"train_loss": np.full((6, 5), bad)}))
    for surface in surfaces:
        for text in texts(belief_panel(surface)):
            assert isinstance(text, str) and not re.search(r"\b(nan|inf)\b|None(?! of)", text)


@pytest.mark.parametrize("missing", ["hessian", "num_samples", "verdict"])
def test_a_hessian_of_which_some_is_not_known_is_shown_without(missing):
    texts(belief_panel(whole(hessian={name: value for name, value in INDEFINITE.items() if name != missing})))
