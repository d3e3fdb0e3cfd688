"""The page of training runs: loss, accuracy, learning rate and gradient norm against epoch, and how each was trained."""

import json
from collections.abc import Mapping
from pathlib import Path

import plotly.graph_objects as go

from landscape.figures.plots import CURVES, DASHES, FONT
from landscape.figures.shell import document
from landscape.run_record import RECORDER, RunRecord
from landscape.store.whole_file import write_whole

# Title, kind of axis, unit, and the columns drawn together.
PANELS = (
    ("loss", "log", "nats a sample", ("train_loss", "subset_loss", "test_loss")),
    ("accuracy", "linear", "fraction", ("train_accuracy", "subset_accuracy", "test_accuracy")),
    ("learning rate", "log", "mean over the updates", ("learning_rate",)),
    ("gradient norm", "log", "L2, mean over the updates", ("gradient_norm",)),
)
HEIGHT, LINE = 340, 20  # of a panel, and of a line of its legend, in pixels
WORDS = {"train": "train (as trained)", "subset": "fixed training images", "test": "test"}


def run_figures(runs: Mapping[str, RunRecord]) -> dict[str, go.Figure]:
    """Return a figure a panel that a run has numbers for, all runs in each: a colour a column, or a run where there are several."""
    return {
        title: _figure(runs, kind, unit, columns)
        for title, kind, unit, columns in PANELS
        if any(run.columns.keys() & set(columns) for run in runs.values())
    }


def run_page_html(runs: Mapping[str, RunRecord], title: str = "") -> str:
    """Return the page's text; the same runs give the same bytes.

    Args:
        title: "Training" and the names if empty.

    Raises:
        ValueError: There is no run.
    """
    if not runs:
        raise ValueError("a page needs one run or more")
    title = title or "Training: " + ", ".join(runs)
    figures = [{"name": name, "figure": json.loads(drawn.to_json())} for name, drawn in run_figures(runs).items()]
    content = {"figures": figures, "runs": [{"name": name, "facts": run_facts(run)} for name, run in runs.items()]}
    return document("run", title, {"page-data": json.dumps(content, sort_keys=True).encode()})


def write_run_page(runs: Mapping[str, RunRecord], path: Path, title: str = "") -> Path:
    """Write the page beside its place and rename it.

    Raises:
        OSError: The folder can't be written.
    """
    write_whole(path, run_page_html(runs, title).encode())
    return path


def run_facts(run: RunRecord) -> list[tuple[str, str]]:
    """Return (what, value) rows: the recipe, how far the run came, and the last scores."""
    record, rows = run.origin.record, []
    if recorder := run.origin.identity.get(RECORDER):
        rows = [("ended", record["ended"]), ("recorded every", f"{record['every']} {recorder['unit']}s")]
        return rows + [(name, str(value)) for name, value in run.origin.circumstance.items()]
    ended = f"{record.get('ended', 'not known')}, {run.num_epochs} epochs, {record.get('seconds', 0):.0f} s"
    rows.append(("ended", ended + (" - under-trained" if record.get("under_trained") else "")))
    for name, scores in (record.get("scores") or {}).items():
        rows.append((name, ", ".join(f"{key.replace('_', ' ')} {_value(key, scores[key])}" for key in scores)))
    rows.append(("batch norm", str(record.get("batch_norm", "not known"))))
    for name, value in (run.origin.identity.get("recipe") or {}).items():
        if value not in (None, "", {}):
            rows.append((name.replace("_", " "), str(value)))
    rows += [(name, str(value)) for name, value in run.origin.circumstance.items()]
    rows += [(name, str(record[name])) for name in ("num_parameters", "command") if record.get(name)]
    return rows + [("note", note) for note in record.get("notes") or []]


def _figure(runs: Mapping[str, RunRecord], kind: str, unit: str, columns: tuple[str, ...]) -> go.Figure:
    figure, units = go.Figure(), {run.axis[0] for run in runs.values()}
    if "train_loss" in columns and any(RECORDER in run.origin.identity for run in runs.values()):
        unit, kind = "as told", kind if _lowest(runs, columns) > 0 else "linear"
    for place, (name, run) in enumerate(runs.items()):
        for order, column in enumerate(column for column in columns if column in run.columns):
            split = WORDS.get(column.partition("_")[0], "")
            colour, dash = (place, order) if len(runs) > 1 else (order, 0)
            figure.add_scatter(
                x=run.axis[1],
                y=run.columns[column],
                mode="lines+markers" if run.num_epochs < 40 else "lines",
                name=" ".join(part for part in (name.replace("<", "‹") if len(runs) > 1 else "", split) if part)
                or column.replace("_", " "),
                line={"color": CURVES[colour % len(CURVES)], "dash": DASHES[dash % len(DASHES)], "width": 2},
                marker={"size": 5},
            )
    figure.update_layout(
        font=FONT,
        template="plotly_white",
        margin={"l": 64, "r": 16, "t": 12, "b": 48},
        xaxis={"title": {"text": " or ".join(sorted(units))}},
        yaxis={"type": kind, "title": {"text": unit}, "exponentformat": "power"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        height=HEIGHT + LINE * (len(figure.data) if len(runs) > 1 else 0),
        showlegend=True,
    )
    return figure


def _lowest(runs: Mapping[str, RunRecord], columns: tuple[str, ...]) -> float:
    return min(
        (
            value
            for run in runs.values()
            for column in columns
            for value in run.columns.get(column, ())
            if value == value
        ),
        default=0.0,
    )


def _value(name: str, value: float) -> str:
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.4g}"
