"""The page for everyone: without WebGL, on a phone, for who needs more contrast or a keyboard, in a notebook."""

import numpy as np
import pytest
from asking import CARDS, HEIGHTS, HOSTILE, SLICES, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe
from browser import NO_WEBGL, Press, visit
from surfaces import slanted

from landscape.figures.page import show_page


def test_without_webgl_contours_and_slices_are_there_and_a_word_in_the_place_of_the_3d_picture(pair):
    page, first, _ = pair
    seen = visit(
        page, [HEIGHTS.format(kind="contour"), "document.querySelector('.relief').innerText", SLICES], before=NO_WEBGL
    )
    np.testing.assert_allclose(seen.answers[0][0], np.log10(first.values["train_loss"]).T, rtol=1e-6)
    assert seen.answers[1].startswith("This browser shows no WebGL") and len(seen.answers[2][0]) == 2
    assert_quiet(seen)


def test_a_phone_shows_all_of_it_in_one_column(pair):
    seen = visit(pair[0], [CARDS], size=(390, 844))
    assert_fits_a_phone(seen)
    assert_quiet(seen)


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_no_violation(pair, theme):
    seen = visit(pair[0], [axe(), VIOLATIONS, Press("?"), VIOLATIONS], fragment=f"theme={theme}")
    assert seen.answers[1:] == [[], []]


def test_a_notebook_shows_the_page_in_a_frame_that_reaches_nothing_else(tmp_path):
    shown = show_page({HOSTILE: slanted()})._repr_html_()
    assert shown.startswith('<iframe sandbox="allow-scripts"') and "allow-same-origin" not in shown
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f'<main aria-busy="false">{shown}</main><script>window.told = "";</script>')
    inside = "(() => { try { return document.querySelector('iframe').contentDocument; } catch { return 'closed'; } })()"
    seen = visit(notebook, ["new Promise(done => setTimeout(done, 4000))", inside, "typeof window.hacked"])
    assert seen.answers[1] in (None, "closed") and seen.answers[2] == "undefined"
    assert_quiet(seen)
