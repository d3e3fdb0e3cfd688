"""A relief: a surface's heights as a mesh, with holes where nothing is known."""

import re

import numpy as np
import pytest
from surfaces import line, slanted, with_values

from landscape.figures.relief import relief_of
from landscape.surface import Surface

TALLEST = 0.62 * 1.5  # the grid is 1.5 by 1.25


def area_of(triangle) -> float:
    (ax, ay), (bx, by), (cx, cy) = triangle
    return ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2


def areas(relief) -> list[float]:
    """Return each triangle's area seen from above; negative if it faces down."""
    return [area_of(triangle) for triangle in relief.vertices[relief.triangles][:, :, :2]]


def at(relief, x: float, y: float) -> float | None:
    """Return the height of the vertex at (x, y); None where there is none."""
    place = np.flatnonzero((relief.vertices[:, 0] == x) & (relief.vertices[:, 1] == y))
    return float(relief.vertices[place[0], 2]) if len(place) else None


@pytest.mark.parametrize("kind", ["log", "linear"])
def test_each_point_stands_at_its_coordinates_at_a_height_that_its_words_turn_back_into_the_loss(kind):
    surface = slanted()
    relief = relief_of(surface, kind=kind)
    loss = surface.values["train_loss"]
    formula = re.fullmatch(r"train_loss = (.*), in nats a sample", relief.words["z"])[1].replace(" z", " * z")
    for i, j in surface.grid.indices():
        z = at(relief, *surface.grid.point((i, j)))
        assert eval(formula, {"z": z}) == pytest.approx(loss[i, j], rel=1e-8)  # nine digits are printed
    assert relief.vertices[:, 2].min() == 0 and relief.vertices[:, 2].max() == pytest.approx(TALLEST)
    assert relief.words["height"].startswith({"log": "log10", "linear": "linear"}[kind])


def test_triangles_cover_the_grid_once_and_face_up():
    relief = relief_of(slanted())
    assert len(relief.triangles) == 2 * 5 * 3
    assert min(areas(relief)) > 0
    assert sum(areas(relief)) == pytest.approx(1.5 * 1.25)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_triangle_touches_a_point_that_is_not_finite(value):
    surface = with_values(lambda loss: loss.__setitem__((2, 1), value))
    relief = relief_of(surface)
    assert at(relief, *surface.grid.point((2, 1))) is None and len(relief.vertices) == 23
    cell = 1.5 / 5 * 1.25 / 3
    assert sum(areas(relief)) == pytest.approx(1.5 * 1.25 - 4 * cell / 2)  # half of each of four cells stays
    assert min(areas(relief)) > 0


def test_no_triangle_touches_a_point_that_is_not_done():
    whole = slanted()
    done = np.array(whole.done)
    done[0, 3] = 0
    relief = relief_of(Surface(whole.grid, whole.values, done))
    assert at(relief, *whole.grid.point((0, 3))) is None and len(relief.triangles) == 2 * 15 - 1


def test_a_loss_of_zero_stands_on_the_floor_and_a_negative_one_makes_the_height_linear():
    floored = relief_of(with_values(lambda loss: loss.__setitem__((3, 2), 0.0)))
    assert at(floored, *slanted().grid.point((3, 2))) == 0 and floored.words["height"].startswith("log10")
    assert relief_of(with_values(lambda loss: loss.__setitem__((3, 2), -1.0))).words["height"] == "linear"


def test_a_flat_surface_is_flat():
    relief = relief_of(with_values(lambda loss: loss.fill(2.5)))
    assert np.ptp(relief.vertices[:, 2]) == 0 and np.isfinite(relief.vertices).all()


def test_another_metric_is_taken_when_asked_for():
    assert relief_of(slanted(), "train_accuracy", "linear").words["z"].endswith(", a fraction")


def test_what_has_no_relief_is_refused():
    for surface, metric, wanted in (
        (line(), None, "a line has no surface to make a mesh of; choose csv, npz, vtk or reference-h5"),
        (slanted(), "loss", "there is no metric 'loss'; choose one of train_accuracy, train_loss"),
        (
            with_values(lambda loss: loss[1::2].fill(np.nan)),
            None,
            "no three neighbouring points of train_loss are measured and finite, so that there is no surface to make a mesh of",
        ),
    ):
        with pytest.raises(ValueError) as caught:
            relief_of(surface, metric)
        assert str(caught.value) == wanted
