"""What a benchmark found: rows of one table for a reader, and raw numbers for whoever checks them."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

HEAD = ("what", "baseline or ideal", "measured", "ratio or share", "reach", "reached?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in words.

    Attributes:
        against: The baseline or the ideal, measured in the same run where it is measured.
        is_reached: None where the row is there to be read, and nothing was asked for.
    """

    what: str
    against: str
    measured: str
    ratio: str
    reach: str
    is_reached: bool | None


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found; `raw` is JSON-like and holds every repetition."""

    rows: tuple[Row, ...]
    raw: Mapping[str, object]


def markdown(rows: Iterable[Row]) -> str:
    """Return the table, its columns padded so that it reads well as plain text too."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    texts = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {text} |" for text in (texts[0], rule, *texts[1:]))


def _cells(row: Row) -> tuple[str, ...]:
    *words, is_reached = astuple(row)
    cells = (*words, {True: "yes", False: "no", None: ""}[is_reached])
    return tuple((cell or "-").replace("|", r"\|") for cell in cells)
