"""`--live`: the page on disk follows the run, and loads itself again until the run is over."""

import base64
import gzip
import json
import re
import signal

import pytest

from landscape.cli.surface import surface_command
from landscape.sweep.world import World

RUN = (
    "--checkpoint",
    "zoo:resnet20-digits",
    "--x",
    "-1:1:41",
    "--y",
    "-1:1:41",
    "--num-samples",
    "100",
    "--live",
    "--out",
    "live",
)


def content(page) -> dict:
    packed = re.search(r'id="page-data">([^<]*)<', page.read_text())[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.mark.timed
def test_a_page_is_there_from_the_first_moment_and_is_left_still_when_the_run_is_stopped(
    start, until, finish, plot_surface, tmp_path
):
    process = start(plot_surface, *RUN, cwd=tmp_path)
    page = tmp_path / "live.html"
    until(page.is_file, "the page")
    first = content(page)
    assert first["live"]["words"] == "0 of 1,681 points" and first["live"]["seconds"] >= 5
    until(lambda: content(page)["live"]["words"] != "0 of 1,681 points", "a second page")
    assert re.fullmatch(r"[1-9][\d,]* of 1,681 points, about .* left", content(page)["live"]["words"])
    process.send_signal(signal.SIGTERM)
    assert finish(process).returncode == 1
    last = content(page)
    assert last["live"] is None and last["surfaces"][0]["done"] is not None


def test_the_end_of_a_live_run_writes_the_usual_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface_command([*RUN[:2], "--x", "-1:1:3", "--y", "-1:1:2", *RUN[6:]], World())
    found = content(tmp_path / "live.html")
    assert found["live"] is None and found["surfaces"][0]["done"] is None


def test_a_dry_run_draws_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface_command([*RUN, "--dry-run"], World())
    assert list(tmp_path.iterdir()) == []
