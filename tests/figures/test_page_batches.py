"""One example, a mini-batch, all data on the page: which batch is drawn, where minima are marked, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest
from asking import CARDS, HOSTILE, VIOLATIONS, assert_fits_a_phone, assert_quiet, axe
from browser import NO_WEBGL, Press, visit
from surfaces import line, slanted

from landscape.batch_losses import BatchLosses
from landscape.figures.batches_panel import batches_panel, noise_words
from landscape.figures.page import write_page
from landscape.figures.payload import Arrays, page_content
from landscape.gradient_noise import GradientNoise
from landscape.surface import Surface

PANELS = "Array.from(document.querySelectorAll('[data-panel=batch]')).map(p => Array.from(p._fullData[0].z, r => Array.from(r)))"
DOTS = "Array.from(document.querySelectorAll('[data-panel=batch]')).map(p => p._fullData.filter(t => t.type === 'scatter').map(t => [Array.from(t.x), Array.from(t.y)]))"
CAPTIONS = "Array.from(document.querySelectorAll('.batches figcaption'), e => e.textContent)"
SAID = "document.querySelector('.batches output').textContent"
CHOICES = "Array.from(document.querySelectorAll('.batches option'), e => e.textContent)"
CELLS = "Array.from(document.querySelectorAll('.batches tr'), r => Array.from(r.children, c => c.textContent))"
CURVES = "document.querySelector('[data-panel=batch]')._fullData.map(t => Array.from(t.y))"
CHOOSE = "(() => {{ const s = document.querySelector('.batches select'); s.value = '{0}'; s.dispatchEvent(new Event('change')); return new Promise(done => setTimeout(done, 700)); }})()"
SCRUB = "(() => {{ const s = document.querySelector('.batches input'); s.value = '{0}'; s.dispatchEvent(new Event('input')); return new Promise(done => setTimeout(done, 700)); }})()"
HASH = "location.hash"
AT = {1: [(0.9, -0.9), (-0.2, -0.3), (0.1, 0.05)], 4: [(0.3, -0.35), (0.2, -0.6), (0.25, -0.5)]}
WHOLE = (0.22, -0.48)


def with_batches(surface: Surface, **findings) -> Surface:
    """Return a surface with batches whose losses are paraboloids about known places."""
    grid = surface.grid
    axes = [getattr(grid, name) for name in grid.axes]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)

    def bowl(at, least):
        return least + ((points - np.array(at)[: len(axes)]) ** 2 * np.array([3.0, 2.0])[: len(axes)]).sum(-1)

    losses = {
        size: np.array([bowl(at, 0.1 + 0.01 * place) for place, at in enumerate(all_of)]) for size, all_of in AT.items()
    }
    members = {size: np.arange(3 * size).reshape(3, size) for size in AT}
    batches = BatchLosses(
        np.arange(12) + 100, members, losses, bowl(WHOLE, 0.2), np.ones(grid.shape), {"split": "train", **findings}
    )
    return replace(surface, batches=batches)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a page of one surface with batches, and the surface."""
    surface = with_batches(slanted(9, 7), gradient={"mean_square": 0.04, "trace": 1.1})
    return write_page({HOSTILE: surface}, tmp_path_factory.mktemp("pages") / "one.html"), surface


def test_the_chosen_batch_stands_beside_all_samples_with_the_minima_of_its_size(page):
    path, surface = page
    first = [CHOICES, CAPTIONS, PANELS, DOTS, CELLS]
    steps = [
        *first,
        Press("b"),
        SAID,
        PANELS,
        DOTS,
        Press("B"),
        SAID,
        SCRUB.format(3),
        SAID,
        PANELS,
        CHOOSE.format(1),
        SAID,
        HASH,
    ]
    seen = visit(path, steps, fragment="view=contour", before=NO_WEBGL)
    choices, captions, drawn, dots, cells, said, second, turned, other, _, third, last, _, single, address = (
        seen.answers
    )
    batches = surface.batches
    assert choices == ["single examples", "batches of 4"]
    assert captions[0].startswith("example 1 of 3: sample 100 of train, minimum 0.1 at 0.900, -0.900")
    assert captions[1] == "all 12 samples, minimum 0.2 at 0.220, -0.480"
    for found, values in zip(drawn, (batches.losses[1][0], batches.whole)):
        np.testing.assert_allclose(found, np.log10(values).T, rtol=1e-5)
    for panel in dots:
        assert_marks(panel, [AT[1][1], AT[1][2]], WHOLE, AT[1][0])
    assert said == "example 2 of 3" and other == "batch 2 of 3"
    np.testing.assert_allclose(second[0], np.log10(batches.losses[1][1]).T, rtol=1e-5)
    assert_marks(turned[1], [AT[1][0], AT[1][2]], WHOLE, AT[1][1])
    assert third == "batch 3 of 3" and single == "example 3 of 3" and address.endswith("&size=1&batch=3")
    np.testing.assert_allclose(last[0], np.log10(batches.losses[4][2]).T, rtol=1e-5)
    assert [row[0] for row in cells] == ["batch of", "1 (an example)", "4", "all 12"] * 2
    assert_quiet(seen)


def assert_marks(panel, others, whole, own) -> None:
    for (x, y), wanted in zip(panel, (others, [whole], [own])):
        np.testing.assert_allclose(np.stack([x, y], 1), wanted, atol=1e-6)


@pytest.mark.slow
def test_of_a_line_there_are_curves_and_a_link_to_a_batch_that_there_is_not_shows_the_last(tmp_path):
    surface = with_batches(line(9))
    write_page({"line": surface}, tmp_path / "line.html")
    seen = visit(
        tmp_path / "line.html",
        [SAID, Press("b"), Press("b"), CURVES],
        fragment="scale=linear&size=4&batch=9",
        before=NO_WEBGL,
    )
    losses = surface.batches.losses[4]
    assert seen.answers[0] == "batch 3 of 3"
    np.testing.assert_allclose(seen.answers[1], [losses[0], losses[2], losses[1], surface.batches.whole], rtol=1e-6)
    assert_quiet(seen)


def test_a_phone_shows_it_in_one_column_and_axe_finds_no_violation(page):
    seen = visit(
        page[0],
        [CARDS, axe(), VIOLATIONS, Press("t"), VIOLATIONS],
        size=(390, 844),
        fragment="theme=light&view=contour",
        before=NO_WEBGL,
    )
    assert_fits_a_phone(seen)
    assert seen.answers[2:] == [[], []]


def test_unfinished_batches_and_none_have_no_card():
    whole = with_batches(slanted())
    done = np.ones(whole.grid.shape)
    done[2, 1] = 0
    unfinished = replace(whole, batches=replace(whole.batches, done=done))
    content = page_content({"unfinished": unfinished, "none": slanted(), "whole": whole}, Arrays())
    assert ["batches" in surface for surface in content["surfaces"]] == [False, False, True]


def test_the_tables_tell_scatter_height_and_noise():
    panel = batches_panel(with_batches(slanted(9, 7), gradient={"mean_square": 0.04, "trace": 1.1}))
    minima, gradient = panel["parts"]
    away = np.array(AT[4]) - WHOLE
    heights = (away**2 * [3, 2]).sum(1)
    mean, deviation = np.mean(AT[4], axis=0), np.std(AT[4], axis=0, ddof=1)
    assert minima["rows"][1] == [
        "4",
        f"{mean[0]:.3f}, {mean[1]:.3f}",
        f"{deviation[0]:.3f}, {deviation[1]:.3f}",
        "0 of 3",
        f"{np.median(heights):.2g} ({min(heights):.2g} to {max(heights):.2g})",
    ]
    spread = np.sqrt(1.1 / 4 * 8 / 11)
    assert gradient["rows"][1] == ["4", "0.2", f"{spread:.3g}", f"{spread / 0.2:.3g}"]
    assert gradient["rows"][2] == ["all 12", "0.2", "0", "0"]
    assert gradient["sentences"][0].startswith("The noise scale tr Σ/|g|² is 27.5: ")


def test_a_gradient_that_was_not_measured_is_said_to_be_so():
    panel = batches_panel(with_batches(slanted(), why_no_gradient="the loss can't be differentiated"))
    assert panel["parts"][1]["sentences"][0] == "Not measured: the loss can't be differentiated."


@pytest.mark.parametrize(
    "mean_square, says",
    [
        (0.0, "The mean gradient is zero: whatever a batch's gradient is, it is noise."),
        (0.015, "is 1.5 times what chance alone gives it, which is too little to tell a slope from chance."),
        (0.1, "As an estimate for more data than these 101 samples, less what chance adds to |g|²: 11.2."),
    ],
)
def test_words_on_noise_say_whether_the_mean_is_more_than_chance(mean_square, says):
    assert noise_words(GradientNoise(mean_square, 1.0, 101))[-1].endswith(says)
