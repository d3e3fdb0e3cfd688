"""Films of paths and races: where heads are at each moment, what the pictures hold, and what is written."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from path_films import ALONE, HALFWAY, SMALL, has_head, is_there, path_film, roomy
from walked import AVERAGE, PLACES

from landscape.film.film import THEMES, Chart, at_moment, gone_by, moments_of, range_of
from landscape.film.movers import last_inside
from landscape.film.of_path import require_path
from landscape.film.of_race import film_of_race, race_scale
from landscape.film.stage import Stage
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.race.courses import COURSES
from landscape.race.race import run_race
from landscape.surface import Surface

THEME_JS = Path(__file__).parents[2] / "landscape/figures/assets/page/theme.js"


@pytest.fixture(scope="module")
def race():
    """Two optimizers; the first leaves the saddle, then the frame, and runs off."""
    grid = Grid(np.linspace(-1.5, 1.5, 13), np.linspace(-1.5, 2.0, 11))
    return run_race(COURSES["saddle"], ["momentum", "adagrad"], [(1.0, 1e-4)], grid, steps=60)


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
