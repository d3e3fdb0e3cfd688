"""Figures for print: what stands where, in which units, and what is in the files."""

import re
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread
from surfaces import line, slanted, with_values

import landscape
from landscape.figures import print_panels
from landscape.figures.plots import CURVES, HOLE
from landscape.figures.print_figure import contour_print, figure_bytes, slices_print, surface_print
from landscape.figures.print_layout import MOST_PANELS, PrintStyle, axis_ticks
from landscape.figures.print_panels import bands_of, draw_relief
from landscape.figures.scale import Scale, label, scale_over
from landscape.grid import Grid
from landscape.surface import Surface, empty_surface

ALL = pytest.mark.parametrize("draw", [contour_print, surface_print, slices_print])
PLANES = pytest.mark.parametrize("draw", [contour_print, surface_print])


@pytest.fixture(autouse=True)
def coarse_reliefs(monkeypatch):
    """Draw reliefs with few faces: each costs as much as a panel of contours otherwise."""
    monkeypatch.setattr(print_panels, "RELIEF_SIDE", 12)


def bar_of(figure):
    return next(axes for axes in figure.axes if axes.get_label() == "colour bar")


def panels_of(figure):
    return [axes for axes in figure.axes if axes.get_label() != "colour bar"]


def pixels(figure, dpi: int = 100) -> np.ndarray:
    return imread(BytesIO(figure_bytes(figure, "png", dpi)), format="png")


def colour_at(figure, axes, x: float, y: float, dpi: int = 100) -> np.ndarray:
    """Return the pixel that shows a place of a panel."""
    picture = pixels(figure, dpi)
    figure.set_dpi(dpi)
    column, row = axes.transData.transform((x, y))
    return picture[int(picture.shape[0] - row), int(column), :3]


def plateau() -> Surface:
    """Return 1 everywhere but for a corner of 100 around (x[7], y[1])."""
    loss = np.ones((9, 7))
    loss[6:, :3] = 100.0
    return Surface(Grid(np.linspace(-0.5, 1.0, 9), np.linspace(-1.0, 0.25, 7)), {"train_loss": loss}, np.ones((9, 7)))


def test_the_colour_at_a_point_is_that_of_its_value():
    surface = plateau()
    figure = contour_print({"plateau": surface})
    x, y = surface.grid.x, surface.grid.y
    bands = bands_of(scale_over([surface], "train_loss"), matplotlib.colormaps["viridis"])
    bottom, top = bands.colours[0, :3], bands.colours[-1, :3]
    for i, j, wanted in ((7, 1, top), (1, 5, bottom), (7, 5, bottom), (1, 1, bottom)):
        np.testing.assert_allclose(colour_at(figure, panels_of(figure)[0], x[i], y[j]), wanted, atol=2 / 255)


def test_isolines_lie_where_the_loss_has_their_value():
    figure = contour_print({"slanted": slanted(31, 24)}, scale="linear")
    scale = Scale("linear", 1.0, 261.0)
    for gid, levels in (("labelled levels", scale.labelled()), ("levels", list(scale.levels()))):
        drawn = next(artist for artist in panels_of(figure)[0].collections if artist.get_gid() == gid)
        levels = [level for level in levels if gid == "labelled levels" or level not in scale.labelled()]
        assert len(drawn.levels) == len(levels) and all(path.vertices.size for path in drawn.get_paths())
        for level, path in zip(drawn.levels, drawn.get_paths(), strict=True):
            i, j = (path.vertices[:, 0] + 0.5) / 1.5 * 30, (path.vertices[:, 1] + 1.0) / 1.25 * 23
            np.testing.assert_allclose(1 + i + 10 * j, level, atol=1e-6)


def test_isolines_and_the_bar_are_labelled_in_loss():
    figure = contour_print({"slanted": slanted(31, 24, factor=0.01)})
    texts = {text.get_text() for text in panels_of(figure)[0].texts}
    assert texts and texts <= {label(value) for value in (0.01, 0.03, 0.1, 0.3, 1, 2, 3)}
    bar = bar_of(figure)
    ticks = dict(zip([text.get_text() for text in bar.get_yticklabels()], bar.get_yticks(), strict=True))
    assert ticks["0.1"] == pytest.approx(-1) and ticks["1"] == pytest.approx(0)
    assert bar.get_ylabel() == "train loss (log scale)"


class Recorder:
    """Axes that keep what they are given."""

    def plot_surface(self, *arrays, **options):
        self.arrays, self.options = arrays, options

    def set(self, **options):
        self.ranges = options

    def view_init(self, **options):
        self.view = options


def test_a_relief_holds_the_measured_points_untransposed():
    surface, axes, scale = slanted(6, 4), Recorder(), Scale("linear", 1.0, 36.0)
    draw_relief(axes, surface, "train_loss", scale, bands_of(scale, matplotlib.colormaps["viridis"]), (20, -40))
    x, y, z = axes.arrays
    for i in range(6):
        for j in range(4):
            row, column = np.argwhere(
                (np.abs(x - surface.grid.x[i]) < 1e-9) & (np.abs(y - surface.grid.y[j]) < 1e-9)
            ).squeeze()
            assert z[row, column] == pytest.approx(1 + i + 10 * j, abs=1e-12)
    assert axes.ranges == {"xlim": (-0.5, 1.0), "ylim": (-1.0, 0.25), "zlim": (1.0, 36.0)}
    assert axes.view == {"elev": 20, "azim": -40} and axes.options["rasterized"]


def test_a_relief_stays_open_at_holes_and_above_the_cut():
    surface = with_values(lambda loss: loss.__setitem__((3, 2), np.nan))
    scale = Scale("clipped", 1.0, 20.0)
    axes = Recorder()
    draw_relief(axes, surface, "train_loss", scale, bands_of(scale, matplotlib.colormaps["viridis"]), (20, -40))
    x, y, z = axes.arrays
    faces = axes.options["facecolors"][..., 3]
    near = (np.abs(x - surface.grid.x[3]) < 0.29) & (np.abs(y - surface.grid.y[2]) < 0.4)
    assert np.isnan(z[near]).all() and np.isfinite(z[~near]).mean() > 0.7
    assert np.nanmax(z) == 20.0 and faces[-1, -1] == 0 and faces[0, 0] == 1


@PLANES
def test_all_panels_share_one_scale_and_one_bar(draw):
    figure = draw({"a": slanted(), "b": slanted(factor=100)})
    assert len(panels_of(figure)) == 2
    np.testing.assert_allclose(bar_of(figure).get_ylim(), [0, np.log10(3600)])
    if draw is surface_print:
        assert len({axes.get_zlim() for axes in panels_of(figure)}) == 1


def test_one_value_has_one_colour_in_all_panels():
    surfaces = {"a": plateau(), "b": with_values(lambda loss: loss.fill(100.0))}
    figure = contour_print(surfaces)
    first, second = panels_of(figure)
    x, y = surfaces["a"].grid.x[7], surfaces["a"].grid.y[1]
    np.testing.assert_array_equal(colour_at(figure, first, x, y), colour_at(figure, second, x, y))


def test_panels_are_square_and_keep_their_own_ranges():
    wide = Surface(Grid([-3.0, 0.0, 1.0], [0.5, 2.0]), {"train_loss": np.ones((3, 2))}, np.ones((3, 2)))
    figure = contour_print({"a": slanted(), "b": wide})
    for axes, x, y in zip(panels_of(figure), ((-0.5, 1.0), (-3.0, 1.0)), ((-1.0, 0.25), (0.5, 2.0)), strict=True):
        assert (axes.get_xlim(), axes.get_ylim()) == (x, y)
        box = axes.get_position()
        assert box.width * figure.get_figwidth() == pytest.approx(box.height * figure.get_figheight())
        assert all(text.get_text() for text in [*axes.get_xticklabels(), *axes.get_yticklabels()])


def test_the_center_is_marked_where_it_lies_and_not_where_it_does_not():
    figure = contour_print({"a": slanted()})
    star = next(artist for artist in panels_of(figure)[0].lines if artist.get_gid() == "center")
    np.testing.assert_array_equal(star.get_xydata(), [[0, 0]])
    away = Surface(Grid([1.0, 2.0], [1.0, 2.0]), {"train_loss": np.ones((2, 2))}, np.ones((2, 2)))
    assert not panels_of(contour_print({"a": away}))[0].lines


def test_a_hole_is_as_large_as_its_points_and_is_counted():
    surface = slanted(9, 7)
    loss, done = surface.values["train_loss"].copy(), surface.done.copy()
    loss[4, 3], loss[8, 2:4], done[8, 2:4] = np.inf, np.nan, 0
    surface = Surface(surface.grid, {"train_loss": loss}, done)
    figure = contour_print({"holed": surface})
    assert "holes: 1 not finite, 2 not measured" in " ".join(text.get_text() for text in figure.texts)
    axes, (x, y) = panels_of(figure)[0], (surface.grid.x, surface.grid.y)
    step_x, step_y = x[1] - x[0], y[1] - y[0]
    hole = [int(HOLE[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    for across, up, is_hole in ((0.4, 0, True), (-0.4, 0, True), (0, 0.4, True), (0.7, 0.1, False), (0, -0.7, False)):
        found = colour_at(figure, axes, x[4] + across * step_x, y[3] + up * step_y, dpi=300)
        assert (np.ptp(found) < 0.03 and found[0] > 0.4) == is_hole, (across, up, found, hole)


@ALL
def test_a_surface_of_which_nothing_is_measured_is_drawn_empty(draw):
    surface = empty_surface(Grid([-0.5, 0.5, 2.0], [-1.0, 0.5]), ["train_loss"])
    figure = draw({"empty": surface})
    assert pixels(figure).size
    texts = [text.get_text() for text in figure.texts + [t for legend in figure.legends for t in legend.get_texts()]]
    assert any("6 not measured" in text for text in texts)


def test_slices_run_through_the_grid_lines_nearest_to_the_center():
    surface = slanted(6, 4)  # x has 0.1 nearest to 0, y has -0.1667
    figure = slices_print({"a": surface, "b": slanted(6, 4, factor=2.0)}, scale="linear")
    alpha, beta = figure.axes
    np.testing.assert_array_equal(alpha.lines[0].get_ydata(), surface.values["train_loss"][:, 2])
    np.testing.assert_array_equal(beta.lines[1].get_ydata(), 2 * surface.values["train_loss"][2, :])
    np.testing.assert_array_equal(beta.lines[0].get_xdata(), surface.grid.y)
    assert (alpha.get_xlabel(), beta.get_xlabel()) == ("α at β = −0.1667", "β at α = 0.1")
    assert [found.get_color() for found in alpha.lines[:2]] == list(CURVES[:2])
    assert len({found.get_linestyle() for found in alpha.lines[:2]}) == 2


def test_slices_along_different_grid_lines_say_theirs_in_the_legend():
    figure = slices_print({"a": slanted(6, 4), "b": slanted(16, 6), "c": line()})
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    assert entries == ["a (β = −0.1667, α = 0.1)", "b (β = 0, α = 0)", "c"]
    assert figure.axes[0].get_xlabel() == "α at the β nearest 0"
    assert len(figure.axes[0].lines) == 4 and len(figure.axes[1].lines) == 3  # the mark of the center included


def test_lines_are_curves_in_one_frame_with_ticks_in_loss():
    figure = slices_print({"a": line(), "b": line(factor=100)})
    (axes,) = figure.axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.log10(line().values["train_loss"]))
    ticks = dict(zip([text.get_text() for text in axes.get_yticklabels()], axes.get_yticks(), strict=True))
    assert ticks["10"] == pytest.approx(1)


def test_a_point_between_two_holes_is_seen():
    curve = line()
    loss = curve.values["train_loss"].copy()
    loss[[1, 3]] = np.nan
    figure = slices_print({"a": Surface(curve.grid, {"train_loss": loss}, curve.done)}, scale="linear")
    dots = next(artist for artist in figure.axes[0].lines if artist.get_marker() == ".")
    np.testing.assert_array_equal(dots.get_xdata(), curve.grid.x[[0, 2]])


@ALL
def test_a_clipped_figure_says_so_and_where(draw):
    figure = draw({"a": slanted(16, 11)}, scale="clipped", clip=30.0)
    titles = [axes.get_ylabel().replace("\n", " ") for axes in figure.axes]
    assert "train loss (clipped at 30)" in titles
    if draw is not slices_print:
        assert [text.get_text() for text in bar_of(figure).get_yticklabels()][-1] == "≥ 30"


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
