"""The file of a race gives back what was put in."""

from dataclasses import fields, replace

import h5py
import numpy as np
import pytest

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.race.courses import COURSES
from landscape.race.race import Race, run_race
from landscape.store.race_file import read_race, write_race

GRID = Grid(np.linspace(-1.5, 1.5, 4), np.linspace(-1.5, 2.0, 3))


@pytest.fixture(scope="module")
def race() -> Race:
    """One run that leaves and runs off, one that never does; two starts."""
    origin = Origin({"seed": 3}, {"torch": "2"}, {"command": "race"})
    starts = [(1.0, 1e-4), (0.7, 0.0)]
    race = run_race(COURSES["saddle"], ["sgd", "adam"], starts, GRID, steps=110, origin=origin)
    return replace(race, points=(*race.points, replace(race.points[0], width=0.25)))


def same(ours, theirs) -> bool:
    if isinstance(ours, np.ndarray):
        return np.array_equal(ours, theirs, equal_nan=True) and ours.dtype == theirs.dtype
    if isinstance(ours, Grid):
        return np.array_equal(ours.x, theirs.x) and np.array_equal(ours.y, theirs.y)
    return ours == theirs


def assert_same(ours, theirs) -> None:
    for field in fields(ours):
        if field.name not in ("runs", "points"):
            assert same(getattr(ours, field.name), getattr(theirs, field.name)), field.name


def test_a_race_is_read_as_it_was_written(race, tmp_path):
    write_race(race, tmp_path / "race.h5")
    found = read_race(tmp_path / "race.h5")
    assert_same(race, found)
    for name in ("runs", "points"):
        ours, theirs = getattr(race, name), getattr(found, name)
        assert len(ours) == len(theirs) > 0
        for one, other in zip(ours, theirs):
            assert_same(one, other)
    assert [run.diverged_at is None for run in found.runs] == [False, True, True, True]


def test_a_race_without_critical_points_has_a_file_too(tmp_path):
    bare = run_race(COURSES["saddle"], ["sgd"], [(1.0, 1.0)], Grid([0.5, 1.0], [0.5, 1.2]), steps=2)
    write_race(bare, tmp_path / "bare.h5")
    assert bare.points == () == read_race(tmp_path / "bare.h5").points


def test_the_dimensions_have_names(race, tmp_path):
    write_race(race, tmp_path / "race.h5")
    with h5py.File(tmp_path / "race.h5") as file:
        assert [dim.keys()[0] for dim in file["place"].dims] == ["run", "step", "weight"]
        assert file["loss"].shape == (4, 3) and file["step_length"].shape == (4, 110)


def test_what_is_no_race_is_said(tmp_path):
    with pytest.raises(OSError) as caught:
        read_race(tmp_path / "race.h5")
    assert str(caught.value) == f"there is no race file {tmp_path / 'race.h5'}"
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["x"] = [1, 2]
    with pytest.raises(OSError) as caught:
        read_race(tmp_path / "mine.h5")
    assert (
        str(caught.value) == f"{tmp_path / 'mine.h5'} is an HDF5 file of another kind, not a race; it was left as it is"
    )
