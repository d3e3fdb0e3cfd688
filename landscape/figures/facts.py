"""What a picture rests on, in rows of plain words, from the surface's own records."""

from collections.abc import Mapping

import numpy as np

from landscape.grid import Grid
from landscape.origin import Origin
from landscape.surface import Surface
from landscape.taylor import SHARE, radius_of_trust

NORM_STATS_WORDS = {
    "stored": "the checkpoint's stored statistics at every point",
    "reestimated": "re-estimated at every point from the run's training samples",
    "mixed": "the networks' stored statistics, mixed as the weights are",
}


def plan_facts(origin: Origin) -> list[tuple[str, str]]:
    """Return the rows that are known before anything is measured."""
    identity, record = origin.identity, origin.record
    rows = _model_rows(identity, record) + _data_rows(identity, record) + _direction_rows(identity, record)
    if "norm_stats" in identity:
        words = NORM_STATS_WORDS.get(identity["norm_stats"], identity["norm_stats"])
        rows.append(("batch norm", words if record.get("num_norms", 1) else "the model has none"))
    if "precision" in identity:
        batches = f", batches of {identity['batch_size']}" if "batch_size" in identity else ""
        folded = ", norms folded into convolutions" if identity.get("path") == "folded" else ""
        rows.append(("precision", f"{identity['precision']}{batches}{folded}"))
    return rows


def facts(surface: Surface) -> list[tuple[str, str]]:
    """Return (what, value) rows; what was not recorded is left out."""
    record, grid = surface.origin.record, surface.grid
    rows = [("grid", _grid(grid)), ("points", _points(surface))]
    center = record.get("center") or {}
    if center:
        rows.append(
            ("at the center", ", ".join(f"{name.replace('_', ' ')} {_value(name, center[name])}" for name in center))
        )
    for metric, array in surface.values.items():
        finite = array[np.isfinite(array)]
        if len(finite):
            ends = [_value(metric, float(value)) for value in (finite.min(), finite.max())]
            rows.append((metric.replace("_", " "), f"{ends[0]} to {ends[1]} on the grid"))
    rows += _second_order_rows(surface)
    rows += plan_facts(surface.origin)
    for key in ("device", "torch", "hosts", "ranks", "seconds", "command"):
        value = {**surface.origin.circumstance, **record}.get(key)
        if value is not None:
            rows.append((key, f"{value:.0f}" if key == "seconds" else str(value)))
    for note in record.get("notes") or []:
        rows.append(("note", note))
    return rows


def _second_order_rows(surface: Surface) -> list[tuple[str, str]]:
    rows = []
    for metric in surface.values:
        trust = radius_of_trust(surface, metric)
        if trust is None:
            continue
        holds = f"holds to {100 * SHARE:g} % of the change in {metric.replace('_', ' ')}"
        if trust.failing is None:
            words = f"{holds} at every measured point: within at least {trust.radius:.3g} of the center"
        elif trust.radius is None:
            words = f"{holds} within less than one cell: no longer at {trust.failing:.3g} from the center, the nearest points"
        else:
            words = f"{holds} within {trust.radius:.3g} of the center, no longer at {trust.failing:.3g}"
        rows.append(("second order", words))
    return rows


def _grid(grid: Grid) -> str:
    ends = [f"{letter} {axis[0]:g} to {axis[-1]:g}" for letter, axis in zip("αβ", (grid.x, grid.y)) if axis is not None]
    size = str(grid.of_one_plane())
    if grid.num_planes is not None:
        size = f"{grid.num_planes} {grid.kind}{'s' * (grid.num_planes > 1)} of {size.removesuffix(' line')}"
    return f"{size}: {', '.join(ends)}"


def _points(surface: Surface) -> str:
    planes = surface.planes
    whole = sum(plane.is_complete for plane in planes)
    of = f", {whole} of {len(planes)} {surface.grid.kind}s complete" if whole < len(planes) > 1 else ""
    text = f"{surface.num_done} of {surface.grid.num_points} measured{of}, none interpolated"
    bad = {metric: surface.num_non_finite(metric) for metric in surface.values}
    worst = {metric: count for metric, count in bad.items() if count}
    if worst:
        text += "; not finite: " + ", ".join(
            f"{count} of {metric.replace('_', ' ')}" for metric, count in worst.items()
        )
    return text


def _model_rows(identity: Mapping, record: Mapping) -> list[tuple[str, str]]:
    rows = []
    if "imported" in record:
        rows.append(("imported from", str(record["imported"])))
    if "model" in record:
        rows.append(("model", str(record["model"])))
    if "checkpoint" in identity:
        place = record.get("checkpoint", "in memory")
        rows.append(("checkpoint", f"{place} (sha256 of the weights {str(identity['checkpoint'])[:12]})"))
    for network in record.get("networks") or []:
        rows.append(
            (f"network {network['letter']}", f"{network['words']} (sha256 of the weights {network['sha256'][:12]})")
        )
    return rows


def _data_rows(identity: Mapping, record: Mapping) -> list[tuple[str, str]]:
    rows = []
    if "loss" in identity:
        rows.append(("loss", str(record.get("loss", identity["loss"]))))
    for split, words in (record.get("data") or {}).items():
        digest = (identity.get("data") or {}).get(split, "")
        rows.append((f"{split} data", f"{words} (sha256 {digest[:12]})"))
    if record.get("mean"):
        numbers = [", ".join(f"{value:g}" for value in record[name]) for name in ("mean", "std")]
        rows.append(("inputs", f"each channel less its mean {numbers[0]}, over its deviation {numbers[1]}"))
    return rows


def _direction_rows(identity: Mapping, record: Mapping) -> list[tuple[str, str]]:
    rows = [("directions", str(words)) for words in record.get("directions") or []]
    report = record.get("direction_report") or {}
    if report:
        text = f"norms {', '.join(f'{norm:.4g}' for norm in report['norms'])}; the moved weights' {report['center_norm']:.4g}"
        if report.get("cosine") is not None:
            text += f"; cosine between them {report['cosine']:.4f}"
            if report.get("random"):
                text += f" (chance gives ±{report['expected_cosine']:.4f})"
        if report.get("num_zero_filters"):
            text += f"; {report['num_zero_filters']} of {report['num_filters']} filters are zero and do not move"
        rows.append(("their lengths", text))
    return rows


def _value(metric: str, value: float) -> str:
    return f"{value:.2%}" if metric.endswith("accuracy") else f"{value:.4g}"
