"""Three networks in their plane: true proportions, exact corners, places of others."""

import numpy as np
import pytest
import torch

from landscape.problem.mixtures import mixed
from landscape.triangle import Triangle, axes_around, place_of, shares_on_line, triangle_of

SHAPES = {"first.weight": (3, 2), "first.bias": (3,), "last.weight": (1, 3)}


def weights(seed: int) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(*shape, generator=random, dtype=torch.float64) * (1 + place)
        for place, (name, shape) in enumerate(SHAPES.items())
    }


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensors[name].numpy().ravel() for name in SHAPES])


def mixture(networks, shares) -> dict[str, torch.Tensor]:
    return {name: mixed(name, networks, shares) for name in SHAPES}


CORNERS = weights(1), weights(2), weights(3)


def test_a_right_angle_is_drawn_as_one():
    zero = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in SHAPES.items()}
    along, across = ({**zero, name: torch.zeros(SHAPES[name], dtype=torch.float64)} for name in ("first.bias",) * 2)
    along["first.bias"][0], across["first.bias"][0], across["last.weight"] = 2.0, 1.0, torch.tensor([[0.0, 3.0, 0.0]])
    assert triangle_of(zero, along, across) == Triangle(0.5, 1.5, 2.0)


def test_corners_are_the_networks_alone_to_the_bit():
    random = np.random.default_rng(5)
    for x, y, side in random.normal(size=(200, 3)):
        triangle = Triangle(x, abs(y), abs(side))
        for place, corner in enumerate(triangle.corners):
            assert triangle.shares(*corner) == tuple(float(place == number) for number in range(3))
    assert (shares_on_line(0.0), shares_on_line(1.0)) == ((1.0, 0.0), (0.0, 1.0))
    for place in range(3):
        shares = tuple(float(place == number) for number in range(3))
        broken = [{name: tensor * np.nan for name, tensor in network.items()} for network in CORNERS]
        broken[place] = CORNERS[place]
        found = mixture(tuple(broken), shares)
        assert all(torch.equal(found[name], CORNERS[place][name]) for name in SHAPES)


def test_lengths_and_angles_in_the_plane_are_true():
    triangle = triangle_of(*CORNERS)
    places = np.array([(0.3, -0.7), (1.4, 0.2), (-0.5, 1.1)])
    points = [flat(mixture(CORNERS, triangle.shares(*place))) for place in places]
    for one in range(3):
        for other in range(3):
            wanted = triangle.side * np.linalg.norm(places[one] - places[other])
            assert np.linalg.norm(points[one] - points[other]) == pytest.approx(wanted, rel=1e-12)


def test_points_of_the_plane_are_found_at_their_places_and_others_at_their_distance():
    triangle = triangle_of(*CORNERS)
    inside = mixture(CORNERS, triangle.shares(0.3, -0.7))
    assert place_of(inside, triangle, CORNERS) == (pytest.approx(0.3), pytest.approx(-0.7), 0.0)
    sides = np.stack([flat(CORNERS[1]) - flat(CORNERS[0]), flat(CORNERS[2]) - flat(CORNERS[0])])
    across = flat(weights(9))
    across -= np.linalg.lstsq(sides.T, across, rcond=None)[0] @ sides
    start, outside = 0, {}
    for name, shape in SHAPES.items():
        size = int(np.prod(shape))
        outside[name] = inside[name] + torch.from_numpy(across[start : start + size].reshape(shape))
        start += size
    found = place_of(outside, triangle, CORNERS)
    assert found == (pytest.approx(0.3), pytest.approx(-0.7), pytest.approx(np.linalg.norm(across)))


def test_the_average_of_the_three_lies_in_their_middle():
    triangle = triangle_of(*CORNERS)
    average = {name: sum(corner[name] for corner in CORNERS) / 3 for name in SHAPES}
    x, y, off = place_of(average, triangle, CORNERS)
    assert (x, y, off) == (pytest.approx((1 + triangle.x) / 3), pytest.approx(triangle.y / 3), 0.0)


@pytest.mark.parametrize("share", [0.5, -3.0, 1.0])
def test_three_along_one_line_span_no_plane(share):
    first, second, _ = CORNERS
    between = mixture((first, second), (1 - share, share))
    single = {name: tensor.float().double() for name, tensor in between.items()}
    assert triangle_of(first, second, single) is None


def test_axes_hold_every_place_and_are_as_long_one_as_the_other():
    places = [(0.0, 0.0), (1.0, 0.0), (0.47, 0.61), (0.49, 0.2)]
    x, y = axes_around(places, 12, 0.25)
    for number, axis in enumerate((x, y)):
        assert (np.diff(axis) > 0).all() and {place[number] for place in places} <= set(axis.tolist())
        step = 1.5 / 11
        assert np.diff(axis).max() <= 1.5 * step + 1e-12
    assert (x[0], x[-1]) == (pytest.approx(-0.25), pytest.approx(1.25))
    assert (y[0], y[-1]) == (pytest.approx(0.305 - 0.75), pytest.approx(0.305 + 0.75))


def test_axes_without_a_margin_end_at_the_outermost_places():
    x, _ = axes_around([(0.0, 0.0), (1.0, 0.0), (0.3, 0.4)], 5, 0.0)
    assert x[0] == 0.0 and x[-1] == 1.0 and 0.3 in x and len(set(np.round(x, 6))) == len(x)
