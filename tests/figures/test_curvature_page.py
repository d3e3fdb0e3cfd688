"""The page of curvature analyses: what it carries, and what a browser shows of it."""

import base64
import gzip
import json
import re

import pytest
from asking import CARDS, HOSTILE, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe, of
from browser import Click, visit
from curvature_records import estimated, on_the_way, positive

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_page import curvature_page_html, write_curvature_page

DRAWN = "Array.from(document.querySelectorAll('[data-panel=curvature]')).filter(p => p._fullData)"
TEXT = "document.querySelector('main').innerText"


def content_of(page: str) -> dict:
    packed = re.search(r'id="page-data">([^<]*)<', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return the page of two records, both names and a layer's hostile."""
    place = tmp_path_factory.mktemp("pages") / "pair.html"
    return write_curvature_page({HOSTILE: estimated(HOSTILE), "b </script>": positive()}, place, HOSTILE)


def test_the_same_records_give_the_same_bytes():
    pages = [curvature_page_html({"a": estimated(), "b": positive()}) for _ in range(2)]
    assert pages[0] == pages[1] and "<title>Curvature: a, b</title>" in pages[0]


def test_the_title_names_few_records_and_counts_many():
    many = dict.fromkeys(["a", "b", "c", "d"], estimated())
    assert "<title>Curvature: a, ..., d (4 networks)</title>" in curvature_page_html(many)
    assert "<title>Mine &amp; yours</title>" in curvature_page_html(many, "Mine & yours")


def test_a_page_of_nothing_is_refused():
    with pytest.raises(ValueError) as caught:
        curvature_page_html({})
    assert str(caught.value) == "a page needs one curvature record or more"


def test_a_record_has_its_answers_first_and_then_its_cards():
    (record,) = content_of(curvature_page_html({"a": estimated()}))["records"]
    assert record["verdict"] == "Not a critical point; the Hessian there is indefinite"
    assert [card["title"] for card in record["cards"]] == [
        "Eigenvalues",
        "Spectrum",
        "Trace by layer (96 samples)",
        "Leaving along the most negative eigenvector (96 samples)",
        "Newton step and stiffness",
    ]
    assert [len(card["figures"]) for card in record["cards"]] == [0, 2, 1, 1, 0]
    assert content_of(curvature_page_html({"a": estimated()}))["compared"] == []


@pytest.mark.parametrize("dense", [True, False])
def test_a_page_is_made_of_every_record_on_the_way_and_says_what_was_not_measured(dense):
    records = on_the_way(dense)
    content = content_of(curvature_page_html({str(place): record for place, record in enumerate(records)}))
    for record, shown in zip(records, content["records"], strict=True):
        notes = " ".join(note for card in shown["cards"] for note in card["notes"])
        assert all(card["figures"] or card["notes"] for card in shown["cards"])
        assert ("not measured" in notes) == ("escape" not in record.stages)


def test_the_page_shows_what_the_records_hold_and_asks_nothing_of_a_network(pair):
    escape = f"{DRAWN}.flatMap(p => p._fullData).filter(t => t.line?.dash === 'dash' && t.name[0] === 'l').map(t => Array.from(t.y))"
    rows = "Array.from(document.querySelectorAll('tr.flagged')).map(r => Array.from(r.children, c => c.textContent))"
    seen = visit(pair, [escape, rows, TEXT, "typeof window.hacked", f"{DRAWN}.length"])
    assert seen.answers[0][0] == pytest.approx(estimated().arrays["escape_predicted"].tolist())
    assert seen.answers[1] == [["2", "largest", "1.5", "0.31", "not converged"]]
    for said in (
        HOSTILE,
        "b </script>",
        "The Hessian: positive definite",
        "The gradient: not critical",
        "5 of 5 (100%)",
    ):
        assert said in seen.answers[2]
    assert seen.answers[3:] == ["undefined", 9]  # 2 together, 4 of the first, 3 of the second, which has no way out
    assert_quiet(seen)


def test_many_records_are_folded_and_one_is_drawn_when_it_is_opened(tmp_path):
    records = {f"epoch {k}": record for k, record in enumerate(on_the_way(False))}
    page = write_curvature_page(records, tmp_path / "many.html")
    last = f"details:nth-of-type({len(records)})"
    bottom = f"document.querySelector('{last}').scrollIntoView()"
    seen = visit(page, [f"{DRAWN}.length", bottom, Click(of(f"{last} > summary")), f"{DRAWN}.length"])
    assert (seen.answers[0], seen.answers[-1]) == (2, 6)
    assert_quiet(seen)


def test_the_dark_page_draws_in_light_ink_and_a_button_leads_back(pair):
    ink = f"{DRAWN}.map(p => p._fullLayout.font.color)"
    seen = visit(pair, [ink, Click(of("#theme")), ink, "document.documentElement.dataset.theme"], fragment="theme=dark")
    assert set(seen.answers[0]) == {"#e5e7eb"} and set(seen.answers[1]) == {"#1f2937"} and seen.answers[2] == "light"
    assert_quiet(seen)


@pytest.mark.slow
def test_a_phone_shows_all_of_it_in_one_column(pair):
    seen = visit(pair, [CARDS], size=(390, 844))
    assert_fits_a_phone(seen)
    assert_quiet(seen)


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_no_violation(pair, theme):
    seen = visit(pair, [axe(), VIOLATIONS], fragment=f"theme={theme}")
    assert seen.answers[1] == []


def test_an_empty_record_is_a_page_too(tmp_path):
    seen = visit(write_curvature_page({"a": CurvatureRecord()}, tmp_path / "a.html"), [TEXT])
    assert "Not judged yet: the eigenvalues were not measured" in seen.answers[0]
    assert_quiet(seen)


def test_its_public_names_are_the_packages():
    import landscape
    from landscape.store.curvature_file import read_curvature, write_curvature

    assert landscape.write_curvature_page is write_curvature_page and landscape.CurvatureRecord is CurvatureRecord
    assert landscape.read_curvature is read_curvature and landscape.write_curvature is write_curvature
