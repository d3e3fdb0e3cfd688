"""Figures for print as files: bytes, sizes, fonts, names, room for every text, and what is refused."""

import re
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from printing import ALL, PLANES, bar_of, panels_of, pixels
from surfaces import line, slanted

import landscape
from landscape.figures.print_figure import contour_print, figure_bytes, slices_print, surface_print
from landscape.figures.print_layout import MOST_PANELS, PrintStyle, axis_ticks

pytestmark = pytest.mark.usefixtures("coarse_reliefs")


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
@ALL
def test_the_same_surfaces_give_the_same_bytes(draw, form):
    contents = [figure_bytes(draw({"a": slanted(), "$b_": slanted(factor=3)}), form, 60) for _ in range(2)]
    assert contents[0] == contents[1]


@ALL
def test_a_pdf_has_the_width_asked_for_and_holds_its_letters_as_truetype(draw):
    content = figure_bytes(draw({"a": slanted()}, style=PrintStyle(width=5.0)), "pdf")
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in content and b"/Type3" not in content and b"CreationDate" not in content
    box = re.search(rb"/MediaBox \[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", content)
    assert float(box[1]) == pytest.approx(5 * 72, abs=0.01)


def test_an_svg_is_xml_without_a_date():
    content = figure_bytes(contour_print({"<a>&\"'": slanted()}), "svg")
    assert ElementTree.fromstring(content).tag.endswith("svg") and b"dc:date" not in content


def test_a_png_has_the_pixels_asked_for():
    assert pixels(contour_print({"a": slanted()}, style=PrintStyle(width=4.0)), 150).shape[1] == 600


def texts_of(figure) -> list[str]:
    return [text.get_text() for text in figure.texts + [text for each in figure.legends for text in each.get_texts()]]


@ALL
def test_names_are_drawn_as_they_are(draw):
    names = [r"$\frac{", "_hidden", "a_b^c$x$", "<b>&amp;", r"\textbf{", "%", "größer β 10⁻³"]
    figure = draw({name: slanted(factor=1 + place) for place, name in enumerate(names)})
    assert set(names) <= set(texts_of(figure))
    assert figure_bytes(figure, "svg", 50)


@ALL
def test_names_that_cannot_be_drawn_are_replaced_or_shortened(draw):
    names = ["", "\n", "a\tb\x00c", "bad\udcff", "x" * 300, "word " * 80]
    figure = draw({name: slanted(factor=1 + place) for place, name in enumerate(names)})
    assert len(texts_of(figure)) >= len(names)
    assert all(text and text.isprintable() and len(text) < 60 for text in texts_of(figure))
    assert figure_bytes(figure, "pdf", 50)


@pytest.mark.parametrize("num", range(1, MOST_PANELS + 1))
def test_panels_and_their_texts_stay_inside_and_apart(num):
    surfaces = {f"a-long-name-of-network-{place}": slanted(factor=1 + place) for place in range(num)}
    figure = contour_print(surfaces)
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in panels_of(figure)]
    boxes += [bar_of(figure).get_tightbbox()] + [text.get_window_extent() for text in figure.texts]
    width, height = figure.bbox.size
    for place, box in enumerate(boxes):
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        for other in boxes[:place]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            up = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across < 1 or up < 1, (box, other)


@pytest.mark.parametrize("num", [1, 2, 5, 8])
@pytest.mark.parametrize("draw", [surface_print, slices_print])
def test_axes_and_legends_of_the_other_kinds_stay_inside(draw, num):
    figure = draw({f"a-long-name-of-network-{place}": slanted(factor=1 + place) for place in range(num)})
    figure.draw_without_rendering()
    parts = [legend.get_window_extent() for legend in figure.legends] + [
        text.get_window_extent() for text in figure.texts
    ]
    for axes in figure.axes:
        spatial = [axes.zaxis] if hasattr(axes, "zaxis") else []
        parts += [
            axis.get_tightbbox(FigureCanvasAgg(figure).get_renderer()) for axis in (axes.xaxis, axes.yaxis, *spatial)
        ]
    width, height = figure.bbox.size
    for box in parts:
        if box is not None:
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, box


@pytest.mark.parametrize("low, high", [(-1.0, 1.0), (-1.1, 1.1), (0.13, 0.14), (-3.0, 1e4), (2.0, 2.5)])
def test_ticks_are_two_or_more_inside_the_range(low, high):
    for most in range(2, 7):
        ticks = axis_ticks(low, high, most)
        assert 2 <= len(ticks) <= most + 1 and low - 1e-9 <= ticks[0] and ticks[-1] <= high + 1e-9


def test_the_users_own_settings_change_nothing():
    wanted = figure_bytes(contour_print({"a": slanted()}), "svg")
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other", "lines.linewidth": 9}
    ):
        assert figure_bytes(contour_print({"a": slanted()}), "svg") == wanted


@PLANES
def test_a_line_is_refused_by_name(draw):
    what = {contour_print: "contours", surface_print: "surface in three dimensions"}[draw]
    with pytest.raises(ValueError, match=f"^b is a line, of one direction, and has no {what}; draw it as slices$"):
        draw({"a": slanted(), "b": line()})


@ALL
def test_nine_surfaces_are_too_many(draw):
    with pytest.raises(
        ValueError, match="^one figure holds 1 to 8 (panels|curves), and 9 were asked for; draw fewer files$"
    ):
        draw({str(place): slanted() for place in range(9)})


@ALL
def test_a_figure_that_is_too_narrow_says_a_width_that_is_not(draw):
    surfaces = {"a": slanted(), "b": slanted()}
    with pytest.raises(ValueError, match="^1 in .2.54 cm. is too narrow at 8 points; choose a width of ") as caught:
        draw(surfaces, style=PrintStyle(width=1.0))
    assert draw(surfaces, style=PrintStyle(width=float(re.search(r"width of ([0-9.]+) in", str(caught.value))[1])))


def test_the_public_names_are_these():
    assert landscape.contour_print is contour_print and landscape.PrintStyle is PrintStyle
