"""The gallery in docs shows each network whose surface is there, with the numbers of its file."""

from pathlib import Path

import numpy as np
import pytest
from surfaces import slanted

from landscape.figures.gallery import gallery_text
from landscape.problem.zoo import read_zoo
from landscape.store.surface_file import read_surface

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "outputs" / "gallery"
ZOO = read_zoo()
FILES = sorted(FOLDER.glob("*.h5"))


def test_the_page_in_docs_is_that_of_the_surfaces():
    surfaces = {name: read_surface(FOLDER / f"{name}.h5") for name in ZOO if (FOLDER / f"{name}.h5").is_file()}
    assert (ROOT / "docs" / "gallery.md").read_text() == gallery_text(ZOO, surfaces)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_surface_of_the_gallery_is_whole_and_of_the_zoo_s_own_weights(path):
    from landscape.problem.checkpoints import load_into, read_checkpoint
    from landscape.problem.models import build_model
    from landscape.weights import digest

    surface, network = read_surface(path), ZOO[path.stem]
    assert surface.is_complete and surface.grid.shape == (25, 25) and {"train_loss", "test_loss"} <= set(surface.values)
    sizes = {"digits": {"channels": 1, "image_size": 8}}.get(network.dataset, {})
    model = build_model(network.model, network.model_arguments, from_data=sizes)
    load_into(model, read_checkpoint(f"zoo:{path.stem}"))
    assert surface.origin.identity["checkpoint"] == digest(model.state_dict())
    for kind in ("contour", "surface"):
        assert (FOLDER / f"{path.stem}-{kind}.png").is_file()


def test_a_network_is_shown_with_the_values_at_its_center():
    surface = slanted()
    found = gallery_text(ZOO, {"mlp-digits": surface})
    i, j = np.abs(surface.grid.x).argmin(), np.abs(surface.grid.y).argmin()
    assert (
        f"At the center train loss {surface.values['train_loss'][i, j]:.4g}; at most {surface.values['train_loss'].max():.4g}"
        in found
    )
    assert (
        f"| mlp-digits | {ZOO['mlp-digits'].scores['train_accuracy']:.2%} |" in found and "## vgg56-digits" not in found
    )
