"""Checkpoints in planes: places, distances off them, and the frame that holds a path."""

import numpy as np
import pytest
import torch
from path_checkpoints import SIZE, checkpoints, tensors, turning_path

from landscape.path.extent import axes_holding
from landscape.path.principal import principal
from landscape.path.projection import held_share, projected
from landscape.plane import Plane

PLACES = np.array([(0.5, 0.25), (-3.0, 0.0), (1.5, -7.25), (48.4, 22.2)])


def skew_plane(seed: int = 5) -> tuple[Plane, np.ndarray, np.ndarray]:
    """Return a plane whose directions are neither unit nor orthogonal, with center and directions as vectors."""
    random = np.random.default_rng(seed)
    center, u, rest = random.normal(size=(3, SIZE))
    directions = np.stack([3 * u, 0.4 * u + 0.2 * rest])
    return Plane(tensors(center), *(tensors(direction) for direction in directions)), center, directions


def test_a_path_inside_any_plane_has_its_coordinates_and_no_residual():
    plane, center, directions = skew_plane()
    found = projected(checkpoints(center + PLACES @ directions), plane)
    assert found.places == pytest.approx(PLACES, abs=1e-9)
    assert found.distances == pytest.approx(np.zeros(4), abs=1e-9)


def test_a_path_off_a_plane_has_its_nearest_points_and_distances():
    plane, center, directions = skew_plane()
    rows = turning_path(6)
    wanted, squares, _, _ = np.linalg.lstsq(directions.T, (rows - center).T, rcond=None)
    found = projected(checkpoints(rows), plane)
    assert found.places == pytest.approx(wanted.T, rel=1e-8)
    assert found.distances == pytest.approx(squares**0.5, rel=1e-10)
    assert found.from_center == pytest.approx(np.linalg.norm(rows - center, axis=1), rel=1e-12)


def test_the_share_that_a_plane_holds_is_that_of_a_dense_projection_wherever_the_plane_goes_through():
    rows = turning_path(6)
    offsets = rows - rows.mean(axis=0)
    singular = np.linalg.svd(offsets, compute_uv=False)
    for seed in (5, 6):
        plane, _, directions = skew_plane(seed)
        inside = offsets @ np.linalg.pinv(directions) @ directions
        found = held_share(projected(checkpoints(rows), plane).places, plane.gram, singular)
        assert found == pytest.approx((inside**2).sum() / (offsets**2).sum(), rel=1e-8) and 0 < found < 0.9


def test_the_principal_plane_holds_its_shares_and_random_ones_two_of_all_weights_on_average():
    rows = turning_path(6)
    best = principal(checkpoints(rows))
    places = projected(checkpoints(rows), best.plane).places
    assert held_share(places, best.plane.gram, best.singular_values) == pytest.approx(best.shares[:2].sum(), rel=1e-9)
    random, found = np.random.default_rng(3), []
    for _ in range(2000):
        directions = random.normal(size=(2, SIZE))
        inside = rows @ np.linalg.pinv(directions)
        found.append(held_share(inside, directions @ directions.T, best.singular_values))
    error = np.std(found) / len(found) ** 0.5
    assert np.mean(found) == pytest.approx(2 / SIZE, abs=4 * error) and error < 0.05 * 2 / SIZE


def test_a_path_onto_a_line_has_one_coordinate():
    plane, center, directions = skew_plane()
    found = projected(checkpoints(center + np.outer([0.3, -2], directions[0])), Plane(plane.center, plane.u))
    assert found.places == pytest.approx(np.array([[0.3], [-2]]), abs=1e-12) and found.places.shape == (2, 1)


def test_several_runs_share_the_plane_that_is_principal_to_all():
    first, second = turning_path(7), turning_path(7) + 0.5
    together = np.concatenate([first, second])
    _, _, directions = np.linalg.svd(together - together.mean(axis=0), full_matrices=False)
    plane = principal(checkpoints(together)).plane
    for rows in (first, second):
        ours = projected(checkpoints(rows), plane)
        assert np.abs(ours.places) == pytest.approx(np.abs((rows - together.mean(axis=0)) @ directions[:2].T), abs=1e-9)


def test_float32_checkpoints_inside_a_plane_lie_off_it_by_their_rounding_alone():
    plane, center, directions = skew_plane()
    rows = center + PLACES[:3] @ directions
    found = projected(checkpoints(rows, torch.float32), plane)
    assert found.places == pytest.approx(PLACES[:3], abs=1e-5)
    assert (found.distances < 6e-8 * np.linalg.norm(rows, axis=1)).all() and (found.distances > 0).all()


def test_the_frame_holds_the_path_with_its_margin():
    x, y = axes_holding(np.array([(3.0, -1.0), (5.0, 0.5), (4.0, 1.0)]), 7, 0.2)
    assert (x[0], x[-1], len(x)) == pytest.approx((2.6, 5.4, 7)) and (y[0], y[-1]) == pytest.approx((-1.4, 1.4))
    assert np.diff(x) == pytest.approx(np.full(6, 2.8 / 6))


def test_a_straight_path_has_a_frame_that_is_not_too_narrow():
    x, y = axes_holding(np.array([(-2.0, 3.0), (6.0, 3.0)]), 5, 0.25)
    assert (x[0], x[-1]) == (-4, 8) and (y[0], y[-1]) == (1.5, 4.5)


def test_along_directions_of_unequal_lengths_the_frame_is_no_wider_in_weight_space():
    lengths = np.array([40.0, 0.5])
    unit = np.array([(-2.0, 3.0), (6.0, 11.0)])  # as long along either direction
    axes = axes_holding(unit / lengths, 5, 0.25, lengths)
    for axis, other, length in zip(axes, axes_holding(unit, 5, 0.25), lengths):
        assert length * axis == pytest.approx(other)
    axes = axes_holding(np.array([(-2.0, 3.0), (6.0, 3.0)]), 5, 0.25, (1.0, 0.0))  # a direction that is zero
    assert axes[1][[0, -1]].tolist() == [1.5, 4.5]


@pytest.mark.parametrize(
    "places, num, margin, sentence",
    [
        (
            [(1, 2), (1, 2)],
            5,
            0.2,
            "the path is one point in this plane, so that no frame holds it; choose another plane",
        ),
        ([(1, 2), (3, 4)], 1, 0.2, "a frame needs 2 points an axis and a margin of 0 or more, not 1 and 0.2"),
        ([(1, 2), (3, 4)], 5, -0.2, "a frame needs 2 points an axis and a margin of 0 or more, not 5 and -0.2"),
    ],
)
def test_what_has_no_frame_is_refused_in_a_sentence(places, num, margin, sentence):
    with pytest.raises(ValueError) as error:
        axes_holding(np.array(places, float), num, margin)
    assert str(error.value) == sentence
