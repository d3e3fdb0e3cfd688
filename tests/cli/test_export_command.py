"""`landscape export` from its options to its file."""

import numpy as np
import pytest
from refusing import refused

from landscape.cli.export_surface import ENDINGS, export_command
from landscape.grid import Grid
from landscape.store.surface_file import write_surface
from landscape.store.tables import csv_image, npz_image
from landscape.surface import Surface
from landscape.sweep.world import Mistake, World


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plane(here) -> Surface:
    """Write an off-centre plane s.h5 and return it."""
    return written("s.h5", Grid(np.linspace(-0.5, 1, 5), np.linspace(-1, 0.25, 4)))


@pytest.fixture
def line(here) -> Surface:
    """Write a line l.h5 and return it."""
    return written("l.h5", Grid(np.linspace(-0.5, 1, 5)))


@pytest.fixture
def several(here) -> Surface:
    """Write three planes m.h5, and return them."""
    grid = Grid(np.linspace(-0.5, 1, 5), np.linspace(-1, 0.25, 4), 3)
    loss = 1.0 + np.arange(60).reshape(grid.shape)
    surface = Surface(grid, {"train_loss": loss}, np.ones(grid.shape))
    write_surface(surface, "m.h5")
    return surface


def written(name: str, grid: Grid) -> Surface:
    x, y = np.meshgrid(grid.x, [0.0] if grid.y is None else grid.y, indexing="ij")
    loss = (2 + x + 10 * y**2).reshape(grid.shape)
    surface = Surface(grid, {"train_loss": loss, "train_accuracy": 1 / loss}, np.ones(grid.shape))
    write_surface(surface, name)
    return surface


def refusal(*arguments) -> str:
    with pytest.raises(Mistake) as caught:
        export_command(list(arguments), World())
    return str(caught.value)


HEADS = {"vtk": b"<?xml", "obj": b"# what", "stl": b"train_loss = 10", "glb": b"glTF", "csv": b"x,y,", "npz": b"PK"}


@pytest.mark.parametrize("form", ENDINGS)
def test_each_format_is_written_beside_the_surface(form, plane, here, capsys):
    pytest.importorskip("trimesh")
    pytest.importorskip("pyevtk")
    export_command(["s.h5", "--format", form], World())
    name = "s.reference.h5" if form == "reference-h5" else f"s{ENDINGS[form]}"
    assert (here / name).read_bytes().startswith(HEADS.get(form, b"\x89HDF"))
    assert capsys.readouterr().out == f"{form}: {name}\n"
    assert sorted(path.name for path in here.iterdir()) == sorted(["s.h5", name])


def test_the_program_writes_what_was_asked_for_where_it_was_asked_for(plane, here, run):
    (here / "sub").mkdir()
    ended = run("-m", "landscape", "export", "s.h5", "--format", "csv", "--out", "sub/mine.csv", cwd=here)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "csv: sub/mine.csv\n", "")
    assert (here / "sub" / "mine.csv").read_bytes() == csv_image(plane)


def test_three_ranks_write_once_and_say_a_mistake_once(plane, here, run):
    ended = run("-m", "landscape", "export", "s.h5", "--format", "csv", cwd=here, ranks=3)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "csv: s.csv\n", "")
    said = refused(run, "-m", "landscape", "export", "no.h5", "--format", "csv", cwd=here, ranks=3)
    assert said == "there is no surface file no.h5"


def test_another_file_is_replaced_only_when_told(plane, here):
    export_command(["s.h5", "--format", "csv"], World())
    export_command(["s.h5", "--format", "csv"], World())  # the same bytes
    (here / "s.csv").write_text("mine\n")
    wanted = "s.csv is there already; choose another --out, or --overwrite to replace it"
    assert refusal("s.h5", "--format", "csv") == wanted
    assert (here / "s.csv").read_text() == "mine\n"
    export_command(["s.h5", "--format", "csv", "--overwrite"], World())
    assert (here / "s.csv").read_bytes() == csv_image(plane)


def test_the_surface_itself_is_never_replaced(plane, here):
    before = (here / "s.h5").read_bytes()
    wanted = "--out is the surface file s.h5 itself; choose another --out"
    assert refusal("s.h5", "--format", "reference-h5", "--out", "s.h5", "--overwrite") == wanted
    assert (here / "s.h5").read_bytes() == before


def test_a_meshs_metric_and_height_are_chosen(plane, here):
    pytest.importorskip("trimesh")
    export_command(["s.h5", "--format", "obj", "--metric", "train_accuracy", "--height", "linear"], World())
    text = (here / "s.obj").read_text()
    assert "\n# metric: train_accuracy\n" in text and "\n# height: linear\n" in text


@pytest.mark.parametrize("form", ENDINGS)
def test_one_plane_of_several_is_written_or_all_of_them_as_numbers(form, several, here):
    pytest.importorskip("trimesh")
    pytest.importorskip("pyevtk")
    for name, plane in zip(("first", "second"), several.planes):
        write_surface(plane, f"{name}.h5")

    def content(file: str, *options: str) -> bytes:
        export_command([file, "--format", form, "--out", f"out{ENDINGS[form]}", "--overwrite", *options], World())
        return (here / f"out{ENDINGS[form]}").read_bytes()

    assert content("m.h5", "--plane", "2") == content("second.h5") != content("first.h5")
    whole = {"csv": csv_image, "npz": npz_image}
    assert content("m.h5") == (whole[form](several) if form in whole else content("first.h5"))


@pytest.mark.parametrize("form", ["csv", "npz", "vtk", "reference-h5"])
def test_a_line_is_written_as_numbers(form, line, here):
    pytest.importorskip("pyevtk")
    export_command(["l.h5", "--format", form], World())
    assert len(list(here.iterdir())) == 2


def test_a_plane_out_of_range_is_refused(several, here):
    wanted = "m.h5 holds 3 planes; --plane must be between 1 and 3, not 4"
    assert refusal("m.h5", "--format", "vtk", "--plane", "4") == wanted
    assert [path.name for path in here.iterdir()] == ["m.h5"]


@pytest.mark.parametrize("form", ["obj", "stl", "glb"])
def test_a_line_is_no_mesh(form, line, here):
    wanted = "a line has no surface to make a mesh of; choose csv, npz, vtk or reference-h5"
    assert refusal("l.h5", "--format", form) == wanted
    assert len(list(here.iterdir())) == 1


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ("no.h5 --format csv", "there is no surface file no.h5"),
        ("s.h5 --format csv --out s.txt", "--out must be a .csv file for csv, not s.txt"),
        ("s.h5 --format csv --out no/s.csv", "there is no folder no; make it, or choose another --out"),
        (
            "s.h5 --format npz --height log",
            "--height would have no effect on npz, which takes every metric as it is; leave it out, or choose one of "
            "obj, stl, glb",
        ),
        ("s.h5 --format csv --plane 2", "s.h5 holds one plane; leave --plane 2 out"),
        ("s.h5 --format obj --metric loss", "there is no metric 'loss'; choose one of train_accuracy, train_loss"),
        ("s.h5", "the following arguments are required: --format; `landscape export --help` lists the options"),
    ],
)
def test_a_mistake_is_a_sentence_and_writes_nothing(arguments, sentence, plane, here):
    assert refusal(*arguments.split()) == sentence
    assert [path.name for path in here.iterdir()] == ["s.h5"]
