"""What the gallery's parts write alike: commands as a user types them, and tables in Markdown."""

from collections.abc import Sequence

# How a program that ran calls itself -> how it is called.
PROGRAMS = {
    "__main__.py": ("landscape",),
    "compare_minima.py": ("python", "scripts/compare_minima.py"),
    "between_minima.py": ("python", "scripts/between_minima.py"),
    "plot_trajectory.py": ("python", "scripts/plot_trajectory.py"),
}


def typed(command: str, out: str) -> str:
    """Return a recorded command as a user would type it to have its result in `out`."""
    first, *rest = command.split()
    if "--out" in rest:
        rest[rest.index("--out") + 1] = out
    return " ".join([*PROGRAMS.get(first, (first,)), *rest])


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose cells hold no bars."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
