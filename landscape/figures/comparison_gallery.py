"""The gallery's part on minima compared: what each comparison and each set of lines between networks found, as its file says it."""

from collections.abc import Mapping

from landscape.comparison import Comparison
from landscape.figures.between_words import sentences_between
from landscape.figures.comparison_page import comparison_content
from landscape.figures.gallery_words import markdown_table, typed
from landscape.surface import Surface

HEAD = """## Minima compared

As found, whichever way it points; each by the command above its table, from the files in `outputs/compare`, which `landscape page` draws. What each measure is, and what a
difference means: [comparing.md](comparing.md); lines between networks: [between-minima.md](between-minima.md).
"""
TITLES = {
    "small-and-large": "Small against large batches, ResNet-20 on CIFAR-10",
    "small-and-large-no-decay": "Small against large batches without weight decay, ResNet-20 on CIFAR-10",
    "swa": "Weight averaging against SGD, ResNet-20 on CIFAR-10",
    "shortcuts-digits": "VGG-56 against ResNet-56 on digits",
    "swa-digits": "Weight averaging against its members, ResNet-20 on digits",
    "between-seeds": "Between ResNet-20 of other seeds",
    "between-swa": "Between the members of an average, ResNet-20 on CIFAR-10",
    "between-swa-digits": "Between the members of an average, ResNet-20 on digits",
}


def comparisons_text(found: Mapping[str, Comparison | Surface]) -> str:
    """Return the part as Markdown; "" where there is nothing.

    Args:
        found: Name of a file in `outputs/compare` -> a comparison, or lines between networks.
    """
    if not found:
        return ""
    names = sorted(found, key=lambda name: (list(TITLES).index(name) if name in TITLES else len(TITLES), name))
    return "\n".join([HEAD, *(_part(name, found[name]) for name in names)])


def _part(name: str, found: Comparison | Surface) -> str:
    said = sentences_between(found) if isinstance(found, Surface) else comparison_content(found)["sentences"]
    parts = [
        f"### {TITLES.get(name, name)}",
        f"    {typed(str(found.origin.record['command']), f'outputs/compare/{name}')}",
        "\n".join(f"- {sentence}" for sentence in said),
    ]
    if isinstance(found, Comparison):
        parts.append(_table(comparison_content(found)))
    return "\n\n".join(parts) + "\n"


def _table(content: Mapping) -> str:
    rows = [*content["scores"], *content["measures"]]
    has_ranks = any("kendall" in row for row in rows)
    head = ["", *content["columns"], "sharper", *["Kendall's τ with the test error"] * has_ranks]
    lines = []
    for row in rows:
        cells = [row["name"], *(cell["text"] for cell in row["cells"]), row.get("sharper", "")]
        lines.append(cells + [row["kendall"]["text"] if "kendall" in row else ""] * has_ranks)
    return markdown_table(head, lines)
