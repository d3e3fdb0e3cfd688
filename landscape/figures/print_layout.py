"""Where a printed figure's panels stand: widths of columns, squares in rows, room for texts; arithmetic, nothing drawn."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from landscape.figures.scale import round_up

COLUMNS_CM = {"single": 8.5, "double": 17.5}  # of most journals, to a few millimetres
UNITS_IN = {"cm": 1 / 2.54, "mm": 0.1 / 2.54, "in": 1.0}
WIDTH_FORM = f"{', '.join(COLUMNS_CM)}, or a length with its unit, such as 8.5cm or 3.35in"
COLOURS = ("viridis", "cividis", "magma", "gray")
MOST_PANELS = 8
NUM_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4}
CHARACTER = 0.62  # a character's width in font sizes, on the safe side of DejaVu Sans' mean
LINE = 1.25  # a line's height in font sizes
SMALL = 0.82  # the size of notes and of isolines' labels, in font sizes
LEAST_SIDE = 6.0  # font sizes; below it a panel's ticks do not fit


@dataclass(frozen=True, slots=True)
class PrintStyle:
    """How a printed figure looks, whatever it shows.

    Attributes:
        width: Of the figure, in inches; None for a single column (8.5 cm) with one panel, a double one (17.5 cm) with more.
        font_size: In points, as printed at this width.
        colours: One of `COLOURS`.
        elevation, azimuth: Where a surface is seen from, in degrees.

    Raises:
        ValueError: A size is not in its range, or the colours are unknown.
    """

    width: float | None = None
    font_size: float = 8.0
    colours: str = "viridis"
    elevation: float = 32.0
    azimuth: float = -58.0

    def __post_init__(self) -> None:
        if self.width is not None and not 1 <= self.width <= 60:
            raise ValueError(f"the width must be between 1 and 60 inches, not {self.width:.4g} in")
        if not 3 <= self.font_size <= 40:
            raise ValueError(f"the font size must be between 3 and 40 points, not {self.font_size:g}")
        if self.colours not in COLOURS:
            raise ValueError(f"unknown colours {self.colours!r}; choose one of {', '.join(COLOURS)}")
        if not -90 <= self.elevation <= 90:
            raise ValueError(f"the elevation must be between -90 and 90 degrees, not {self.elevation:g}")
        if not math.isfinite(self.azimuth):
            raise ValueError(f"the azimuth must be a number of degrees, not {self.azimuth:g}")

    def width_for(self, num_panels: int) -> float:
        """Return the width in inches of a figure of so many panels."""
        default = COLUMNS_CM["single" if num_panels == 1 else "double"] * UNITS_IN["cm"]
        return self.width if self.width is not None else default


@dataclass(frozen=True, slots=True)
class Layout:
    """A figure's size in inches, and the places of its parts as (left, bottom, width, height) in fractions of it."""

    width: float
    height: float
    panels: tuple[tuple[float, float, float, float], ...]
    bar: tuple[float, float, float, float]
    num_columns: int

    def is_lowest(self, place: int) -> bool:
        """Tell whether no panel stands below this one."""
        return place + self.num_columns >= len(self.panels)

    def bar_length(self, style: PrintStyle) -> float:
        """Return how long a title along the panels' height may be, in font sizes."""
        return self.bar[3] * self.height * 72 / style.font_size

    def is_leftmost(self, place: int) -> bool:
        return place % self.num_columns == 0


@dataclass(frozen=True, slots=True)
class Room:
    """The room around and between panels, in font sizes; `height` is a panel's, in its own widths."""

    left: float
    right: float
    top: float
    bottom: float
    column_gap: float
    row_gap: float
    bar_gap: float = 1.2
    bar_width: float = 1.1
    height: float = 1.0


def laid_out(num_panels: int, room: Room, style: PrintStyle) -> Layout:
    """Return equal panels in rows, and a bar at their right as high as all of them.

    Raises:
        ValueError: There are more panels than one figure holds, or the width leaves them no room.
    """
    if not 1 <= num_panels <= MOST_PANELS:
        raise ValueError(
            f"one figure holds 1 to {MOST_PANELS} panels, and {num_panels} were asked for; draw fewer files"
        )
    width, em, columns = style.width_for(num_panels), style.font_size / 72, NUM_COLUMNS[num_panels]
    rows = -(-num_panels // columns)
    taken = room.left + (columns - 1) * room.column_gap + room.bar_gap + room.bar_width + room.right
    side = (width - taken * em) / columns
    if side < LEAST_SIDE * em:
        least = (taken + columns * LEAST_SIDE) * em
        raise ValueError(
            f"{width:.3g} in ({width * 2.54:.3g} cm) is too narrow at {style.font_size:g} points; "
            f"choose a width of {math.ceil(least * 100) / 100:g} in or more, or a smaller font"
        )
    height = (room.top + room.bottom + (rows - 1) * room.row_gap) * em + rows * side * room.height
    panels = []
    for place in range(num_panels):
        row, column = divmod(place, columns)
        left = room.left * em + column * (side + room.column_gap * em)
        bottom = height - room.top * em - (row + 1) * side * room.height - row * room.row_gap * em
        panels.append((left / width, bottom / height, side / width, side * room.height / height))
    bar_left = room.left * em + columns * side + ((columns - 1) * room.column_gap + room.bar_gap) * em
    low, high = room.bottom * em / height, 1 - room.top * em / height
    bar = (bar_left / width, low, room.bar_width * em / width, high - low)
    return Layout(width, height, tuple(panels), bar, columns)


def length_from_text(text: str) -> float:
    """Return a width in inches from "single", "double" or a number with a unit.

    Raises:
        ValueError: The text is neither, or not above 0.
    """
    if text in COLUMNS_CM:
        return COLUMNS_CM[text] * UNITS_IN["cm"]
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(cm|mm|in)\s*", text)
    if found is None or not float(found[1]) > 0:
        raise ValueError(f"--width must be {WIDTH_FORM}, not {text!r}")
    return float(found[1]) * UNITS_IN[found[2]]


def axis_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round coordinates inside a range, two or more and about `most`."""
    step = round_up((high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last <= first:
        return axis_ticks(low, high, most + 1)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def coordinate(value: float) -> str:
    """Return a coordinate's text, with a true minus sign."""
    return f"{value:.4g}".replace("-", "−")


def widest(texts: Sequence[str]) -> float:
    """Return the width of the longest text, in font sizes."""
    return CHARACTER * max(map(len, texts), default=0)


def text_lines(text: str, width: float, most: int) -> list[str]:
    """Return a text as lines that fit a width in font sizes; what is too long for `most` lines loses its middle."""
    fitting = max(int(width / CHARACTER), 6)
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in text).strip() or "\ufffd"
    if len(clean) > most * fitting - most + 1:
        kept = most * fitting - most
        clean = f"{clean[: kept - kept // 2]}…{clean[len(clean) - kept // 2 :]}"
    lines = wrap(clean, fitting, break_on_hyphens=True)
    return lines if len(lines) <= most else [clean[k * fitting : (k + 1) * fitting] for k in range(most)]


def shares_axes(ranges: Sequence[tuple[float, ...]]) -> bool:
    """Tell whether all panels have one range, so that only the outer ones need ticks."""
    return all(np.allclose(found, ranges[0], rtol=1e-9, atol=0) for found in ranges)
