import numpy as np
import pytest
from surfaces import line, slanted, with_values

import landscape
from landscape.figures.scale import Scale


@pytest.mark.parametrize("draw", [landscape.contour_figure, landscape.surface_figure])
def test_a_non_square_surface_comes_out_untransposed(draw):
    surface = slanted(6, 4)
    trace = draw(surface, scale="linear").data[0]
    np.testing.assert_array_equal(trace.x, surface.grid.x)
    np.testing.assert_array_equal(trace.y, surface.grid.y)
    for i in range(6):
        for j in range(4):
            assert trace.z[j][i] == surface.values["train_loss"][i, j] == 1 + i + 10 * j
            np.testing.assert_array_equal(trace.customdata[j][i], [1 + i + 10 * j, 1 / (2 + i + j)])


@pytest.mark.parametrize("draw", [landscape.contour_figure, landscape.surface_figure])
def test_a_log_figure_is_log10_with_ticks_in_loss(draw):
    figure = draw(slanted())
    assert figure.data[0].z[3][5] == pytest.approx(np.log10(36))
    bar = figure.data[0].colorbar
    assert dict(zip(bar.ticktext, bar.tickvals))["10"] == pytest.approx(1)


@pytest.mark.parametrize("draw", [landscape.contour_figure, landscape.surface_figure])
def test_holes_are_not_filled(draw):
    surface = with_values(lambda loss: loss.__setitem__((slice(2, 4), 1), [np.nan, np.inf]))
    trace = draw(surface).data[0]
    assert np.isnan(trace.z[1][2]) and np.isnan(trace.z[1][3]) and not trace.connectgaps


def test_isolines_lie_where_the_loss_has_the_labelled_value():
    surface = slanted(31, 24)
    figure = landscape.contour_figure(surface, scale="linear")
    path = next(trace for trace in figure.data if trace.name == "labelled levels")
    inside = ~np.isnan(path.x)
    i = (np.asarray(path.x)[inside] + 0.5) / 1.5 * 30
    j = (np.asarray(path.y)[inside] + 1.0) / 1.25 * 23
    found = 1 + i + 10 * j
    wanted = np.array(Scale("linear", 1.0, 261.0).labelled())
    assert np.abs(found[:, None] - wanted).min(1).max() < 1e-9
    assert {note.text for note in figure.layout.annotations} <= {f"{value:g}" for value in wanted}
    assert len(figure.layout.annotations) >= 3


def test_a_shared_scale_gives_both_figures_one_range():
    scale = Scale("log", 0.1, 1000.0)
    for surface in (slanted(), slanted(factor=10)):
        assert landscape.contour_figure(surface, scale=scale).data[0].zmin == -1
        assert landscape.surface_figure(surface, scale=scale).data[0].cmax == 3


def test_a_line_is_drawn_as_it_is():
    curve = line()
    figure = landscape.line_figure([curve, line(factor=2)], scale="linear", names=["a", "b"])
    np.testing.assert_array_equal(figure.data[0].y, curve.values["train_loss"])
    assert [trace.name for trace in figure.data] == ["a", "b"]


def test_a_line_has_no_contour():
    with pytest.raises(ValueError, match="^the surface is a line, of one direction; draw it with line_figure$"):
        landscape.contour_figure(line())


def test_a_surface_without_one_finite_value_is_drawn_empty():
    surface = with_values(lambda loss: loss.fill(np.nan))
    assert np.isnan(landscape.contour_figure(surface).data[0].z).all()
