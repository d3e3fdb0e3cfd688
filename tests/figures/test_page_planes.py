"""Several planes on the page: the chosen one is the file's, all of them are in the slices, and their spread is numpy's."""

from dataclasses import replace

import numpy as np
import pytest
from asking import HEIGHTS, HOSTILE, LATER, PROBE, assert_quiet
from browser import NO_WEBGL, Press, visit
from surfaces import line, several, several_lines, slanted

from landscape.figures.facts import facts
from landscape.figures.page import page_html, write_page
from landscape.figures.payload import Arrays, page_content
from landscape.surface import Surface

CONTOURS = HEIGHTS.format(kind="contour")
HEADINGS = "Array.from(document.querySelectorAll('main > .card > .head h2'), h => h.textContent)"
CURVES = "Array.from(document.querySelectorAll('[data-panel={kind}]')).map(p => p._fullData.map(t => [t.meta ?? '', t.name, Array.from(t.x), Array.from(t.y), t.line?.width]))"
SLICES, LINES = CURVES.format(kind="slice"), CURVES.format(kind="line")
COLOURS = (
    "Array.from(document.querySelectorAll('[data-panel=contour]')).map(p => [p._fullData[0].zmin, p._fullData[0].zmax])"
)
NOTE = "document.querySelector('#alpha-slice .spread').textContent"
CONTROL = "[document.getElementById('plane').parentElement.hidden, document.getElementById('plane-key').hidden, document.getElementById('plane').value]"
CHOOSE = "(() => {{ const plane = document.getElementById('plane'); plane.value = '{0}'; plane.dispatchEvent(new Event('change')); }})()"
NOTES = "Array.from(document.querySelectorAll('.absent')).filter(p => p.offsetParent).map(p => p.textContent)"


def numbers(found) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in found], float)


def of_kind(curves, kind: str) -> list:
    return [curve for curve in curves if curve[0] == kind]


def mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values.mean(0), values.std(0, ddof=1)


def assert_band(curve, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Check one closed outline: along the upper edge, and back along the lower one."""
    np.testing.assert_allclose(numbers(curve[2])[: 2 * len(x)], [*x, *x[::-1]], atol=1e-12)
    np.testing.assert_allclose(numbers(curve[3])[: 2 * len(x)], [*high, *low[::-1]], rtol=2e-6, atol=2e-6)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    surfaces = {HOSTILE: several(), "single": slanted(7, 5, factor=3)}
    return write_page(surfaces, tmp_path_factory.mktemp("pages") / "page.html")


def test_the_page_carries_plane_after_plane_in_rows_of_constant_y():
    arrays, surface = Arrays(), several()
    done = surface.done.copy()
    done[1, 2, 3] = 0
    content = page_content({"a": replace(surface, done=done), "one": slanted()}, arrays)
    first, other = content["surfaces"]

    def sent(at: dict) -> np.ndarray:
        kind = np.dtype(at["kind"])
        mixed = np.frombuffer(arrays.bytes(), np.uint8, at["length"] * kind.itemsize, at["start"])
        return np.ascontiguousarray(mixed.reshape(kind.itemsize, -1).T).view(kind).ravel()

    assert first["planes"] == 3 and "planes" not in other
    assert "belief" not in first and other["belief"]["sentences"], "nothing is said before all is measured"
    for k, plane in enumerate(surface.planes):
        rows = sent(first["values"]["train_loss"]).reshape(3, 5, 7)[k]
        np.testing.assert_array_equal(rows, plane.values["train_loss"].T.astype(np.float32))
    assert np.argwhere(sent(first["done"]).reshape(3, 5, 7) == 0).tolist() == [[1, 3, 2]]


def test_the_facts_count_planes():
    surface = several()
    done = surface.done.copy()
    done[2, 4:] = 0
    rows = dict(facts(replace(surface, done=done)))
    assert rows["grid"] == "3 planes of 7 x 5: α -0.5 to 1, β -1 to 0.25"
    assert rows["points"] == "90 of 105 measured, 2 of 3 planes complete, none interpolated"
    assert dict(facts(surface))["points"] == "105 of 105 measured, none interpolated"
    assert dict(facts(several_lines()))["grid"] == "3 lines of 7: α -0.5 to 1"


def test_several_planes_make_no_sequence():
    sentence = "a sequence morphs one plane into the next, but a holds 3 of them; leave out --sequence, or give one of surface.planes"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        page_html({"a": several(), "b": several()}, sequence=True)


def test_control_and_key_choose_a_plane_and_the_address_keeps_it(page):
    steps = [CONTROL, HEADINGS, CONTOURS, COLOURS, Press("p"), HEADINGS, CONTOURS, COLOURS]
    steps += [Press("p"), Press("p"), CONTROL, CHOOSE.format(3), "1", LATER, CONTOURS, "location.hash"]
    seen = visit(page, steps, fragment="view=contour")
    control, first, heights, colours, second, moved, same, turned, _, _, _, third, fragment = seen.answers
    logs = np.log10(several().values["train_loss"])
    single = np.log10(slanted(7, 5, factor=3).values["train_loss"])
    assert control == [False, False, "1"] and turned == [False, False, "1"] and "plane=3" in fragment
    assert first == [f"{HOSTILE}, plane 1 of 3", "single"] and second[0] == f"{HOSTILE}, plane 2 of 3"
    for found, plane in ((heights, 0), (moved, 1), (third, 2)):
        np.testing.assert_allclose(found[0], logs[plane].T, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(found[1], single.T, rtol=1e-6)
    ends = [min(logs.min(), single.min()), max(logs.max(), single.max())]
    assert colours == same == [pytest.approx(ends, rel=1e-6, abs=1e-7)] * 2
    assert_quiet(seen)


def test_slices_show_all_planes_the_chosen_one_bold_and_their_spread(page):
    surface = several()
    x, y, loss = surface.grid.x, surface.grid.y, surface.values["train_loss"]
    steps = [SLICES, PROBE, NOTE, "typeof window.hacked", CONTOURS, Press("s"), SLICES, NOTE]
    seen = visit(page, steps, fragment=f"view=contour&plane=2&at={x[4] + 0.01},{y[3] - 0.01}")
    slices, probe, note, hacked, heights, linear, linear_note = seen.answers
    logs = np.log10(loss)
    for curves, axis, along in ((slices[0], x, logs[:, :, 3]), (slices[1], y, logs[:, 4])):
        assert [curve[0] for curve in curves] == ["band", "plane", "plane", "mean", "", ""]
        for curve, plane in zip(of_kind(curves, "plane"), (0, 2), strict=True):
            assert curve[1].endswith(f", plane {plane + 1} of 3")
            np.testing.assert_allclose(curve[2:4], [axis, along[plane]], rtol=1e-6, atol=1e-7)
        chosen, single = of_kind(curves, "")
        np.testing.assert_allclose(chosen[3], along[1], rtol=1e-6)
        assert chosen[4] > 2 > of_kind(curves, "plane")[0][4] and single[1] == "single"
        mean, deviation = mean_and_deviation(along)
        np.testing.assert_allclose(of_kind(curves, "mean")[0][3], mean, rtol=2e-6, atol=1e-6)
        assert_band(of_kind(curves, "band")[0], axis, mean - deviation, mean + deviation)
    mean, deviation = mean_and_deviation(loss[:, :, 3])
    assert_band(of_kind(linear[0], "band")[0], x, mean - deviation, mean + deviation)
    np.testing.assert_allclose(heights[0], logs[1].T, rtol=1e-6)
    assert note == "Bold: plane 2. Thin: the others. Dashed, in a band of ± 1 s.d.: the mean over planes, of log10."
    assert linear_note.endswith("the mean over planes.") and hacked == "undefined"
    mean, deviation = mean_and_deviation(loss[:, 4, 3])
    shares, share_deviation = mean_and_deviation(surface.values["train_accuracy"][:, 4, 3])
    assert probe[1][1:] == [f"{loss[1, 4, 3]:.4g}", f"{surface.values['train_accuracy'][1, 4, 3]:.1%}"]
    assert probe[2] == [
        "mean ± s.d.",
        f"{mean:.4g} ±\u00a0{deviation:.2g}",
        f"{shares:.1%} ±\u00a0{share_deviation:.1%}",
    ]
    assert len(probe) == 4 and probe[3][0] == "single"
    assert_quiet(seen)


def test_a_difference_is_taken_plane_by_plane_or_with_the_only_one(tmp_path):
    first, second, single = several(), several(factor=2), slanted(7, 5)
    doubled = replace(second, values={"train_loss": second.values["train_loss"][:, ::-1]})
    two = replace(first.grid, num_planes=2)
    fewer = Surface(two, {"train_loss": first.values["train_loss"][:2]}, np.ones(two.shape))
    page = write_page({"a": first, "b": doubled, "one": single, "two": fewer}, tmp_path / "page.html")
    steps = [CONTOURS, HEADINGS, NOTES, SLICES, CHOOSE.format(1), "1", LATER, CONTOURS, "location.hash"]
    seen = visit(page, steps, fragment="view=contour&scale=linear&minus=0&plane=3")
    heights, headings, notes, slices, *_, again, _ = seen.answers
    loss = first.values["train_loss"]
    for found, plane in ((heights, 2), (again, 0)):
        np.testing.assert_allclose(found[0], (doubled.values["train_loss"][plane] - loss[plane]).T, atol=1e-4)
        np.testing.assert_allclose(found[1], (single.values["train_loss"] - loss[plane]).T, atol=1e-4)
    assert headings == ["a", "b − a, plane 3 of 3", "one − a, plane 3 of 3", "two"]
    assert notes == [
        "the reference, which is taken away from the others",
        "its 2 planes and the reference's 3 do not pair",
    ]
    assert [curve[0] for curve in slices[0]] == ["band"] * 2 + ["plane"] * 4 + ["mean"] * 2 + [""] * 2
    reference = visit(page, [CONTOURS], fragment="view=contour&scale=linear&minus=2&plane=2")
    np.testing.assert_allclose(reference.answers[0][0], (loss[1] - single.values["train_loss"]).T, atol=1e-4)
    assert_quiet(seen)
    assert_quiet(reference)


def test_planes_that_are_not_measured_yet_are_left_out_of_the_mean_and_a_value_that_is_not_finite_breaks_it(tmp_path):
    whole = several()
    done, loss = whole.done.copy(), whole.values["train_loss"].copy()
    done[2], done[1, 5:] = 0, 0
    loss[0, 1, 3] = np.inf
    loss[done == 0] = np.nan
    part = Surface(whole.grid, {"train_loss": loss}, done)
    page = write_page({"part": part}, tmp_path / "page.html", live={"words": "60 of 105 points", "seconds": 900})
    x, y = whole.grid.x, whole.grid.y
    range_words = "document.querySelector('.range').textContent"
    fragment = f"scale=linear&at={x[4]},{y[3]}"
    seen = visit(page, [SLICES, PROBE, range_words, Press("p"), Press("p"), PROBE, range_words], fragment=fragment)
    slices, probe, words, blank, blank_words = seen.answers
    mean, deviation = mean_and_deviation(loss[:2, :, 3])
    expected = np.where(done[1, :, 3] > 0, mean, loss[0, :, 3])
    expected[1] = np.nan
    np.testing.assert_allclose(numbers(of_kind(slices[0], "mean")[0][3]), expected, rtol=1e-6)
    outline = of_kind(slices[0], "band")[0]
    assert np.isfinite(numbers(outline[3])).sum() == 2 * (1 + 3)  # the points 0 and 2 to 4
    np.testing.assert_allclose(numbers(outline[3])[3:6], (mean + deviation)[2:5], rtol=1e-6)
    assert probe[2][1] == f"{mean[4]:.4g} ±\u00a0{deviation[4]:.2g} (2 of 3)" and "1 not finite" in words
    assert blank[1][1] == "not yet" and "nothing finite" in blank_words and "35 not measured" in blank_words
    assert_quiet(seen)


@pytest.mark.slow
def test_several_lines_are_drawn_in_one_card_and_need_no_webgl(tmp_path):
    lines = several_lines()
    page = write_page({"lines": lines, "line": line(9)}, tmp_path / "page.html")
    label = "document.getElementById('plane').parentElement.textContent.startsWith('Line')"
    legend = "document.querySelector('[data-panel=line]')._fullData.filter(t => t.showlegend).map(t => t.name)"
    steps = [LINES, HEADINGS, label, legend, "document.querySelector('.lines .spread').textContent"]
    seen = visit(page, steps, fragment="plane=3&scale=linear", before=NO_WEBGL)
    [curves], headings, is_line, named, note = seen.answers
    loss = lines.values["train_loss"]
    assert [curve[0] for curve in curves] == ["band", "plane", "plane", "mean", "", ""]
    np.testing.assert_allclose(of_kind(curves, "")[0][3], loss[2], rtol=1e-6)
    mean, deviation = mean_and_deviation(loss)
    assert_band(of_kind(curves, "band")[0], lines.grid.x, mean - deviation, mean + deviation)
    assert headings == ["lines, line 3 of 3; line"] and is_line and named == ["lines, line 3 of 3", "line"]
    assert note.startswith("Bold: line 3. ")
    assert_quiet(seen)


@pytest.mark.slow
def test_a_page_of_single_planes_has_no_such_control(pair):
    seen = visit(pair[0], [CONTROL, Press("p"), CONTROL, SLICES, LATER, "location.hash"], fragment="plane=4")
    assert seen.answers[0][:2] == [True, True] and seen.answers[1] == seen.answers[0]
    assert [len(curves) for curves in seen.answers[2]] == [2, 2] and "plane" not in seen.answers[4]
    assert_quiet(seen)
