"""`landscape import` from a file of the reference implementation to a surface of ours."""

import numpy as np
import pytest
from reference_layout import reference_file
from refusing import refused

from landscape.cli.export_surface import export_command
from landscape.cli.import_surface import import_command
from landscape.cli.surface import surface_command
from landscape.figures.facts import facts
from landscape.figures.page import page_html
from landscape.grid import Grid
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import empty_surface
from landscape.sweep.world import Mistake, World

X, Y = np.linspace(-0.5, 1.0, 6), np.linspace(-1.0, 0.25, 4)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def reference(here):
    """Write a partial run of the reference, off-centre and not square, as r.h5."""
    losses = {"train_loss": lambda x, y: 2 + x + 10 * y**2, "train_acc": lambda x, y: 30 + 7 * x - 3 * y}
    reference_file("r.h5", X, Y, losses, missing=(22, 23))


def refusal(*arguments) -> str:
    with pytest.raises(Mistake) as caught:
        import_command(list(arguments), World())
    return str(caught.value)


def test_the_program_reads_a_partial_run_and_the_page_draws_it(reference, here, run):
    ended = run("-m", "landscape", "import", "r.h5", "--out", "mine", cwd=here)
    said = "22 of 24 points: mine.h5; `landscape page mine.h5` draws it\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, said, "")
    surface = read_surface(here / "mine.h5")
    assert surface.values["train_loss"][5, 1] == 2 + X[5] + 10 * Y[1] ** 2
    rows = dict(facts(surface))
    assert rows["imported from"].startswith("r.h5, a surface file of the reference implementation (sha256 ")
    assert rows["command"].endswith("import r.h5 --out mine")
    assert "22 of 24 measured" in rows["points"] and page_html({"mine": surface})


def test_a_surface_exported_and_imported_is_the_same(here):
    options = "--model mlp --untrained 1 --num-samples 30 --split both --x=-0.5:1:4 --y=-1:0.25:3 --out s"
    surface_command(options.split(), World())
    export_command(["s.h5", "--format", "reference-h5"], World())
    import_command(["s.reference.h5", "--out", "again"], World())
    ours, again = read_surface(here / "s.h5"), read_surface(here / "again.h5")
    assert again.grid.x.tobytes() == ours.grid.x.tobytes() and again.grid.y.tobytes() == ours.grid.y.tobytes()
    assert again.done.tobytes() == ours.done.tobytes() and list(again.values) == list(ours.values)
    for name, array in ours.values.items():
        np.testing.assert_allclose(again.values[name], array, rtol=0 if name.endswith("loss") else 4e-16)


def test_notes_are_printed(here, capsys):
    reference_file("r.h5", X, Y, {"train_loss": lambda x, y: 1.0, "test_loss": lambda x, y: -1.0})
    import_command(["r.h5", "--out", "mine"], World())
    assert capsys.readouterr().out.startswith("warning: test_loss holds no number and was left out\n24 of 24 points")


def test_another_surface_is_replaced_only_when_told_and_a_foreign_file_never(reference, here):
    write_surface(empty_surface(Grid(X), ["train_loss"]), here / "mine.h5")
    wanted = "mine.h5 holds another surface; choose another --out, or --overwrite to replace it"
    assert refusal("r.h5", "--out", "mine") == wanted
    import_command(["r.h5", "--out", "mine", "--overwrite"], World())
    import_command(["r.h5", "--out", "mine.h5"], World())  # the same again
    assert read_surface(here / "mine.h5").num_done == 22
    reference_file("other.h5", X, Y, {})
    before = (here / "other.h5").read_bytes()
    wanted = "other.h5 is an HDF5 file of another program, not a surface file; it was left as it is"
    assert refusal("r.h5", "--out", "other", "--overwrite") == wanted
    assert (here / "other.h5").read_bytes() == before
    assert refusal("r.h5", "--out", "r", "--overwrite") == "--out is the file r.h5 itself; choose another --out"


def test_a_run_does_not_go_on_with_an_imported_surface(reference, here):
    import_command(["r.h5", "--out", "mine"], World())
    with pytest.raises(
        Mistake, match=r"mine\.h5 holds another run \(.*imported: \w{16}\.\.\. in the file, nothing now"
    ):
        surface_command("--model mlp --untrained 1 --num-samples 20 --x=0:1:2 --out mine".split(), World())


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ("no.h5 --out mine", "there is no file no.h5"),
        ("r.h5 --out .", "--out names the result, not a folder: try r"),
        ("r.h5 --out no/mine", "there is no folder no; make it, or choose another --out"),
        ("r.h5", "the following arguments are required: --out; `landscape import --help` lists the options"),
    ],
)
def test_a_mistake_is_a_sentence_and_writes_nothing(arguments, sentence, reference, here):
    assert refusal(*arguments.split()) == sentence
    assert [path.name for path in here.iterdir()] == ["r.h5"]


def test_three_ranks_say_a_mistake_once(here, run):
    said = refused(run, "-m", "landscape", "import", "no.h5", "--out", "mine", cwd=here, ranks=3)
    assert said == "there is no file no.h5"
