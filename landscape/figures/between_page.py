"""The page of lines between networks: how they compare, a chart a quantity, barriers, and the plane through three."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from landscape.between import is_between
from landscape.figures import between_words as words
from landscape.figures.between_plots import line_charts
from landscape.figures.facts import facts
from landscape.figures.payload import Arrays, page_content
from landscape.figures.shell import document
from landscape.store.whole_file import write_whole
from landscape.surface import Surface


def lines_and_plane(surfaces: Sequence[Surface]) -> tuple[Surface, Surface | None] | None:
    """Return the lines and the plane of one run of `landscape between`; None where surfaces are anything else."""
    if not surfaces or len(surfaces) > 2 or not is_between(surfaces[0]) or not surfaces[0].is_complete:
        return None
    lines, plane = surfaces[0], surfaces[1] if len(surfaces) == 2 else None
    ours = lines.origin.identity.get("networks")
    is_ours = plane is None or "marks" in plane.origin.record and plane.origin.identity.get("networks") == ours
    return (lines, plane) if is_ours else None


def between_page_html(lines: Surface, plane: Surface | None = None, name: str = "between", title: str = "") -> str:
    """Return the page's text; the same surfaces give the same bytes.

    Args:
        lines: Of `landscape between`, all points measured.
        plane: Likewise, through three of the networks.
        name: Of the plane on the page.
        title: "Between" and the networks' names if empty.
    """
    title = title or f"Between {', '.join(network['name'] for network in lines.origin.record['networks'])}"
    cards = _cards(lines, plane)
    if plane is None:
        carried = {"page-data": json.dumps({"between": cards}, sort_keys=True, allow_nan=False).encode()}
        return document("between", title, carried)
    arrays = Arrays()
    content = {**page_content({name: plane}, arrays), "sequence": False, "live": None, "between": cards}
    carried = {"page-data": json.dumps(content, sort_keys=True).encode(), "page-arrays": arrays.bytes()}
    return document("page", title, carried)


def write_between_page(
    lines: Surface, plane: Surface | None, path: Path, name: str = "between", title: str = ""
) -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        OSError: The folder can't be written.
    """
    write_whole(path, between_page_html(lines, plane, name, title).encode())
    return path


def _cards(lines: Surface, plane: Surface | None) -> dict:
    """Return what the page shows of the lines: cards of sentences, figures and tables; and what they rest on."""
    figures = [{"title": name, "figure": _drawn(figure)} for name, figure in line_charts(lines).items()]
    barriers = {
        "title": "Barriers",
        "tables": [asdict(words.barrier_table(lines))],
        "notes": [BARRIER_NOTE],
    }
    cards = [
        {
            "title": "How they compare",
            "tables": [asdict(words.network_table(lines))],
            "lead": words.sentences_between(lines),
        },
        {"title": "On the straight lines", "figures": figures},
        barriers,
    ]
    if plane is not None:
        table = asdict(words.place_table(lines, plane))
        cards.append({"title": "In the plane", "tables": [table], "notes": [PLANE_NOTE]})
    blank = {"wide": True, "figures": [], "tables": [], "notes": [], "lead": []}
    return {"cards": [blank | card for card in cards], "facts": facts(lines)}


def _drawn(figure) -> dict:
    return json.loads(figure.to_json())


BARRIER_NOTE = (
    "A barrier is the highest that a measured point between two networks lies above the straight line from one end's value to the "
    "other's; beside it the highest above the higher end, and at which α each lies. pp: percentage points of the error, 1 less the "
    "accuracy. A straight line shows one way from one network to the other; a curved one may be lower."
)
PLANE_NOTE = (
    "α and β are at right angles and in one unit, the distance of the first two of the plane's networks, so that lengths and angles "
    "are true. Networks that the plane does not go through stand, as dark dots, at their nearest point in it; how far off they are is "
    "in the same unit."
)
