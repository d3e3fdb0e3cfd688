"""The gallery's part on paths: where training runs went, as their files say it, with a film of each."""

from collections.abc import Mapping

from landscape.figures.gallery_words import markdown_table, typed
from landscape.figures.path_panel import path_sentences, point_table
from landscape.surface import Surface

HEAD = """## The way that training took

Runs of `make trajectories DATASET=cifar10 TRAJECTORY_EPOCHS=12 TRAJECTORY_OPTIONS="--num-train 20000"`, on 20,000 training images, in the principal plane of their own checkpoints; each by the command above its film, from the files in `outputs/paths`, which `landscape page` draws and
`landscape animate` films. What the plane shows and what it leaves out: [trajectory.md](trajectory.md).
"""
TITLES = {
    "sgd-cifar10": "SGD, ResNet-20 on CIFAR-10",
    "adam-cifar10": "Adam, ResNet-20 on CIFAR-10",
    "sgd-and-adam-cifar10": "SGD and Adam from one initialization, in their common plane",
}


def paths_text(found: Mapping[str, Surface]) -> str:
    """Return the part as Markdown; "" where there is nothing.

    Args:
        found: Name of a file in `outputs/paths` -> the surface with its path; the film lies beside it as NAME.gif.
    """
    if not found:
        return ""
    names = sorted(found, key=lambda name: (list(TITLES).index(name) if name in TITLES else len(TITLES), name))
    return "\n".join([HEAD, *(_part(name, found[name]) for name in names)])


def _part(name: str, surface: Surface) -> str:
    title, points = TITLES.get(name, name), point_table(surface)
    parts = [
        f"### {title}",
        f"    {typed(str(surface.origin.record['command']), f'outputs/paths/{name}')}",
        f"![film: {title}](../outputs/paths/{name}.gif)",
        "\n".join(f"- {sentence}" for sentence in path_sentences(surface)),
        markdown_table(points.head, points.rows),
    ]
    return "\n\n".join(parts) + "\n"
