"""The page of a comparison: what it says, and that a browser shows it."""

from dataclasses import replace

import numpy as np
import pytest
from asking import CARDS, HOSTILE, PROBE, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe
from browser import visit
from comparisons import comparison, network, without_measures

from landscape.figures.comparison_page import comparison_content, write_comparison_page
from landscape.figures.comparison_table import measure_cell
from landscape.figures.comparison_words import sentences
from landscape.flatness.account import Finding

ROWS = (
    "Array.from(document.querySelectorAll('.comparison tr'), row => Array.from(row.children, cell => cell.textContent))"
)
SAID = "Array.from(document.querySelectorAll('.comparison p'), p => p.textContent)"
LINES = "Array.from(document.querySelectorAll('[data-panel=line]')[0]._fullData, t => [t.meta ?? '', t.name, Array.from(t.y), t.line?.color])"
CHIPS = "Array.from(document.querySelectorAll('.comparison .chip'), chip => chip.style.background)"
ORDER = "Array.from(document.querySelectorAll('main > .card'), card => card.className)"
PLANES = "Array.from(document.getElementById('plane').options, option => option.textContent)"


def two():
    return comparison(network(HOSTILE, 1.0), network("sharp", 4.0, train=0.9))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_comparison_page(two(), tmp_path_factory.mktemp("pages") / "comparison.html")


def test_the_table_and_the_lines_are_those_of_the_networks(page):
    seen = visit(page, [ROWS, SAID, LINES, CHIPS, ORDER, PLANES, PROBE])
    assert_quiet(seen)
    rows, said, lines, chips, order, planes, probe = seen.answers
    assert rows[0] == ["measure", HOSTILE, "sharp", "sharper", "unmoved by"]
    content = comparison_content(two())
    shown = {row[0]: row[1:] for row in rows[1:]}
    for row in (*content["scores"], *content["measures"]):
        assert shown[row["name"]][:2] == [cell["text"] for cell in row["cells"]]
    assert shown["tau"] == ["1.000 ± 0.058", "4.00 ± 0.23", "more", "filters, layers"]
    assert shown["flat area within 0.1"][2] == "less"
    assert said[:-1] == sentences(two())
    means = [line for line in lines if line[0] != "band"]
    x = np.linspace(-0.5, 1.0, 31)
    for (_, name, heights, _), sharpness in zip(means, (1.0, 4.0)):
        losses = 0.1 + sharpness * np.array([1.0, 1.1, 0.9])[:, None] * x**2
        np.testing.assert_allclose(heights, np.log10(losses).mean(0), atol=1e-5)
        assert name.endswith("mean of 3 lines")
    assert len(means) == 2 and len(set(chips)) == 2
    assert order == ["card", "card", "card comparison", "card lines wide", "card belief"]
    assert planes == ["1 of 3", "2 of 3", "3 of 3"]
    assert [row[0] for row in probe] == ["surface", HOSTILE, "mean ± s.d.", "sharp", "mean ± s.d."]


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_everybody_can_use_it(page, theme):
    seen = visit(page, [axe(), VIOLATIONS, "window.hacked ?? null"], fragment=f"theme={theme}")
    assert seen.answers[1:] == [[], None]


@pytest.mark.slow
def test_it_fits_a_phone(page):
    assert_fits_a_phone(visit(page, [CARDS], size=(390, 844)))


def test_sentences_say_who_is_under_trained_and_what_each_measure_calls_flatter():
    under, votes, chance, caution = sentences(
        comparison(network("small", 1.0), network("large", 4.0, train=0.9, average=1.0))
    )
    assert under == (
        "large is under-trained beside small (90.0% of training samples right, against 99.0%): "
        "what differs between them is not flatness alone."
    )
    assert votes == (
        "small and large: of five measures with an error, four call small flatter (flat area, half-width, curvature over a cell, "
        "tau), one does not tell them apart (average sharpness). Not judged, since they are bounds, coarse or without an error: "
        "SAM sharpness, largest eigenvalue."
    )
    assert chance.startswith("Each measure is judged by itself")
    assert caution.startswith("No measure of flatness ranks how networks generalize reliably")


def test_networks_trained_alike_are_not_called_under_trained():
    said = sentences(comparison(network("a", train=0.985), network("b", train=0.99)))
    assert not any("under-trained" in sentence for sentence in said)


def test_networks_that_fit_to_very_different_losses_are_said_to():
    close, far = network("a"), network("b")
    assert not any("Training losses" in sentence for sentence in sentences(comparison(close, far)))
    values = {**far.scores.values, "loss": [0.5, 0.7]}
    far = replace(far, scores=replace(far.scores, values=values))
    said = next(sentence for sentence in sentences(comparison(close, far)) if sentence.startswith("Training losses"))
    assert said.startswith("Training losses range from 0.05 (a) to 0.5 (b), 10 times as much: where a cross entropy")


def test_a_rescaled_copy_is_told_by_what_moved():
    copy = {"of": "a", "kind": "layers", "num_changed": 3, "difference": 2.5e-7}
    said = sentences(comparison(network("a"), network("copy", sam=2.0), rescaled={"copy": copy}))
    assert said == [
        "copy: 3 layers rescaled, scores changed by 2.5e-07 of their size at most. Moved all the same: SAM sharpness. "
        "Unmoved within 1 %: flat area, half-width, curvature over a cell, tau, average sharpness, largest eigenvalue."
    ]


def test_five_networks_have_a_column_of_ranks_and_nine_only_eight_pictures(tmp_path):
    networks = [network(f"n{number}", 1.0 + number, test=0.9 - 0.01 * number) for number in range(9)]
    content = comparison_content(comparison(*networks))
    texts = {row["name"]: row["kendall"]["text"] for row in content["measures"]}
    assert texts["tau"].startswith("1.00 (") and texts["flat area within 0.1"].startswith("-1.00 (")
    told = [sentence for sentence in content["sentences"] if "with an error, " in sentence]
    assert [sentence.partition(":")[0] for sentence in told] == [f"n0 and n{number}" for number in range(1, 9)]
    assert (
        "Of the 36 pairs, those with n0 are told; the table has the numbers and errors of all." in content["sentences"]
    )
    assert content["sentences"][-1] == "Pictures are those of the first 8 networks; the table has all 9."
    assert write_comparison_page(comparison(*networks), tmp_path / "nine.html").is_file()


def test_what_is_unmoved_by_follows_from_how_directions_are_normalized():
    found = {}
    for rule in ("filter", "none", "filter, biases moved"):
        content = comparison_content(comparison(network("a"), network("b"), normalization=rule))
        found[rule] = {row["name"]: row["follows"] for row in content["measures"]}
    assert found["filter"]["tau"] == "filters, layers" and found["none"]["tau"] == "none"
    assert found["filter, biases moved"]["tau"] == "not known"
    assert {rows["average sharpness"] for rows in found.values()} == {"filters, layers"}


def test_remarks_on_a_number_stand_beside_it():
    assert measure_cell(Finding(2.0, is_bound=True, caveats=("not converged",)))["text"] == "≥ 2 (not converged)"
    assert measure_cell(Finding(2.0, 0.1, 3, is_coarse=True))["text"] == "2.00 ± 0.10 (coarse)"
    assert measure_cell(Finding(float("nan"), num=0), "it needs products")["title"] == "it needs products"


def test_an_unfinished_comparison_is_said():
    known = without_measures(network("a"))
    assert sentences(comparison(known, network("b"))) == ["Unfinished: what is not measured yet is left out."]


def test_a_long_beginning_that_all_names_have_is_left_out_and_said():
    content = comparison_content(comparison(network("resnet20-cifar10-small"), network("resnet20-cifar10-smooth")))
    assert content["columns"] == ["small", "smooth"]
    assert content["sentences"][-1] == "In short names resnet20-cifar10- is left out."
    for names in (("a-small", "a-large"), ("resnet20-cifar10-", "resnet20-cifar10-small")):
        assert comparison_content(comparison(*map(network, names)))["columns"] == list(names)
