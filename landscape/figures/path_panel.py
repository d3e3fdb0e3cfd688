"""What a page shows of a path on a surface: the path itself, how much of it the plane holds, and losses beside the plane's."""

import json
import math
from dataclasses import asdict

import numpy as np

from landscape.figures.curvature_tables import Table
from landscape.figures.given_plane_words import given_plane_axes, given_plane_sentences, given_plane_table
from landscape.figures.path_plots import done_in, path_charts
from landscape.path.random_walk import random_walk_share
from landscape.surface import Surface

NUM_SHARES = 3
SEEN_FROM = {"last": "from the last", "centered": "from their mean"}
SIGNS = {"drop": "▼", "restart": "▲"}
AVERAGES = {"swa": "SWA's average", "ema": "the moving average"}
RIGHT_ANGLES = "α and β are L2 distances in weight space, at right angles."
NOTE = (
    "The path is drawn where each checkpoint's nearest point in the plane lies. "
    "Beside the loss of each checkpoint stands that of its nearest point; the two differ since the checkpoint lies off the plane."
)


def path_panel(surface: Surface) -> dict | None:
    """Return what the page shows of a surface's path; None where it has none, or its checkpoints are not measured.

    Returns:
        {"ways": [{"name", "points", "turns", "averages"}], "sentences": [text], "figures", "tables", "points", "note"}.
    """
    record = surface.origin.record.get("path")
    if not record or any("metrics" not in point for point in record["points"]):
        return None
    return {
        "ways": [way_shown(record, place) for place in range(len(record["ways"]))],
        "sentences": path_sentences(surface),
        "figures": [
            {"title": name, "figure": json.loads(figure.to_json())} for name, figure in path_charts(surface).items()
        ],
        "shares": asdict(share_table(surface)),
        "points": asdict(point_table(surface)),
        "note": _note(record),
    }


def _note(record: dict) -> str:
    return f"{given_plane_axes(record) if 'plane' in record else RIGHT_ANGLES} {NOTE}"


def path_title(name: str) -> str:
    """Return the title of a path's page."""
    return f"The way of {name}"


def path_sentences(surface: Surface) -> list[str]:
    """Say how much of the path the plane holds, how far off it the checkpoints lie, and what that does to the loss."""
    record = surface.origin.record["path"]
    points = [
        point if len(record["ways"]) == 1 else {**point, "name": f"{point['name']} of {way['name']}"}
        for way in record["ways"]
        for point in _points_of(record, way)
    ]
    off = max(points, key=lambda point: point["off"])
    far = max(points, key=lambda point: point["from_center"])
    sentences = [
        *(given_plane_sentences(record) if "plane" in record else _principal_sentences(record)),
        f"{off['name']} lies farthest off the plane, {off['off']:.3g}; the farthest from the origin, {far['name']}, "
        f"{far['from_center']:.3g} away (L2).",
    ]
    sentences += _loss_sentence(surface, points)
    for place, way in enumerate(record["ways"]):
        of = f"{way['name']}: " if len(record["ways"]) > 1 else ""
        sentences += [f"{SIGNS[turn['kind']]} {of}{turn['words']}." for turn in way_shown(record, place)["turns"]]
    return sentences


def _principal_sentences(record: dict) -> list[str]:
    shares, num = record["shares"], sum(way["num"] for way in record["ways"])
    held = (
        f"The plane holds {sum(shares[:2]):.1%} of the squared distances of {num} checkpoints {SEEN_FROM[record['origin']]} "
        f"({shares[0]:.1%} and {shares[1]:.1%}); "
    )
    if len(record["ways"]) == 1:
        walks = [random_walk_share(record["origin"], number) for number in (1, 2)]
        held += f"of a random walk's, with no aim at all, it would hold {sum(walks):.1%} ({walks[0]:.1%} and {walks[1]:.1%})."
    else:
        held += "several runs together have no random walk to be told from."
    return [held]


def _loss_sentence(surface: Surface, points: list[dict]) -> list[str]:
    metric = next((name for name in surface.values if name.endswith("_loss")), next(iter(surface.values)))
    gaps = [(abs(point["metrics"][metric] - point["in_plane"][metric]), point) for point in points]
    bad = [point["name"] for gap, point in gaps if not math.isfinite(gap)]
    told = [f"{metric.replace('_', ' ').capitalize()} is not finite at {', '.join(bad[:3])}."] if bad else []
    finite = [(gap, point) for gap, point in gaps if math.isfinite(gap)]
    if finite:
        _, point = max(finite, key=lambda found: found[0])
        told.append(
            f"{metric.replace('_', ' ').capitalize()} differs most at {point['name']}: {point['metrics'][metric]:.4g} at the "
            f"checkpoint, {point['in_plane'][metric]:.4g} at its nearest point in the plane."
        )
    return told


def share_table(surface: Surface) -> Table:
    """Return the share of each of the first directions beside a random walk's."""
    record = surface.origin.record["path"]
    if "plane" in record:
        return given_plane_table(record)
    has_null = len(record["ways"]) == 1
    rows = []
    for number, share in enumerate(record["shares"][:NUM_SHARES], 1):
        walk = f"{random_walk_share(record['origin'], number):.1%}" if has_null else "–"
        rows.append((str(number), f"{share:.1%}", walk, f"{record['singular_values'][number - 1]:.4g}"))
    return Table(("direction", "share", "a random walk's", "singular value"), tuple(rows), texts=())


def point_table(surface: Surface) -> Table:
    """Return every checkpoint's place, its distance off the plane, and its numbers beside the plane's."""
    record = surface.origin.record["path"]
    metrics = [name.replace("_", " ") for name in surface.values]
    beside = [text for name in metrics for text in (name, "in the plane")]
    rows = []
    for place, way in enumerate(record["ways"]):
        for point in way_shown(record, place)["points"]:
            rows.append((_named(record, way, point["name"]), *_numbers(surface, point)))
    for average in record["averages"]:
        point = record["points"][average["point"]]
        name = f"{AVERAGES[average['kind']]} of {record['ways'][average['way']]['name']}"
        rows.append((name, *_numbers(surface, point)))
    return Table(("checkpoint", "α", "β", "off the plane", *beside), tuple(rows))


def _named(record: dict, way: dict, name: str) -> str:
    return name if len(record["ways"]) == 1 else f"{way['name']}: {name}"


def _points_of(record: dict, way: dict) -> list[dict]:
    """Return a way's points, named without the folder in which all of the way's checkpoints lie."""
    points = record["points"][way["first"] : way["first"] + way["num"]]
    folders = {point["name"].rpartition("/")[0] for point in points}
    return points if len(folders) > 1 else [{**point, "name": point["name"].rpartition("/")[2]} for point in points]


def _numbers(surface: Surface, point: dict) -> list[str]:
    texts = [f"{point[key]:.4g}" for key in ("x", "y", "off")]
    for metric in surface.values:
        form = ".2%" if metric.endswith("accuracy") else ".4g"
        for which in ("metrics", "in_plane"):
            value = point[which][metric]
            texts.append("nan" if value is None else format(value, form))
    return texts


def way_shown(record: dict, place: int) -> dict:
    """Return one way as the page draws it: points in their order, and where on the way turns and averages are."""
    way = record["ways"][place]
    averages = [
        {**_sent(record["points"][one["point"]]), "kind": one["kind"], "words": AVERAGES[one["kind"]]}
        for one in record["averages"]
        if one["way"] == place
    ]
    turns = [_turn(way, turn) for turn in way["turns"]]
    return {
        "name": way["name"],
        "points": [_sent(point) for point in _points_of(record, way)],
        "turns": [turn for turn in turns if turn is not None],
        "averages": averages,
    }


def _turn(way: dict, turn: dict) -> dict | None:
    """Return where a turn of the learning rate lies: between which checkpoints, as a number of them; None outside the path."""
    unit, done = done_in(way)
    if not done or not done[0] <= turn[unit] <= done[-1]:
        return None
    at = float(np.interp(turn[unit], done, range(len(done))))
    what = {"drop": "drops", "restart": "begins anew"}[turn["kind"]]
    words = (
        f"learning rate {what} after {unit} {round(turn[unit], 2):.10g}: {turn['before']:.3g} to {turn['after']:.3g}"
    )
    return {"kind": turn["kind"], "at": at, "words": words}


def _sent(point: dict) -> dict:
    """Return a point without numbers that JSON has no word for."""
    kept = {key: point[key] for key in ("name", "x", "y", "off")}
    for which in ("metrics", "in_plane"):
        kept[which] = {
            metric: value if value is not None and math.isfinite(value) else None
            for metric, value in point[which].items()
        }
    return kept
