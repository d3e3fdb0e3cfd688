import base64
import gzip
import json
import re

import numpy as np
import pytest
from browser import visit

from landscape.figures.run_page import run_facts, run_figures, run_page_html, write_run_page
from landscape.origin import Origin
from landscape.run_record import RunRecord


def record(scale: float = 1.0) -> RunRecord:
    columns = {
        name: scale * np.array([0.5, 0.25, 0.125]) * (1 + place)
        for place, name in enumerate(
            ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate", "gradient_norm", "epoch_s")
        )
    }
    scores = {"weights": {"test_loss": 0.5, "test_accuracy": 0.9}}
    told = {
        "ended": "all epochs done",
        "under_trained": True,
        "scores": scores,
        "seconds": 9.0,
        "notes": ["<b> & so on"],
    }
    return RunRecord(columns, Origin({"recipe": {"seed": 3, "rho": None}}, {"torch": "2"}, told))


def content_of(page: str) -> dict:
    packed = re.search(r'id="page-data">([^<]*)<', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_each_panel_shows_its_columns_against_the_epoch():
    figures = run_figures({"run": record()})
    assert list(figures) == ["loss", "accuracy", "learning rate", "gradient norm"]
    for title, names in (("loss", ["train_loss", "test_loss"]), ("learning rate", ["learning_rate"])):
        assert len(figures[title].data) == len(names)
        for trace, name in zip(figures[title].data, names, strict=True):
            assert list(trace.x) == [1, 2, 3] and np.array_equal(trace.y, record().columns[name])
    assert [trace.name for trace in figures["loss"].data] == ["train (as trained)", "test"]


def test_several_runs_stand_in_the_same_panels_a_colour_each():
    figure = run_figures({"small": record(), "large": record(2.0)})["loss"]
    assert [trace.name for trace in figure.data] == [
        f"{run} {split}" for run in ("small", "large") for split in ("train (as trained)", "test")
    ]
    colours = [trace.line.color for trace in figure.data]
    assert colours[0] == colours[1] != colours[2] == colours[3]


def test_the_page_carries_figures_and_facts_and_is_the_same_every_time():
    page = run_page_html({"a <run>": record()})
    assert page == run_page_html({"a <run>": record()}) and "<title>Training: a &lt;run&gt;</title>" in page
    content = content_of(page)
    assert [entry["name"] for entry in content["figures"]] == ["loss", "accuracy", "learning rate", "gradient norm"]
    assert content["runs"][0]["name"] == "a <run>"


def test_the_facts_say_how_it_ended_and_what_the_recipe_was():
    rows = run_facts(record())
    assert rows[0] == ("ended", "all epochs done, 3 epochs, 9 s - under-trained")
    assert ("weights", "test loss 0.5, test accuracy 90.00%") in rows and ("seed", "3") in rows
    assert ("note", "<b> & so on") in rows and "rho" not in dict(rows)


def test_a_page_of_nothing_is_refused():
    with pytest.raises(ValueError) as caught:
        run_page_html({})
    assert str(caught.value) == "a page needs one run or more"


def test_the_page_draws_what_the_run_holds_and_asks_nothing_of_a_network(tmp_path):
    shown = "Array.from(document.querySelectorAll('[data-panel=run]')).map(p => p._fullData.map(t => Array.from(t.y)))"
    rows = "Array.from(document.querySelectorAll('th')).map(cell => cell.textContent)"
    seen = visit(write_run_page({"run": record()}, tmp_path / "run.html"), [shown, rows])
    assert seen.errors == [] and seen.requests == []
    names = [["train_loss", "test_loss"], ["train_accuracy", "test_accuracy"], ["learning_rate"], ["gradient_norm"]]
    assert seen.answers[0] == [[record().columns[name].tolist() for name in panel] for panel in names]
    assert seen.answers[1][:2] == ["ended", "weights"]
