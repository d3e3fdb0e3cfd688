"""Functions to race on, the user's own among them."""

import pytest
import torch

from landscape.race.courses import COURSES, find_course


@pytest.mark.parametrize("name", COURSES)
def test_each_course_starts_inside_its_frame(name):
    course = COURSES[name]
    low, high, bottom, top = course.frame
    assert course.starts and all(low < x < high and bottom < y < top for x, y in course.starts)
    assert find_course(name) is course


@pytest.fixture
def mine(tmp_path):
    """Return the spec of a name in a file of the user's."""
    place = tmp_path / "mine.py"
    place.write_text(
        "import torch\n"
        "def bowl(x, y): return 3 * x**2 + y**2\n"
        "def word(x, y): return 'high'\n"
        "def pair(x, y): return torch.stack([x, y])\n"
        "def flat(x, y): return torch.tensor(1.0)\n"
        "def broken(x, y): return x / 'y'\n"
    )
    return lambda name: f"{place}:{name}"


def test_a_users_function_is_a_course(mine):
    course = find_course(mine("bowl"), (-1.0, 4.0, -2.0, 3.0))
    assert course.name == "bowl" and course.starts == ((0.0, -1.0),)
    assert course.function(torch.tensor(2.0), torch.tensor(1.0)) == 13


WANTED = "must return one number that torch can differentiate by x and y, not"


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("word", f"{WANTED} str"),
        ("pair", f"{WANTED} a tensor of shape (2,) and kind torch.float64"),
        ("flat", f"{WANTED} a tensor of shape () and kind torch.float32"),
        ("broken", "fails: TypeError in"),
        ("absent", "has no function 'absent'"),
    ],
)
def test_what_is_no_function_of_two_numbers_is_said(name, sentence, mine):
    with pytest.raises(ValueError, match="^the surface ") as caught:
        find_course(mine(name))
    assert sentence in str(caught.value) and mine(name) in str(caught.value)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(ValueError) as caught:
        find_course("hill")
    assert str(caught.value) == (
        "there is no surface 'hill'; choose one of saddle, monkey, product, beale, rosenbrock, camel, himmelblau, rastrigin, valley, "
        "or give path/file.py:f, a function of torch (x, y)"
    )
