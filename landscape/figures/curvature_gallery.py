"""The page in docs of the zoo's curvature: a table from the records, and the pictures beside them."""

from collections.abc import Mapping

import numpy as np

from landscape.curvature_record import CurvatureRecord
from landscape.figures.curvature_words import answers, with_error
from landscape.surface import Surface

HEAD = """# Curvature of the zoo

What kind of point networks of the zoo are, by `landscape curvature` with its defaults: 256 stratified training samples, stored norm
statistics, no weight decay. Made by `python scripts/analyze_zoo.py NAME ... --data-dir data`, which leaves the records in
`outputs/curvature`; `landscape page outputs/curvature/vgg56-cifar10.h5 --out curvature.html` draws one, or several. What each column means, and how sure it is:
[curvature.md](curvature.md). Trained networks are hardly ever critical points of the loss alone: weight decay, and training that ended
before the gradient did, leave a slope.
"""
COLUMNS = (
    "network",
    "loss",
    "gradient (by chance)",
    "largest eigenvalue",
    "smallest",
    "trace",
    "share above / below",
    "the point",
)


def curvature_gallery_text(records: Mapping[str, CurvatureRecord], maps: Mapping[str, Surface]) -> str:
    """Return the page as Markdown.

    Args:
        records: Name of a network -> its record, from `outputs/curvature`.
        maps: Name -> a surface with extreme eigenvalues at every point.
    """
    rows = [_row(name, record) for name, record in records.items()]
    table = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *rows]
    parts = [HEAD, "\n".join(table) + "\n"]
    for name, record in records.items():
        sentences = [
            f"The {question.removeprefix('The ')} is {answer}: {why}." for question, answer, why in answers(record)
        ]
        parts.append(f"**{name}.** {' '.join(sentences)}{_escape(record)}\n")
    parts += [_map(name, surface) for name, surface in maps.items()]
    return "\n".join(parts)


def _row(name: str, record: CurvatureRecord) -> str:
    found, values = record.findings, record.arrays["eigenvalue"]
    shares = found.get("shares")
    cells = [
        name,
        f"{found['loss']:.4g}",
        f"{found['gradient_norm']:.3g} ({found['gradient_error']:.3g})",
        _eigenvalue(record, 0),
        _eigenvalue(record, len(values) - 1),
        with_error(found.get("trace"), found.get("trace_error")),
        f"{shares['above']:.1%} / {shares['below']:.1%}" if shares else "not measured",
        found["verdict"],
    ]
    return f"| {' | '.join(cells)} |"


def _eigenvalue(record: CurvatureRecord, place: int) -> str:
    value, residual = record.arrays["eigenvalue"][place], record.arrays["eigenvalue_residual"][place]
    converged = "" if record.arrays["eigenvalue_converged"][place] else ", not converged"
    return f"{value:.4g} (residual {residual:.1g}{converged})"


def _escape(record: CurvatureRecord) -> str:
    if "escape_loss" not in record.arrays:
        return ""
    losses, here = record.arrays["escape_loss"], record.findings["loss"]
    fall, length = here - float(losses.min()), record.arrays["escape_length"][int(np.argmin(losses))]
    return (
        f" Along the most negative eigenvector the loss falls by {fall:.2g} ({fall / here:.2g} of it), at a step of "
        f"{abs(length):.3g}, {abs(length) / record.findings['weights_norm']:.2g} of the weights' length."
    )


def _map(name: str, surface: Surface) -> str:
    ratio, residual = surface.values["train_eigenvalue_ratio"], surface.values["train_eigenvalue_residual"]
    i, j = (int(np.abs(axis).argmin()) for axis in (surface.grid.x, surface.grid.y))
    data = next(iter(surface.origin.record["data"].values()))
    return (
        f"## The map of |smallest / largest eigenvalue| around {name}\n\n"
        f"![the ratio over the plane](../outputs/curvature/{name}-map.png)\n\n"
        f"{surface.grid} points of a filter-normalized random plane, {data}; made by the same script with `--map {name}`. At the center "
        f"the ratio is {ratio[i, j]:.3g}; over the plane it lies between {np.nanmin(ratio):.3g} and {np.nanmax(ratio):.3g}, its median is "
        f"{np.nanmedian(ratio):.3g}. The largest residual is {np.nanmax(residual):.2g} of the largest eigenvalue's magnitude; "
        f"{int(np.isnan(ratio).sum())} points are not finite. A ratio near 0 means that the loss curves upward nearly everywhere, "
        "in Li et al.'s reading a nearly convex region; 1, that it curves downward as strongly as upward.\n"
    )
