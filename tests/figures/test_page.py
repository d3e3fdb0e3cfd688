from dataclasses import replace

import numpy as np
import pytest
from browser import visit
from surfaces import line, slanted, with_values

from landscape.figures.page import names_of, page_html, write_page

HOSTILE = "<img src=x onerror=window.hacked=1>"
HEIGHTS = "Array.from(document.querySelectorAll('[data-panel={kind}]')).map(p => Array.from(p._fullData[0].z, r => Array.from(r)))"
NUM_CONTOURS = "document.querySelectorAll('.contourlayer .contour').length"
NUM_SCENES = "Array.from(document.querySelectorAll('[data-panel=surface]')).filter(p => p._fullLayout.scene._scene.glplot).length"


def test_the_same_surfaces_give_the_same_bytes():
    assert page_html({"a": slanted()}) == page_html({"a": slanted()})


def test_a_page_needs_a_surface():
    with pytest.raises(ValueError, match="^a page needs one surface or more$"):
        page_html({})


def test_files_of_one_name_are_told_apart(tmp_path):
    assert names_of([tmp_path / "a.h5", tmp_path / "b.h5"]) == ["a", "b"]
    assert names_of([tmp_path / "a" / "s.h5", tmp_path / "b" / "s.h5"]) == [f"{tmp_path}/a/s", f"{tmp_path}/b/s"]


def test_the_page_shows_what_the_surfaces_hold_and_asks_nothing_of_a_network(tmp_path):
    first, second = slanted(), slanted(5, 7, factor=30)
    page = write_page({HOSTILE: first, "second": second}, tmp_path / "page.html", title=HOSTILE)
    switch = "(async () => { document.querySelector('#scale [data-kind=linear]').click(); await new Promise(r => setTimeout(r, 1500)); })()"
    seen = visit(
        page,
        [
            HEIGHTS.format(kind="contour"),
            HEIGHTS.format(kind="surface"),
            "document.title",
            "document.querySelector('.card h2').textContent",
            "typeof window.hacked",
            switch,
            HEIGHTS.format(kind="contour"),
            NUM_CONTOURS,
            NUM_SCENES,
            "document.body.textContent",
            "document.body.innerHTML.includes('Share chart')",
            "Array.from(document.querySelectorAll('.panel')).map(p => Array.from(p._fullData[0].customdata[2][3]))",
        ],
    )
    logs = [np.log10(surface.values["train_loss"]).T for surface in (first, second)]
    for answer in seen.answers[:2]:
        assert all(np.allclose(found, log) for found, log in zip(answer, logs, strict=True))
    assert seen.answers[2:5] == [HOSTILE, HOSTILE, "undefined"]
    linear = [surface.values["train_loss"].T for surface in (first, second)]
    assert all(np.allclose(found, values) for found, values in zip(seen.answers[6], linear, strict=True))
    assert seen.answers[7:9] == [2, 2]
    assert "24 of 24 measured" in seen.answers[9] and "35 of 35 measured" in seen.answers[9]
    assert not seen.answers[10], "a button would send the picture to a server"
    hover = [[value[3, 2] for value in surface.values.values()] for surface in (first, first, second, second)]
    np.testing.assert_allclose(seen.answers[11], hover)
    assert seen.errors == [] and seen.requests == []


def test_holes_lines_and_missing_metrics_are_drawn_without_an_error(tmp_path):
    holes = with_values(lambda loss: loss.__setitem__((slice(1, 3), 2), [np.nan, np.inf]))
    flat = with_values(lambda loss: loss.fill(0.0))
    no_accuracy = replace(slanted(), values={"train_loss": slanted().values["train_loss"]})
    surfaces = {"holes": holes, "flat": flat, "no accuracy": no_accuracy, "line": line()}
    page = write_page(surfaces, tmp_path / "page.html")
    choose = "(async () => { const m = document.getElementById('metric'); m.value = 1; m.dispatchEvent(new Event('change')); await new Promise(r => setTimeout(r, 1500)); })()"
    seen = visit(page, ["document.body.textContent", choose, "document.body.textContent"])
    assert "2 of train loss" in seen.answers[0]
    assert "This file has no train accuracy." in seen.answers[2]
    assert seen.errors == [] and seen.requests == []


def test_the_browser_would_see_an_error_and_a_request(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        '<main aria-busy="false"></main><script>console.error("seen"); '
        'fetch("http://127.0.0.1:1/").catch(() => 0); setTimeout(() => { throw new Error("late") })</script>'
    )
    seen = visit(page, ["new Promise(done => setTimeout(done, 500))"])
    assert "seen" in seen.errors[0] and "late" in " ".join(seen.errors)
    assert seen.requests == ["http://127.0.0.1:1/"]
