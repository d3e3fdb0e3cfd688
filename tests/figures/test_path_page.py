"""The page of a path on a surface: its places, its tables and sentences, and its walker."""

import json
from dataclasses import replace

import numpy as np
import pytest
from asking import CARDS, HOSTILE, LATER, VIOLATIONS, assert_fits_a_phone, assert_quiet, at, axe
from browser import Press, visit
from walked import AVERAGE, PLACES, on_a_path

from landscape.figures.page import page_html, write_page
from landscape.figures.path_panel import path_panel, path_sentences, point_table, share_table
from landscape.figures.path_plots import path_charts
from landscape.origin import Origin
from landscape.surface import Surface

LINES = (
    "Array.from(document.querySelectorAll('.path polyline'), l => { const m = l.getScreenCTM(); "
    "return [l.getAttribute('class'), Array.from(l.points, p => [p.x * m.a + m.e, p.y * m.d + m.f])]; })"
)
MIDDLE = "Array.from(document.querySelectorAll('{0}'), c => {{ const b = c.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; }})"
WALKER, DOTS, TURN = (MIDDLE.format(f".path .{kind}") for kind in ("walker", "checkpoint", "turn"))
DIAMOND = MIDDLE.format(".path .average path")
STEP = "document.getElementById('step').textContent"
IN_3D = (  # what the scene itself holds, which follows the player without Plotly's knowledge
    "Object.values(document.querySelector('[data-panel=surface]')._fullLayout.scene._scene.traces).map(t => t.data)"
    ".filter(t => t.type === 'scatter3d' && t.meta).sort((a, b) => a.index - b.index).map(t => [t.meta, Array.from(t.x), Array.from(t.y), Array.from(t.z)])"
)
PLAYED = (
    "new Promise(done => { const play = document.getElementById('play'), times = [];"
    "const see = () => { times.push(performance.now()); play.textContent === 'Pause' ? requestAnimationFrame(see) : done(times); };"
    "play.click(); requestAnimationFrame(see); })"
)
TABLES = "Array.from(document.querySelectorAll('table.numbers'), t => Array.from(t.rows, r => Array.from(r.cells, c => c.textContent)))"


def with_points(change) -> Surface:
    surface = on_a_path()
    record = json.loads(json.dumps(surface.origin.record))
    change(record["path"]["points"])
    return replace(surface, origin=Origin(record=record))


def test_shares_stand_beside_a_random_walks():
    assert [row[:3] for row in share_table(on_a_path()).rows] == [
        ("1", "76.2%", "81.1%"),
        ("2", "19.0%", "9.0%"),
        ("3", "4.8%", "3.2%"),
    ]
    assert [row[2] for row in share_table(on_a_path(2)).rows] == ["–"] * 3


def test_every_checkpoint_has_its_numbers_beside_the_planes():
    table = point_table(on_a_path())
    assert table.head[:6] == ("checkpoint", "α", "β", "off the plane", "train loss", "in the plane")
    assert table.rows[1] == (HOSTILE, "0", "0.1", "0.125", "4", "4.125", "16.67%", "16.33%")
    assert table.rows[4][0] == "SWA's average of run" and len(table.rows) == 5
    assert [row[0] for row in point_table(on_a_path(2)).rows[:3]] == ["run: start", f"run: {HOSTILE}", "files: third"]


def test_checkpoints_of_several_runs_are_named_without_the_folder_that_a_run_keeps_them_in():
    surface = on_a_path(2)
    for point, name in zip(
        surface.origin.record["path"]["points"], ("out/a/epoch-0", "out/a/epoch-1", "b/one", "c/one")
    ):
        point["name"] = name
    assert [row[0] for row in point_table(surface).rows[:4]] == [
        "run: epoch-0",
        "run: epoch-1",
        "files: b/one",
        "files: c/one",
    ]
    assert path_sentences(surface)[1].startswith("c/one of files lies farthest off the plane, 0.375")
    assert [[point["name"] for point in way["points"]] for way in path_panel(surface)["ways"]] == [
        ["epoch-0", "epoch-1"],
        ["b/one", "c/one"],
    ]


def test_sentences_say_what_the_plane_holds_and_what_it_leaves_out():
    assert path_sentences(on_a_path()) == [
        "The plane holds 95.2% of the squared distances of 4 checkpoints from the last (76.2% and 19.0%); of a random walk's, with "
        "no aim at all, it would hold 90.1% (81.1% and 9.0%).",
        "end lies farthest off the plane, 0.375; the farthest from the origin, end, 2.38 away (L2).",
        "Train loss differs most at end: 2 at the checkpoint, 2.375 at its nearest point in the plane.",
        "▼ learning rate drops after epoch 3: 0.5 to 0.05.",
    ]
    assert "several runs together have no random walk" in path_sentences(on_a_path(2))[0]


def test_a_plane_that_is_not_the_paths_own_says_what_it_holds_beside_the_best_and_a_random_one():
    surface, alone = on_a_path(), on_a_path()
    plane = {"name": "s.h5", "held": 0.00125, "num_weights": 4000, "lengths": [2.0, 0.5], "cosine": -0.25}
    surface.origin.record["path"] |= {"plane": plane, "origin": "centered"}
    sentences = path_sentences(surface)
    assert sentences[:2] == [
        "The plane of s.h5 holds 0.125% of the squared distances between 4 checkpoints; no plane holds more than 95.2%, and a random "
        "one 0.05% on average (2 of 4,000 weights).",
        "Most of the way lies outside this picture: that it looks short, straight or turning here says little of the way itself.",
    ]
    assert sentences[2:] == path_sentences(alone)[1:]
    assert share_table(surface).rows == (
        ("the plane of s.h5", "0.125%"),
        ("the best plane", "95.2%"),
        ("a random plane, on average", "0.05%"),
    )
    note = path_panel(surface)["note"]
    assert note.startswith(
        "α and β count lengths of the directions of s.h5: 2 and 0.5 (L2), the cosine between them -0.25. "
    )
    assert "right angles" not in note and "at right angles" in path_panel(alone)["note"]
    plane["held"] = 0.9
    assert not any("outside this picture" in sentence for sentence in path_sentences(surface))


def test_what_is_not_finite_is_said_and_carried_as_nothing():
    surface = with_points(lambda points: points[2]["metrics"].update(train_loss=float("inf")))
    assert "Train loss is not finite at third." in path_sentences(surface)
    panel = path_panel(surface)
    assert panel["ways"][0]["points"][2]["metrics"]["train_loss"] is None
    json.dumps(panel, allow_nan=False)
    chart = path_charts(surface)["Train loss"]
    assert np.isnan(chart.data[0].y[2]) and chart.data[1].y[2] == 3.25


def test_a_turn_lies_on_the_way_between_its_checkpoints():
    assert [(turn["kind"], turn["at"]) for turn in path_panel(on_a_path())["ways"][0]["turns"]] == [("drop", 1.5)]


def test_a_path_that_is_not_measured_yet_is_not_drawn():
    surface = with_points(lambda points: [point.pop("metrics") for point in points])
    assert path_panel(surface) is None and "The way of training" not in json.dumps(path_panel(surface))
    assert page_html({"a": on_a_path()}) == page_html({"a": on_a_path()})


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_page({"way": on_a_path()}, tmp_path_factory.mktemp("pages") / "path.html", HOSTILE)


def test_the_path_lies_at_its_places_and_the_walker_follows_keys_player_and_address(page):
    places = [at(*place) for place in [*PLACES, AVERAGE, (0.45, -0.25), (-0.125, -0.175)]]  # the last at frame 0.75
    drawn = [LINES, WALKER, DOTS, DIAMOND, TURN, IN_3D, TABLES, "typeof window.hacked"]
    walked = [Press("."), STEP, WALKER, Press(","), Press("m"), STEP, IN_3D, PLAYED, STEP, WALKER, IN_3D]
    seen = visit(page, [*places, *drawn, *walked, LATER, "location.hash"], fragment="frame=0.75")
    there, found = seen.answers[: len(places)], seen.answers[len(places) :]
    lines, walker, dots, diamond, turn, (path, head), tables, hacked, *found = found
    assert [kind for kind, _ in lines] == ["casing", "rest", "gone"]
    for _, points in lines[:2]:
        np.testing.assert_allclose(points, there[:4], atol=0.7)
    np.testing.assert_allclose(lines[2][1], [there[0], there[6]], atol=0.7)
    np.testing.assert_allclose([*walker, *dots, *diamond, *turn], [there[6], *there[:6]], atol=0.7)
    assert (path[0], head[0]) == ("path", "walker") and list(zip(path[1][::6], path[2][::6])) == PLACES
    low, high = np.log10(2 - 0.5), np.log10(2 + 1.0 + 3)
    surface = np.log10([2 + alpha + 3 * beta**2 for alpha, beta in PLACES])
    np.testing.assert_allclose(path[3][::6], surface + 0.012 * (high - low), atol=0.02)  # between points of the grid
    np.testing.assert_allclose(head[1:3], [[-0.125], [-0.175]])
    assert tables[0][1] == ["1", "76.2%", "81.1%", "4"] and tables[1][2][0] == HOSTILE and hacked == "undefined"
    third, at_third, back, in_3d, times, last, at_last, last_in_3d, _, address = found
    assert third == "third: train loss 3, in the plane 3.25 (3 of 4)"
    assert back.startswith(f"{HOSTILE}: train accuracy 16.7%, in the plane 16.3%")
    assert in_3d[1][1:3] == [[0.0], [0.1]] and last_in_3d[1][1:3] == [[1.0], [0.25]]
    np.testing.assert_allclose([*at_third, *at_last], [there[2], there[3]], atol=0.7)
    assert len(times) >= 3 and times[-1] - times[0] > 1100  # two steps of 0.6 s
    assert last.startswith("end: ") and last.endswith("(4 of 4)") and "frame=3" in address
    assert_quiet(seen)


@pytest.mark.slow
def test_two_ways_have_a_walker_each_and_the_page_fits_a_phone_for_everyone(tmp_path):
    page = write_page({"way": on_a_path(2)}, tmp_path / "path.html")
    steps = [CARDS, WALKER, at(*PLACES[0]), at(*PLACES[2]), axe(), VIOLATIONS, Press("."), IN_3D, STEP]
    seen = visit(page, steps, size=(390, 844), fragment="frame=0")
    assert_fits_a_phone(seen)
    np.testing.assert_allclose(seen.answers[1], seen.answers[2:4], atol=0.7)
    assert seen.answers[5] == []
    places = [(x[0], y[0]) for kind, x, y, _ in seen.answers[6] if kind == "walker"]
    np.testing.assert_allclose(places, [PLACES[1], PLACES[3]])
    assert seen.answers[7].startswith("run: ")  # which of the two the words are about
    assert_quiet(seen)
