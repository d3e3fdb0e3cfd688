"""`landscape info`: tell what is in a surface file, and how far it can be believed; or what a comparison found."""

from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser
from landscape.sweep.world import World

HELP = "tell what is in a surface file, and how far it can be believed; or what a comparison found"


def info_command(arguments: Sequence[str], world: World, prog: str = "landscape info") -> None:
    """Run the command; see `landscape info --help`."""
    world.agreed(lambda: _tell(arguments, prog))


def _tell(arguments: Sequence[str], prog: str) -> None:
    parser = Parser(prog=prog, description=HELP)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.h5")
    options = parser.options_of(arguments)
    if options is None:
        return
    from landscape.store.comparison_file import FORMAT
    from landscape.store.sealed_hdf5 import format_of

    for path in options.files:
        _tell_comparison(path) if format_of(path) == FORMAT else _tell_surface(path)


def _tell_comparison(path: Path) -> None:
    from landscape.figures.comparison_page import comparison_content
    from landscape.store.comparison_file import read_comparison

    content = comparison_content(read_comparison(path))
    print(path)
    rows = [("network", " | ".join(content["columns"]))]
    rows += [(row["name"], " | ".join(cell["text"] for cell in row["cells"])) for row in content["scores"]]
    for row in content["measures"]:
        more = [
            f"unmoved by {row['follows']}",
            *([f"Kendall's τ {row['kendall']['text']}"] if "kendall" in row else []),
        ]
        rows.append((row["name"], f"{' | '.join(cell['text'] for cell in row['cells'])}; {'; '.join(more)}"))
    _print_rows(rows)
    for sentence in content["sentences"]:
        print(f"  {sentence}")


def _tell_surface(path: Path) -> None:
    from landscape.between import is_between
    from landscape.figures.batches_panel import batches_panel
    from landscape.figures.belief_panel import belief_panel
    from landscape.figures.between_words import sentences_between
    from landscape.figures.facts import facts
    from landscape.figures.path_panel import path_panel, path_sentences
    from landscape.store.surface_file import read_surface

    surface = read_surface(path)
    print(path)
    _print_rows(facts(surface))
    if surface.batches is not None and surface.batches.is_complete:
        _print_batches(batches_panel(surface))
    if is_between(surface) and surface.is_complete:
        print("between the networks")
        for sentence in sentences_between(surface):
            print(f"  {sentence}")
    if path_panel(surface) is not None:
        print("the way of training")
        for sentence in path_sentences(surface):
            print(f"  {sentence}")
    panel = belief_panel(surface)
    if panel is not None:
        print("how far to believe it")
        for sentence in panel["sentences"]:
            print(f"  {sentence}")
        missing = [("not measured", text) for text in panel["missing"]]
        _print_rows([(what, f"{value}; {meaning}") for what, value, meaning in panel["rows"]] + missing)


def _print_batches(panel: dict) -> None:
    print("one example, a mini-batch, all data")
    for part in panel["parts"]:
        for sentence in part["sentences"]:
            print(f"  {sentence}")
        for what, *cells in part["rows"]:
            of = zip(part["head"][1:], cells)
            _print_rows([(f"{part['head'][0]} {what}", "; ".join(f"{name} {cell}" for name, cell in of if cell))])


def _print_rows(rows: Sequence[tuple[str, str]]) -> None:
    width = max((len(what) for what, _ in rows), default=0)
    for what, value in rows:
        print(f"  {what:<{width}}  {value}")
