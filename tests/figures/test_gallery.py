"""The gallery in docs shows each network whose surface is there, with the numbers of its file."""

import re
from pathlib import Path

import numpy as np
import pytest
from comparisons import comparison, network
from surfaces import slanted

from landscape.barrier import barrier
from landscape.figures.gallery import gallery_text
from landscape.problem.zoo import read_zoo
from landscape.store.comparison_file import FORMAT, read_comparison
from landscape.store.sealed_hdf5 import format_of
from landscape.store.surface_file import read_surface

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "outputs" / "gallery"
ZOO = read_zoo()
FILES = sorted(FOLDER.glob("*.h5"))


def test_the_page_in_docs_is_that_of_the_surfaces():
    surfaces = {name: read_surface(FOLDER / f"{name}.h5") for name in ZOO if (FOLDER / f"{name}.h5").is_file()}
    assert (ROOT / "docs" / "gallery.md").read_text() == gallery_text(ZOO, surfaces, compared(), paths())


def compared() -> dict:
    found = {}
    for path in (ROOT / "outputs" / "compare").glob("*.h5"):
        if not path.stem.endswith("-plane"):
            found[path.stem] = (read_comparison if format_of(path) == FORMAT else read_surface)(path)
    return found


def paths() -> dict:
    files = [file for file in (ROOT / "outputs" / "paths").glob("*.h5") if not file.stem.endswith("-path")]
    return {file.stem: read_surface(file) for file in files}


def test_paths_are_whole_measured_at_every_checkpoint_and_filmed():
    for name, found in paths().items():
        assert found.is_complete and all("metrics" in point for point in found.origin.record["path"]["points"]), name
        assert (ROOT / "outputs" / "paths" / f"{name}.gif").is_file()


def test_what_is_compared_is_whole_and_of_the_zoos_own_networks():
    for name, found in compared().items():
        assert found.is_complete, name
        command = found.origin.record["command"]
        assert all(word in ZOO for word in re.findall(r"zoo:(\S+)", command)) and "zoo:" in command


def test_comparisons_are_told_with_their_command_sentences_and_table():
    record = {"command": "compare_minima.py zoo:a zoo:b --out /somewhere/swa-digits"}
    found = gallery_text(ZOO, {}, {"swa-digits": comparison(network("a"), network("b", 4.0), **record)})
    assert "\n    python scripts/compare_minima.py zoo:a zoo:b --out outputs/compare/swa-digits\n" in found
    assert "- a and b: of five measures with an error, five call a flatter" in found
    assert "| tau | 1.000 ± 0.058 | 4.00 ± 0.23 | more |" in found


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


def test_the_barriers_that_docs_quote_are_those_of_the_file():
    lines = read_surface(ROOT / "outputs" / "compare" / "between-seeds.h5")
    text = (ROOT / "docs" / "between-minima.md").read_text()
    for number, plane in enumerate(lines.planes):
        train, test = (barrier(lines.grid.x, plane.values[f"{split}_loss"]) for split in ("train", "test"))
        row = next(row for row in text.splitlines() if row.startswith(("| A - B |", "| A - C |", "| B - C |")[number]))
        assert row.startswith(f"{row[:9]} {train.height:.2f} at {train.at:.1f} | {test.height:.2f} |")
