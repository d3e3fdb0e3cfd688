"""The page in a browser, used as a person uses it: what it shows is what the surfaces hold."""

from dataclasses import replace

import numpy as np
import pytest
from asking import CAMERAS, HEIGHTS, HOSTILE, LATER, PROBE, RANGES, SLICES, TOOLTIP, assert_quiet, at, of
from browser import Click, Drag, Hover, Press, visit
from surfaces import line, slanted, with_values

from landscape.figures.page import names_of, page_html, write_page


def test_the_same_surfaces_give_the_same_bytes():
    assert page_html({"a": slanted()}) == page_html({"a": slanted()})


def test_a_page_needs_a_surface():
    with pytest.raises(ValueError, match="^a page needs one surface or more$"):
        page_html({})


def test_files_of_one_name_are_told_apart(tmp_path):
    assert names_of([tmp_path / "a.h5", tmp_path / "b.h5"]) == ["a", "b"]
    assert names_of([tmp_path / "a" / "s.h5", tmp_path / "b" / "s.h5"]) == [f"{tmp_path}/a/s", f"{tmp_path}/b/s"]


def test_the_page_shows_what_the_surfaces_hold_on_every_scale(pair):
    page, first, second = pair
    steps = [HEIGHTS.format(kind="contour"), HEIGHTS.format(kind="surface")]
    steps += [Press("s"), HEIGHTS.format(kind="contour"), Press("m"), HEIGHTS.format(kind="surface")]
    steps += ["document.title", "document.querySelector('.card h2').textContent", "typeof window.hacked"]
    seen = visit(page, steps)
    logs = [np.log10(surface.values["train_loss"]).T for surface in (first, second)]
    for answer in seen.answers[:2]:
        assert all(np.allclose(found, log, rtol=1e-6) for found, log in zip(answer, logs, strict=True))
    for answer, metric in ((seen.answers[2], "train_loss"), (seen.answers[3], "train_accuracy")):
        wanted = [surface.values[metric].T for surface in (first, second)]
        assert all(np.allclose(found, values, rtol=1e-6) for found, values in zip(answer, wanted, strict=True))
    assert seen.answers[4:] == [HOSTILE, HOSTILE, "undefined"]
    assert_quiet(seen)


def test_hovering_tells_every_metric_of_the_nearest_point(pair):
    page, _, second = pair
    i, j = 6, 2
    x, y = second.grid.x[i], second.grid.y[j]
    seen = visit(page, [Hover(at(x + 0.01, y - 0.01, card=1)), TOOLTIP])
    shown = seen.answers[0].split()
    assert (
        f"{second.values['train_loss'][i, j]:.5g}" in shown and f"{second.values['train_accuracy'][i, j]:.2%}" in shown
    )
    assert f"{x:.4g}" in shown and f"{y:.4g}" in shown


def test_a_click_moves_probe_and_slices_everywhere_and_arrows_move_them_on(pair):
    page, first, second = pair
    x, y = first.grid.x, first.grid.y
    steps = [
        Click(at(x[5] + 0.02, y[1] + 0.02)),
        PROBE,
        SLICES,
        Press("ArrowRight"),
        Press("ArrowUp"),
        PROBE,
        "location.hash",
    ]
    seen = visit(page, ["document.querySelector('.holder').focus()", *steps, LATER, "location.hash"])
    probe, slices, moved = seen.answers[1:4]
    for row, surface in zip(probe[1:], (first, second), strict=True):
        assert float(row[1]) == pytest.approx(surface.values["train_loss"][5, 1], rel=1e-3)
        assert row[2] == f"{surface.values['train_accuracy'][5, 1]:.1%}"
    for curve, surface in zip(slices[0], (first, second), strict=True):
        np.testing.assert_allclose(curve, [x, np.log10(surface.values["train_loss"][:, 1])], rtol=1e-6)
    for curve, surface in zip(slices[1], (first, second), strict=True):
        np.testing.assert_allclose(curve, [y, np.log10(surface.values["train_loss"][5])], rtol=1e-6)
    assert [float(row[1]) for row in moved[1:]] == pytest.approx(
        [surface.values["train_loss"][6, 2] for surface in (first, second)], rel=1e-3
    )
    assert "at=" in seen.answers[-1]
    assert_quiet(seen)


def test_zoom_and_camera_follow_and_a_link_brings_them_back(pair):
    page, first, _ = pair
    x, y = first.grid.x, first.grid.y
    steps = [Drag(at(x[2], y[1]), at(x[6], y[5])), RANGES]
    steps += [
        Drag(
            of("[data-panel=surface]"),
            f"(() => {{ const [x, y] = {of('[data-panel=surface]')}; return [x + 60, y + 20]; }})()",
        )
    ]
    steps += [LATER, CAMERAS, LATER, "location.hash"]
    seen = visit(page, steps, size=(1500, 1300))
    (one, other), cameras, fragment = seen.answers[0], seen.answers[2], seen.answers[4].removeprefix("#")
    assert one == pytest.approx([x[2], x[6], y[1], y[5]], abs=0.02) and one == other
    assert cameras[0] == pytest.approx(cameras[1], abs=1e-4) and abs(cameras[0][0] - 1.08) > 0.05
    again = visit(
        page,
        [RANGES, CAMERAS, Click(at(x[4], y[3]), count=2), RANGES, Press("r"), CAMERAS],
        fragment=fragment,
        size=(1500, 1300),
    )
    assert again.answers[0][0] == pytest.approx(one, abs=1e-4) and again.answers[1][1] == pytest.approx(
        cameras[1], abs=1e-3
    )
    assert again.answers[2][0] == pytest.approx([x[0], x[-1], y[0], y[-1]])
    assert again.answers[3][0] == pytest.approx([1.08, -1.21, 1.03], abs=1e-3)
    assert_quiet(seen)
    assert_quiet(again)


def test_a_difference_is_one_surface_less_another_on_symmetric_colours(pair):
    page, first, second = pair
    shown = "Array.from(document.querySelectorAll('[data-panel=contour]')).filter(p => p.offsetParent).map(p => [p._fullData[0].zmin, p._fullData[0].zmax])"
    heights = HEIGHTS.format(kind="contour")
    seen = visit(
        page, [heights, shown, "document.querySelector('.absent').textContent"], fragment="minus=0&scale=linear"
    )
    difference = (second.values["train_loss"] - first.values["train_loss"]).T
    assert len(seen.answers[0]) == 1
    np.testing.assert_allclose(seen.answers[0][0], difference, rtol=1e-5, atol=1e-5)
    assert seen.answers[1] == [pytest.approx([-np.abs(difference).max(), np.abs(difference).max()], rel=1e-6)]
    assert seen.answers[2] == "the reference, which is taken away from the others"
    assert_quiet(seen)


def test_a_difference_over_grids_of_other_ranges_is_taken_where_both_are(tmp_path):
    flat = slanted(9, 7)
    bilinear = replace(flat, values={"train_loss": 2 + np.add.outer(3 * flat.grid.x, 5 * flat.grid.y)})
    wide = slanted(13, 11)
    grid = replace(wide.grid, x=np.linspace(-0.8, 0.7, 13), y=np.linspace(-0.6, 1.0, 11))
    other = replace(wide, grid=grid, values={"train_loss": 7 + np.add.outer(3 * grid.x, 5 * grid.y)})
    page = write_page({"a": bilinear, "b": other}, tmp_path / "page.html")
    heights = HEIGHTS.format(kind="contour")
    seen = visit(page, [heights, RANGES], fragment="minus=1&scale=linear")
    assert np.allclose(seen.answers[0][0], -5, atol=1e-5)
    assert seen.answers[1][0][1] <= 0.7 and seen.answers[1][0][2] >= -0.6
    assert_quiet(seen)


def test_a_sequence_morphs_from_one_surface_to_the_next_and_plays_to_its_end(tmp_path):
    first, second = slanted(), slanted(factor=100)
    page = write_page({"one": first, "two": second}, tmp_path / "page.html", sequence=True)
    half = visit(
        page,
        [HEIGHTS.format(kind="surface"), "document.querySelectorAll('.card[aria-label]').length"],
        fragment="frame=0.5",
    )
    np.testing.assert_allclose(half.answers[0][0], np.log10(10 * first.values["train_loss"]).T, rtol=1e-6)
    assert half.answers[1] == 1
    ended = "new Promise(done => { const wait = () => document.getElementById('play').textContent === 'Play' ? setTimeout(done, 600) : setTimeout(wait, 50); wait(); })"
    seen = visit(
        page, [Press(" "), ended, HEIGHTS.format(kind="contour"), "document.getElementById('step').textContent"]
    )
    np.testing.assert_allclose(seen.answers[1][0], np.log10(second.values["train_loss"]).T, rtol=1e-6)
    assert seen.answers[2] == "two (2 of 2)"
    assert_quiet(half)
    assert_quiet(seen)


@pytest.mark.parametrize(
    "surfaces, sentence",
    [
        ({"a": slanted()}, "a sequence needs two surfaces or more, in their order"),
        (
            {"a": slanted(), "b": line()},
            "a sequence is made of planes, and b is a line; leave it out, or leave out --sequence",
        ),
        (
            {"a": slanted(), "b": slanted(5, 7)},
            "a sequence morphs over one grid, but b is over -0.5:1:5 x -1:0.25:7 and the first over -0.5:1:6 x -1:0.25:4; sample all with the same --x and --y",
        ),
    ],
)
def test_what_makes_no_sequence_is_said(surfaces, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        page_html(surfaces, sequence=True)


def test_holes_lines_constants_and_missing_metrics_are_drawn_without_an_error(tmp_path):
    holes = with_values(lambda loss: loss.__setitem__((slice(1, 3), 2), [np.nan, np.inf]))
    flat = with_values(lambda loss: loss.fill(0.0))
    nothing = with_values(lambda loss: loss.fill(np.nan))
    no_accuracy = replace(slanted(), values={"train_loss": slanted().values["train_loss"]})
    surfaces = {
        "holes": holes,
        "flat": flat,
        "nothing": nothing,
        "no accuracy": no_accuracy,
        "line": line(),
        "another": line(9, 3),
    }
    page = write_page(surfaces, tmp_path / "page.html")
    curves = "document.querySelector('[data-panel=line]')._fullData.map(t => Array.from(t.y))"
    seen = visit(page, ["document.body.textContent", curves, Press("m"), "document.body.textContent"])
    assert "2 not finite" in seen.answers[0] and "nothing finite" in seen.answers[0]
    for found, one in zip(seen.answers[1], (line(), line(9, 3)), strict=True):
        np.testing.assert_allclose(found, np.log10(one.values["train_loss"]), rtol=1e-6)
    assert (
        "This file has no train accuracy." in seen.answers[2]
        and "These files have no train accuracy." in seen.answers[2]
    )
    assert_quiet(seen)


def test_exact_zeros_lie_on_the_floor_of_a_log_scale_and_are_counted(tmp_path):
    zeros = with_values(lambda loss: loss.__setitem__((2, slice(0, 3)), 0.0))
    page = write_page({"zeros": zeros}, tmp_path / "page.html")
    seen = visit(page, [HEIGHTS.format(kind="contour"), "document.querySelector('.range').textContent"])
    floor = np.log10(zeros.values["train_loss"][zeros.values["train_loss"] > 0].min())
    assert np.allclose(np.array(seen.answers[0][0])[:3, 2], floor)
    assert "3 at 0 or below, drawn on the floor" in seen.answers[1]


def test_points_that_are_not_measured_yet_are_blank_and_a_live_page_says_how_far_it_is(tmp_path):
    whole = slanted()
    done = whole.done.copy()
    done[4:] = 0
    values = {name: np.where(done > 0, array, np.nan) for name, array in whole.values.items()}
    part = replace(whole, values=values, done=done)
    page = write_page({"part": part}, tmp_path / "page.html", live={"words": "16 of 24 points", "seconds": 900})
    x, y = part.grid.x, part.grid.y
    blank = "document.querySelector('[data-panel=contour]')._fullLayout.images.length"
    seen = visit(
        page,
        [
            blank,
            "document.getElementById('progress').textContent",
            Hover(at(x[5], y[1])),
            TOOLTIP,
            Click(at(x[5], y[1])),
            PROBE,
            "document.body.textContent",
        ],
    )
    assert seen.answers[:2] == [1, "16 of 24 points"]
    assert "not measured" in seen.answers[2] and seen.answers[3][1][1] == "not yet"
    assert "8 not measured" in seen.answers[4]
    assert_quiet(seen)


def test_the_browser_would_see_an_error_and_a_request(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        '<main aria-busy="false"></main><script>console.error("seen"); '
        'fetch("http://127.0.0.1:1/").catch(() => 0); setTimeout(() => { throw new Error("late") })</script>'
    )
    seen = visit(page, ["new Promise(done => setTimeout(done, 500))"])
    assert "seen" in seen.errors[0] and "late" in " ".join(seen.errors)
    assert seen.requests == ["http://127.0.0.1:1/"]
