"""What the page says of a Hessian in words and rows."""

import numpy as np
import pytest
from curvature_records import SHARES, STAGES, estimated, on_the_way, positive

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_compare import comparison, comparison_words
from landscape.figures.curvature_tables import (
    density_words,
    eigenvalue_table,
    eigenvalue_words,
    share_table,
    share_words,
    trace_words,
)
from landscape.figures.curvature_words import (
    answers,
    condition_words,
    escape_words,
    newton_words,
    origin_rows,
    point_rows,
    share,
    verdict,
    with_error,
)
from landscape.origin import Origin

APART = "Stiffness, a large ratio between curvatures, slows training too, and is not a saddle."


@pytest.mark.parametrize(
    "value, error, text",
    [
        (0.11369, 0.04899, "0.114 ± 0.049"),
        (1625.4, 131.0, "1630 ± 130"),
        (-3.14159, 0.5, "-3.14 ± 0.50"),
        (4.2e-9, 1.3e-10, "4.2e-09 ± 1.3e-10"),
        (7.15338, 0.0, "7.153"),
        (2.0, None, "2 ± ?"),
        (2.0, np.nan, "2 ± ?"),
        (None, None, "not measured"),
    ],
)
def test_a_number_has_as_many_digits_as_its_error(value, error, text):
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    "value, error, out_of, text",
    [
        (0.063378, 0.00269, None, "6.34% ± 0.27%"),
        (-5e-17, 6e-17, None, "0%"),
        (1.0, 0.0, None, "100%"),
        (0.999999, None, None, "more than 99.99% ± ?"),
        (0.5177570093, 0.0, 535, "277 of 535 (51.78%)"),
    ],
)
def test_a_share_is_never_rounded_to_what_it_is_not(value, error, out_of, text):
    assert share(value, error, out_of=out_of) == text


def test_the_two_answers_are_kept_apart_each_with_its_evidence():
    assert answers(estimated()) == [
        ("The Hessian", "indefinite", "one of each sign"),
        ("The gradient", "not critical", "longer than by chance"),
    ]
    assert verdict(estimated()) == "Not a critical point; the Hessian there is indefinite"


def test_the_facts_say_gradient_samples_and_parameters():
    rows = dict(point_rows(estimated()))
    assert rows["train loss"] == "0.75" and rows["gradient's length"] == "0.31" and rows["what chance brings"] == "0.12"
    assert rows["samples"] == "96" and rows["parameters"] == "1,000" and "not measured yet" not in rows
    assert dict(point_rows(estimated(gradient_error=None)))["what chance brings"].startswith("not known")


def test_the_table_shows_each_eigenvalue_with_its_residual_and_whether_it_has_converged():
    table = eigenvalue_table(estimated())
    assert table.rows == (
        ("1", "largest", "4", "1e-06", "converged"),
        ("2", "largest", "1.5", "0.31", "not converged"),
        ("1,000", "smallest", "-0.25", "2e-05", "converged"),
    )
    assert table.flagged == (1,)
    assert eigenvalue_words(estimated()).endswith("the residual is too large, and others may lie between or beyond.")
    said = "Measured on 96 samples. All 5 eigenvalues are known: the whole Hessian was computed."
    assert eigenvalue_words(positive()) == said


def test_shares_have_errors_where_estimated_and_are_counts_where_exact():
    assert share_table(estimated()).rows == (
        ("above 0.05 (minimum ratio)", "30.0% ± 2.0%"),
        ("within ±0.05", "60.0% ± 3.0%"),
        ("below -0.05", "10.0% ± 1.0%"),
    )
    assert share_table(positive()).rows[0] == ("above 1e-12 (minimum ratio)", "5 of 5 (100%)")
    assert share_table(CurvatureRecord()) is None


def test_the_density_says_how_it_was_made_and_what_it_can_not_tell():
    said = density_words(estimated())
    assert said.startswith(
        "Stochastic Lanczos quadrature on 96 samples: 3 probes of 6 steps. Gaussians of width 0.043,"
    )
    assert "Within ±0.018 of zero it can't tell eigenvalues apart; errors are the spread over probes" in said


def test_the_trace_is_given_with_its_error_or_as_exact():
    rests = np.array([0.75, 2.0, 1.75, 2.25])
    wanted = with_error(4.5 + rests.mean(), rests.std(ddof=1) / 2)
    assert trace_words(estimated()).startswith(f"Trace {wanted} in all, 0.006188 a parameter, on 96 samples; 4 probes")
    said = "Trace 46 in all, 9.2 a parameter, on 96 samples; exact, from the whole diagonal."
    assert trace_words(positive()) == said


def test_the_newton_decrement_says_what_it_promises_or_why_there_is_none():
    assert newton_words(positive()) == (
        "Newton decrement 0.6: the minimum of the quadratic model lies 0.18 below the loss 0.75."
    )
    assert newton_words(positive(newton={"value": 0.6, "residual": 0.2})).endswith(
        "or lower: the step has not converged (residual 0.2 of the gradient)."
    )
    assert newton_words(estimated()).endswith("only where the Hessian is positive definite; here it is indefinite.")
    assert newton_words(estimated(stages=list(STAGES[:5]))).startswith("Newton decrement: not measured")


def test_stiffness_is_said_to_be_another_matter_than_a_saddle():
    assert condition_words(positive()) == f"Condition number 80, the largest eigenvalue over the smallest. {APART}"
    for record in (estimated(), CurvatureRecord()):
        assert condition_words(record).endswith(APART)
    assert "the Hessian is indefinite, not positive definite" in condition_words(estimated())


def test_the_way_out_says_how_much_the_loss_falls():
    losses = estimated().arrays["escape_loss"]
    lowest, step = losses.min(), estimated().arrays["escape_length"][losses.argmin()]
    assert escape_words(estimated()) == (
        f"The loss falls from 0.75 to {lowest:.4g} (by {0.75 - lowest:.4g}, {(0.75 - lowest) / 0.75:.1%} of it) after a step of "
        f"{step:.3g}, 8.33% of the weights' length. Slope 0.03 and eigenvalue -0.25 make the dashed line."
    )


@pytest.mark.parametrize("losses", [np.full(7, np.nan), np.full(7, 0.8)], ids=["not finite", "higher"])
def test_a_way_out_that_leads_nowhere_is_said_to(losses):
    record = CurvatureRecord({**estimated().arrays, "escape_loss": losses}, estimated().findings)
    assert escape_words(record).startswith("Along it the loss does not fall below 0.75. Slope 0.03")


def test_where_nothing_is_below_zero_there_is_no_way_out():
    said = "There is no way out to measure: the smallest eigenvalue is not below zero beyond rounding."
    assert escape_words(positive()) == said


@pytest.mark.parametrize("dense", [True, False])
def test_whatever_is_missing_is_said_not_to_be_measured(dense):
    for record in on_the_way(dense):
        said = {
            "eigenvalues": eigenvalue_words(record),
            "trace": trace_words(record),
            "density": density_words(record),
            "shares": share_words(record),
            "newton": newton_words(record),
            "escape": escape_words(record),
        }
        begun = {"trace": "trace_rest", "density": "density_node"}
        rows = dict(point_rows(record))
        for stage, words in said.items():
            if (
                stage in record.stages
                or begun.get(stage) in record.arrays
                or (stage == "density" and "spectrum" in record.arrays)
            ):
                assert "not measured" not in words
            else:
                assert "not measured, the analysis has not come to" in words
        assert ("not measured yet" in rows) == (set(record.stages) < set(STAGES))


def test_what_was_left_out_is_said_to_be_so():
    arrays = {name: array for name, array in estimated().arrays.items() if not name.startswith(("trace", "density"))}
    record = CurvatureRecord(arrays, {**estimated().findings, "shares": None})
    assert trace_words(record) == "The trace: not measured, it was left out."
    assert density_words(record) == "The density: not measured, it was left out."
    assert share_words(record) == "Shares above, within and below zero: not measured, it was left out."


def test_unfinished_probes_are_said_to_be_so():
    arrays = {**estimated().arrays, "trace_rest": estimated().arrays["trace_rest"][:1]}
    record = CurvatureRecord(arrays, {**estimated().findings, "stages": ["gradient", "eigenvalues"]})
    said = trace_words(record)
    assert said.endswith("no standard error from one probe; unfinished, these are the probes so far.") and "± ?" in said
    assert "trace (done in part)" in dict(point_rows(record))["not measured yet"]


def test_records_stand_side_by_side_in_the_order_given():
    table = comparison({"b": estimated(), "a": positive(), "nothing": CurvatureRecord()})
    assert [row[0] for row in table.rows] == ["b", "a", "nothing"] and {len(row) for row in table.rows} == {
        len(table.head)
    }
    rows = [dict(zip(table.head, row)) for row in table.rows]
    assert rows[0]["largest eigenvalue"] == "4" and rows[0]["minimum ratio"] == "30.0% ± 2.0%"
    assert [row["condition number"] for row in rows] == ["–", "80", "not measured"]
    assert set(table.rows[2][1:]) == {"not measured"}
    unsure = CurvatureRecord({**estimated().arrays, "eigenvalue_converged": [0.0, 1.0, 1.0]}, estimated().findings)
    assert comparison({"a": unsure}).rows[0][4] == "4, not converged"


def test_what_keeps_records_from_being_compared_is_said():
    others = {"b": estimated(num_samples=50, shares={**SHARES, "tolerance": 0.2}), "nothing": CurvatureRecord()}
    assert comparison_words({"a": estimated(), **others}) == [
        "Their numbers of samples differ.",
        "What counts as zero differs (0.05 to 0.2), so that minimum ratios are not of quite the same thing.",
        "Without the minimum ratio, since not measured: nothing.",
        "Without largest and smallest eigenvalue, since not measured: nothing.",
    ]
    assert comparison_words({"a": estimated(), "b": estimated()}) == []


def test_the_origin_says_model_data_settings_and_machine():
    identity = {
        "parameters": ["stage1.*"],
        "weight_decay": 0.01,
        "analysis": {"trace_probes": 20, "dense": None, "seed": 0},
    }
    record = {"command": "landscape curvature", "notes": ["take care"], "data": {"train": "96 of 50,000"}}
    rows = origin_rows(CurvatureRecord(origin=Origin(identity, {"device": "cpu"}, record)))
    assert ("parameters", "stage1.*") in rows and ("weight decay", "0.01, in loss, gradient and Hessian") in rows
    assert ("analysis", "trace probes 20, seed 0") in rows and rows[-1] == ("note", "take care")
    assert ("device", "cpu") in rows and ("command", "landscape curvature") in rows
