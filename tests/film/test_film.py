"""Films of paths and races: where heads are at each moment, what the pictures hold, and what is written."""

import re
import resource
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from walked import AVERAGE, PLACES, on_a_path

from landscape.figures.scale import scale_over
from landscape.film.film import THEMES, Chart, at_moment, gone_by, moments_of, range_of
from landscape.film.film_file import palette_of, write_film
from landscape.film.movers import last_inside
from landscape.film.of_path import film_of_path, require_path
from landscape.film.of_race import film_of_race, race_scale
from landscape.film.stage import Look, Stage
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.race.courses import COURSES
from landscape.race.race import run_race
from landscape.surface import Surface

ALONE = "#ff5a36"
SMALL = Look(width=400)
THEME_JS = Path(__file__).parents[2] / "landscape/figures/assets/page/theme.js"


def roomy(ways: int = 1) -> Surface:
    """Return a path whose ends lie within the frame, which is off-centre and no square."""
    return replace(on_a_path(ways), grid=Grid(np.linspace(-0.75, 1.25, 7), np.linspace(-1.2, 0.5, 6)))


def path_film(ways: int = 1, surface: Surface | None = None):
    surface = surface or roomy(ways)
    return film_of_path(surface, "train_loss", scale_over([surface], "train_loss"), "A way")


def colour(name: str) -> np.ndarray:
    return np.round(255 * np.array(to_rgb(name)))


def pixel(stage: Stage, surface: Surface, place) -> tuple[int, int]:
    """Return row and column of a place, from the panel's box and the grid's ends alone."""
    left, bottom, width, height = stage.panel
    x, y = surface.grid.x, surface.grid.y
    across = left + width * (place[0] - x[0]) / (x[-1] - x[0])
    up = bottom + height * (place[1] - y[0]) / (y[-1] - y[0])
    return int(stage.size[1] - up), int(across)


def is_there(picture, stage: Stage, surface: Surface, place, name: str, within: float = 3) -> bool:
    row, column = pixel(stage, surface, place)
    return bool(np.abs(picture[row, column].astype(float) - colour(name)).max() <= within)


def has_head(picture, stage: Stage, surface: Surface, place, name: str, within: float = 3) -> bool:
    """Tell whether a disc wider than any line has a colour."""
    row, column = pixel(stage, surface, place)
    ring = [(row + a, column + b) for a in (-4, 0, 4) for b in (-4, 0, 4) if abs(a * b) < 16]
    return all(np.abs(picture[at].astype(float) - colour(name)).max() <= within for at in ring)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(path_film())


@pytest.fixture(scope="module")
def race():
    """Two optimizers; the first leaves the saddle, then the frame, and runs off."""
    grid = Grid(np.linspace(-1.5, 1.5, 13), np.linspace(-1.5, 2.0, 11))
    return run_race(COURSES["saddle"], ["momentum", "adagrad"], [(1.0, 1e-4)], grid, steps=60)


HALFWAY = (0.45, -0.25)  # between the second place and the third


@pytest.mark.parametrize("moment, place", [(0, PLACES[0]), (1.5, HALFWAY), (2, PLACES[2]), (3, PLACES[3])])
def test_the_head_is_where_the_path_is(moment, place, stage):
    picture, surface = stage.picture(moment), roomy()
    assert has_head(picture, stage, surface, place, ALONE)
    for other in {PLACES[0], HALFWAY, PLACES[2], PLACES[3]} - {place}:
        assert not has_head(picture, stage, surface, other, ALONE, within=60)


def test_of_a_transposed_path_the_head_would_be_elsewhere():
    surface = roomy()
    points = [{**point, "x": point["y"], "y": point["x"]} for point in surface.origin.record["path"]["points"]]
    turned = replace(surface, origin=Origin(record={"path": {**surface.origin.record["path"], "points": points}}))
    turned_stage = Stage(path_film(surface=turned))
    assert not has_head(turned_stage.picture(2), turned_stage, surface, PLACES[2], ALONE, within=60)


def test_pictures_hang_on_their_moment_alone(stage):
    there = stage.picture(1.25)
    stage.picture(3)
    np.testing.assert_array_equal(stage.picture(1.25), there)
    assert not np.array_equal(stage.picture(1.5), there)


def test_of_the_background_nothing_changes_but_below_what_moves(stage):
    start, end = stage.picture(0), stage.picture(3)
    left, bottom, width, height = stage.panel
    top = int(stage.size[1] - bottom - height)
    changed = (start != end).any(axis=2)
    beside = changed[top : top + int(height), int(left + width) + 8 :]
    assert changed.any() and not beside.any(), "the bar of colours stands still"


def test_an_average_has_its_ways_colour_and_a_turn_stands_between_its_checkpoints(stage):
    picture, surface = stage.picture(0), roomy()
    assert is_there(picture, stage, surface, AVERAGE, ALONE)
    assert is_there(picture, stage, surface, HALFWAY, "white")  # of ▼, after the third of five epochs


def test_two_ways_have_a_head_each_in_their_colours():
    film = path_film(2)
    there = Stage(film, SMALL)
    picture = there.picture(1)
    for place, name in zip((PLACES[1], PLACES[3]), THEMES["light"].curves):
        assert is_there(picture, there, film.surface, place, name)
    assert [entry.text for entry in film.legend] == ["run", "files"]
    assert film.words == ("checkpoint 1 of 2", "checkpoint 2 of 2") and film.time_title == "checkpoint"


def test_words_tell_a_checkpoints_numbers_beside_the_planes():
    film = path_film()
    assert film.words[2] == "third: train loss 3, in the plane 3.25" and film.time_title == "epochs done"
    assert [entry.text for entry in film.legend] == ["learning rate drops"]
    assert film.travellers[0].times.tolist() == [0, 2, 4, 5] and film.travellers[0].values[0].tolist() == [5, 4, 3, 2]


def test_a_way_without_epochs_is_told_in_its_steps():
    surface = roomy()
    (way,) = surface.origin.record["path"]["ways"]
    way["steps"] = [100 * done for done in way.pop("epochs")]
    for turn in way["turns"]:
        turn["step"] = 100 * turn.pop("epoch")
    film = path_film(surface=surface)
    assert film.travellers[0].times.tolist() == [0, 200, 400, 500] and film.time_title == "steps done"
    assert film.travellers[0].marks == path_film().travellers[0].marks
    mixed = roomy(2)
    mixed.origin.record["path"]["ways"][1] |= {"steps": [7, 9]}
    assert path_film(surface=mixed).travellers[1].times.tolist() == [1, 2]


def test_a_plane_that_is_not_the_paths_own_is_told_of_at_its_axis():
    surface = roomy()
    surface.origin.record["path"] |= {"plane": {"name": "s.h5", "held": 0.00125, "num_weights": 4000}}
    assert path_film(surface=surface).axes == ("α   (this plane holds 0.125% of the way's squared distances)", "β")
    assert path_film().axes == ("α", "β")


def test_a_run_that_left_the_frame_ends_in_a_cross_at_its_edge(race):
    film = film_of_race(race)
    there = Stage(film, SMALL)
    gone = film.travellers[0]
    assert gone.ran_off and gone.last < 60 and len(film.words) == 61
    edge = last_inside(gone.places, (-1.5, 1.5), (-1.5, 2.0))
    inside = gone.places[(np.abs(gone.places[:, 1]) < 2) & (gone.places[:, 1] > -1.5)][-1]
    assert edge[1] == 2.0 and 0.0 < edge[0] < 0.5 and inside[1] < 2
    just_below = (edge[0], 1.985)
    assert is_there(there.picture(60), there, film.surface, just_below, THEMES["light"].curves[0])
    before = there.picture(0)
    assert not is_there(before, there, film.surface, just_below, THEMES["light"].curves[0], within=60)
    head = at_moment(film.travellers[1].places, 8.5)
    assert is_there(there.picture(8.5), there, film.surface, head, THEMES["light"].curves[1])


def test_a_critical_point_lies_above_the_ways_and_the_center_is_none(race):
    film = film_of_race(race)
    there = Stage(film, SMALL)
    assert is_there(there.picture(0), there, film.surface, (0.0, 0.0), "white")
    without = Stage(replace(film, points=()), SMALL)
    assert not is_there(without.picture(0), without, film.surface, (0.0, 0.0), "white", within=60)


def test_where_a_way_is_in_the_frame_for_the_last_time():
    places = np.array([(0.0, 0.0), (5.0, 0.0), (1.0, 1.0), (1.5, 3.0), (9.0, 9.0)])
    assert last_inside(places, (-2, 2), (-1, 2)) == pytest.approx([1.25, 2.0])
    assert last_inside(places[:3], (-2, 2), (-1, 2)) == pytest.approx([1, 1])
    assert last_inside(places, (-2, -1), (-1, 2)) is None


def test_between_two_steps_a_way_is_straight_and_after_its_end_it_stays():
    rows = np.array(PLACES)
    assert at_moment(rows, 1.25) == pytest.approx(0.75 * rows[1] + 0.25 * rows[2])
    assert at_moment(rows, 7).tolist() == [1.0, 0.25] and at_moment(rows, 0).tolist() == [-0.5, -1.0]
    assert gone_by(rows, 1.25) == pytest.approx(np.array([*rows[:2], at_moment(rows, 1.25)]))
    assert moments_of(5, 3) == pytest.approx([0, 0.75, 1.5, 2.25, 3])


def test_charts_hold_what_they_show():
    low, high = range_of(np.array([np.nan, -1.0, 1e-3, 10.0, np.inf]), True)
    assert 0 < low < 1e-3 and 10 < high < 30
    assert range_of(np.array([2.0, 2.0]), False) == pytest.approx((1.9, 2.1))
    shown = Chart("loss", True, (low, high)).shown(np.array([100.0, 0.0, -3.0, np.nan]))
    assert shown[0] == 2 and np.isnan(shown[1:]).all()


def test_a_clipped_scale_shows_every_critical_point_and_a_log_scale_no_more_than_a_fiftieth_on_its_floor(race):
    losses = np.arange(1.0, 144.0).reshape(13, 11) ** 3
    raised = [replace(race.points[0], value=1e6)]
    changed = replace(race, losses=losses, points=tuple(raised))
    surface = Surface(race.grid, {"loss": losses}, np.ones(losses.shape))
    clipped = race_scale(changed, surface, "clipped")
    assert clipped.kind == "clipped" and clipped.high == pytest.approx(1e6 + 0.1 * (1e6 - 1))
    assert race_scale(changed, surface, "log").low == 3.0**3
    with pytest.raises(ValueError, match="unknown scale 'cubic'; choose one of log, linear, clipped"):
        race_scale(changed, surface, "cubic")


def test_colours_are_those_of_the_pages():
    text = THEME_JS.read_text()
    listed = re.search(r"curves: \[(.*)\]", text)[1]
    dark = re.sub(r'dark \? ("#\w+") : "#\w+"', r"\1", listed)
    light = re.sub(r'dark \? "#\w+" : ("#\w+")', r"\1", listed)
    for theme, curves in (("light", light), ("dark", dark)):
        assert list(THEMES[theme].curves) == re.findall(r"#\w+", curves)
    assert re.findall(r'second: .*"magma" \? "(#\w+)" : "(#\w+)"', text) == [("#19d3c5", ALONE)]


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


def test_a_surface_without_a_path_or_with_one_that_is_not_measured_is_refused():
    with pytest.raises(ValueError) as caught:
        require_path(replace(roomy(), origin=Origin()), "s.h5")
    assert str(caught.value) == (
        "s.h5 holds a surface without a path, and nothing moves on it; give a file of `landscape trajectory` or `landscape race`"
    )
    surface = roomy()
    del surface.origin.record["path"]["points"][0]["metrics"]
    with pytest.raises(ValueError, match="the checkpoints of s.h5 are not measured yet"):
        require_path(surface, "s.h5")
