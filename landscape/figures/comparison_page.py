"""The page of a comparison: the networks' planes on one scale, all their lines in one frame, and the table of measures."""

from pathlib import Path

from landscape.comparison import Comparison
from landscape.figures.comparison_table import measure_rows, score_rows, shift_rows
from landscape.figures.comparison_words import sentences
from landscape.figures.page import MOST_SURFACES, write_page

TITLE = "Minima compared"


def write_comparison_page(comparison: Comparison, path: Path | str, title: str = TITLE) -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        OSError: The folder can't be written.
    """
    shown = comparison.networks[:MOST_SURFACES]
    surfaces = {network.name: network.planes for network in shown}
    lines = {f"{network.name}, lines": network.lines for network in shown}
    return write_page(surfaces, path, title, lines=lines, comparison=comparison_content(comparison))


def comparison_content(comparison: Comparison) -> dict:
    """Return the card's words: sentences, columns, rows of scores and of measures."""
    said = sentences(comparison)
    if len(comparison.networks) > MOST_SURFACES:
        said.append(
            f"Pictures are those of the first {MOST_SURFACES} networks; the table has all {len(comparison.networks)}."
        )
    return {
        "sentences": said,
        "columns": comparison.names,
        "scores": [*score_rows(comparison), *shift_rows(comparison)],
        "measures": measure_rows(comparison),
    }
