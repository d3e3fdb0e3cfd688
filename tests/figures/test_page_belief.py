"""How far a surface is to be believed, on the page: all that the panel says is there, as text, for everyone."""

import numpy as np
import pytest
from asking import CARDS, HOSTILE, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe
from browser import NO_WEBGL, Press, visit
from surfaces import several, slanted

from landscape.figures.page import write_page
from landscape.grid import Grid
from landscape.surface import empty_surface

PANEL = {
    "headline": f"The point is no minimum. {HOSTILE}",
    "sentences": ["Over planes the loss varies by a fifth.", f"The sharpest direction is not seen. {HOSTILE}"],
    "rows": [["largest eigenvalue", "840 ± 3", HOSTILE], ["u'Hu" + "u" * 60, "12.3", "along fresh directions"]],
    "missing": ["the loss on other samples", HOSTILE],
}
BELIEF = "Array.from(document.querySelectorAll('.belief {0}'), e => e.textContent)"
FOLDS = "Array.from(document.querySelectorAll('.belief details'), d => d.open)"
IS_SEEN = "document.querySelector('.belief p').getBoundingClientRect().bottom < innerHeight"


def panel_but_for_one(surface):
    return None if surface.grid.shape == (6, 4) else PANEL


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return a page of one surface with a panel, and one of two with a panel and one without."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("landscape.figures.payload.belief_panel", panel_but_for_one)
        one = write_page({HOSTILE: several()}, folder / "one.html")
        return one, write_page({HOSTILE: several(), "b": slanted(), "c": slanted(9, 7)}, folder / "three.html")


def test_all_that_the_panel_says_stands_there_as_text(pages):
    steps = [BELIEF.format("p"), BELIEF.format("tr > *"), BELIEF.format("li"), FOLDS, IS_SEEN, "typeof window.hacked"]
    seen = visit(pages[0], [*steps, BELIEF.format("h2"), BELIEF.format("img")], size=(1300, 900), before=NO_WEBGL)
    paragraphs, cells, missing, folds, is_seen, hacked, heading, images = seen.answers
    assert paragraphs == [*PANEL["sentences"], "Not measured:"] and missing == PANEL["missing"]
    assert cells == ["what", "value", "meaning", *PANEL["rows"][0], *PANEL["rows"][1]]
    assert (folds, is_seen, hacked, heading, images) == ([True], True, "undefined", ["How far to believe it"], [])
    assert_quiet(seen)


def test_of_several_surfaces_each_has_a_fold_that_begins_with_its_headline(pages):
    seen = visit(pages[1], [BELIEF.format("summary"), FOLDS, "typeof window.hacked"], fragment="view=contour")
    assert seen.answers == [[name + PANEL["headline"] for name in (HOSTILE, "c")], [False, False], "undefined"]
    assert_quiet(seen)


@pytest.mark.slow
def test_a_phone_shows_it_without_a_sideways_scroll(pages):
    seen = visit(pages[0], [CARDS], size=(390, 844))
    assert_fits_a_phone(seen)
    assert_quiet(seen)


@pytest.mark.parametrize("which", [pytest.param(0, marks=pytest.mark.slow), 1], ids=["one", "three"])
def test_axe_finds_no_violation_in_light_and_dark(pages, which):
    opened = "document.querySelectorAll('.belief details').forEach(d => { d.open = true; })"
    steps = [axe(), opened, VIOLATIONS, Press("t"), VIOLATIONS]
    seen = visit(pages[which], steps, fragment="theme=light&view=contour")
    assert seen.answers[2:] == [[], []]


def test_a_run_that_goes_on_has_no_such_card_yet(tmp_path):
    surface = empty_surface(Grid(np.linspace(-0.5, 1, 5), np.linspace(-1, 0.25, 4)), ["train_loss"])
    write_page({"begun": surface}, tmp_path / "p.html")
    seen = visit(tmp_path / "p.html", ["document.querySelectorAll('.belief').length"], fragment="view=contour")
    assert seen.answers == [0]
