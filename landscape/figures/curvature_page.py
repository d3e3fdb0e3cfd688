"""The page of curvature analyses: what kind of point each is, its spectrum, trace and way out; several beside each other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import plotly.graph_objects as go

from landscape.curvature_record import CurvatureRecord
from landscape.figures import curvature_tables as tables
from landscape.figures import curvature_words as words
from landscape.figures.curvature_compare import comparison, comparison_figures, comparison_words
from landscape.figures.curvature_density import AXES, has_spread
from landscape.figures.curvature_plots import density_figure, escape_figure, trace_figure
from landscape.figures.curvature_tables import Table
from landscape.figures.shell import document
from landscape.store.whole_file import write_whole

MOST_NAMED = 3  # in the title
TOP, TOP_ALONE = 40, 16  # pixels above a figure whose title the card has: with a legend, and without


def curvature_page_html(records: Mapping[str, CurvatureRecord], title: str = "") -> str:
    """Return the page's text; the same records give the same bytes.

    Args:
        records: Name -> record, in an order that means something, such as that of a run's checkpoints.
        title: "Curvature" and the names if empty.

    Raises:
        ValueError: There is no record.
    """
    if not records:
        raise ValueError("a page needs one curvature record or more")
    several = _compared_cards(records) if len(records) > 1 else []
    shown = [{"name": name, **_record_content(record)} for name, record in records.items()]
    content = json.dumps({"compared": several, "records": shown}, sort_keys=True, allow_nan=False)
    return document("curvature", title or _title(list(records)), {"page-data": content.encode()})


def write_curvature_page(records: Mapping[str, CurvatureRecord], path: Path | str, title: str = "") -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        ValueError: There is no record.
        OSError: The folder can't be written.
    """
    path = Path(path)
    write_whole(path, curvature_page_html(records, title).encode())
    return path


def curvature_figures(record: CurvatureRecord) -> dict[str, go.Figure]:
    """Return the figures that a record has numbers for, by name."""
    found = {}
    if has_spread(record):
        found |= {f"density, {axis}": density_figure(record, axis=axis) for axis in AXES}
    if "trace_exact" in record.arrays:
        found["trace"] = trace_figure(record)
    if "escape_loss" in record.arrays:
        found["escape"] = escape_figure(record)
    return found


def _title(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMED:
        return f"Curvature: {names[0]}, ..., {names[-1]} ({len(names)} networks)"
    return f"Curvature: {', '.join(names)}"


def _compared_cards(records: Mapping[str, CurvatureRecord]) -> list[dict]:
    """Return what the page shows of several records together."""
    cards = [
        _card("Side by side", wide=True, tables=[comparison(records)], notes=[" ".join(comparison_words(records))])
    ]
    return cards + [_card("", figures=[figure]) for figure in comparison_figures(records).values()]


def _record_content(record: CurvatureRecord) -> dict:
    """Return what the page shows of one record: its answers, and cards of figures, tables and sentences."""
    figures = curvature_figures(record)
    pairs, shares = tables.eigenvalue_table(record), tables.share_table(record)
    densities = [figure for name, figure in figures.items() if name.startswith("density")]
    trace, escape = ([figures[name]] if name in figures else [] for name in ("trace", "escape"))
    return {
        "verdict": words.verdict(record),
        "answers": words.answers(record),
        "facts": words.point_rows(record),
        "origin": words.origin_rows(record),
        "cards": [
            _card("Eigenvalues", tables=[pairs] if pairs.rows else [], notes=[tables.eigenvalue_words(record)]),
            _card(
                "Spectrum",
                wide=True,
                figures=densities,
                tables=[shares] if shares else [],
                notes=[tables.density_words(record), tables.share_words(record)],
            ),
            _card("Trace by layer", figures=trace, notes=[tables.trace_words(record)]),
            _card("Way out of a saddle", figures=escape, notes=[words.escape_words(record)]),
            _card("Newton step and stiffness", notes=[words.newton_words(record), words.condition_words(record)]),
        ],
    }


def _card(
    title: str,
    *,
    wide: bool = False,
    figures: Sequence[go.Figure] = (),
    tables: Sequence[Table] = (),
    notes: Sequence[str] = (),
) -> dict:
    """Return a card's content; a single figure's title is the card's."""
    named = [(figure.layout.title.text, json.loads(figure.to_json())) for figure in figures]
    for _, drawn in named:
        del drawn["layout"]["title"]
        drawn["layout"]["margin"]["t"] = TOP if any(trace.get("name") for trace in drawn["data"]) else TOP_ALONE
    return {
        "title": named[0][0] if len(named) == 1 else title,
        "wide": wide,
        "figures": [{"title": name, "figure": drawn} for name, drawn in named],
        "tables": [asdict(table) for table in tables],
        "notes": [note for note in notes if note],
    }
