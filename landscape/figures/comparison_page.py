"""The page of a comparison: the networks' planes on one scale, all their lines in one frame, and the table of measures."""

import os
import re
from pathlib import Path

from landscape.comparison import Comparison
from landscape.figures.comparison_table import measure_rows, score_rows, shift_rows
from landscape.figures.comparison_words import sentences
from landscape.figures.page import MOST_SURFACES, write_page

TITLE = "Minima compared"
SHORTENED = 8  # letters: a shorter beginning stays


def write_comparison_page(comparison: Comparison, path: Path | str, title: str = TITLE) -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        OSError: The folder can't be written.
    """
    shown = list(zip(short_names(comparison), comparison.networks))[:MOST_SURFACES]
    surfaces = {name: network.planes for name, network in shown}
    lines = {f"{name}, lines": network.lines for name, network in shown}
    return write_page(surfaces, path, title, lines=lines, comparison=comparison_content(comparison))


def comparison_content(comparison: Comparison) -> dict:
    """Return the card's words: sentences, columns, rows of scores and of measures."""
    said = sentences(comparison)
    if len(comparison.networks) > MOST_SURFACES:
        said.append(
            f"Pictures are those of the first {MOST_SURFACES} networks; the table has all {len(comparison.networks)}."
        )
    names = short_names(comparison)
    if names != comparison.names:
        said.append(f"In short names {comparison.names[0].removesuffix(names[0])} is left out.")
    return {
        "sentences": said,
        "columns": names,
        "scores": [*score_rows(comparison), *shift_rows(comparison)],
        "measures": measure_rows(comparison),
    }


def short_names(comparison: Comparison) -> list[str]:
    """Return the networks' names without a long beginning that all of them have."""
    names = comparison.names
    begun = re.match(r".*[-_/]|", os.path.commonprefix(names)).group()
    if (
        len(begun) < SHORTENED
        or comparison.origin.record.get("rescaled")
        or not all(name[len(begun) :] for name in names)
    ):
        return names
    return [name[len(begun) :] for name in names]
