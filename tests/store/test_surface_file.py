"""The surface file: what goes in comes out, bit for bit."""

import math
import os
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from partly_done import GRID, LINE, PLANES, partly_done

from landscape.batch_losses import BatchLosses
from landscape.belief_record import BeliefRecord
from landscape.store.surface_file import part_of, read_surface, write_surface
from landscape.surface import Surface, empty_surface


@pytest.mark.parametrize("grid", [GRID, LINE, PLANES], ids=["plane", "line", "planes"])
def test_a_surface_comes_back_bit_for_bit(tmp_path, grid):
    surface = partly_done(grid)
    write_surface(surface, tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5")
    assert found.grid.dims == grid.dims
    assert found.grid.num_planes == grid.num_planes
    for name in grid.axes:
        assert getattr(found.grid, name).tobytes() == getattr(grid, name).tobytes()
    assert list(found.values) == list(surface.values)
    for name, array in surface.values.items():
        assert found.values[name].tobytes() == array.tobytes() and found.values[name].dtype == np.float64
    assert found.done.tobytes() == surface.done.tobytes() and found.done.dtype == np.uint8
    assert found.origin == surface.origin


def test_what_was_measured_beside_comes_back_bit_for_bit(tmp_path):
    arrays = {"fresh_done": [1.0, 0.0], "hessian_uv": [-0.0, math.nan], "comparison_loss": [math.inf, 1 / 3, 5e-324]}
    belief = BeliefRecord({name: np.array(array) for name, array in arrays.items()}, {"level": "full", "step": 1e-3})
    write_surface(replace(partly_done(GRID), belief=belief), tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5").belief
    assert found.findings == belief.findings and found.arrays.keys() == belief.arrays.keys()
    assert all(found.arrays[name].tobytes() == array.tobytes() for name, array in belief.arrays.items())
    write_surface(partly_done(GRID), tmp_path / "none.h5")
    assert read_surface(tmp_path / "none.h5").belief is None


@pytest.mark.parametrize("grid", [GRID, LINE, PLANES], ids=["plane", "line", "planes"])
def test_surfaces_of_batches_come_back_bit_for_bit_and_change_no_other_bit(tmp_path, grid):
    shape, random = grid.of_one_plane().shape, np.random.default_rng(2)
    members = {3: random.permuted(np.tile(np.arange(9), (4, 1)), axis=1)[:, :3], 1: np.array([[4], [0]])}
    losses = {3: random.normal(size=(4, *shape)), 1: np.full((2, *shape), 1 / 3)}
    losses[3].ravel()[:3] = [math.nan, math.inf, 5e-324]
    done = random.integers(2, size=shape)
    findings = {"split": "train", "gradient": {"mean_square": 0.1, "trace": 1 / 3}}
    batches = BatchLosses(np.arange(9) * 5, members, losses, random.normal(size=shape), done, findings)
    write_surface(replace(partly_done(grid), batches=batches), tmp_path / "s.h5")
    found = read_surface(tmp_path / "s.h5")
    assert found.batches.findings == findings and found.batches.sizes == (1, 3)
    for name in ("samples", "whole", "done"):
        assert getattr(found.batches, name).tobytes() == getattr(batches, name).tobytes()
    for size in (1, 3):
        assert found.batches.losses[size].tobytes() == batches.losses[size].tobytes()
        np.testing.assert_array_equal(found.batches.members[size], members[size])
    write_surface(replace(found, batches=None), tmp_path / "without.h5")
    write_surface(partly_done(grid), tmp_path / "never.h5")
    assert (tmp_path / "without.h5").read_bytes() == (tmp_path / "never.h5").read_bytes()
    assert read_surface(tmp_path / "never.h5").batches is None


def test_the_payload_of_a_nan_survives(tmp_path):
    loss = np.full(GRID.shape, np.nan)
    loss.view(np.uint64)[2, 1] = 0xFFF8000000000123
    write_surface(Surface(GRID, {"train_loss": loss}, np.ones(GRID.shape)), tmp_path / "s.h5")
    assert read_surface(tmp_path / "s.h5").values["train_loss"].tobytes() == loss.tobytes()


def test_nothing_measured_is_not_the_same_as_nan_measured(tmp_path):
    blank = empty_surface(GRID, ["train_loss"])
    write_surface(blank, tmp_path / "blank.h5")
    write_surface(Surface(GRID, blank.values, np.ones(GRID.shape)), tmp_path / "nan.h5")
    assert read_surface(tmp_path / "blank.h5").num_done == 0
    assert read_surface(tmp_path / "nan.h5").num_done == 20


@pytest.mark.parametrize("grid", [GRID, LINE], ids=["plane", "line"])
def test_the_same_surface_gives_the_same_bytes(tmp_path, grid):
    digests = set()
    for name in ("a.h5", "b.h5"):
        write_surface(partly_done(grid), tmp_path / name)
        digests.add(sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    write_surface(empty_surface(GRID, ["train_loss"]), tmp_path / "s.h5")
    before = os.stat(tmp_path / "s.h5").st_ino
    write_surface(partly_done(GRID), tmp_path / "s.h5")
    assert os.stat(tmp_path / "s.h5").st_ino != before
    assert [path.name for path in tmp_path.iterdir()] == ["s.h5"]


def test_a_write_takes_one_fixed_neighbour_name_and_what_a_kill_left_there_does_not_hinder_it(tmp_path):
    assert part_of(tmp_path / "s.h5") == tmp_path / ".s.h5.part"
    part_of(tmp_path / "s.h5").write_bytes(b"the beginning of a fi")
    write_surface(partly_done(GRID), tmp_path / "s.h5")
    assert read_surface(tmp_path / "s.h5").num_done == 19
    assert [path.name for path in tmp_path.iterdir()] == ["s.h5"]
