"""The page of a race: what it carries, and what a browser plays of it."""

import base64
import gzip
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from asking import CARDS, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe, of
from browser import NO_WEBGL, Click, Press, visit

from landscape.figures.race_page import race_page_html, scale_of, write_race_page
from landscape.figures.race_words import outcome, point_lines
from landscape.grid import Grid
from landscape.race.courses import COURSES, Course
from landscape.race.race import Race, run_race

GRID = Grid(np.linspace(-1.5, 1.5, 21), np.linspace(-1.5, 2.0, 17))
HEADS = "Array.from(document.querySelectorAll('.scenes svg.overlay'), s => Array.from(s.querySelectorAll('circle.head'), c => c.style.display ? null : c.getAttribute('transform').match(/-?[\\d.]+/g).map(Number)))"
PATHS = "Array.from(document.querySelectorAll('[data-panel=contour] + svg path.path:not(.behind)'), p => p.getAttribute('d'))"
FLAT = "(([x, y]) => { const a = document.querySelector('[data-panel=contour]')._fullLayout; return [a.xaxis._offset + a.xaxis.l2p(x), a.yaxis._offset + a.yaxis.l2p(y)]; })"
STEP = "document.getElementById('step').textContent"
CURVES = "Array.from(document.querySelectorAll('[data-panel=race]'), p => p._fullData.map(t => t.visible && Array.from(t.y)))"


@pytest.fixture(scope="module")
def race() -> Race:
    """Two optimizers; the first leaves the saddle, then the frame, and runs off."""
    return run_race(COURSES["saddle"], ["momentum", "adagrad"], [(1.0, 1e-4)], GRID, steps=60)


@pytest.fixture(scope="module")
def page(race, tmp_path_factory):
    return write_race_page(race, tmp_path_factory.mktemp("pages") / "race.html")


def test_the_same_race_gives_the_same_bytes(race):
    text = race_page_html(race)
    assert text == race_page_html(race) and "<title>Race: saddle</title>" in text
    content = json.loads(gzip.decompress(base64.b64decode(re.search(r'id="page-data">([^<]*)<', text)[1])))
    assert [run["name"] for run in content["runs"]] == ["momentum", "Adagrad"] and content["steps"] == 60


def test_words_say_when_a_run_left_and_where_it_ended(race):
    assert outcome(race, race.runs[0]).startswith("learning rate 0.1; left the saddle at step 24; ran off (loss -")
    assert re.fullmatch(
        r"learning rate 0.1; left the saddle at step 17; ended at \(.*\), outside the frame, loss -4.29, gradient 4.2",
        outcome(race, race.runs[1]),
    )
    assert point_lines(race) == ["saddle at (0, 0), loss 0, eigenvalues -2, 2"]
    assert point_lines(replace(race, points=())) == ["no critical point was found in the frame"]
    half = np.where(race.grid.x[:, None] < 0, np.nan, race.losses)
    assert point_lines(replace(race, losses=half))[1] == (
        "in 0.48 of the frame, grey in the contours, the function is not finite"
    )


def test_words_of_the_ridge_say_how_near_the_saddle_a_run_stays():
    (still,) = (race := run_race(COURSES["saddle"], ["sgd"], [(1.0, 0.0)], GRID, steps=40)).runs
    assert outcome(race, still).startswith(
        "learning rate 0.1; 0.00013 from a saddle at the end; ended at (0.0001"
    )  # .8^40


def test_words_of_a_kink_give_no_more_digits_than_are_known():
    sharp = Course(
        "kink", "", lambda x, y: (x - 0.3).abs() + 2 * (y + 0.1).abs(), (-1, 1.2, -1, 1), ((0, 0),), search=(4, 9)
    )
    race = run_race(sharp, ["sgd"], [(0.5, 0.5)], Grid(np.linspace(-1, 1.2, 21), np.linspace(-1, 1, 16)), steps=2)
    (line,) = point_lines(race)
    assert line.startswith("minimum at (0.3, -0.1), loss ") and "at a kink, where the gradient jumps" in line


@pytest.mark.parametrize(
    "losses, kind",
    [([1.0, 2.0, 3.0], "linear"), ([0.1, 0.2, 90.0], "log"), ([-1.0, 0.2, 90.0], "clipped"), ([np.nan] * 3, "linear")],
)
def test_a_users_function_gets_the_scale_that_suits_its_range(losses, kind, race):
    assert scale_of(replace(race, scale="auto", losses=np.array([losses, losses]))) == kind
    assert scale_of(race) == "linear"


def test_heads_stand_where_the_runs_are_and_keys_step_play_and_hide(page, race):
    where = [f"{FLAT}({run.places[9].tolist()})" for run in race.runs]
    scene = "(() => { const p = document.querySelector('[data-panel=surface]'); return [p.clientWidth, p._fullLayout.height]; })()"
    later = "new Promise(done => setTimeout(done, 900))"
    playing = "document.getElementById('play').textContent"
    kind = "document.querySelector('#scale [aria-pressed=true]').textContent"
    stands = [HEADS, *where, scene, STEP, CURVES]
    steps = [Press("ArrowRight"), Press("ArrowRight"), STEP, Press(" "), later, playing, STEP, Press(" "), PATHS]
    hidden = [Click(of(".racer")), PATHS, CURVES, Press("s"), kind]
    seen = visit(page, [*stands, *steps, *hidden], fragment="step=9")
    (flat, draped), first, second, (width, height), step, curves, *played = seen.answers
    # heads lie in the order of drawing, the first optimizer last
    for head, wanted in zip(flat[::-1], (first, second), strict=True):
        assert head == pytest.approx(wanted, abs=0.1)
    assert all(0 < x < width and 0 < y < height for x, y in draped) and step == "step 9 of 60"
    assert curves[0][1] == pytest.approx(race.runs[1].step_lengths.tolist())
    ratios = race.runs[0].step_lengths[:3] / (0.1 * race.runs[0].gradient_norms[:3])
    assert curves[2][0][:3] == pytest.approx(ratios.tolist())
    stepped, _, word, later_step, before, after, curves, scale = played
    assert stepped == "step 11 of 60" and word == "Pause" and int(later_step.split()[1]) > 12
    assert all(before) and [bool(path) for path in after] == [True, False]
    assert curves[0][0] is False and curves[0][1] and scale == "clipped"
    assert_quiet(seen)


@pytest.mark.slow
def test_a_run_that_ran_off_has_a_cross_and_no_head_and_its_charts_end_at_their_edge(page):
    """Without a step in the address all of the race is seen."""
    crosses = "Array.from(document.querySelectorAll('[data-panel=contour] + svg path.off'), c => !c.style.display)"
    ends = (
        "Array.from(document.querySelectorAll('[data-panel=race]'), p => { const { yaxis } = p._fullLayout, [y] = p._fullData.at(-1).y; "
        "return [yaxis.range, yaxis.type === 'log' ? Math.log10(y) : y]; })"
    )
    seen = visit(page, [HEADS, crosses, STEP, ends])
    assert seen.answers[0][0][1] is None and seen.answers[1:3] == [[False, True], "step 60 of 60"]
    for (low, high), end in seen.answers[3]:
        assert low - 1e-9 <= end <= high + 1e-9
    (_, top), end = seen.answers[3][4]
    assert end == pytest.approx(top) and 10**top < 10  # its distance, of thousands
    assert_quiet(seen)


@pytest.mark.timed
def test_two_pictures_play_at_twenty_frames_a_second(tmp_path):
    course = COURSES["saddle"]
    race = run_race(course, ["sgd", "momentum", "nesterov", "adagrad", "adam"], course.starts, GRID, steps=200)
    frames = (
        "new Promise(done => { let number = 0; const began = performance.now(); document.getElementById('play').click(); "
        "const count = () => { number += 1; const s = (performance.now() - began) / 1000; s < 2 ? requestAnimationFrame(count) : done(number / s); }; "
        "requestAnimationFrame(count); })"
    )
    seen = visit(write_race_page(race, tmp_path / "race.html"), [frames, STEP])
    assert seen.answers[0] > 20 and int(seen.answers[1].split()[1]) > 15
    assert_quiet(seen)


@pytest.mark.slow
def test_a_run_into_a_hole_of_the_function_has_its_cross_in_both_pictures(tmp_path):
    """Adam's first step of 1.5 leads to where log(x - 0.7) is not finite; the relief has nothing there."""
    hole = Course("hole", "", lambda x, y: (x - 0.7).log() ** 2 + y**2, (-1, 2.5, -1, 1.5), ((2, 1),))
    grid = Grid(np.linspace(-1, 2.5, 21), np.linspace(-1, 1.5, 17))
    race = run_race(hole, ["sgd", "adam"], hole.starts, grid, rates={"": 0.05, "adam": 1.5}, steps=9)
    crosses = "Array.from(document.querySelectorAll('.scenes svg.overlay'), s => Array.from(s.querySelectorAll('path.off'), c => c.style.display ? null : c.getAttribute('transform')))"
    seen = visit(write_race_page(race, tmp_path / "race.html"), [crosses])
    for adams, sgds in seen.answers[0]:
        assert sgds is None and re.fullmatch(r"translate\([\d.]+,[\d.]+\)", adams)
    assert_quiet(seen)


@pytest.mark.slow
def test_without_webgl_the_contours_play(page):
    seen = visit(
        page,
        [Press("ArrowRight"), STEP, PATHS, "document.querySelector('.relief').innerText"],
        fragment="step=0",
        before=NO_WEBGL,
    )
    assert seen.answers[0] == "step 1 of 60" and all(seen.answers[1]) and "no WebGL" in seen.answers[2]
    assert_quiet(seen)


@pytest.mark.slow
def test_a_phone_shows_all_of_it_in_one_column(page):
    seen = visit(page, [CARDS], size=(390, 844))
    assert_fits_a_phone(seen)
    assert_quiet(seen)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(page, theme):
    seen = visit(page, [axe(), VIOLATIONS], fragment=f"theme={theme}")
    assert seen.answers[1] == []
