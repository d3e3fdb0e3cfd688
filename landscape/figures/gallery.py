"""The gallery's page in docs: the networks of the zoo with their pictures, and the numbers that stand in their surfaces."""

from collections.abc import Mapping

import numpy as np

from landscape.comparison import Comparison
from landscape.figures.comparison_gallery import comparisons_text
from landscape.figures.path_gallery import paths_text
from landscape.problem.zoo import ZooNetwork
from landscape.surface import Surface

HEAD = """# Gallery

Each network of the zoo, and the loss around it: 25 x 25 points of a filter-normalized random plane (seed 0), train and test loss, bfloat16,
stored norm statistics. Made by `make gallery DATA_DIR=data`, which leaves numbers and pictures in `outputs/gallery`; one network alone
by `python scripts/make_gallery.py NAME --data-dir data`. Each picture has a scale of its own here: compare the numbers, not the colours, or draw
two on one scale by `landscape page outputs/gallery/vgg56-digits.h5 outputs/gallery/resnet56-digits.h5 --out both.html`. One plane says little of
others: what is alike here may differ elsewhere, and the other way round.
"""


def gallery_text(
    zoo: Mapping[str, ZooNetwork],
    surfaces: Mapping[str, Surface],
    compared: Mapping[str, Comparison | Surface] = {},
    paths: Mapping[str, Surface] = {},
) -> str:
    """Return the gallery as Markdown.

    Args:
        surfaces: Name of a network -> its surface, from `outputs/gallery`.
        compared: Name of a file in `outputs/compare` -> what it holds: a comparison, or lines between networks.
        paths: Name of a file in `outputs/paths` -> the surface with a path on it.
    """
    parts = [HEAD, _table(zoo, surfaces)]
    for name, surface in surfaces.items():
        network = zoo[name]
        label = (
            " **Under-trained**: it did not reach the training accuracy that it was to reach." * network.under_trained
        )
        parts.append(
            f"## {name}\n\n{network.about[0].upper()}{network.about[1:]}.{label}\n\n"
            f"![contours of the train loss around {name}](../outputs/gallery/{name}-contour.png)\n"
            f"![the same as a surface](../outputs/gallery/{name}-surface.png)\n\n"
            f"{_words(surface)}\n"
        )
    return "\n".join([*parts, *filter(None, [comparisons_text(compared), paths_text(paths)])])


def _table(zoo: Mapping[str, ZooNetwork], surfaces: Mapping[str, Surface]) -> str:
    rows = [
        "| network | train accuracy | test accuracy | area within 0.1 nat of the center's train loss |",
        "|---|---|---|---|",
    ]
    for name, surface in surfaces.items():
        scores = zoo[name].scores
        rows.append(f"| {name} | {scores['train_accuracy']:.2%} | {scores['test_accuracy']:.2%} | {_near(surface)} |")
    return "\n".join(rows) + "\n"


def _near(surface: Surface) -> str:
    """Say how many of the grid's points lie within 0.1 nat above the center."""
    loss = surface.values["train_loss"]
    number = int((loss <= _center(surface, "train_loss") + 0.1).sum())
    return f"{number} of {surface.grid.num_points} points"


def _words(surface: Surface) -> str:
    data = surface.origin.record.get("data") or {}
    losses = [
        f"{name.replace('_', ' ')} {_center(surface, name):.4g}" for name in surface.values if name.endswith("loss")
    ]
    highest = max(
        float(np.nanmax(np.where(np.isfinite(array), array, np.nan)))
        for name, array in surface.values.items()
        if name.endswith("loss")
    )
    bad = surface.num_non_finite("train_loss")
    words = f"At the center {', '.join(losses)}; at most {highest:.4g} on the plane"
    words += f"; {bad} points are not finite" * bool(bad)
    return f"{words}. Samples: {'; '.join(f'{split}: {words}' for split, words in data.items())}."


def _center(surface: Surface, metric: str) -> float:
    i, j = (int(np.abs(axis).argmin()) for axis in (surface.grid.x, surface.grid.y))
    return float(surface.values[metric][i, j])
