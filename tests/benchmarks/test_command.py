import ast
import importlib
import json

import pytest

from benchmarks import __main__ as command
from benchmarks.launching import ROOT
from benchmarks.machine import description, words
from benchmarks.table import Result, Row

MODULES = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.fixture
def made_up(monkeypatch, mpirun):
    """Put a measurement that is no measurement in the place of each benchmark; `broken` raises."""

    def measure(name):
        if name == "saving":
            raise ArithmeticError("as the test asked for")
        return Result((Row(f"row of {name}", "", "1", "", "2", True),), {"repetitions": [1, 2, 3]})

    def import_module(module):
        return type("Module", (), {"measure": staticmethod(lambda options: measure(module.rpartition(".")[2]))})

    monkeypatch.setattr(command, "import_module", import_module)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_says_what_it_owns_and_holds_one_idea(path):
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)) and len(text.splitlines()) <= 300


@pytest.mark.parametrize("name", command.NAMES)
def test_each_benchmark_can_be_measured(name):
    assert callable(importlib.import_module(f"benchmarks.{name}").measure)


def test_the_command_prints_the_table_and_keeps_every_repetition_with_the_machine(made_up, tmp_path, capsys):
    out = tmp_path / "deep" / "found.json"
    command.main(["startup", "floor", "--out", str(out)])
    said = capsys.readouterr().out
    kept = json.loads(out.read_text())
    assert said.index("row of startup") < said.index("row of floor")
    assert str(kept["machine"]["cores"]) in said.split("|")[0] and str(out) in said
    assert list(kept["benchmarks"]) == ["startup", "floor"]
    assert kept["benchmarks"]["floor"]["raw"] == {"repetitions": [1, 2, 3]}
    assert kept["benchmarks"]["floor"]["rows"][0]["what"] == "row of floor"
    assert {"date", "cpu", "cores", "torch", "mpi", "mpi4py", "load_average"} <= kept["machine"].keys()


def test_a_benchmark_that_fails_ends_the_command_and_what_was_found_before_is_shown(made_up, tmp_path, capsys):
    out = tmp_path / "found.json"
    with pytest.raises(ArithmeticError, match="^as the test asked for$"):
        command.main(["startup", "saving", "floor", "--out", str(out)])
    said = capsys.readouterr().out
    assert "row of startup" in said and "row of floor" not in said
    assert list(json.loads(out.read_text())["benchmarks"]) == ["startup"]


@pytest.mark.parametrize(("load", "num_lines"), [(0.1, 1), (1.7, 2)])
def test_a_machine_that_was_busy_is_said_to_be(mpirun, load, num_lines):
    said = words({**description(), "load_average": [load, 9.0, 9.0]}).splitlines()
    assert len(said) == num_lines and f"load average at the start {load}" in said[0]


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["speed"])
    assert ended.value.code == 2
    sentence = f"there is no benchmark 'speed'; choose among {', '.join(command.NAMES)}\n"
    assert capsys.readouterr().err.endswith(sentence)
