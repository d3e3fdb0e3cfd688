"""The page of lines between networks: its charts, tables and sentences, and the networks marked in their plane."""

from dataclasses import replace

import numpy as np
import pytest
from asking import CARDS, HOSTILE, VIOLATIONS, assert_fits_a_phone, assert_quiet, at, axe
from browser import Press, visit

from landscape.figures.between_page import between_page_html, lines_and_plane, write_between_page
from landscape.figures.between_plots import line_charts
from landscape.figures.between_words import barrier_table, network_table, place_table, sentences_between
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import NOT_DONE, Surface

X = np.array([-0.5, 0.0, 0.25, 0.75, 1.0, 1.5])
PAIRS = (("A", "B"), ("A", "C"), ("B", "C"))
OWN = {"A": 0.5, "B": 1.0, "C": 2.0}
BUMP = {("A", "B"): 3.0, ("A", "C"): 0.25, ("B", "C"): 0.0}
NETWORKS = [
    {"letter": letter, "name": name, "words": name, "sha256": "0" * 64}
    for letter, name in zip("ABC", ("first", HOSTILE, "third"))
]
CHARTS = (
    "Array.from(document.querySelectorAll('[data-panel=between]'), p => p._fullData.filter(t => t.mode === 'lines')"
    ".map(t => [t.name, t.line.dash, Array.from(t.y)]))"
)
LETTERS = (
    "Array.from(document.querySelectorAll('.holder.contour .named'), g => { const b = g.querySelector('circle').getBoundingClientRect(); "
    "return [g.textContent, b.left + b.width / 2, b.top + b.height / 2, g.classList.contains('off'), g.style.display]; })"
)
TABLES = "Array.from(document.querySelectorAll('.between table.numbers'), t => Array.from(t.rows, r => Array.from(r.cells, c => c.textContent)))"
PINS = (
    "(() => { const p = document.querySelector('[data-panel=surface]')._fullData.find(t => t.meta === 'pins'); "
    "return [p.x, p.y, p.z, p.text].map(a => Array.from(a)); })()"
)


def lines() -> Surface:
    """Return straight lines with a bump at 0.25, so that a barrier is what the bump is."""
    loss = [OWN[first] + X * (OWN[second] - OWN[first]) + BUMP[first, second] * (X == 0.25) for first, second in PAIRS]
    train, test = np.array(loss), 2 * np.array(loss)
    accuracy = 1 / (2 + train)
    record = {
        "networks": NETWORKS,
        "lines": [{"ends": list(pair), "distance": 3.0 + place} for place, pair in enumerate(PAIRS)],
        "num_samples": {"train": 40, "test": 40},
    }
    values = {"train_loss": train, "train_accuracy": accuracy, "test_loss": test}
    identity = {"precision": "float64", "networks": {"A": "a", "B": "b", "C": "c"}}
    return Surface(Grid(X, None, 3), values, np.ones(train.shape), Origin(identity, {}, record))


def plane() -> Surface:
    """Return a plane through A and B, with C beside it."""
    grid = Grid([-0.5, 0.0, 0.4, 1.0, 1.5], [-0.75, 0.0, 0.5, 1.25])
    i, j = np.meshgrid(np.arange(5), np.arange(4), indexing="ij")
    places = {"A": (0.0, 0.0, 0.0), "B": (1.0, 0.0, 0.0), "C": (0.4, 0.5, 6.0)}
    marks = [
        {"letter": network["letter"], "name": network["name"], "x": x, "y": y, "off": off, "metrics": {}}
        for network, (x, y, off) in zip(NETWORKS, places.values())
    ]
    record = {**lines().origin.record, "marks": marks, "triangle": {"x": 0.4, "y": 0.5, "side": 3.0}}
    del record["lines"]
    values = {"train_loss": 1.0 + i + 10 * j}
    return Surface(grid, values, np.ones((5, 4)), Origin(lines().origin.identity, {}, record))


def test_tables_hold_what_the_lines_hold():
    table = network_table(lines())
    assert table.head == ("network", "name", "train loss", "train accuracy", "test loss")
    assert table.rows[1] == ("B", HOSTILE, "1", "33.33%", "2")
    table = barrier_table(lines())
    assert table.head[:5] == ("line", "distance", "train loss: barrier", "above the higher end", "train error: barrier")
    assert [row[:4] for row in table.rows] == [
        ("A – B", "3", "3 at 0.25", "2.62 at 0.25"),
        ("A – C", "4", "0.25 at 0.25", "none"),
        ("B – C", "5", "none", "none"),
    ]
    chord = 1 - 1 / 2.5 + 0.25 * (1 / 2.5 - 1 / 3)
    assert table.rows[0][4] == f"{100 * (1 - 1 / (2 + 3.625) - chord):.1f} pp at 0.25"
    assert place_table(lines(), plane()).rows[2] == ("C", "third", "0.400", "0.500", "2", "2", "23")


def test_sentences_say_how_networks_compare_and_how_high_barriers_are():
    assert sentences_between(lines()) == [
        "On 40 train samples the networks' own loss from 0.5 (A) to 2 (C), accuracy from 40.00% (A) to 25.00% (C), best first; "
        "the standard error of an accuracy from so many samples is up to 7.7 points.",
        "On 40 test samples the networks' own loss from 1 (A) to 4 (C), best first.",
        "The barriers in train loss on the 3 lines range from none to 3, the highest between A and B at α = 0.25.",
        "The barriers in test loss on the 3 lines range from none to 6, the highest between A and B at α = 0.25.",
        "The networks' own train loss differs by 1.5 at most, beside barriers of up to 3 on the way.",
    ]


def test_where_norm_statistics_are_the_runs_own_that_is_said():
    origin = lines().origin
    identity, record = {**origin.identity, "norm_stats": "reestimated"}, {**origin.record, "num_norms": 3}
    found = sentences_between(replace(lines(), origin=Origin(identity, {}, record)))
    assert found[1] == (
        "On 40 test samples, norm statistics re-estimated, the networks' own loss from 1 (A) to 4 (C), best first."
    )
    without = sentences_between(replace(lines(), origin=Origin(identity, {}, {**record, "num_norms": 0})))
    assert without == sentences_between(lines())


def with_loss(change) -> Surface:
    loss = lines().values["train_loss"].copy()
    change(loss)
    return replace(lines(), values={"train_loss": loss})


def test_what_is_not_finite_is_said():
    def change(loss):
        loss[0, 2], loss[1, 4], loss[2, 3], loss[2, 0] = np.inf, np.nan, np.nan, np.inf

    surface = with_loss(change)
    assert [row[2] for row in barrier_table(surface).rows] == ["not finite at 0.25", "an end is not finite", "none"]
    assert sentences_between(surface)[1:] == [
        "The barriers in train loss on 2 of the 3 lines, which have finite ends, range from none to not finite, the highest between "
        "A and B at α = 0.25.",
        "Between the ends, 3 of train loss are not finite: inf counts as a barrier without end, nan is left out.",
    ]


def test_equal_networks_without_a_barrier_are_said_to_be_so():
    surface = with_loss(lambda loss: loss.fill(0.25))
    assert sentences_between(surface) == [
        "On 40 train samples the networks' own loss 0.25 in all.",
        "No barrier in train loss was found on any of the 3 lines: no measured point lies above the straight line between the ends' "
        "values by more than rounding.",
    ]


def test_a_height_within_the_rounding_of_its_precision_is_no_barrier():
    surface = with_loss(lambda loss: loss.__iadd__(0.004 * (X == 0.75)))
    assert barrier_table(surface).rows[2][2] == "0.004 at 0.75"
    short = replace(surface, origin=replace(surface.origin, identity={"precision": "bf16"}))
    assert barrier_table(short).rows[2][2] == "none" and barrier_table(short).rows[0][2] == "3 at 0.25"


def test_a_chart_a_quantity_has_all_lines_and_names_their_ends():
    charts = line_charts(lines())
    assert list(charts) == ["loss: train solid, test dashed", "train accuracy"]
    loss = charts["loss: train solid, test dashed"]
    curves = [trace for trace in loss.data if trace.mode == "lines"]
    assert [(trace.name, trace.line.dash) for trace in curves[:2]] == [("A – B", "solid"), ("A – B", "dash")]
    np.testing.assert_array_equal(curves[3].y, lines().values["test_loss"][1])
    ends = [(trace.x[0], trace.y[0], trace.text[0]) for trace in loss.data if trace.mode != "lines"]
    assert ends == [(0, 0.5, "A"), (0, 1, "A, B"), (0, 2, "B"), (1, 1, "B"), (1, 2, "B, C"), (1, 4, "C")]


def test_only_lines_and_the_plane_of_their_networks_make_the_page():
    other = replace(plane(), origin=replace(plane().origin, identity={"networks": {"A": "z"}}))
    done = lines().done.copy()
    done[1, 1] = NOT_DONE
    assert lines_and_plane([lines(), plane()]) is not None and lines_and_plane([lines()])[1] is None
    for surfaces in ([], [plane()], [lines(), other], [lines(), lines()], [replace(lines(), done=done)]):
        assert lines_and_plane(surfaces) is None
    assert between_page_html(lines(), plane()) == between_page_html(lines(), plane())


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_between_page(lines(), plane(), tmp_path_factory.mktemp("pages") / "between.html")


def test_the_page_marks_networks_at_their_places_and_draws_all_lines(page):
    steps = [LETTERS, *(at(x, y) for x, y in ((0, 0), (1, 0), (0.4, 0.5))), CHARTS, TABLES, PINS]
    seen = visit(page, [*steps, "typeof window.hacked", axe(), VIOLATIONS])
    letters, *places, charts, tables, pins, hacked, _, violations = seen.answers
    assert [(found[0], found[3], found[4]) for found in letters] == [
        ("A", False, ""),
        ("B", False, ""),
        ("C", True, ""),
    ]
    for found, place in zip(letters, places):
        assert found[1:3] == pytest.approx(place, abs=0.6)
    assert [len(curves) for curves in charts] == [6, 3] and charts[0][1][:2] == ["A – B", "dash"]
    np.testing.assert_allclose(charts[0][4][2], lines().values["train_loss"][2])
    assert [len(rows) for rows in tables] == [4, 4, 4] and tables[0][2][:2] == ["B", HOSTILE]
    assert pins[3] == ["", "A", "", "", "B", "", "", "C", ""] and hacked == "undefined" and violations == []
    assert [pins[0][::3], pins[1][::3]] == [[0, 1, 0.4], [0, 0, 0.5]]
    np.testing.assert_allclose(pins[2][::3], np.log10([12, 14, 23]), rtol=1e-6)
    np.testing.assert_allclose(pins[2][1::3], np.log10(35), rtol=1e-6)
    assert_quiet(seen)


def test_marks_follow_the_zoom_and_charts_the_theme(page):
    paper = "document.querySelector('[data-panel=between]')._fullLayout.paper_bgcolor"
    seen = visit(
        page, [LETTERS, at(0.4, 0.5), paper, Press("t"), paper], fragment="zoom=0.2,1.2,0.25,1&view=contour&theme=light"
    )
    letters, place, light, dark = seen.answers
    assert [found[4] for found in letters] == ["none", "none", ""] and letters[2][1:3] == pytest.approx(place, abs=0.6)
    assert (light, dark) == ("#ffffff", "#111827")
    assert_quiet(seen)


@pytest.mark.slow
def test_lines_alone_have_a_page_that_fits_a_phone(tmp_path):
    page = write_between_page(lines(), None, tmp_path / "lines.html")
    seen = visit(page, [CARDS, CHARTS, TABLES, axe(), VIOLATIONS], size=(390, 844))
    assert_fits_a_phone(seen)
    assert [len(curves) for curves in seen.answers[1]] == [6, 3] and len(seen.answers[2]) == 2
    assert seen.answers[4] == []
    assert_quiet(seen)
