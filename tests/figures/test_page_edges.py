"""The page at its edges: hostile addresses, planes without their center, halves of surfaces, huge and thin grids."""

from dataclasses import replace

import numpy as np
import pytest
from asking import CAMERAS, HEIGHTS, LATER, PROBE, SLICES, assert_quiet, of
from browser import Click, Drag, Press, visit
from surfaces import line, slanted

from landscape.figures.page import page_html, write_page
from landscape.grid import Grid
from landscape.surface import Surface

HEAD = "document.querySelector('.card h2').textContent"


def bowl(x: np.ndarray, y: np.ndarray, done: np.ndarray | None = None) -> Surface:
    loss = 0.3 + np.add.outer((x - x.mean()) ** 2, 2 * (y - y.mean()) ** 2)
    done = np.ones(loss.shape) if done is None else done
    return Surface(Grid(x, y), {"train_loss": np.where(done > 0, loss, np.nan)}, done)


@pytest.mark.parametrize(
    "fragment",
    [
        pytest.param("toString=1&constructor=2&__proto__=3", marks=pytest.mark.slow),
        "minus=abc&frame=1e9&levels=NaN&zoom=,,,&camera=0,0,0,0,0,0,0,0,0",
        pytest.param("metric=no&at=1&scale=no&minus=7", marks=pytest.mark.slow),
    ],
)
def test_an_address_of_nonsense_shows_the_page_as_it_begins(tmp_path, fragment):
    page = write_page({"a": slanted(), "b": slanted(factor=2)}, tmp_path / "page.html")
    seen = visit(page, [HEIGHTS.format(kind="contour"), HEAD], fragment=fragment)
    np.testing.assert_allclose(seen.answers[0][0], np.log10(slanted().values["train_loss"]).T, rtol=1e-6)
    assert seen.answers[1] == "a"
    assert_quiet(seen)


@pytest.mark.slow
def test_the_first_view_comes_back_after_a_scene_was_turned_by_hand(tmp_path):
    page = write_page({"a": slanted(), "b": slanted(factor=2)}, tmp_path / "page.html")
    away = f"(() => {{ const [x, y] = {of('[data-panel=surface]')}; return [x + 70, y + 10]; }})()"
    seen = visit(
        page, [CAMERAS, Drag(of("[data-panel=surface]"), away), LATER, CAMERAS, Press("r"), CAMERAS], size=(1500, 1300)
    )
    first, turned, back = seen.answers[0], seen.answers[2], seen.answers[3]
    assert abs(turned[0][0] - first[0][0]) > 0.05
    assert back == [pytest.approx(eye, abs=1e-3) for eye in first]


@pytest.mark.slow
def test_many_wishes_at_once_are_drawn_together(tmp_path):
    page = write_page({"a": slanted()}, tmp_path / "page.html")
    slide = """(async () => {
      let draws = 0;
      const react = Plotly.react;
      Plotly.react = function (...given) { if (given[0].dataset.panel === 'contour') draws += 1; return react.apply(this, given); };
      const levels = document.getElementById('levels');
      for (let value = 10; value < 40; value++) { levels.value = value; levels.dispatchEvent(new Event('input')); }
      await new Promise(done => setTimeout(done, 3000));
      return [draws, document.querySelector('[data-panel=contour]')._fullData[0].contours.size];
    })()"""
    (draws, size), wanted = visit(page, [slide]).answers[0], (np.log10(36) - 0) / 39
    assert 1 <= draws <= 3 and size == pytest.approx(0.05) and wanted <= size


def test_a_plane_without_its_center_is_probed_in_its_middle_and_arrows_move_from_there(tmp_path):
    surface = bowl(np.linspace(2.0, 3.5, 7), np.linspace(-4.0, -3.0, 5))
    page = write_page({"away": surface}, tmp_path / "page.html")
    focus = "document.querySelector('.holder').focus()"
    mark = "document.querySelectorAll('#colourbar .mark').length"
    seen = visit(page, [PROBE, SLICES, mark, focus, Press("ArrowRight"), PROBE])
    loss = surface.values["train_loss"]
    assert float(seen.answers[0][1][1]) == pytest.approx(loss[3, 2], rel=1e-3)
    np.testing.assert_allclose(seen.answers[1][0][0][1], np.log10(loss[:, 2]), rtol=1e-6)
    assert seen.answers[2] == 0, "the weights are not on this grid"
    assert float(seen.answers[4][1][1]) == pytest.approx(loss[4, 2], rel=1e-3)
    assert_quiet(seen)


def test_a_click_on_a_slice_or_a_curve_moves_the_probe_along_it(tmp_path):
    page = write_page({"a": slanted(), "l": line()}, tmp_path / "page.html")
    place = (
        "(() => {{ const p = document.querySelector('{0}'), b = p.getBoundingClientRect(), x = p._fullLayout.xaxis; "
        "return [b.left + x._offset + x.l2p({1}), b.top + b.height / 2]; }})()"
    )
    surface, curve = slanted(), line()
    steps = [
        Click(place.format("#beta-slice [data-panel=slice]", surface.grid.y[2])),
        Click(place.format("[data-panel=line]", curve.grid.x[5])),
    ]
    seen = visit(page, [*steps, PROBE])
    column = np.abs(surface.grid.x - curve.grid.x[5]).argmin()
    assert float(seen.answers[0][1][1]) == pytest.approx(surface.values["train_loss"][column, 2], rel=1e-3)
    assert float(seen.answers[0][2][1]) == pytest.approx(curve.values["train_loss"][5], rel=1e-3)


def test_what_is_not_measured_stays_so_in_a_difference(tmp_path):
    x, y = np.linspace(-1, 1, 7), np.linspace(-1, 1, 5)
    done = np.ones((7, 5))
    done[5:] = 0
    page = write_page({"whole": bowl(x, y), "part": bowl(x, y, done)}, tmp_path / "page.html")
    words = "Array.from(document.querySelectorAll('.range'), r => r.textContent)"
    seen = visit(page, [words], fragment="minus=0")
    assert "10 not measured" in seen.answers[0][1] and "not finite" not in seen.answers[0][1]


def test_a_sequence_says_what_is_interpolated_and_tells_the_facts_of_the_nearest_surface(tmp_path):
    named = {
        name: replace(slanted(factor=factor), origin=replace(slanted().origin, record={"model": name}))
        for name, factor in (("one", 1), ("two", 9))
    }
    page = write_page(named, tmp_path / "page.html", sequence=True)
    facts = "document.querySelector('.facts').textContent"
    seen = visit(
        page, [HEAD, facts, "document.querySelector('#colourbar h2').textContent"], fragment="frame=0.9&minus=0"
    )
    assert seen.answers[0] == "one → two (0.90, interpolated)" and "two" in seen.answers[1]
    assert seen.answers[2] == "train loss (log scale)", "a sequence has no difference"


@pytest.mark.parametrize(
    "shape",
    [pytest.param((302, 3), marks=pytest.mark.slow), (2, 200), pytest.param((152, 152), marks=pytest.mark.slow)],
)
def test_a_large_or_thin_grid_is_thinned_in_3d_to_its_last_points(tmp_path, shape):
    x, y = (np.linspace(-1, 1, number) for number in shape)
    page = write_page({"large": bowl(x, y)}, tmp_path / "page.html")
    ask = "(() => { const [t] = document.querySelector('[data-panel=surface]')._fullData; return [t.x.length, t.y.length, t.x.at(-1), t.y.at(-1), t.z.length, t.z[0].length, t.z.at(-1).at(-1)]; })()"
    nx, ny, last_x, last_y, rows, columns, corner = visit(page, [ask], fragment="view=3-D").answers[0]
    assert (rows, columns) == (ny, nx) and 2 <= nx <= 152 and 2 <= ny <= 152 and (last_x, last_y) == (1, 1)
    assert corner == pytest.approx(np.log10(bowl(x, y).values["train_loss"][-1, -1]), rel=1e-6)


def test_nine_surfaces_are_refused():
    with pytest.raises(
        ValueError, match="^a page shows 8 surfaces at most, not 9; draw several pages, or one --sequence$"
    ):
        page_html({str(place): slanted() for place in range(9)})
