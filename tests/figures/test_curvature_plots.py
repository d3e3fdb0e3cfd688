"""Figures of curvature: what is drawn is what the record holds."""

import numpy as np
import pytest
from curvature_records import SHARES, estimated, on_the_way, positive

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_compare import comparison_figures, extremes_figure, minimum_ratio_figure
from landscape.figures.curvature_density import AXES
from landscape.figures.curvature_page import curvature_figures
from landscape.figures.curvature_plots import density_figure, escape_figure, trace_figure


def named(figure, name: str):
    """Return the one trace of a name."""
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


@pytest.mark.parametrize("record", [estimated(), on_the_way(False)[-1], on_the_way(True)[-1]])
def test_the_escape_prediction_drawn_is_the_closed_form_of_the_findings(record):
    drawn = named(escape_figure(record), "loss + slope t + eigenvalue t²/2")
    t, found = np.asarray(drawn.x), record.findings
    wanted = found["loss"] + found["escape"]["slope"] * t + found["escape"]["eigenvalue"] * t**2 / 2
    np.testing.assert_allclose(drawn.y, wanted, rtol=1e-6)  # the loss of float32 batches, summed twice
    assert drawn.line.dash == "dash"
    measured = named(escape_figure(record), "measured")
    assert np.array_equal(measured.y, record.arrays["escape_loss"]) and np.array_equal(measured.x, t)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("record", [estimated(), on_the_way(False)[-1]], ids=["by hand", "analysed"])
def test_the_density_drawn_integrates_to_one(record, axis):
    drawn = named(density_figure(record, axis=axis), "density")
    area = (np.diff(drawn.x) * (drawn.y[1:] + drawn.y[:-1]) / 2).sum()
    assert area == pytest.approx(1, abs=2e-3)  # Gaussians' ends, four widths out, and the floor


def test_the_density_drawn_is_the_mean_of_the_probes_gaussians():
    record = estimated()
    drawn = named(density_figure(record, axis="linear"), "density")
    width = 0.0425  # a hundredth of the range from -0.25 to 4, above 1.5 half gaps at 0
    pairs = [zip(*rows) for rows in zip(record.arrays["density_node"], record.arrays["density_weight"])]
    place = int(np.abs(np.asarray(drawn.x) - 1.45).argmin())
    x = drawn.x[place]
    rows = [
        sum(w * np.exp(-(((x - n) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi)) for n, w in row) for row in pairs
    ]
    assert drawn.y[place] == pytest.approx(np.mean(rows), rel=1e-12)
    band = named(density_figure(record, axis="linear"), "± one standard error")
    assert band.y[place] == pytest.approx(np.mean(rows) + np.std(rows, ddof=1) / np.sqrt(3), rel=1e-12)


def test_a_single_probe_has_no_band():
    arrays = estimated().arrays
    single = {name: array[:1] if name.startswith("density") else array for name, array in arrays.items()}
    figure = density_figure(CurvatureRecord(single, estimated().findings))
    assert [trace.name for trace in figure.data] == ["density", "eigenvalues found", "not converged"]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("record", [positive(), on_the_way(True)[-1]], ids=["by hand", "analysed"])
def test_a_spectrum_known_whole_is_a_histogram_of_all_eigenvalues(record, axis):
    bars, texts = density_figure(record, axis=axis).data[:2]
    assert sum(texts.y) == len(record.arrays["spectrum"]) == record.findings["num_parameters"]
    assert max(bars.y) == max(texts.y) and min(bars.y) == 0.5
    edges = np.unique(bars.x)
    assert -np.diff(edges).mean() / 2 == pytest.approx(edges[edges < 0].max())  # 0 is the middle of a bar


@pytest.mark.parametrize("axis", AXES)
def test_eigenvalues_found_stand_as_ticks_and_those_not_converged_apart(axis):
    figure = density_figure(estimated(), axis=axis)
    sure, unsure = named(figure, "eigenvalues found"), named(figure, "not converged")
    assert list(sure.customdata) == [4.0, -0.25] and list(unsure.customdata) == [1.5]
    if axis == "linear":
        assert list(sure.x) == [4.0, -0.25] and list(unsure.x) == [1.5]
    assert sure.marker.symbol != unsure.marker.symbol
    (grey,) = figure.layout.shapes
    assert axis != "linear" or (grey.x0, grey.x1) == (-SHARES["tolerance"], SHARES["tolerance"])


def test_bars_of_the_trace_end_at_each_layers_part_and_sum_to_the_whole():
    record = on_the_way(False)[-1]
    bars, ends = trace_figure(record).data
    parts = record.arrays["trace_exact"] + record.arrays["trace_rest"].mean(0)
    np.testing.assert_allclose(ends.x, parts)
    assert np.asarray(ends.x).sum() == pytest.approx(record.findings["trace"])
    assert np.array_equal(np.reshape(bars.x, (-1, 5))[:, 1], ends.x)
    errors = record.arrays["trace_rest"].std(0, ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(ends.error_x.array, errors)
    assert list(trace_figure(record).layout.yaxis.ticktext) == record.findings["layers"]


def test_layers_stand_in_their_order_from_the_top_and_many_are_labelled_in_part():
    layers = [f"stage{k}.conv" for k in range(120)]
    arrays = {"trace_exact": np.arange(120.0), "trace_rest": np.zeros((0, 120))}
    axis = trace_figure(CurvatureRecord(arrays, {"layers": layers, "num_samples": 3})).layout.yaxis
    assert (
        axis.range[0] > axis.range[1]
        and list(axis.ticktext) == layers[::3]
        and list(axis.tickvals) == [*range(0, 120, 3)]
    )


@pytest.mark.parametrize("record", [estimated(), positive()], ids=["by products", "whole"])
def test_every_figure_says_on_how_many_samples_it_was_measured(record):
    drawn = {**curvature_figures(record), **comparison_figures({"a": record, "b": record})}
    assert len(drawn) == 6 if record.findings["escape"] else 5
    for figure in drawn.values():
        assert "(96 samples" in figure.layout.title.text


def test_names_are_never_markup():
    drawn = trace_figure(estimated("<b>bold</b>"))
    pair = {"<i>a</i>": estimated(), "b": estimated()}
    for figure in (drawn, minimum_ratio_figure(pair), extremes_figure(pair)):
        assert "<b>" not in figure.to_json() and "<i>" not in figure.to_json()


@pytest.mark.parametrize(
    "draw, sentence",
    [
        (density_figure, "the record holds no density and no whole spectrum; analyse with one density probe or more"),
        (trace_figure, "the record holds no trace; analyse with one trace probe or more"),
        (escape_figure, "the record holds no escape curve: no eigenvalue is below zero, or it was not measured yet"),
    ],
)
def test_what_was_not_measured_is_not_drawn(draw, sentence):
    with pytest.raises(ValueError) as caught:
        draw(CurvatureRecord())
    assert str(caught.value) == sentence


def test_an_unknown_axis_is_refused():
    with pytest.raises(ValueError) as caught:
        density_figure(estimated(), axis="log")
    assert str(caught.value) == "unknown axis 'log'; choose one of linear, symmetric log"


def test_the_minimum_ratio_stands_against_the_loss_in_the_order_given():
    shares = [{**SHARES, "above": above, "errors": [error, 0.1, 0.1]} for above, error in ((0.2, 0.03), (0.4, None))]
    records = {
        "late": estimated(loss=0.01, shares=shares[0]),
        "unfinished": estimated(shares=None),
        "early": estimated(loss=2.5, shares=shares[1]),
    }
    figure = minimum_ratio_figure(records)
    (points,) = figure.data
    assert list(points.x) == [0.01, 2.5] and list(points.y) == [0.2, 0.4] and list(points.text) == ["late", "early"]
    assert points.error_y.array[0] == 0.03 and np.isnan(points.error_y.array[1])
    assert figure.layout.xaxis.type == "log" and points.mode == "lines+markers+text"


def test_extreme_eigenvalues_stand_in_the_order_given_and_are_hollow_where_not_converged():
    unsure = CurvatureRecord({**estimated().arrays, "eigenvalue_converged": [1.0, 1.0, 0.0]}, estimated().findings)
    figure = extremes_figure({"a": positive(), "nothing": CurvatureRecord(), "b": unsure})
    largest, smallest = figure.data
    assert list(largest.x) == [1, 3] and list(largest.customdata) == [40.0, 4.0]
    assert list(smallest.customdata) == [0.5, -0.25] and list(smallest.marker.symbol) == ["circle", "circle-open"]
    assert list(figure.layout.xaxis.ticktext) == ["a", "nothing", "b"]


@pytest.mark.parametrize("dense", [True, False])
def test_every_record_on_the_way_is_drawn_as_far_as_it_goes(dense):
    seen = [tuple(curvature_figures(record)) for record in on_the_way(dense)]
    assert seen[0] == () and seen[-1] == ("density, linear", "density, symmetric log", "trace", "escape")
    assert all(set(before) <= set(after) for before, after in zip(seen, seen[1:]))


@pytest.mark.parametrize(
    "arrays",
    [
        {"spectrum": np.zeros(4)},
        {"spectrum": np.array([-3.0])},
        {"density_node": np.zeros((2, 3)), "density_weight": np.full((2, 3), 1 / 3)},
        {"density_node": np.full((1, 1), 5.0), "density_weight": np.ones((1, 1))},
    ],
    ids=["all zero", "one", "probes of zeros", "one node"],
)
@pytest.mark.parametrize("axis", AXES)
def test_a_spectrum_of_one_point_is_drawn(arrays, axis):
    figure = density_figure(CurvatureRecord(arrays, {"num_parameters": 4, "num_samples": 3}), axis=axis)
    heights = np.concatenate([np.ravel(trace.y) for trace in figure.data])
    assert np.isfinite(heights).all() and np.isfinite(figure.layout.yaxis.range).all() and heights.max() > 0
