"""The docs' page of how far the zoo's pictures can be believed, and what other pages quote of it, are what the files say."""

from pathlib import Path

from landscape.figures.belief_gallery import belief_gallery_text
from landscape.figures.belief_panel import belief_panel
from landscape.problem.zoo import read_zoo
from landscape.store.surface_file import read_surface

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "outputs" / "belief"
QUOTED = {  # by network: of which rows the values stand in docs/reading-a-landscape.md
    "vgg56-cifar10": (
        "curvature over ±0.143",
        "by the Hessian along the same directions",
        "largest eigenvalue",
        "smallest eigenvalue",
        "curvatures of the planes",
    ),
    "resnet20-cifar10-small-wd": ("curvature over ±0.143", "by the Hessian along the same directions"),
}
COMPARED = {
    "vgg56-cifar10": ("norm statistics, (0.3, 0.3)",),
    "resnet20-cifar10-small-wd": ("norm statistics, (0.3, 0.3)", "other samples, center", "other split, center"),
}


def surfaces() -> dict:
    return {name: read_surface(FOLDER / f"{name}.h5") for name in read_zoo() if (FOLDER / f"{name}.h5").is_file()}


def test_the_page_is_what_the_files_say():
    found = surfaces()
    assert set(QUOTED) <= set(found)
    assert (ROOT / "docs" / "belief-of-the-zoo.md").read_text() == belief_gallery_text(found)
    assert all((FOLDER / f"{name}.png").is_file() for name in found)


def test_every_network_of_the_page_is_the_zoos_own():
    zoo = read_zoo()
    for name, surface in surfaces().items():
        assert surface.origin.record["checkpoint"] == f"zoo:{name}" and name in zoo
        assert (
            surface.is_complete
            and surface.belief.findings["level"] == "full"
            and belief_panel(surface)["missing"] == []
        )


def test_figures_quoted_elsewhere_are_those_of_the_files():
    text, found = (ROOT / "docs" / "reading-a-landscape.md").read_text(), surfaces()
    for name, whats in QUOTED.items():
        rows = {what: value for what, value, _ in belief_panel(found[name])["rows"]}
        assert all(rows[what] in text for what in whats), name
        parts = [part for what in COMPARED[name] for part in rows[what].split(", not ")]
        assert all(part in text for part in parts), name
        assert f"{rows['loss against Hessian']} for " in text
