"""`landscape surface --planes K`: independent planes in one file, the same for any number of ranks."""

from pathlib import Path

import numpy as np
import pytest

from landscape.cli.surface import surface_command
from landscape.store.surface_file import read_surface
from landscape.sweep.world import World

TINY = ["--model", "mlp", "--untrained", "1", "--num-samples", "400"]
PLANE = ["--x", "-0.5:1:5", "--y", "-1:0.25:4"]


pytestmark = pytest.mark.usefixtures("here")


def made(name: str, *options: str):
    surface_command([*TINY, *options, "--out", name], World())
    return read_surface(Path(f"{name}.h5"))


@pytest.mark.slow
def test_as_many_ranks_as_planes_give_the_bits_of_one(run):
    options = [*TINY, "--x", "-0.5:1:9", "--y", "-1:0.5:9", "--planes", "3"]
    for ranks, name in ((None, "alone"), (3, "three")):
        ended = run("-m", "landscape", "surface", *options, "--out", name, ranks=ranks)
        assert ended.returncode == 0, ended.stderr
    alone, three = (read_surface(Path(f"{name}.h5")) for name in ("alone", "three"))
    assert alone.grid.shape == (3, 9, 9) and alone.is_complete
    for name in alone.values:
        np.testing.assert_array_equal(three.values[name], alone.values[name])
    assert three.belief.arrays.keys() == alone.belief.arrays.keys() >= {"fresh_done", "comparison_done"}
    for name, array in alone.belief.arrays.items():
        np.testing.assert_array_equal(three.belief.arrays[name], array)


@pytest.mark.parametrize("axes", [PLANE, ["--x", "-0.5:1:6"]], ids=["planes", "lines"])
def test_the_first_is_that_of_a_run_without_and_the_others_have_directions_of_their_own(axes):
    several, single = made("several", *axes, "--planes", "3"), made("single", *axes)
    first, second, third = (plane.values["train_loss"] for plane in several.planes)
    np.testing.assert_array_equal(first, single.values["train_loss"])
    away = first != np.asarray(single.origin.record["center"]["train_loss"])
    for one, other in ((first, second), (first, third), (second, third)):
        assert (one != other)[away].all()


def test_all_planes_meet_in_the_center():
    surface = made("several", "--x", "-1:1:3", "--y", "-1:1:5", "--planes", "4")
    np.testing.assert_array_equal(surface.values["train_loss"][:, 1, 2], surface.origin.record["center"]["train_loss"])


def test_each_pair_of_directions_has_its_cosine_recorded():
    record = made("several", *PLANE, "--planes", "3").origin.record
    bound = 5 * record["direction_report"]["expected_cosine"]
    assert record["cosines"][0] == pytest.approx(record["direction_report"]["cosine"], rel=1e-12)
    assert len(set(record["cosines"])) == 3 and max(map(abs, record["cosines"])) < bound


def test_a_range_is_found_for_all_of_them():
    surface = made("auto", "--x", "auto:5", "--planes", "2")
    assert surface.grid.shape == (2, 5) and surface.is_complete


def test_another_number_of_planes_is_another_run(capsys):
    made("mine", *PLANE, "--planes", "2")
    with pytest.raises(Exception, match="planes: 2 in the file, 3 now"):
        made("mine", *PLANE, "--planes", "3")
