import re
from pathlib import Path

import plotly.graph_objects as go
import torch

from landscape.cli.arguments import Parser
from landscape.cli.compare_settings import add_compare_options
from landscape.cli.figure import figure_parser
from landscape.cli.settings import add_surface_options
from landscape.flatness.suite import MEASURES

ROOT = Path(__file__).resolve().parents[1]
FIGURE = "landscape figure "
README = (ROOT / "README.md").read_text()
COMPARING = (ROOT / "docs" / "comparing.md").read_text()


def code_blocks() -> list[str]:
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", README, re.M)
    return [re.sub(r"^    ", "", block, flags=re.M) for block in found]


def test_the_five_lines_of_python_give_a_surface_and_two_figures(monkeypatch):
    shown = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    loader = [(torch.randn(6, 3), torch.randint(0, 2, (6,))), (torch.randn(5, 3), torch.randint(0, 2, (5,)))]
    block = next(block for block in code_blocks() if "import torch, landscape" in block)
    names = {"model": model, "loader": loader}
    exec(block, names)
    assert [figure.data[0].type for figure in shown] == ["contour", "surface"]
    inputs, targets = (torch.cat(parts) for parts in zip(*loader, strict=True))
    center = torch.nn.functional.cross_entropy(model(inputs), targets).item()
    assert abs(names["surface"].values["train_loss"][12, 12] - center) < 1e-6


def test_every_option_of_the_surface_command_in_the_readme_exists():
    parser = Parser()
    add_surface_options(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    lines = " ".join(code_blocks()).replace("\\\n", " ").splitlines()
    commands = [line.partition("#")[0] for line in lines if "landscape surface" in line or "plot_surface.py" in line]
    used = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", " ".join(commands)))
    assert {"--checkpoint", "--live", "--x"} <= used and used <= known | {"--help"}


def test_every_option_of_the_figure_command_in_the_readme_exists():
    known = {option for action in figure_parser("landscape figure")._actions for option in action.option_strings}
    used = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", "\n".join(line for line in README.splitlines() if FIGURE in line)))
    assert used and used <= known


def test_every_file_that_the_readme_shows_or_links_is_there():
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_every_option_of_the_compare_command_in_readme_and_docs_exists():
    parser = Parser()
    add_compare_options(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    for text in (README, COMPARING):
        lines = [line for line in text.splitlines() if "landscape compare" in line or "compare_minima.py" in line]
        assert lines and set(re.findall(r"(?<=\s)--[a-z][a-z-]*", "\n".join(lines))) <= known
    assert set(re.findall(r"`(--[a-z][a-z-]*)`", COMPARING)) <= known


def test_every_measure_is_in_the_docs_with_its_formula():
    for measure in MEASURES:
        row = next(line for line in COMPARING.splitlines() if line.startswith(f"| `{measure.key}` | {measure.name} |"))
        assert all(words.replace("|", r"\|") in row for words in (measure.formula, measure.second_order))
