"""The second order on the page: drawn where it is wished for, with the formula's own values, and absent without a record."""

import json
from dataclasses import replace

import numpy as np
import pytest
from asking import HEIGHTS, LATER, PROBE, SLICES, assert_quiet, of
from browser import NO_WEBGL, Click, Press, visit
from surfaces import slanted

from landscape.figures.facts import facts
from landscape.figures.page import page_html, write_page
from landscape.figures.payload import Arrays, page_content
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface
from landscape.taylor import Taylor, residual

SECOND = Taylor(0.41, [0.3, -0.2], [[-3.0, 0.5], [0.5, 4.0]])  # below 0 on both sides along x
LINE = Taylor(0.4, [0.3], [[2.0]])
SWITCH = "!document.getElementById('taylor').parentElement.hidden"
CHECKED = "document.getElementById('taylor').checked"
MARKED = (
    "Array.from(document.querySelectorAll('[data-panel={kind}]')).filter(p => p.offsetParent && p._fullData).map(p => p._fullData"
    ".filter(t => t.meta === 'second order' && t.visible).map(t => [Array.from(t.x), Array.from(t.y), Array.from(t.z, r => r.length ? Array.from(r) : r), t.contours?.start]))"
)
NET, DASHED = MARKED.format(kind="surface"), MARKED.format(kind="contour")
DASHES = "Array.from(document.querySelectorAll('[data-panel=slice]')).map(p => p._fullData.map(t => t.line.dash))"
METRICS = "Array.from(document.getElementById('metric').options, o => o.textContent)"
# Where a point of the net lies on the screen, by the scene's own camera.
ON_NET = """
const panel = document.querySelector('[data-panel=surface]'), net = panel._fullData[3], scene = panel._fullLayout.scene._scene;
function onNet(place) {
  const times = (m, v) => [0, 1, 2, 3].map(row => [0, 1, 2, 3].reduce((sum, k) => sum + m[4 * k + row] * v[k], 0));
  const { model, view, projection } = scene.glplot.cameraParams, scaled = [net.x, net.y, net.z].map((axis, k) => axis[place] * scene.dataScale[k]);
  const [x, y, , w] = times(projection, times(view, times(model, [...scaled, 1]))), box = panel.getBoundingClientRect();
  return [box.left + (0.5 + 0.5 * x / w) * box.width, box.top + (0.5 - 0.5 * y / w) * box.height];
}
onNet.at = place => [net.x[place], net.y[place]];
"""
PLACE = "new URLSearchParams(location.hash.slice(1)).get('at')"
LEFT_OVER = "train_loss_minus_second_order"


def expanded(second: Taylor = SECOND, factor: float = 1.0) -> Surface:
    """Return a surface off-center, not square and not symmetric, with its second order recorded."""
    x, y = np.linspace(-0.6, 1.0, 17), np.linspace(-1.0, 0.2, 13)
    cubic = np.add.outer(2.5 * x**2 + 3 * x**4, 0 * y) + 1.5 * np.multiply.outer(x**2, y)
    loss = factor * (second.at(x, y) + cubic)
    return recorded(Grid(x, y), loss, replace(second, value=factor * second.value), factor)


def line() -> Surface:
    x = np.linspace(-0.5, 1.0, 16)
    return recorded(Grid(x), LINE.at(x) + 0.5 * x**3, LINE)


def recorded(grid: Grid, loss: np.ndarray, second: Taylor, factor: float = 1.0) -> Surface:
    entry = {"value": second.value, "gradient": (factor * second.gradient).tolist()}
    entry["hessian"] = (factor * second.hessian).tolist()
    values = {"train_loss": loss, "train_accuracy": 1 / (1 + np.abs(loss))}
    return Surface(grid, values, np.ones(grid.shape), Origin(record={"taylor": {"train_loss": entry}}))


def log_height(values) -> np.ndarray:
    return np.where(np.asarray(values) > 0, np.log10(np.maximum(values, 1e-300)), np.nan)


def numbers(found) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in found], float)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_page({"a": expanded()}, tmp_path_factory.mktemp("pages") / "page.html")


def test_the_record_adds_a_metric_and_leaves_other_surfaces_as_they_were():
    bare, arrays = replace(expanded(), origin=Origin()), Arrays()
    without = page_content({"a": bare}, arrays)
    assert [metric["key"] for metric in without["metrics"]] == ["train_loss", "train_accuracy"]
    assert "taylor" not in json.dumps(without)
    content = page_content({"a": expanded(), "b": bare}, Arrays())
    assert content["metrics"][2] == {"key": LEFT_OVER, "name": LEFT_OVER.replace("_", " "), "signed": True}
    assert list(content["surfaces"][0]["values"]) == ["train_loss", "train_accuracy", LEFT_OVER]
    assert "taylor" not in content["surfaces"][1] and LEFT_OVER not in content["surfaces"][1]["values"]
    assert page_html({"a": expanded()}) == page_html({"a": expanded()})


def test_the_facts_tell_how_far_it_holds():
    def told(surface: Surface) -> str:
        return dict(facts(surface))["second order"]

    # The cubic 0.5 r^3 is 0.004 of 0.104 at 0.2, and 0.0135 of 0.1935 at 0.3.
    x = np.linspace(-0.5, 1.0, 16)
    assert told(line()) == "holds to 5 % of the change in train loss within 0.2 of the center, no longer at 0.3"
    exact = recorded(Grid(x), LINE.at(x), LINE)
    assert (
        told(exact)
        == "holds to 5 % of the change in train loss at every measured point: within at least 1 of the center"
    )
    kinked = recorded(Grid(x), LINE.at(x) + np.abs(x), LINE)
    assert (
        told(kinked)
        == "holds to 5 % of the change in train loss within less than one cell: no longer at 0.1 from the center, the nearest points"
    )
    assert "second order" not in dict(facts(slanted()))


@pytest.mark.slow
def test_a_page_without_a_record_shows_no_switch(tmp_path):
    bare = write_page({"a": slanted()}, tmp_path / "page.html")
    steps = [SWITCH, METRICS, NET, DASHED, "document.getElementById('taylor-key').hidden", Press("o"), LATER]
    seen = visit(bare, [*steps, "location.hash"], fragment="taylor=1")
    assert seen.answers[:2] == [False, ["train loss", "train accuracy"]] and seen.answers[2:5] == [[[]], [[]], True]
    assert_quiet(seen)


@pytest.mark.slow
def test_switch_and_key_draw_it_and_the_address_brings_it_back(page):
    steps = [SWITCH, NET, Click(of("#taylor")), NET, DASHED, DASHES, LATER, "location.hash", Press("o"), NET, DASHES]
    seen = visit(page, steps)
    shown, before, [[net]], [dashed], dashes, _, fragment, after, plain = seen.answers
    assert shown and before == [[]] and after == [[]]
    assert dashes == [["solid", "6px,4px"]] * 2 and plain == [["solid"]] * 2
    assert "taylor=1" in fragment
    x, y, z, _ = (numbers(part) if part else part for part in net)
    (a, b), (_, c) = SECOND.hessian
    wanted = 0.41 + 0.3 * x - 0.2 * y + (a * x * x + 2 * b * x * y + c * y * y) / 2
    assert (wanted < 0).any() and np.isnan(z[wanted < 0]).all()
    np.testing.assert_allclose(z, log_height(wanted), atol=1e-9)
    assert (np.nanmin(x), np.nanmax(x), np.nanmin(y), np.nanmax(y)) == pytest.approx((-0.6, 1, -1, 0.2))
    for x, y, z, height in dashed:
        np.testing.assert_allclose([numbers(row) for row in z], log_height(SECOND.at(x, y)).T, atol=1e-9)
    labelled = "document.querySelector('[data-panel=contour]')._fullData.filter(t => t.contours?.showlabels).map(t => t.contours.start)"
    again = visit(page, [CHECKED, NET, labelled], fragment=fragment.removeprefix("#"))
    assert again.answers[:2] == [True, [[net]]]
    assert [height for *_, height in dashed] == again.answers[2] != []
    assert_quiet(seen)
    assert_quiet(again)


def test_a_slices_dashed_curve_goes_through_the_probed_point_and_off_the_log_scale_below_zero(page):
    x, y = expanded().grid.x[12], expanded().grid.y[3]
    seen = visit(page, [SLICES, PROBE], fragment=f"taylor=1&at={x},{y}")
    [[_, (alphas, along)], [measured, (betas, across)]] = seen.answers[0]
    np.testing.assert_allclose(numbers(along), log_height(SECOND.at(alphas, [y])[:, 0]), atol=1e-5)
    np.testing.assert_allclose(numbers(across), log_height(SECOND.at([x], betas)[0]), atol=1e-5)
    assert np.isnan(numbers(along)).any() and len(alphas) > 200
    np.testing.assert_allclose(measured[1], np.log10(expanded().values["train_loss"][12]), rtol=1e-6)
    left = residual(expanded(), "train_loss")[12, 3]
    assert seen.answers[1][1][3] == f"{left:+.4g}"
    assert_quiet(seen)


def test_what_it_leaves_over_is_a_metric_on_symmetric_colours(page):
    shown = "(t => [t.zmin, t.zmax])(document.querySelector('[data-panel=contour]')._fullData[0])"
    heading = "document.querySelector('#colourbar h2').textContent"
    kinds = "Array.from(document.querySelectorAll('#scale button:not(:disabled)'), b => b.textContent)"
    steps = [HEIGHTS.format(kind="contour"), shown, heading, kinds, SWITCH, NET]
    seen = visit(page, steps, fragment=f"metric={LEFT_OVER}&taylor=1")
    left = residual(expanded(), "train_loss")
    np.testing.assert_allclose(seen.answers[0][0], left.T, rtol=1e-6, atol=1e-12)
    assert seen.answers[1] == pytest.approx([-np.abs(left).max(), np.abs(left).max()], rel=1e-6)
    assert seen.answers[2:] == [
        "train loss minus second order (linear scale)",
        ["linear", "clipped"],
        False,
        [[]],
    ]
    assert_quiet(seen)


@pytest.mark.slow
def test_lines_and_surfaces_without_a_record_stand_beside_it(tmp_path):
    bare = replace(expanded(factor=3), origin=Origin())
    page = write_page({"bare": bare, "line": line(), "a": expanded()}, tmp_path / "page.html")
    curves = (
        "document.querySelector('[data-panel=line]')._fullData.map(t => [t.name, Array.from(t.x), Array.from(t.y)])"
    )
    seen = visit(page, [NET, DASHES, curves], fragment="taylor=1")
    assert [len(marked) for marked in seen.answers[0]] == [0, 1]
    assert seen.answers[1] == [["solid", "solid", "6px,4px"]] * 2
    (name, *_), (other, x, heights) = seen.answers[2]
    assert (name, other) == ("line", "line, second order")
    np.testing.assert_allclose(heights, np.log10(LINE.at(x)), atol=1e-9)
    difference = visit(page, [SWITCH, NET], fragment="taylor=1&minus=0")
    assert difference.answers == [False, [[]]]
    assert_quiet(seen)
    assert_quiet(difference)


@pytest.mark.slow
def test_a_sequence_shows_it_where_it_stands_on_a_surface(tmp_path):
    surfaces = {"one": expanded(), "two": expanded(factor=2), "three": expanded(factor=5)}
    page = write_page(surfaces, tmp_path / "page.html", sequence=True)
    half = visit(page, [SWITCH, NET, DASHED], fragment="taylor=1&frame=0.5")
    assert half.answers == [True, [[]], [[]]]
    wait = "new Promise(done => {{ const wait = () => {0} ? setTimeout(() => done({1}), {2}) : setTimeout(wait, 20); wait(); }})"
    play = "document.getElementById('speed').value = '0.5'; document.getElementById('play').click(); 0"
    under_way = "Number(document.getElementById('scrub').value) > 0.1"
    ended = wait.format("document.getElementById('play').textContent === 'Play'", NET, 600)
    steps = [NET, play, wait.format(under_way, f"[{NET}, {DASHED}]", 0), ended, HEIGHTS.format(kind="surface")]
    seen = visit(page, steps, fragment="taylor=1")
    first, _, playing, [[(x, y, z, _)]], heights = seen.answers
    assert first[0] and playing == [[[]], [[]]]
    x, y, z = map(numbers, (x, y, z))
    inside = np.isfinite(z)
    wanted = [5 * SECOND.at([a], [b])[0, 0] for a, b in zip(x[inside], y[inside])]
    np.testing.assert_allclose(z[inside], np.log10(wanted), atol=1e-9)
    np.testing.assert_allclose(heights[0], np.log10(expanded(factor=5).values["train_loss"]).T, rtol=1e-6)
    assert_quiet(seen)


@pytest.mark.slow
def test_a_click_on_the_net_probes_there_and_without_webgl_the_rest_is_drawn(page):
    seen = visit(page, [ON_NET + "; 0", Click("onNet(60)"), LATER, PLACE, "onNet.at(60)"], fragment="taylor=1&view=3-D")
    assert numbers(seen.answers[2].split(",")) == pytest.approx(numbers(seen.answers[3]), abs=0.03)
    bare = visit(page, [DASHED, DASHES], fragment="taylor=1", before=NO_WEBGL)
    assert bare.answers[0][0] and bare.answers[1] == [["solid", "6px,4px"]] * 2
    assert_quiet(seen)
    assert_quiet(bare)
