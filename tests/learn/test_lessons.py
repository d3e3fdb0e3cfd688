"""The sources of the learning pages, and what becomes of them."""

import re
from pathlib import Path

import numpy as np
import pytest
from surfaces import slanted

from landscape.belief.shares import binomial_interval
from landscape.cli.arguments import Parser
from landscape.cli.compare_settings import add_compare_options
from landscape.cli.page import page_command
from landscape.cli.race_settings import add_race_options
from landscape.cli.settings import add_surface_options
from landscape.cli.train import add_train_options
from landscape.cli.trajectory_settings import add_trajectory_options
from landscape.curvature.random_matrices import count_minima, known_shares
from landscape.figures.lesson import index_html, lesson_from, lesson_html
from landscape.figures.random_matrices_page import DRAWN, minima_figure, minima_page_html
from landscape.figures.run_page import run_page_html
from landscape.run_record import RunRecord
from landscape.store.run_file import write_run
from landscape.store.surface_file import write_surface
from landscape.sweep.world import Mistake, World

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "docs" / "learn").glob("*.md"))
OPTIONS = {
    "race": add_race_options,
    "surface": add_surface_options,
    "train": add_train_options,
    "trajectory": add_trajectory_options,
    "compare": add_compare_options,
}
TEXT = """# A <title>

What it is
about & why.

```sh --steps 3 --x -1:1:5
landscape race saddle \\
  --out outputs/learn/mine
landscape race camel --out outputs/learn/other
```

<!-- figure outputs/learn/mine.html#step=4 700: a "race"
of two -->

The [next page](02-two.md), another [place](https://example.org/02-two.md), `x < 1`.
"""
OTHER = TEXT.replace("A <title>", "Two")


def test_a_text_gives_commands_as_they_stand_and_what_is_appended_at_reduced_size():
    first, second = lesson_from("01-one", TEXT).commands
    assert first.words == ("landscape", "race", "saddle", "--out", "outputs/learn/mine")
    assert first.arguments(reduced=False) == first.words
    assert first.arguments(reduced=True) == (*first.words, "--steps", "3", "--x", "-1:1:5")
    assert second.arguments(reduced=True)[-4:] == ("--steps", "3", "--x", "-1:1:5")


def test_the_page_holds_text_figure_and_ways_to_its_neighbours():
    lessons = [lesson_from("01-one", TEXT), lesson_from("02-two", OTHER)]
    page = lesson_html(lessons[0], lessons)
    assert page == lesson_html(lessons[0], lessons)
    assert "<title>A &lt;title&gt;</title>" in page and "<h1>A &lt;title&gt;</h1>" in page
    assert (
        '<iframe src="mine.html#step=4" title="a &quot;race&quot;\nof two" loading="lazy" style="height:700px">' in page
    )
    assert '<a href="02-two.html">next page</a>' in page and 'href="https://example.org/02-two.md"' in page
    assert "Next: Two" in page and "Before" not in page and "<code>x &lt; 1</code>" in page
    assert "Before: A &lt;title&gt;" in lesson_html(lessons[1], lessons)


def test_the_index_has_a_card_a_page_with_its_first_paragraph():
    lessons = [lesson_from("01-one", TEXT), lesson_from("02-two", OTHER)]
    cards = re.findall(r'<a class="card" href="([^"]+)"><h2>([^<]+)</h2><p>([^<]+)</p>', index_html(lessons))
    summary = "What it is about &amp; why."
    assert cards == [("01-one.html", "1. A &lt;title&gt;", summary), ("02-two.html", "2. Two", summary)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Only words.\n", "mine must begin with a heading and then a paragraph that says what the page is about"),
        (
            TEXT.replace("landscape race camel", "rm -r x"),
            "mine: a fenced block must hold commands of this project, but one begins 'rm -r x --out outputs/learn/other'",
        ),
        ("# A\n\nB.\n", "mine needs a command in a fenced block and a figure, but has 0 and 0"),
    ],
)
def test_mistakes_of_a_text(text, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        lesson_from("mine", text)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_each_text_is_short_and_its_figures_are_what_its_commands_leave(path):
    text = path.read_text(encoding="utf-8")
    lesson = lesson_from(path.stem, text)
    told = re.sub(r"^```.*?^```|<!--.*?-->", "", text, flags=re.M | re.S)
    assert 150 <= len(told.split()) <= 350 and "**Try this.**" in told and "**Sources.**" in told
    outs = [command.words[command.words.index("--out") + 1].removesuffix(".html") for command in lesson.commands]
    assert {str(figure.page) for figure in lesson.figures} <= {f"{out}.html" for out in outs}
    assert len(set(outs)) == len(outs) and all(out.startswith("outputs/learn/") for out in outs)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_each_command_has_options_that_its_program_knows_at_both_sizes(path):
    for command in lesson_from(path.stem, path.read_text(encoding="utf-8")).commands:
        program, name, *arguments = command.arguments(reduced=True)
        if name in OPTIONS:
            parser = Parser(prog=name)
            OPTIONS[name](parser)
            parser.options_of(arguments)
        else:
            assert (program, name) == ("landscape", "page") or (ROOT / name).is_file()


def test_there_are_nine_and_their_links_lead_to_one_another():
    names = {path.name for path in SOURCES}
    assert len(names) == 9
    for path in SOURCES:
        assert set(re.findall(r"\]\((?!https:)([^)]+)\)", path.read_text(encoding="utf-8"))) <= names - {path.name}


def test_shares_of_positive_random_matrices_are_the_known_ones():
    num = 20_000
    for dimension, count in zip((1, 2, 3), count_minima((1, 2, 3), num, seed=5)):
        found = binomial_interval(count, num, confidence=0.9999)
        assert found.low < known_shares()[dimension] < found.high


def test_the_closed_form_for_three_rows_is_the_integral_of_the_eigenvalues_density():
    """Over midpoints of cells, twice: the density's folds leave an error of the cell's square, which one can take off."""
    coarse, fine = (positive_share(num) for num in (48, 96))
    assert (4 * fine - coarse) / 3 == pytest.approx(known_shares()[3], rel=2e-3)


def positive_share(num: int) -> float:
    side = (np.arange(num) + 0.5) * 12 / num - 6
    a, b, c = np.meshgrid(side, side, side, indexing="ij", sparse=True)
    density = np.abs((a - b) * (b - c) * (a - c)) * np.exp(-(a**2 + b**2 + c**2) / 2)
    return density[num // 2 :, num // 2 :, num // 2 :].sum() / density.sum()


def test_sizes_and_numbers_of_matrices_are_streams_of_their_own():
    assert count_minima((2, 3), 500, seed=1)[1] == count_minima((3,), 500, seed=1)[0]
    assert count_minima((2,), 500, seed=1) != count_minima((2,), 500, seed=2)
    with pytest.raises(ValueError, match=r"^one matrix or more, of one row or more, is needed, not 0 of \[2\] rows$"):
        count_minima((2,), 0, seed=1)


def test_the_figure_of_random_matrices_leaves_out_what_was_never_found():
    shares = [binomial_interval(count, 50) for count in (24, 8, 0)]
    drawn = next(trace for trace in minima_figure((1, 2, 3), shares).data if trace.name == DRAWN)
    assert list(drawn.x) == [1, 2] and list(drawn.y) == [0.48, 0.16]
    assert 0.16 - drawn.error_y.arrayminus[1] == pytest.approx(shares[1].low)
    page = minima_page_html((1, 2, 3), (24, 8, 0), 50, 0)
    assert page == minima_page_html((1, 2, 3), (24, 8, 0), 50, 0)


def test_the_page_command_draws_training_runs_together(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runs = {
        name: RunRecord({"train_loss": scale * np.array([2.0, 1.5, 0.25])}) for name, scale in (("a", 1), ("b", 0.5))
    }
    for name, run in runs.items():
        write_run(run, f"{name}.run.h5")
    page_command(["a.run.h5", "b.run.h5", "--out", "both.html"], World())
    assert capsys.readouterr().out == "page: both.html\n"
    assert Path("both.html").read_text() == run_page_html(runs)
    sentence = "--sequence is for surfaces; training runs stand in the same charts without it"
    with pytest.raises(Mistake, match=f"^{sentence}$"):
        page_command(["a.run.h5", "--sequence"], World())
    write_surface(slanted(), "s.h5")
    with pytest.raises(Mistake, match="^training runs have a page of their own, but s.h5 holds none; draw it alone$"):
        page_command(["a.run.h5", "s.h5"], World())
