"""What several of the tests of figures start from."""

from dataclasses import replace

import pytest
from asking import HOSTILE
from surfaces import slanted

from landscape.figures.page import write_page


@pytest.fixture
def coarse_reliefs(monkeypatch):
    """Draw reliefs with few faces: each costs as much as a panel of contours otherwise."""
    monkeypatch.setattr("landscape.figures.print_panels.RELIEF_SIDE", 12)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return the page of two planes over one grid, and the planes."""
    first = slanted(9, 7)
    other = slanted(9, 7, factor=30)
    bent = {"train_loss": other.values["train_loss"][::-1, ::-1], "train_accuracy": other.values["train_accuracy"]}
    second = replace(other, values=bent)
    surfaces = {HOSTILE: first, "second": second}
    return write_page(surfaces, tmp_path_factory.mktemp("pages") / "pair.html", title=HOSTILE), first, second
