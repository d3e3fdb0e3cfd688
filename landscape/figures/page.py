"""The page: one self-contained HTML of one or several surfaces on one scale, which opens offline."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from landscape.figures.payload import Arrays, page_content
from landscape.figures.shell import document
from landscape.store.whole_file import write_whole
from landscape.surface import Surface

MOST_SURFACES = 8  # each has a WebGL scene, and a colour of its own


def page_html(
    surfaces: Mapping[str, Surface],
    title: str = "Loss landscape",
    *,
    sequence: bool = False,
    live: Mapping[str, object] | None = None,
    lines: Mapping[str, Surface] = {},
    comparison: Mapping[str, object] | None = None,
) -> str:
    """Return the page's text; the same surfaces give the same bytes.

    Args:
        surfaces: Name -> surface; planes and lines, one or several of each, may stand side by side.
        sequence: Show one plane after the other, each morphing into the next.
        live: Of a run that goes on: `words` for the header, `seconds` after which the page loads itself again.
        lines: One a surface, in their order: lines of the same networks, drawn in their colours.
        comparison: What `figures/comparison_page.py` says of the surfaces.

    Raises:
        ValueError: There is no surface, there are too many, or they make no sequence.
    """
    if not surfaces:
        raise ValueError("a page needs one surface or more")
    if len(surfaces) > MOST_SURFACES and not sequence:
        raise ValueError(
            f"a page shows {MOST_SURFACES} surfaces at most, not {len(surfaces)}; draw several pages, or one --sequence"
        )
    if sequence:
        _require_sequence(surfaces)
    arrays = Arrays()
    content = {**page_content(surfaces, arrays, lines), "sequence": sequence, "live": live}
    if comparison is not None:
        content["comparison"] = comparison
    carried = {"page-data": json.dumps(content, sort_keys=True).encode(), "page-arrays": arrays.bytes()}
    return document("page", title, carried)


def write_page(
    surfaces: Mapping[str, Surface],
    path: Path | str,
    title: str = "Loss landscape",
    *,
    sequence: bool = False,
    live: Mapping[str, object] | None = None,
    lines: Mapping[str, Surface] = {},
    comparison: Mapping[str, object] | None = None,
) -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        ValueError: As `page_html`.
        OSError: The folder can't be written.
    """
    path = Path(path)
    text = page_html(surfaces, title, sequence=sequence, live=live, lines=lines, comparison=comparison)
    write_whole(path, text.encode())
    return path


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text that a notebook shows in a frame of its own, from which nothing reaches the notebook.

    Attributes:
        text: What `page_html` returns.
        height: Of the frame, in pixels.
    """

    text: str
    height: int = 720

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{self.height}px;border:1px solid #d9dee5;border-radius:8px"
        return f'<iframe sandbox="allow-scripts" title="Loss landscape" style="{style}" srcdoc="{html.escape(self.text)}"></iframe>'


def show_page(surfaces: Mapping[str, Surface] | Surface, title: str = "Loss landscape", *, height: int = 720) -> Page:
    """Return the page of surfaces to be shown in a notebook, as a cell's last value.

    Args:
        height: Of its frame, in pixels.

    Raises:
        ValueError: There is no surface.
    """
    named = {title: surfaces} if isinstance(surfaces, Surface) else surfaces
    return Page(page_html(named, title), height)


def _require_sequence(surfaces: Mapping[str, Surface]) -> None:
    if len(surfaces) < 2:
        raise ValueError("a sequence needs two surfaces or more, in their order")
    first = next(iter(surfaces.values()))
    for name, surface in surfaces.items():
        if surface.grid.y is None:
            raise ValueError(
                f"a sequence is made of planes, and {name} is a line; leave it out, or leave out --sequence"
            )
        if surface.grid.num_planes is not None:
            raise ValueError(
                f"a sequence morphs one plane into the next, but {name} holds {surface.grid.num_planes} of them; leave out "
                "--sequence, or give one of surface.planes"
            )
        same = surface.grid.shape == first.grid.shape and all(
            (getattr(surface.grid, axis) == getattr(first.grid, axis)).all() for axis in "xy"
        )
        if not same:
            raise ValueError(
                f"a sequence morphs over one grid, but {name} is over {_extent(surface)} and the first over {_extent(first)}; "
                "sample all with the same --x and --y"
            )


def _extent(surface: Surface) -> str:
    axes = [f"{axis[0]:g}:{axis[-1]:g}:{len(axis)}" for axis in (surface.grid.x, surface.grid.y)]
    return " x ".join(axes)


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return a short name a file: its stem, or as much of its path as tells it from the others."""
    stems = [path.stem for path in paths]
    names = [stem if stems.count(stem) == 1 else str(path.with_suffix("")) for stem, path in zip(stems, paths)]
    return names if len(set(names)) == len(names) else [f"{name} ({place + 1})" for place, name in enumerate(names)]
