"""The page of a race: paths on contour and relief, played step by step, and what each optimizer felt at each step."""

import json
from pathlib import Path

import numpy as np

from landscape.figures.payload import Arrays, colour_scales
from landscape.figures.race_words import diverged_words, outcome, point_lines, runner_name
from landscape.figures.shell import document
from landscape.race.critical import CriticalPoint
from landscape.race.race import Race
from landscape.race.run import Run
from landscape.store.whole_file import write_whole

WIDE = 30.0  # times (median - least): a range wider than that shows little on a linear scale


def race_page_html(race: Race, title: str = "") -> str:
    """Return the page's text; the same race gives the same bytes."""
    arrays = Arrays()
    optimizers = list(dict.fromkeys(run.optimizer for run in race.runs))
    content = {
        "name": race.name,
        "formula": race.formula,
        "axes": race.axes,
        "scale": scale_of(race),
        "colours": colour_scales()["viridis"],
        "surface": {
            "x": arrays.add(race.grid.x),
            "y": arrays.add(race.grid.y),
            "values": {"loss": arrays.add(race.losses.T)},
        },
        "points": [_point(point) for point in race.points],
        "lines": point_lines(race),
        "runs": [_run(race, run, optimizers.index(run.optimizer), arrays) for run in race.runs],
        "steps": race.runs[0].num_steps,
        "facts": _facts(race),
    }
    packed = {"page-data": json.dumps(content, sort_keys=True, allow_nan=False).encode(), "page-arrays": arrays.bytes()}
    return document("race", title or f"Race: {race.name}", packed)


def write_race_page(race: Race, path: Path | str, title: str = "") -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        OSError: The folder can't be written.
    """
    path = Path(path)
    write_whole(path, race_page_html(race, title).encode())
    return path


def scale_of(race: Race) -> str:
    """Return the scale that a race asks for, or one that suits the function's range in its frame."""
    if race.scale != "auto":
        return race.scale
    finite = race.losses[np.isfinite(race.losses)]
    if not len(finite):
        return "linear"
    least, middle, most = finite.min(), np.median(finite), finite.max()
    if most - least <= WIDE * (middle - least):
        return "linear"
    return "log" if least >= 0 else "clipped"


def _point(point: CriticalPoint) -> dict:
    return {
        "place": point.place.tolist(),
        "loss": point.value,
        "kind": point.kind,
        "isolated": point.is_isolated,
        "eigenvalues": point.eigenvalues.tolist(),
        "eigenvectors": point.eigenvectors.T.tolist(),
    }


def _run(race: Race, run: Run, colour: int, arrays: Arrays) -> dict:
    """Return a run as the script reads it; steps end where it ran off."""
    last = run.last
    columns = {
        "x": run.places[:, 0],
        "y": run.places[:, 1],
        "loss": run.losses,
        "gradient": run.gradient_norms,
        "distance": run.saddle_distances,
    }
    sent = {name: arrays.add(column[: last + 1]) for name, column in columns.items()}
    return {
        "name": runner_name(race, run),
        "colour": colour,
        "dash": run.start,
        "rate": run.rate,
        "outcome": outcome(race, run),
        "left": run.left_at,
        "diverged": None if run.diverged_at is None else diverged_words(run),
        "last": last,
        "columns": sent | {"step": arrays.add(run.step_lengths[:last])},
    }


def _facts(race: Race) -> list[tuple[str, str]]:
    identity = race.origin.identity
    rows = [("function", f"{race.name}: {race.formula}")]
    rows += [
        (
            "critical points",
            "Newton's method; each verified, and judged by its Hessian's eigenvalues; at kinks, where there is none, by values around",
        )
    ]
    for name in ("steps", "noise", "seed", "source_sha256"):
        if identity.get(name) is not None:
            rows.append((name.replace("_", " "), str(identity[name])))
    told = identity.get("optimizers") or {}
    for name in dict.fromkeys(run.optimizer for run in race.runs if run.optimizer in told):
        settings = [f"{key} {value}" for key, value in sorted(told[name].items()) if value not in (False, 0)]
        rows.append((name, ", ".join(settings)))
    rows += [(name, str(value)) for name, value in sorted(race.origin.circumstance.items())]
    return rows + [(name, str(value)) for name, value in sorted(race.origin.record.items())]
