"""The reference implementation's surface files: each value at its coordinates, whichever way it goes."""

import h5py
import numpy as np
import pytest
from reference_layout import direction_file, reference_file

from landscape.grid import Grid
from landscape.store.reference_file import read_reference, reference_image
from landscape.surface import Surface, empty_surface

X, Y = np.linspace(-0.5, 1.0, 6), np.linspace(-1.0, 0.25, 4)


def loss(x, y):
    return 2 + x + 10 * y**2


def accuracy(x, y):
    return 30 + 7 * x - 3 * y


BOTH = {"train_loss": loss, "train_acc": accuracy}


def assert_placed(surface: Surface, name: str, function) -> None:
    for index in surface.grid.indices():
        assert surface.values[name][index] == function(*surface.grid.point(index)), index


@pytest.mark.parametrize("x, y", [(X, Y), (X, X / 2), (Y, X), (X, None)], ids=["6x4", "6x6", "4x6", "line"])
def test_each_value_is_read_at_its_coordinates(tmp_path, x, y):
    reference_file(tmp_path / "r.h5", x, y, BOTH)
    surface = read_reference(tmp_path / "r.h5")
    assert surface.grid.shape == ((len(x),) if y is None else (len(x), len(y))) and surface.is_complete
    assert list(surface.values) == ["train_loss", "train_accuracy"]
    assert_placed(surface, "train_loss", loss)
    assert_placed(surface, "train_accuracy", lambda x, y: accuracy(x, y) / 100)


def test_a_square_array_of_the_layout_is_transposed(tmp_path):
    reference_file(tmp_path / "r.h5", X, X / 2, BOTH)
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["train_loss"][1, 4] == loss(X[4], X[1] / 2)
        wanted = file["train_loss"][...].T
    assert np.array_equal(read_reference(tmp_path / "r.h5").values["train_loss"], wanted)


def test_arrays_of_a_meshgrids_shape_have_the_same_flat_index(tmp_path):
    reference_file(tmp_path / "r.h5", X, Y, BOTH, shape=(4, 6))
    assert_placed(read_reference(tmp_path / "r.h5"), "train_loss", loss)


def test_a_missing_value_is_a_point_not_done_and_nothing_else_is(tmp_path):
    odd = {3: np.nan, 4: np.inf, 5: 0.0, 6: -2.5}
    reference_file(tmp_path / "r.h5", X, Y, BOTH, missing=(0, 7, 23))
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        flat = file["train_loss"][...].ravel()
        for k, value in odd.items():
            flat[k] = value
        file["train_loss"][...] = flat.reshape(6, 4)
    surface = read_reference(tmp_path / "r.h5")
    missing = {(k % 6, k // 6) for k in (0, 7, 23)}
    assert {index for index in surface.grid.indices() if not surface.done[index]} == missing
    assert all(np.isnan(surface.values[name][index]) for name in surface.values for index in missing)
    for k, value in odd.items():
        np.testing.assert_equal(surface.values["train_loss"][k % 6, k // 6], value)


def test_a_point_counts_as_done_where_both_losses_are_there_and_the_others_are_counted(tmp_path):
    reference_file(tmp_path / "r.h5", X, Y, {**BOTH, "test_loss": lambda x, y: -1.0 if x == X[2] else 5 + x + y})
    surface = read_reference(tmp_path / "r.h5")
    assert surface.num_done == 20 and not surface.done[2].any()
    assert surface.origin.record["notes"] == ["4 points hold the loss of one split alone, and count as not done"]


def test_a_split_without_a_number_is_left_out(tmp_path):
    empty = {"test_loss": lambda x, y: -1.0, "test_acc": lambda x, y: -1.0}
    reference_file(tmp_path / "r.h5", X, Y, {**BOTH, **empty})
    surface = read_reference(tmp_path / "r.h5")
    assert list(surface.values) == ["train_loss", "train_accuracy"] and surface.is_complete
    assert surface.origin.record["notes"] == ["test_loss holds no number and was left out"]


def test_a_file_of_which_nothing_is_done_has_nothing_done(tmp_path):
    reference_file(tmp_path / "r.h5", X, Y, BOTH, missing=range(24))
    surface = read_reference(tmp_path / "r.h5")
    assert surface.num_done == 0 and list(surface.values) == ["train_loss", "train_accuracy"]


def test_the_origin_says_where_it_came_from_and_that_the_rest_is_unknown(tmp_path):
    reference_file(tmp_path / "r.h5", X, Y, BOTH)
    origin = read_reference(tmp_path / "r.h5").origin
    assert origin.record["imported"].startswith(f"{tmp_path}/r.h5, a surface file of the reference implementation (")
    assert origin.record["directions"] == ["unknown (the file names trained_nets/model_300.t7_weights.h5)"]
    assert list(origin.identity) == ["imported"] and len(origin.identity["imported"]) == 64


def partly_done(grid: Grid) -> Surface:
    """Return four metrics with inf, nan, 0 and negative losses, and points that are not done."""
    random = np.random.default_rng(5)
    values = {
        f"{split}_{kind}": random.random(grid.shape) for split in ("train", "test") for kind in ("loss", "accuracy")
    }
    values["train_loss"].ravel()[:4] = [np.nan, np.inf, 0.0, -0.25]
    done = np.ones(grid.shape, np.uint8)
    done.ravel()[[-1, -3]] = 0
    for array in values.values():
        array[done == 0] = np.nan
    return Surface(grid, values, done)


@pytest.mark.parametrize("grid", [Grid(X, Y), Grid(Y, X), Grid(X, X), Grid(X)], ids=str)
def test_what_is_written_and_read_again_is_the_same(tmp_path, grid):
    surface = partly_done(grid)
    (tmp_path / "r.h5").write_bytes(reference_image(surface))
    again = read_reference(tmp_path / "r.h5")
    assert again.done.tobytes() == surface.done.tobytes() and set(again.values) == set(surface.values)
    for dim in grid.dims:
        assert getattr(again.grid, dim).tobytes() == getattr(grid, dim).tobytes()
    for name, array in surface.values.items():
        # To per cent and back are two roundings of at most half an ulp each.
        np.testing.assert_allclose(again.values[name], array, rtol=0 if name.endswith("loss") else 4e-16)


def test_what_is_written_is_the_layout(tmp_path):
    surface = partly_done(Grid(X, Y))
    (tmp_path / "r.h5").write_bytes(reference_image(surface))
    with h5py.File(tmp_path / "r.h5") as file:
        layout = {"dir_file", "xcoordinates", "ycoordinates", "train_loss", "train_acc", "test_loss", "test_acc"}
        assert set(file) == layout and file["train_loss"].shape == (6, 4)
        for key, name, factor in (("train_loss", "train_loss", 1), ("test_acc", "test_accuracy", 100)):
            flat = file[key][...].ravel()
            for k in range(24):
                index = int(np.flatnonzero(X == file["xcoordinates"][k % 6])[0]), int(np.flatnonzero(Y == Y[k // 6])[0])
                wanted = surface.values[name][index] * factor if surface.done[index] else -1.0
                np.testing.assert_equal(flat[k], wanted)


def test_what_the_layout_cannot_hold_is_refused():
    grid = Grid(X)
    with pytest.raises(ValueError) as caught:
        reference_image(Surface(grid, {"train_loss": np.where(X > 0.5, -1.0, X)}, np.ones(6)))
    wanted = 'train_loss is -1 at 2 measured points, which the reference\'s layout means by "not done"; choose another --format'
    assert str(caught.value) == wanted
    with pytest.raises(ValueError) as caught:
        reference_image(empty_surface(grid, ["train_perplexity"]))
    assert str(caught.value) == (
        "the reference's layout holds train_loss and test_loss, but there are only train_perplexity; choose another --format"
    )


def refusal(path) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        read_reference(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_that_are_no_surfaces_are_refused_by_name(tmp_path):
    path = tmp_path / "r.h5"
    assert refusal(path) == f"there is no file {path}"
    path.write_text("a,b\n")
    assert refusal(path) == f"{path} is not an HDF5 file; expected a surface file of the reference implementation"
    direction_file(path, xdirection=[[1.0]])
    assert (
        refusal(path) == f"{path} is a direction file, not a surface; give it to `landscape surface --direction-file`"
    )
    for key, words in (
        ("proj_xcoord", "a projected trajectory, not a surface; there is no loss in it to read"),
        ("max_eig", "a map of eigenvalues, not a surface; there is no loss in it to read"),
    ):
        reference_file(path, X, Y, {}, **{key: [1.0]})
        assert refusal(path) == f"{path} is {words}"
    from landscape.store.surface_file import write_surface

    write_surface(empty_surface(Grid(X), ["train_loss"]), path)
    assert (
        refusal(path) == f"{path} is a file of this tool's own already; `landscape info` and `landscape page` read it"
    )
    reference_file(path, X, Y, BOTH)
    path.write_bytes(path.read_bytes()[:-300])
    assert refusal(path).startswith(f"{path} is damaged (") and refusal(path).endswith("); it was left as it is")


EXPECTED = "expected xcoordinates, train_loss or test_loss with its accuracy, and ycoordinates for a plane, and found"


def test_what_cannot_be_placed_is_refused(tmp_path):
    path = tmp_path / "r.h5"
    reference_file(path, X, Y, {"train_acc": accuracy})
    found = "dir_file, train_acc, xcoordinates, ycoordinates"
    assert refusal(path) == f"{path} has no train_loss; {EXPECTED} {found}"
    reference_file(path, X, Y, {**BOTH, "test_acc": accuracy})
    assert refusal(path).startswith(f"{path} has no test_loss; {EXPECTED} ")
    with h5py.File(path, "w") as file:
        file["mine"] = [1.0]
    assert refusal(path) == f"{path} has no xcoordinates and no train_loss; {EXPECTED} mine"
    reference_file(path, X, None, BOTH, ycoordinates=Y)
    assert refusal(path) == (
        f"{path} can't be placed on a grid: train_loss has the shape (6,), but xcoordinates and ycoordinates make (6, 4)"
    )
    reference_file(path, X, Y, {"train_loss": loss}, train_acc=np.zeros((6, 5)))
    assert refusal(path) == (
        f"{path} can't be placed on a grid: train_acc has the shape (6, 5), but xcoordinates and ycoordinates make (6, 4)"
    )
    reference_file(path, [1.0, 0.5], None, BOTH)
    assert refusal(path) == (
        f"{path} can't be placed on a grid: x must be two or more finite, increasing numbers, not [1.0, 0.5]"
    )
