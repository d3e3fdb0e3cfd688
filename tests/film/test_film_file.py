"""Films as files: a GIF's pictures, times and colours, an MP4's, and what is left of one that was broken off."""

import re
import resource
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from path_films import ALONE, HALFWAY, has_head, path_film, roomy
from PIL import Image
from walked import PLACES

from landscape.film.film import moments_of
from landscape.film.film_file import palette_of, write_film
from landscape.film.stage import Look, Stage


def film_file(path: Path, stage: Stage, num: int = 7, **options) -> list[np.ndarray]:
    """Write a film, and return its pictures."""
    pictures = [stage.picture(moment) for moment in moments_of(num, 3)]
    palette = palette_of(pictures[::3], stage.exact_colours())
    write_film(path, iter(pictures), stage.size, palette=palette, **options)
    return pictures


def read_back(path: Path) -> tuple[list[np.ndarray], list[int]]:
    found, durations = [], []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.array(image.convert("RGB")))
            durations.append(image.info["duration"])
    return found, durations


@pytest.fixture(scope="module")
def gif(stage, tmp_path_factory):
    """Return a film's file and the pictures that were drawn for it."""
    path = tmp_path_factory.mktemp("films") / "a.gif"
    return path, film_file(path, stage, fps=15, rest_s=0.5)


def test_a_gif_holds_every_picture_for_its_time_and_plays_again_and_again(gif, stage):
    path, pictures = gif
    found, durations = read_back(path)
    with Image.open(path) as image:
        assert image.info["loop"] == 0
    assert len(found) == 7 and found[0].shape == (stage.size[1], 800, 3)
    assert durations == [70, 60, 70, 70, 60, 70, 570]  # 7 pictures in 0.467 s, in hundredths
    for ours, picture in zip(found[::3], pictures[::3]):
        off = np.abs(ours.astype(int) - picture)
        assert off.mean() < 1 and np.quantile(off, 0.99) < 24
        assert (ours[:3, :3] == 255).all()
    surface = roomy()
    for number, place in ((0, PLACES[0]), (3, HALFWAY), (6, PLACES[3])):
        assert has_head(found[number], stage, surface, place, ALONE, within=0)


def test_what_stays_the_same_keeps_its_colour_in_a_gif(gif):
    path, pictures = gif
    found, _ = read_back(path)
    for number in range(6):
        same = (pictures[number] == pictures[number + 1]).all(axis=2)
        assert (found[number][same] == found[number + 1][same]).all() and same.mean() > 0.8


def test_two_pictures_that_are_equal_are_two(stage, tmp_path):
    picture = stage.picture(1)
    palette = palette_of([picture], stage.exact_colours())
    write_film(tmp_path / "a.gif", iter([picture] * 3), stage.size, fps=10, palette=palette)
    found, durations = read_back(tmp_path / "a.gif")
    assert durations == [100] * 3 and (found[2] == found[0]).all()


def test_the_same_film_gives_the_same_bytes(tmp_path):
    for name in "ab":
        film_file(tmp_path / f"{name}.gif", Stage(path_film(2), Look(width=240)), 2, fps=20)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


@pytest.mark.parametrize("most", [0, 1000, 20000])
def test_an_mp4_that_ffmpeg_could_not_end_is_no_film(most, tmp_path):
    """A limit on a file's length is met as late as a full disk: ffmpeg keeps pictures until it is told that all are there."""
    random, out = np.random.default_rng(0), tmp_path / "a.mp4"
    pictures = [random.integers(0, 256, (96, 128, 3), dtype=np.uint8) for _ in range(8)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(
            OSError, match=f"^{re.escape(str(out))} can't be written [(].*[)]; what stood there is as it was$"
        ):
            write_film(out, iter(pictures), (128, 96), fps=10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_an_mp4_holds_every_picture_and_its_rest(stage, tmp_path):
    film_file(tmp_path / "a.mp4", stage, fps=12, rest_s=0.25)
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    about = next(reader)
    assert about["size"] == stage.size and about["fps"] == 12 and about["codec"] == "h264"
    assert about["pix_fmt"].startswith("yuv420p")
    found = [np.frombuffer(picture, np.uint8).reshape(stage.size[1], stage.size[0], 3) for picture in reader]
    assert len(found) == 7 + 3
    assert has_head(found[3], stage, roomy(), HALFWAY, ALONE, within=25)  # H.264 is not exact
    assert not has_head(found[0], stage, roomy(), HALFWAY, ALONE, within=60)


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_a_film_that_is_broken_off_leaves_what_stood_there_and_nothing_else(name, stage, tmp_path):
    (tmp_path / name).write_bytes(b"what stood there")

    def broken():
        yield stage.picture(0)
        yield stage.picture(1)
        raise KeyboardInterrupt

    palette = palette_of([stage.picture(0)], stage.exact_colours())
    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / name, broken(), stage.size, fps=10, palette=palette)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"what stood there"
