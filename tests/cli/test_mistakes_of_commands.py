"""What the other commands take, refuse, and say of themselves."""

import re

import h5py
import pytest
from refusing import refused

from landscape.cli.info import info_command
from landscape.cli.main import COMMANDS
from landscape.cli.page import page_command
from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_page import curvature_page_html
from landscape.grid import Grid
from landscape.store.curvature_file import write_curvature
from landscape.store.surface_file import write_surface
from landscape.surface import empty_surface
from landscape.sweep.world import Mistake, World

FOREIGN = "is an HDF5 file of another"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to a folder with two files that are no surfaces."""
    (tmp_path / "text.txt").write_text("no surface\n")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["mine"] = [1, 2, 3]
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["nowhere.h5"], "there is no surface file nowhere.h5"),
        (["text.txt"], "text.txt is not an HDF5 file, or its head is damaged; it was left as it is"),
        (["foreign.h5"], "foreign.h5 is an HDF5 file of another program, not a surface file; it was left as it is"),
        ([], "the following arguments are required: FILE.h5; `landscape page --help` lists the options"),
    ],
)
def test_mistakes_of_the_page_command(arguments, sentence, folder):
    with pytest.raises(Mistake) as caught:
        page_command(arguments, World())
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            ["c.h5", "s.h5", "c.h5"],
            "a page shows surfaces or curvature analyses, not both, but s.h5 holds a surface and c.h5 a curvature analysis; "
            "draw a page of each",
        ),
        (["c.h5", "nowhere.h5"], "there is no curvature file nowhere.h5"),
        (["foreign.h5", "c.h5"], f"foreign.h5 {FOREIGN} kind, not a curvature analysis; it was left as it is"),
        (["foreign.h5", "s.h5"], f"foreign.h5 {FOREIGN} program, not a surface file; it was left as it is"),
        (
            ["c.h5", "--sequence"],
            "--sequence is for surfaces; curvature analyses stand in the order of their files without it",
        ),
        (["c.h5", "--out", "page.txt"], "--out must be an .html file, not page.txt"),
    ],
)
def test_mistakes_of_the_page_command_with_curvature_files(arguments, sentence, folder):
    write_surface(empty_surface(Grid([-0.5, 2.0]), ["train_loss"]), folder / "s.h5")
    write_curvature(CurvatureRecord(), folder / "c.h5")
    with pytest.raises(Mistake) as caught:
        page_command(arguments, World())
    assert str(caught.value) == sentence and not list(folder.glob("*.html"))


def test_the_page_command_draws_curvature_files_in_their_order(folder, capsys):
    records = {"late": CurvatureRecord(findings={"loss": 0.5}), "early": CurvatureRecord(findings={"loss": 2.0})}
    for name, record in records.items():
        write_curvature(record, folder / f"{name}.h5")
    page_command(["late.h5", "early.h5"], World())
    assert capsys.readouterr().out == "page: late.html\n"
    assert (folder / "late.html").read_text() == curvature_page_html(records)
    page_command(["early.h5", "--out", "a.html", "--title", "Mine"], World())
    assert (folder / "a.html").read_text() == curvature_page_html({"early": records["early"]}, "Mine")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, run):
    done = run("-m", "landscape", command, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"usage: landscape {command}") and done.stderr == ""


def test_an_unknown_command_lists_the_choices(run):
    done = run("-m", "landscape", "surfaces")
    assert (done.returncode, done.stderr) == (
        2,
        "landscape: unknown command 'surfaces'; choose one of surface, curvature, compare, between, trajectory, race, page, figure, animate, info, export, import, zoo, train\n",
    )


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["nowhere.h5"], "there is no surface file nowhere.h5"),
        (["text.txt"], "text.txt is not an HDF5 file, or its head is damaged; it was left as it is"),
        (["foreign.h5"], "foreign.h5 is an HDF5 file of another program, not a surface file; it was left as it is"),
        ([], "the following arguments are required: FILE.h5; `landscape info --help` lists the options"),
    ],
)
def test_mistakes_of_the_info_command(arguments, sentence, folder):
    with pytest.raises(Mistake) as caught:
        info_command(arguments, World())
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--out", "page.txt"], "--out must be an .html file, not page.txt"),
        (["--out", "no/page.html"], "there is no folder no; make it, or choose another --out"),
        (
            ["--out", "/proc/page.html"],
            "/proc/page.html can't be written (no such file or directory); what stood there is as it was",
        ),
    ],
)
def test_mistakes_about_the_pages_place(arguments, sentence, folder):
    write_surface(empty_surface(Grid([-0.5, 2.0]), ["train_loss"]), folder / "s.h5")
    with pytest.raises(Mistake) as caught:
        page_command(["s.h5", *arguments], World())
    assert str(caught.value) == sentence and not list(folder.glob("*.html"))


@pytest.mark.parametrize(
    "command, options",
    [
        ("info", "--help"),
        ("page", "--help --out --title --sequence"),
        ("export", "--help --format --out --plane --metric --height --overwrite"),
        ("import", "--help --out --overwrite"),
        (
            "figure",
            "--help --kind --format --out --titles --metric --scale --clip --width --font-size --colours --dpi "
            "--plane --elevation --azimuth --renderer",
        ),
    ],
)
def test_the_other_commands_options_change_only_on_purpose(command, options, run):
    printed = run("-m", "landscape", command, "--help", env={"COLUMNS": "200"}).stdout
    assert set(re.findall(r"(?<![\w`])--[a-z-]+", printed)) == set(options.split())


def test_an_unknown_command_under_mpirun_is_said_once(run):
    said = refused(run, "-m", "landscape", "surfaces", ranks=3)
    assert (
        said
        == "unknown command 'surfaces'; choose one of surface, curvature, compare, between, trajectory, race, page, figure, animate, info, export, import, zoo, train"
    )
