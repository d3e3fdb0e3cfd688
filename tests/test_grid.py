import re

import numpy as np
import pytest

from landscape.grid import Grid, axis_from_text

FORM = "MIN:MAX:NUM, such as -1:1:25"


def small_grid() -> Grid:
    return Grid([-0.5, 0.25, 2.0], [0.1, 0.7])


def test_a_text_gives_evenly_spaced_numbers_with_both_ends():
    assert axis_from_text("-0.5:1.5:5").tolist() == [-0.5, 0.0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize(
    "text, place", [("-1:1:25", 12), ("-0.3:0.1:5", 3), ("-0.5:0.1:7", 5), ("-2.7:0.3:11", 9), ("0:3:4", 0)]
)
def test_zero_is_exact_where_it_is_one_of_the_points(text, place):
    axis = axis_from_text(text)
    assert axis[place] == 0.0 and not np.signbit(axis[place])


def test_no_zero_is_made_where_there_is_none():
    assert (axis_from_text("-1:1:24") != 0).all()


@pytest.mark.parametrize("text", ["", "1:2", "-1:1:5:7", "a:1:5", "-1:1:2.5", "-1,1,5"])
def test_another_form_of_text_is_refused(text):
    with pytest.raises(ValueError, match=f"^{re.escape(f'--y must be {FORM}, not {text!r}')}$"):
        axis_from_text(text, "y")


@pytest.mark.parametrize("text", ["1:-1:5", "1:1:5", "nan:1:5", "-inf:1:5", "0:1e999:5"])
def test_ends_out_of_order_or_infinite_are_refused(text):
    with pytest.raises(
        ValueError, match=f"^{re.escape(f'--x must be {FORM}, with MIN below MAX and both finite, not {text!r}')}$"
    ):
        axis_from_text(text)


@pytest.mark.parametrize("text", ["-1:1:1", "-1:1:0", "-1:1:-3"])
def test_fewer_than_two_numbers_are_refused(text):
    with pytest.raises(ValueError, match=f"^{re.escape(f'--x must be {FORM}, with NUM 2 or more, not {text!r}')}$"):
        axis_from_text(text)


@pytest.mark.parametrize("axis", [[1.0], [2.0, 1.0], [1.0, 1.0], [0.0, np.inf], [0.0, np.nan], [[0.0, 1.0]]])
def test_an_axis_that_does_not_increase_is_refused(axis):
    sentence = f"y must be two or more finite, increasing numbers, not {axis}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Grid([0.0, 1.0], axis)


def test_points_go_x_first_with_y_running_fastest():
    assert list(small_grid().indices()) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_point_is_x_then_y():
    assert small_grid().point((2, 1)) == (2.0, 0.7)


def test_the_shape_is_that_of_x_then_y():
    assert (small_grid().shape, small_grid().num_points, small_grid().dims) == ((3, 2), 6, ("x", "y"))


def test_a_line_has_one_axis_and_lies_at_beta_zero():
    line = Grid([-0.5, 0.25, 2.0])
    assert (line.shape, line.dims, line.num_points) == ((3,), ("x",), 3)
    assert list(line.indices()) == [(0,), (1,), (2,)]
    assert line.point((1,)) == (0.25, 0.0)


def test_a_grid_says_its_shape_in_words():
    assert (str(small_grid()), str(Grid([0.0, 1.0, 5.0]))) == ("3 x 2", "3 line")


def test_a_grid_keeps_read_only_copies():
    given = np.array([0.0, 1.0])
    grid = Grid(given)
    given[0] = -7.0
    assert grid.x.tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        grid.x[0] = 3.0


@pytest.mark.parametrize("num", [2, 25, 50, 51, 199])
def test_a_symmetric_axis_is_its_own_mirror_to_the_last_bit(num):
    axis = axis_from_text(f"-1:1:{num}")
    np.testing.assert_array_equal(axis, -axis[::-1])
    assert axis[0] == -1
