"""`landscape figure`: what it writes and what it refuses."""

import shutil
import sys

import numpy as np
import pytest
from refusing import refused

from landscape.cli.figure import figure_command
from landscape.grid import Grid
from landscape.store.surface_file import write_surface
from landscape.surface import Surface
from landscape.sweep.world import Mistake, World


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two planes and a line, where the program runs."""
    x, y = np.linspace(-0.5, 1.0, 7), np.linspace(-1.0, 0.25, 5)
    loss = np.exp(np.add.outer(2 * x, y**2))
    for name, factor in (("a", 1.0), ("b", 5.0)):
        values = {"train_loss": factor * loss, "train_accuracy": 1 / (1 + loss)}
        write_surface(Surface(Grid(x, y), values, np.ones((7, 5))), tmp_path / f"{name}.h5")
    write_surface(Surface(Grid(x), {"train_loss": 1 + x**2}, np.ones(7)), tmp_path / "line.h5")
    several = Surface(Grid(x, y, 3), {"train_loss": np.stack([loss, 2 * loss, loss**2])}, np.ones((3, 7, 5)))
    write_surface(several, tmp_path / "many.h5")
    for number, plane in enumerate(several.planes, 1):
        write_surface(plane, tmp_path / f"plane{number}.h5")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def coarse_reliefs(monkeypatch):
    """Draw reliefs with few faces, which is faster."""
    monkeypatch.setattr("landscape.figures.print_panels.RELIEF_SIDE", 12)


HEADS = {"pdf": b"%PDF-", "svg": b"<?xml", "png": b"\x89PNG"}


def figure_of(options: str) -> None:
    figure_command(options.split(), World())


@pytest.mark.parametrize("kind", ["contour", "surface", "slices"])
@pytest.mark.parametrize("form", HEADS)
def test_each_kind_is_written_in_each_format_beside_the_first_file(kind, form, folder):
    figure_of(f"a.h5 b.h5 --kind {kind} --format {form} --dpi 60")
    assert (folder / f"a-{kind}.{form}").read_bytes().startswith(HEADS[form])
    assert not list(folder.glob(".*"))


def test_the_real_command_writes_the_same_bytes_each_time(folder, run):
    contents = []
    for seed in ("1", "2"):
        done = run(
            "-m", "landscape", "figure", "a.h5", "b.h5", "--out", "two.svg", cwd=folder, env={"PYTHONHASHSEED": seed}
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "figure: two.svg\n", "")
        contents.append((folder / "two.svg").read_bytes())
    assert contents[0] == contents[1]


def test_the_ending_of_out_decides_the_format(folder):
    figure_of("a.h5 line.h5 --kind slices --out curves.PNG --dpi 60 --titles one two")
    assert (folder / "curves.PNG").read_bytes().startswith(HEADS["png"])


def test_accuracies_are_linear_unless_told_otherwise(folder):
    figure_of("a.h5 --metric train_accuracy --out default.svg")
    figure_of("a.h5 --metric train_accuracy --scale linear --out linear.svg")
    assert (folder / "default.svg").read_bytes() == (folder / "linear.svg").read_bytes()


@pytest.mark.parametrize("options, number", [("", 1), ("--plane 3", 3)])
def test_one_plane_of_several_is_drawn_and_named(options, number, folder):
    figure_of(f"many.h5 --out many.svg {options}")
    figure_command([f"plane{number}.h5", "--out", "one.svg", "--titles", f"many, plane {number} of 3"], World())
    assert (folder / "many.svg").read_bytes() == (folder / "one.svg").read_bytes()


SENTENCES = {
    "many.h5 --plane 4": "many.h5 holds 3 planes; --plane must be between 1 and 3, not 4",
    "many.h5 --plane 0": "many.h5 holds 3 planes; --plane must be between 1 and 3, not 0",
    "many.h5 a.h5 --plane 2": "a.h5 holds one plane; leave --plane 2 out",
    "line.h5 --plane 2 --kind slices": "line.h5 holds one line; leave --plane 2 out",
    "nowhere.h5": "there is no surface file nowhere.h5",
    "a.h5 --kind relief": "unknown kind 'relief'; choose one of contour, surface, slices",
    "a.h5 --format eps": "unknown format 'eps'; choose one of pdf, svg, png",
    "a.h5 --scale cubic": "unknown scale 'cubic'; choose one of log, linear, clipped",
    "a.h5 --colours jet": "unknown colours 'jet'; choose one of viridis, cividis, magma, gray",
    "a.h5 --renderer vtk": "unknown renderer 'vtk'; choose one of matplotlib, plotly",
    "a.h5 --metric loss": "a has no metric 'loss'; choose one of train_accuracy, train_loss",
    "a.h5 line.h5 --kind slices --metric train_accuracy": "line has no metric 'train_accuracy'; choose one of train_loss",
    "a.h5 line.h5": "line is a line, of one direction, and has no contours; draw it as slices",
    "line.h5 --kind surface": "line is a line, of one direction, and has no surface in three dimensions; draw it as slices",
    "a.h5 --out a.gif": "--out must be a .pdf, .svg or .png file, not a.gif",
    "a.h5 --out a": "--out must be a .pdf, .svg or .png file, not a",
    "a.h5 --out a.svg --format pdf": "--out must be a .pdf file, not a.svg",
    "a.h5 --out no/a.pdf": "there is no folder no; make it, or choose another --out",
    "a.h5 --out /proc/a.pdf": "/proc/a.pdf can't be written (no such file or directory); what stood there is as it was",
    "a.h5 --width 8": "--width must be single, double, or a length with its unit, such as 8.5cm or 3.35in, not '8'",
    "a.h5 --width -8cm": "--width must be single, double, or a length with its unit, such as 8.5cm or 3.35in, not '-8cm'",
    "a.h5 --width 0cm": "--width must be single, double, or a length with its unit, such as 8.5cm or 3.35in, not '0cm'",
    "a.h5 --width 9km": "--width must be single, double, or a length with its unit, such as 8.5cm or 3.35in, not '9km'",
    "a.h5 --width 1000in": "the width must be between 1 and 60 inches, not 1000 in",
    "a.h5 --width 1in": "1 in (2.54 cm) is too narrow at 8 points; choose a width of 1.97 in or more, or a smaller font",
    "a.h5 --font-size 0": "the font size must be between 3 and 40 points, not 0",
    "a.h5 --font-size nan": "the font size must be between 3 and 40 points, not nan",
    "a.h5 --dpi 5": "the resolution must be between 30 and 2400 pixels an inch, not 5",
    "a.h5 --dpi 2400 --width 50in --format png": "a picture of 120000 pixels is too large; choose a lower --dpi",
    "a.h5 --dpi x": "argument --dpi: invalid int value: 'x'; `landscape figure --help` lists the options",
    "a.h5 --elevation 100": "the elevation must be between -90 and 90 degrees, not 100",
    "a.h5 --azimuth inf": "the azimuth must be a number of degrees, not inf",
    "a.h5 --clip 3": "--clip cuts the clipped scale; add --scale clipped, or leave --clip out",
    "a.h5 --scale clipped --clip -3": "the clip must be above the smallest train_loss, 0.3693, not -3",
    "a.h5 b.h5 --titles one": "--titles must be one a file, 2, not 1",
    "a.h5 b.h5 --titles one one": "--titles must differ from one another, not one, one",
    "a.h5 --renderer plotly": "--renderer plotly draws --kind surface as png, not contour as pdf",
    "a.h5 b.h5 --renderer plotly --kind surface --format png": "--renderer plotly draws one file a picture, and 2 were given",
    " ".join(["a.h5"] * 9): "one figure holds 1 to 8 panels, and 9 were asked for; draw fewer files",
    "--kind contour": "the following arguments are required: FILE.h5; `landscape figure --help` lists the options",
}


@pytest.mark.parametrize("options", SENTENCES)
def test_a_mistake_is_a_sentence_and_writes_nothing(options, folder):
    before = sorted(folder.iterdir())
    with pytest.raises(Mistake) as caught:
        figure_of(options)
    assert (str(caught.value), caught.value.status) == (SENTENCES[options], 2)
    assert sorted(folder.iterdir()) == before


def test_the_real_command_says_a_mistake_in_one_sentence(folder, run):
    said = refused(run, "-m", "landscape", "figure", "line.h5", cwd=folder)
    assert said == "line is a line, of one direction, and has no contours; draw it as slices"


@pytest.mark.parametrize(
    "package, options, sentence",
    [
        ("matplotlib", "a.h5", "figures for print need matplotlib, which is not installed: pip install matplotlib"),
        (
            "kaleido",
            "a.h5 --kind surface --format png --renderer plotly",
            "--renderer plotly needs kaleido, which is not installed: pip install kaleido",
        ),
    ],
)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    package, options, sentence, folder, monkeypatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Mistake) as caught:
        figure_of(options)
    assert str(caught.value) == sentence


@pytest.mark.skipif(
    not shutil.which("chromium") and not shutil.which("google-chrome"), reason="there is no Chromium here"
)
def test_plotly_draws_a_surface_through_kaleido(folder):
    pytest.importorskip("kaleido", reason="kaleido is not installed")
    figure_of("a.h5 --kind surface --renderer plotly --out plotly.png --width 4in --dpi 96")
    content = (folder / "plotly.png").read_bytes()
    assert content.startswith(HEADS["png"]) and int.from_bytes(content[16:20], "big") == 384
