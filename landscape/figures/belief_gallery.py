"""The page in docs of how far the zoo's pictures can be believed: sentences, and the figures side by side."""

from collections.abc import Mapping

from landscape.figures.belief_panel import belief_panel
from landscape.surface import Surface

HEAD = """# How far the zoo's pictures can be believed

What the panel "How far to believe it" says of networks trained on CIFAR-10, as found: three planes of 15 x 15 points, 256 stratified
training samples, stored norm statistics, `--belief full`. Made by `python scripts/believe_zoo.py NAME ... --data-dir data`, which leaves the
files in `outputs/belief`; `landscape page outputs/belief/vgg56-cifar10.h5 --out vgg56.html` draws one, with this panel. What each figure
means: [reading-a-landscape.md](reading-a-landscape.md).
"""


def belief_gallery_text(surfaces: Mapping[str, Surface]) -> str:
    """Return the page as Markdown.

    Args:
        surfaces: Name of a network -> its surface with what was measured beside, from `outputs/belief`.
    """
    panels = {name: belief_panel(surface) for name, surface in surfaces.items()}
    parts = [HEAD]
    for name, panel in panels.items():
        lines = [f"- {sentence}" for sentence in panel["sentences"]]
        lines += [f"- Not measured: {text}." for text in panel["missing"]]
        parts.append(
            "\n".join([f"## {name}", "", f"![its first plane](../outputs/belief/{name}.png)", "", *lines]) + "\n"
        )
    return "\n".join([*parts, "## The figures side by side\n", _table(panels)])


def _table(panels: Mapping[str, Mapping]) -> str:
    values = {name: {what: value for what, value, _ in panel["rows"]} for name, panel in panels.items()}
    whats = list(dict.fromkeys(what for of_one in values.values() for what in of_one))
    head = ["figure", *panels]
    rows = [[what, *(of_one.get(what, "not measured") for of_one in values.values())] for what in whats]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows]) + "\n"
