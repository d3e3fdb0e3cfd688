"""What is said of networks and of the lines between them: how they compare, and how high the barriers are, as found."""

from collections.abc import Sequence

import numpy as np

from landscape.barrier import Barrier
from landscape.belief.rounding import rounding_of
from landscape.between import LineBetween, lines_between, metrics_of_networks
from landscape.figures.curvature_tables import Table
from landscape.surface import Surface

NONE = "none"
LEAST_ERROR = 1e-9  # of a share of samples, which is known to rounding


def sentences_between(surface: Surface) -> list[str]:
    """Say how the networks compare in quality, and how high the barriers between them are.

    Args:
        surface: Lines of which all points are measured.
    """
    lines, networks = lines_between(surface), metrics_of_networks(surface)
    said = [_quality(surface, networks, split) for split in _splits(surface)]
    said += [_barriers(surface, lines, metric) for metric in surface.values if not metric.endswith("accuracy")]
    said += [_compared(surface, lines, networks, metric) for metric in surface.values if metric.endswith("loss")][:1]
    said.append(_not_finite(surface, lines))
    return [sentence for sentence in said if sentence]


def network_table(surface: Surface) -> Table:
    """Return each network's own metrics."""
    metrics = list(surface.values)
    named = {network["letter"]: network["name"] for network in surface.origin.record["networks"]}
    rows = [
        (letter, named[letter], *(value_text(metric, found[metric]) for metric in metrics))
        for letter, found in metrics_of_networks(surface).items()
    ]
    return Table(("network", "name", *(metric.replace("_", " ") for metric in metrics)), tuple(rows), (0, 1))


def barrier_table(surface: Surface) -> Table:
    """Return, a line, how high it rises above its chord and above its higher end, by metric."""
    head, rows = ["line", "distance"], []
    for metric in surface.values:
        head += [f"{quantity(metric)}: barrier"] + ([] if metric.endswith("accuracy") else ["above the higher end"])
    for line in lines_between(surface):
        cells = [" – ".join(line.ends), f"{line.distance:.4g}"]
        for metric, found in line.barriers.items():
            cells.append(barrier_text(surface, metric, found))
            if not metric.endswith("accuracy"):
                cells.append(_height_text(surface, metric, found, found.rise, found.rise_at))
        rows.append(tuple(cells))
    return Table(tuple(head), tuple(rows), (0,))


def place_table(lines: Surface, plane: Surface) -> Table:
    """Return where each network lies in the plane and beside it, and its own loss beside the plane's at its place."""
    metrics = [metric for metric in plane.values if metric.endswith("loss")] or list(plane.values)[:1]
    side, own = plane.origin.record["triangle"]["side"], metrics_of_networks(lines)
    head = ["network", "name", "α", "β", "off the plane"]
    for metric in metrics:
        head += [f"own {metric.replace('_', ' ')}", "the plane's there"]
    rows = []
    for mark in plane.origin.record["marks"]:
        off = "in it" if mark["off"] == 0 else f"{mark['off'] / side:.3g}"
        cells = [mark["letter"], mark["name"], *(f"{round(mark[axis], 3) + 0.0:.3f}" for axis in "xy"), off]
        for metric in metrics:
            cells += [value_text(metric, own[mark["letter"]][metric]), value_text(metric, there(plane, mark, metric))]
        rows.append(tuple(cells))
    return Table(tuple(head), tuple(rows), (0, 1))


def there(plane: Surface, mark: dict, metric: str) -> float:
    """Return the plane's value at a network's place, which is a point of its grid."""
    place = tuple(int(np.abs(getattr(plane.grid, axis) - mark[axis]).argmin()) for axis in "xy")
    return float(plane.values[metric][place])


def barrier_text(surface: Surface, metric: str, found: Barrier) -> str:
    """Return a barrier's height above the chord and where it is, or that there is none beyond rounding."""
    return _height_text(surface, metric, found, found.height, found.at)


def quantity(metric: str) -> str:
    """Return the name of that of which less is better: test loss, test error."""
    return metric.replace("_", " ").replace("accuracy", "error")


def value_text(metric: str, value: float) -> str:
    if not np.isfinite(value):
        return "not finite"
    return f"{value:.2%}" if metric.endswith("accuracy") else f"{value:.4g}"


def is_beyond_rounding(surface: Surface, metric: str, height: float, value: float) -> bool:
    """Tell whether a height is more than the rounding of the value that it was taken from; nan is not."""
    if metric.endswith("accuracy"):
        return height > LEAST_ERROR
    precision = surface.origin.identity.get("precision", "float32")
    return np.isinf(height) or height > rounding_of(precision).of(value)


def is_barrier(surface: Surface, metric: str, found: Barrier) -> bool:
    """Tell whether a line rises by more than rounding."""
    return is_beyond_rounding(surface, metric, found.height, found.peak)


def _height_text(surface: Surface, metric: str, found: Barrier, height: float, at: float | None) -> str:
    if np.isnan(height):
        return "an end is not finite"
    if not is_beyond_rounding(surface, metric, height, found.peak):
        return NONE
    text = f"{100 * height:.1f} pp" if metric.endswith("accuracy") else f"{height:.3g}"
    return f"{'not finite' if np.isinf(height) else text} at {at:.3g}"


def _splits(surface: Surface) -> list[str]:
    return list(dict.fromkeys(metric.partition("_")[0] for metric in surface.values))


def _quality(surface: Surface, networks: dict, split: str) -> str:
    """Say how far the networks' own loss and accuracy on a split lie apart, and how sure an accuracy is."""
    parts = []
    for metric in (metric for metric in surface.values if metric.startswith(f"{split}_")):
        values = {letter: found[metric] for letter, found in networks.items() if np.isfinite(found[metric])}
        if not values:
            continue
        ordered = sorted(values, key=values.get, reverse=metric.endswith("accuracy"))
        first, last = ordered[0], ordered[-1]
        texts = [value_text(metric, values[letter]) for letter in (first, last)]
        words = f"from {texts[0]} ({first}) to {texts[1]} ({last})" if texts[0] != texts[1] else f"{texts[0]} in all"
        parts.append(f"{metric.partition('_')[2]} {words}")
    if not parts:
        return ""
    num = (surface.origin.record.get("num_samples") or {}).get(split)
    on = f"On {num:,} {split} samples" if num else f"On {split} samples"
    if surface.origin.identity.get("norm_stats") == "reestimated" and surface.origin.record.get("num_norms"):
        on += ", norm statistics re-estimated,"
    order = ", best first" if any(" from " in part for part in parts) else ""
    return f"{on} the networks' own {', '.join(parts)}{order}{_sampling_error(surface, networks, split, num)}."


def _sampling_error(surface: Surface, networks: dict, split: str, num: int | None) -> str:
    metric = f"{split}_accuracy"
    if metric not in surface.values or not num:
        return ""
    shares = np.array([found[metric] for found in networks.values()])
    error = float(np.sqrt(np.clip(shares * (1 - shares), 0, None) / num).max())
    return (
        f"; the standard error of an accuracy from so many samples is up to {100 * error:.1f} points" if error else ""
    )


def _barriers(surface: Surface, lines: Sequence[LineBetween], metric: str) -> str:
    found = {line.ends: line.barriers[metric] for line in lines if not np.isnan(line.barriers[metric].height)}
    high = {ends: each for ends, each in found.items() if is_barrier(surface, metric, each)}
    name, num = quantity(metric), len(found)
    if not found:
        return ""
    on = f"the {num} lines" if num == len(lines) else f"{num} of the {len(lines)} lines, which have finite ends,"
    if not high:
        where = "the line" if len(lines) == 1 else f"{on}" if num < len(lines) else f"any of {on}"
        return (
            f"No barrier in {name} was found on {where}: no measured point lies above the straight line between the ends' values "
            "by more than rounding."
        )
    ends, most = max(high.items(), key=lambda each: each[1].height)
    top = "not finite" if np.isinf(most.height) else f"{most.height:.3g}"
    if num == 1:
        return f"The barrier in {name} between {ends[0]} and {ends[1]} is {top}, at α = {most.at:.3g}."
    low = f"{min(each.height for each in found.values()):.3g}" if len(high) == num else NONE
    of = f"The barriers in {name} on {on} range from {low} to {top}"
    return f"{of}, the highest between {ends[0]} and {ends[1]} at α = {most.at:.3g}."


def _compared(surface: Surface, lines: Sequence[LineBetween], networks: dict, metric: str) -> str:
    """Say how the networks' losses differ beside how high it is between them."""
    values = [found[metric] for found in networks.values()]
    high = [line.barriers[metric].height for line in lines if is_barrier(surface, metric, line.barriers[metric])]
    if not np.isfinite(values).all() or not high or np.isinf(max(high)):
        return ""
    spread = max(values) - min(values)
    differs = "is the same"
    if is_beyond_rounding(surface, metric, spread, max(values)):
        differs = f"differs by {spread:.3g} at most" if len(values) > 2 else f"differs by {spread:.3g}"
    beside = "barriers of up to" if len(high) > 1 else "a barrier of"
    return f"The networks' own {quantity(metric)} {differs}, beside {beside} {max(high):.3g} on the way."


def _not_finite(surface: Surface, lines: Sequence[LineBetween]) -> str:
    bad = {
        metric: sum(line.barriers[metric].num_not_finite for line in lines)
        for metric in surface.values
        if metric.endswith("loss")
    }
    named = [f"{num} of {metric.replace('_', ' ')}" for metric, num in bad.items() if num]
    if not named:
        return ""
    return (
        f"Between the ends, {' and '.join(named)} are not finite: inf counts as a barrier without end, nan is left out."
    )
