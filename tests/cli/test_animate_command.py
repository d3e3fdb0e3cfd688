"""`landscape animate`: what it writes, reads and refuses."""

import re
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from walked import on_a_path

from landscape.cli.animate import animate_command
from landscape.grid import Grid
from landscape.race.courses import COURSES
from landscape.race.race import run_race
from landscape.store.race_file import write_race
from landscape.store.surface_file import write_surface
from landscape.sweep.world import Mistake, World

SHORT = "--seconds 0.2 --fps 10 --width 240 --rest 0"


@pytest.fixture
def folder(here):
    """A folder with a path, a surface without one, and files of other kinds."""
    write_surface(on_a_path(), here / "way.h5")
    write_surface(replace(on_a_path(), origin=replace(on_a_path().origin, record={})), here / "still.h5")
    (here / "text.txt").write_text("no surface\n")
    return here


def animate(options: str) -> None:
    animate_command(options.split(), World())


def test_a_path_becomes_a_gif_beside_its_file_replacing_what_stood_there(folder, capsys):
    (folder / "way.gif").write_text("an older film")
    animate(f"way.h5 {SHORT}")
    with Image.open("way.gif") as image:
        assert (image.format, image.n_frames, image.size[0]) == ("GIF", 2, 240)
        assert capsys.readouterr().out == f"film: way.gif (2 pictures of 240 x {image.size[1]})\n"
    assert not list(folder.glob(".*"))


def test_a_race_becomes_a_film_of_its_own_file_alone(folder):
    grid = Grid(np.linspace(-1.5, 1.5, 5), np.linspace(-1.5, 2.0, 4))
    write_race(run_race(COURSES["saddle"], ["sgd"], [(1.0, 0.5)], grid, steps=4), folder / "race.h5")
    animate(f"race.h5 {SHORT} --out race.GIF --theme dark --scale linear --colours magma --title Mine")
    with Image.open("race.GIF") as image:
        image.seek(1)
        assert image.convert("RGB").getpixel((1, 1)) == (17, 24, 39)
    with pytest.raises(Mistake) as caught:
        animate(f"race.h5 {SHORT} --metric loss")
    assert str(caught.value) == "--metric is for paths of training; a race has its loss alone, so leave --metric out"


SENTENCES = {
    "nowhere.h5": "there is no surface file nowhere.h5",
    "text.txt": "text.txt is not an HDF5 file, or its head is damaged; it was left as it is",
    "still.h5": "still.h5 holds a surface without a path, and nothing moves on it; give a file of `landscape trajectory` or "
    "`landscape race`",
    "way.h5 --out way.webm": "--out must be a .gif or .mp4 file, not way.webm",
    "way.h5 --out way": "--out must be a .gif or .mp4 file, not way",
    "way.h5 --out no/way.gif": "there is no folder no; make it, or choose another --out",
    "way.h5 --out /proc/way.gif": "/proc/way.gif can't be written (no such file or directory); what stood there is as it was",
    "way.h5 --out /proc/way.mp4": "/proc/way.mp4 can't be written (no such file or directory); what stood there is as it was",
    "way.h5 --fps 0": "--fps must lie between 1 and 50 for .gif, not 0",
    "way.h5 --fps 60": "--fps must lie between 1 and 50 for .gif, not 60",
    "way.h5 --fps 500 --out way.mp4": "--fps must lie between 1 and 120 for .mp4, not 500",
    "way.h5 --fps x": "argument --fps: invalid int value: 'x'; `landscape animate --help` lists the options",
    "way.h5 --seconds 0": "--seconds must be above 0 and at most 600, not 0",
    "way.h5 --seconds nan": "--seconds must be above 0 and at most 600, not nan",
    "way.h5 --seconds 0.05": "a film needs 2 pictures or more, not 0; give more --seconds or a higher --fps",
    "way.h5 --rest=-1": "--rest must lie between 0 and 600, not -1",
    "way.h5 --width 801": "the width must be an even number of pixels between 240 and 3840, not 801",
    "way.h5 --width 9999": "the width must be an even number of pixels between 240 and 3840, not 9999",
    "way.h5 --theme blue": "unknown theme 'blue'; choose one of light, dark",
    "way.h5 --colours jet": "unknown colours 'jet'; choose one of viridis, cividis, magma, gray",
    "way.h5 --scale cubic": "unknown scale 'cubic'; choose one of log, linear, clipped",
    "way.h5 --metric test_loss": "way has no metric 'test_loss'; choose one of train_accuracy, train_loss",
}


@pytest.mark.parametrize("options", SENTENCES)
def test_a_mistake_is_a_sentence_and_writes_nothing(options, folder):
    before = sorted(folder.iterdir())
    with pytest.raises(Mistake) as caught:
        animate(f"{SHORT} {options}")
    assert (str(caught.value), caught.value.status) == (SENTENCES[options], 2)
    assert sorted(folder.iterdir()) == before


def test_without_imageio_ffmpeg_an_mp4_is_refused_and_a_gif_written(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(Mistake) as caught:
        animate(f"way.h5 --out way.mp4 {SHORT}")
    assert str(caught.value) == (
        "MP4 needs imageio-ffmpeg, which is not installed: pip install imageio-ffmpeg; or choose a .gif file"
    )
    animate(f"way.h5 {SHORT}")
    assert (folder / "way.gif").is_file()


def test_the_options_change_only_on_purpose(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    animate_command(["--help"], World())
    own = "--help --out --seconds --rest --fps --width --theme --colours --metric --scale --title"
    assert set(re.findall(r"(?<![\w`])--[a-z-]+", capsys.readouterr().out)) == set(own.split())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["way.gif", "way.mp4"])
def test_a_signal_leaves_nothing_half_written(name, folder, start, until, finish):
    process = start(
        "-m", "landscape", "animate", "way.h5", "--seconds", "600", "--fps", "50", "--out", name, cwd=folder
    )
    until((folder / f".{name}.part").exists, "the beginning of a film")
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.returncode == 1 and done.stderr == "landscape: stopped\n"
    assert sorted(path.name for path in folder.iterdir()) == ["still.h5", "text.txt", "way.h5"]
