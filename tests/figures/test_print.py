"""Figures for print: what stands where, in which units, and what is in the files."""

import matplotlib
import numpy as np
import pytest
from printing import ALL, PLANES, bar_of, colour_at, panels_of, pixels, plateau
from surfaces import line, slanted, with_values

from landscape.figures.plots import CURVES, HOLE
from landscape.figures.print_figure import contour_print, slices_print, surface_print
from landscape.figures.print_frame import legend_columns
from landscape.figures.print_layout import SMALL, PrintStyle, widest
from landscape.figures.print_panels import bands_of, draw_relief
from landscape.figures.scale import Scale, label, scale_over
from landscape.grid import Grid
from landscape.surface import Surface, empty_surface

pytestmark = pytest.mark.usefixtures("coarse_reliefs")


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


@pytest.mark.parametrize("width", [2.0, 4.0, 5.5, 6.5, 8.0, 20.0])
def test_a_legends_columns_are_as_many_as_its_rows_fill_and_fit_the_figure(width):
    style, entries = PrintStyle(width=width), ["SGD", "momentum", "a much longer name", *["Adam"] * 5]
    columns = legend_columns(entries, style, 1)
    rows = -(-8 // columns)
    parts = [entries[first : first + rows] for first in range(0, 8, rows)]
    assert len(parts) == columns, "matplotlib would share rows out otherwise, and more widely"
    assert columns == 1 or sum(SMALL * (widest(part) + 5.8) for part in parts) <= width * 72 / style.font_size


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
