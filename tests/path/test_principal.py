"""The principal plane of checkpoints against a dense singular value decomposition, and what must not matter to it."""

import tracemalloc

import numpy as np
import pytest
import torch
from path_checkpoints import SHAPES, SIZE, checkpoints, flat, tensors, turning_path

from landscape.path.checkpoints import checkpoints_of
from landscape.path.principal import principal
from landscape.path.projection import projected
from landscape.path.random_walk import random_walk_share


def dense(rows: np.ndarray, kind: str):
    origin = rows.mean(axis=0) if kind == "centered" else rows[-1]
    _, singular, directions = np.linalg.svd(rows - origin, full_matrices=False)
    return origin, singular, directions


@pytest.mark.parametrize("kind", ["centered", "last"])
@pytest.mark.parametrize("num", [3, 7, 11, 20])
def test_the_principal_plane_is_that_of_a_dense_decomposition(kind, num):
    rows = turning_path(num)
    origin, singular, directions = dense(rows, kind)
    found = principal(checkpoints(rows), kind)
    assert found.kind == kind and flat(found.origin) == pytest.approx(origin, rel=1e-14)
    assert found.singular_values[:2] == pytest.approx(singular[:2], rel=1e-12)
    assert found.singular_values == pytest.approx(
        singular, abs=1e-7 * singular[0]
    )  # roots of the Gram matrix's rounding
    for ours, theirs in zip(found.directions, directions):
        assert abs(flat(ours) @ theirs) == pytest.approx(1, abs=1e-12)
    assert found.shares.sum() == pytest.approx(1, abs=1e-12)
    assert found.shares[:2] == pytest.approx((singular**2 / (singular**2).sum())[:2], rel=1e-12)


@pytest.mark.parametrize("kind", ["centered", "last"])
def test_directions_are_orthonormal_and_coordinates_are_those_of_the_decomposition(kind):
    rows = turning_path(13)
    found = principal(checkpoints(rows), kind)
    matrix = np.stack([flat(direction) for direction in found.directions])
    assert matrix @ matrix.T == pytest.approx(np.eye(2), abs=1e-14)
    projection = projected(checkpoints(rows), found.plane)
    assert (projection.places**2).sum(axis=0) == pytest.approx(found.singular_values[:2] ** 2, rel=1e-12)
    rest = (projection.distances**2).sum()
    assert rest == pytest.approx((found.singular_values[2:] ** 2).sum(), rel=1e-9)
    offsets = rows - flat(found.origin)
    assert projection.from_center == pytest.approx(np.linalg.norm(offsets, axis=1), rel=1e-12)


@pytest.mark.parametrize("held", [1, 4, 5, 8, 100])
def test_how_many_checkpoints_are_held_changes_nothing(held):
    rows = turning_path(12)
    wanted, found = principal(checkpoints(rows)), principal(checkpoints(rows), held=held)
    assert found.singular_values == pytest.approx(wanted.singular_values, abs=1e-7)
    for ours, theirs in zip(found.directions, wanted.directions):
        assert flat(ours) == pytest.approx(flat(theirs), abs=1e-12)


def test_the_same_checkpoints_give_the_same_bits():
    first, second = (principal(checkpoints(turning_path(9))) for _ in range(2))
    assert all(torch.equal(a[name], b[name]) for a, b in zip(first.directions, second.directions) for name in SHAPES)


@pytest.mark.parametrize("kind", ["centered", "last"])
def test_a_path_ends_above_where_it_began(kind):
    for seed in range(6):
        rows = turning_path(10, seed)
        places = projected(checkpoints(rows), principal(checkpoints(rows), kind).plane).places
        assert (places[-1] > places[0]).all()
        backwards = projected(checkpoints(rows[::-1]), principal(checkpoints(rows[::-1]), kind).plane).places
        assert (backwards[-1] > backwards[0]).all()


def test_a_closed_path_has_its_farthest_point_above_zero():
    angles = 2 * np.pi * np.arange(9) / 8
    basis = np.linalg.qr(np.random.default_rng(8).normal(size=(SIZE, 2)))[0]
    for turn in (1, -1):
        rows = 7 + turn * np.stack([2 * np.cos(angles), np.sin(angles) - 0.4 * np.cos(angles) ** 2], 1) @ basis.T
        rows[-1] = rows[0]
        places = projected(checkpoints(rows), principal(checkpoints(rows)).plane).places
        farthest = np.abs(places).argmax(axis=0)
        assert all(places[farthest[axis], axis] > 0 for axis in (0, 1))


def test_shares_do_not_hang_on_where_the_path_lies_nor_on_its_size():
    rows = turning_path(8)
    moved = principal(checkpoints(1e3 + 0.125 * rows))
    assert moved.shares[:3] == pytest.approx(principal(checkpoints(rows)).shares[:3], rel=1e-7)  # rounding of 1e3


@pytest.mark.parametrize("kind, nulls", [("centered", (0.61, 0.15, 0.07)), ("last", (0.81, 0.09, 0.03))])
def test_a_random_walk_in_many_dimensions_has_the_shares_of_the_null(kind, nulls):
    walk = np.random.default_rng(6).normal(size=(150, 4000)).cumsum(axis=0)
    found = principal(checkpoints_of([str(n) for n in range(150)], lambda n: {"w": torch.from_numpy(walk[n])}), kind)
    for number, null in enumerate(nulls, 1):
        assert random_walk_share(kind, number) == pytest.approx(null, abs=0.006)
        assert found.shares[number - 1] == pytest.approx(random_walk_share(kind, number), rel=0.15)


@pytest.mark.parametrize("kind", ["centered", "last"])
def test_the_shares_of_a_random_walk_sum_to_one(kind):
    assert sum(random_walk_share(kind, number) for number in range(1, 100_000)) == pytest.approx(1, abs=1e-5)


def test_many_checkpoints_take_the_memory_of_a_few():
    size, peaks = 50_000, {}
    basis = np.random.default_rng(2).normal(size=(3, size))

    def read(number: int):
        vector = 3 + np.array([number**0.5, np.sin(number), np.cos(number / 7)]) @ basis
        return {"w": torch.from_numpy(vector)}

    for num in (20, 60):
        tracemalloc.start()
        principal(checkpoints_of([str(n) for n in range(num)], read), held=8)
        peaks[num] = tracemalloc.get_traced_memory()[1] / (8 * size)
        tracemalloc.stop()
    assert peaks[20] < 8 + 3  # what is read is the test's own, two vectors and a bit
    assert peaks[60] == pytest.approx(peaks[20], abs=0.5)  # 60 x 60 inner products beside


def test_a_path_along_a_line_spans_no_plane():
    rows = turning_path(2) - 38
    straight = np.stack([rows[0] + share * (rows[1] - rows[0]) for share in (0, 0.3, 0.8, 1)])
    found = principal(checkpoints(straight, torch.float32))
    assert len(found.directions) == 1 and found.shares[0] == pytest.approx(1, abs=1e-9)
    with pytest.raises(ValueError) as error:
        found.plane
    assert str(error.value) == ("the 4 checkpoints lie along one line, so that they span no plane; give more of them")


def refused(rows_or_checkpoints, kind="centered") -> str:
    given = rows_or_checkpoints
    with pytest.raises(ValueError) as error:
        principal(checkpoints(given) if isinstance(given, np.ndarray) else given, kind)
    return str(error.value)


def test_what_is_no_path_is_refused_in_a_sentence():
    rows = turning_path(4)
    assert refused(rows[:1]) == "a path needs two checkpoints or more, and epoch 0 is one; give more of them"
    assert refused(rows[[1, 1, 1]]) == "all 3 checkpoints hold the same weights, so that there is no path between them"
    assert refused(rows, "first") == "the origin must be one of centered, last, not 'first'"
    rows[2, 13] = np.nan
    assert refused(rows) == (
        "epoch 2 holds inf or nan (in first.bias), so that it lies nowhere; training diverged there, so give the "
        "checkpoints before it"
    )
    with pytest.raises(ValueError) as error:
        checkpoints_of([], lambda number: {})
    assert str(error.value) == "a path needs checkpoints, and there are none"


def test_checkpoints_of_different_networks_are_refused_by_name():
    ours = tensors(turning_path(2)[0])
    theirs = {**ours, "last.weight": torch.zeros(3, 4), "more": torch.zeros(2)}
    mixed = checkpoints_of(["a.pt", "b.pt"], lambda number: (ours, theirs)[number])
    assert refused(mixed) == (
        "b.pt is of another network than a.pt, and does not fit the weights: unexpected more; "
        "last.weight is (3, 4) instead of (2, 4)"
    )
