"""Each benchmark at a tiny size: it runs, and its numbers hang together. How fast it is, no test says."""

import json
from pathlib import Path

import pytest

from benchmarks import floor, operators, overhead, pages, products, saving, scheduling, startup, throughput, updates
from benchmarks.launching import ProgramFailed, output_of
from benchmarks.options import Options

pytestmark = pytest.mark.timed

ONCE = Options(data_dir=Path("nowhere"), repetitions=1)
TINY = {"network": "resnet20", "num_images": 20}


def verdicts(result) -> list[bool | None]:
    json.dumps(result.raw)
    assert all(row.what and row.measured for row in result.rows)
    return [row.is_reached for row in result.rows]


def test_scheduling_measures_points_that_sleep(mpirun):
    result = scheduling.measure(ONCE, num_points=32)
    assert [run["times"] for run in result.raw["runs"]] == ["equal", "log-normal", "slow-rank"]
    for run in result.raw["runs"]:
        assert sum(run["points_by_rank"]) == 32 and 0 < run["share"] <= 1
        assert sum(run["slept_s_by_rank"]) <= 8 * run["seconds"]
    assert len(verdicts(result)) == 3


@pytest.mark.slow
def test_saving_measures_what_a_run_spends_beside_its_points():
    network = ("--model", "mlp", "--untrained", "0", "--num-samples", "20")
    result = saving.measure(ONCE, side=5, network=network)
    seconds = result.raw["seconds"]
    assert len(seconds["write_surface"]) >= 2 and len(seconds["__call__"]) == 25 and len(seconds["sweep"]) == 1
    assert 0 < result.raw["page_s"] < seconds["run_surface"][0] - seconds["sweep"][0]
    assert verdicts(result)[1] is None


def test_start_up_ends_at_the_first_point(tmp_path):
    assert 0.1 < startup.first_point_s("--model", "mlp", "--untrained", "0", "--num-samples", "20") < 60
    assert 0 < startup.help_s() < 30


@pytest.mark.slow
def test_a_program_that_fails_on_its_way_to_a_point_is_no_measurement():
    with pytest.raises(ProgramFailed, match="ended with status 2"):
        startup.first_point_s("--model", "nothing")
    with pytest.raises(ProgramFailed, match="unknown model 'nothing'"):
        output_of("scripts/plot_surface.py", "--model", "nothing", "--untrained", "0")


@pytest.mark.slow
def test_overhead_is_a_part_of_each_point():
    result = overhead.measure(ONCE, **TINY)
    points = [point for process in result.raw["points of each process"] for point in process]
    assert len(points) == 6 and all(0 < sum(point["passes_s"]) < point["point_s"] for point in points)
    assert len(verdicts(result)) == 1
    assert "20 random images (no CIFAR-10 in nowhere)" in result.rows[0].what


@pytest.mark.slow
def test_the_floor_is_measured_in_both_processes():
    result = floor.measure(ONCE, **TINY, batch_sizes=(2,))
    assert sum(result.raw["layers"].values()) == 21
    for process in result.raw["seconds an image"]:
        assert process["calls"].keys() == process["fastest"].keys() == result.raw["layers"].keys()
        assert process["floor"][0] > 0 and process["point"][0] > 0
    assert len(verdicts(result)) == 1


def test_shares_of_operators_add_up_and_a_folded_network_has_no_batch_norm():
    result = operators.measure(ONCE, **TINY)
    assert len(verdicts(result)) == 4
    for way, found in result.raw.items():
        assert sum(found["shares"].values()) == pytest.approx(1) and found["shares"]["convolutions"] > 0
        assert ("batch norm" in found["shares"]) == way.startswith("plain")


@pytest.mark.slow
def test_the_usual_way_and_the_tool_find_the_same_losses(mpirun):
    result = throughput.measure(ONCE, **TINY, axes=("-0.4:0.5:2", "-0.3:0.2:2"))
    usual, tool = result.raw["usual way"], result.raw["tool"]["float32"]
    assert len(usual["losses"][0]) == len(tool["losses"][0]) == 4 and len(set(usual["losses"][0])) == 4
    assert len(usual["images/s"]) == len(tool["images/s"]) == 1
    assert verdicts(result)[1] is True  # the losses, to 1e-5
    assert (
        result.rows[0].what
        == "images/s, resnet20 (fresh weights) over 20 random images (no CIFAR-10 in nowhere), float32, 2 ranks"
    )


def test_updates_are_timed_for_each_batch_size():
    result = updates.measure(ONCE, batch_sizes=(8, 16), images=16)
    seconds = result.raw
    assert [len(seconds[f"seconds an update of {size}"]) for size in (8, 16)] == [1, 1]
    assert "s an update" in result.rows[0].measured and verdicts(result) == [None, None]


@pytest.mark.slow
def test_products_are_timed_in_gradients_and_are_those_of_curvlinops():
    result = products.measure(ONCE, networks={"mlp": 40, "resnet20": 3})
    assert list(result.raw) == ["mlp", "resnet20"]
    for found in result.raw.values():
        assert found["seconds"].keys() == {products.GRADIENT, products.THEIRS, *products.OURS}
        assert all(len(seconds) == 1 and seconds[0] > 0 for seconds in found["seconds"].values())
        assert found["relative differences"]["curvlinops, float64"] < 1e-12
    assert all("gradients" in row.measured for row in result.rows[:4])
    assert len(verdicts(result)) == 10 and verdicts(result)[4] is verdicts(result)[9] is True


@pytest.mark.slow
def test_pages_are_opened_clicked_and_played():
    result = pages.measure(ONCE, side=7)
    assert (
        len(result.raw["click ms"]) == 8 and len(result.raw["metric ms"]) == 3 and result.raw["frames a second"][0] > 0
    )
    assert all(isinstance(verdict, bool) for verdict in verdicts(result)) and len(result.rows) == 6
