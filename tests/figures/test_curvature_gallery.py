"""The page of the zoo's curvature in docs holds the numbers of the committed records, which are of the zoo's own weights."""

from pathlib import Path

import numpy as np
import pytest

from landscape.figures.curvature_gallery import curvature_gallery_text
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.models import build_model
from landscape.problem.zoo import read_zoo
from landscape.store.curvature_file import read_curvature
from landscape.store.surface_file import read_surface
from landscape.weights import digest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "outputs" / "curvature"
ZOO = read_zoo()
RECORDS = {name: FOLDER / f"{name}.h5" for name in ZOO if (FOLDER / f"{name}.h5").is_file()}
MAPS = {name: FOLDER / f"{name}-map.h5" for name in ZOO if (FOLDER / f"{name}-map.h5").is_file()}


def test_the_page_in_docs_is_that_of_the_records():
    records = {name: read_curvature(path) for name, path in RECORDS.items()}
    maps = {name: read_surface(path) for name, path in MAPS.items()}
    assert (ROOT / "docs" / "curvature-of-the-zoo.md").read_text() == curvature_gallery_text(records, maps)


@pytest.mark.parametrize("name", [*RECORDS, *(f"{name}-map" for name in MAPS)])
def test_a_record_is_of_the_zoo_s_own_weights(name):
    own = name.removesuffix("-map")
    origin = read_surface(MAPS[own]).origin if name != own else read_curvature(RECORDS[own]).origin
    network = ZOO[own]
    sizes = {"digits": {"channels": 1, "image_size": 8}}.get(network.dataset, {})
    model = build_model(network.model, network.model_arguments, from_data=sizes)
    load_into(model, read_checkpoint(f"zoo:{own}"))
    assert origin.identity["checkpoint"] == digest(model.state_dict())


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_whole_and_its_ratio_is_that_of_its_eigenvalues(name):
    surface = read_surface(MAPS[name])
    values = surface.values
    assert surface.is_complete and (FOLDER / f"{name}-map.png").is_file()
    ratio = np.abs(values["train_smallest_eigenvalue"] / values["train_largest_eigenvalue"])
    np.testing.assert_allclose(values["train_eigenvalue_ratio"], ratio, rtol=1e-12)
    assert np.nanmax(values["train_eigenvalue_residual"]) < 0.1
