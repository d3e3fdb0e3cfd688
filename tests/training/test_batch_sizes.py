"""The page on batch sizes says what the runs ended at, and no more than they carry."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from landscape.problem.zoo import ZooNetwork, read_zoo
from landscape.training.batch_sizes import STUDY, batch_size_text

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "small-and-large-batches.md"
TIMED = {
    "machine": {"cpu": "Abacus 3", "torch": "2.9", "load_average": [0.25, 1, 1]},
    "benchmarks": {"updates": {"raw": {"seconds an update of 4096": [9, 8], "seconds an update of 128": [0.5, 0.25]}}},
}


def run(
    name: str,
    batch_size: int,
    accuracy: float,
    *,
    seed: int = 1,
    decay: float = 5e-4,
    under_trained: bool = False,
    **more,
):
    recipe = {
        "batch_size": batch_size,
        "weight_decay": decay,
        "seed": seed,
        **STUDY,
        "until_train_accuracy": 0.99,
        **more,
    }
    return ZooNetwork(
        name=name,
        about="",
        sha256="",
        size=0,
        model="resnet20",
        dataset="cifar10",
        commands=(),
        recipe=recipe,
        scores={"train_accuracy": 0.991, "test_accuracy": accuracy, "test_loss": 0.5},
        under_trained=under_trained,
        epochs=3,
        updates=4,
    )


def text(*runs: ZooNetwork) -> str:
    return batch_size_text({one.name: one for one in runs}, TIMED)


def test_a_pair_is_compared_by_its_means_whichever_way_it_points():
    small = [run("a", 128, 0.84, seed=1), run("b", 128, 0.86, seed=2)]
    assert (
        "small batches end at 85.00% test accuracy (2 runs), large ones at 82.00% (1): small batches are 3.00 points above large ones"
        in text(*small, run("c", 4096, 0.82))
    )
    assert "large batches are 1.00 points above small ones; two seeds differ by 2.00 points (root mean square)" in text(
        *small, run("c", 4096, 0.86)
    )
    assert "one seed, so no spread is known" in text(small[0], run("c", 4096, 0.86))


@pytest.mark.parametrize(
    "missing, runs",
    [("large", [run("a", 128, 0.8), run("b", 4096, 0.7, under_trained=True)]), ("small", [run("b", 4096, 0.7)])],
)
def test_an_under_trained_run_is_marked_and_makes_no_pair(missing, runs):
    assert f"no run with {missing} batches reached 99 % here, so there is no pair to compare" in text(*runs)
    assert text(*runs).count("**under-trained**") == sum(one.under_trained for one in runs)


def test_weight_decays_are_kept_apart_and_other_networks_left_out():
    others = [
        run("swa", 128, 0.9, swa_from=3),
        replace(run("adam", 128, 0.9), recipe={**run("x", 1, 1).recipe, "optimizer": "adam"}),
    ]
    found = text(run("a", 128, 0.8), run("b", 128, 0.6, decay=0.0), *others)
    assert "- Weight decay 0.0005: no run with large" in found and "- Weight decay 0: no run with large" in found
    assert "| swa |" not in found and "| adam |" not in found and "| ghost |" not in found


def test_the_page_in_docs_is_that_of_the_zoo():
    assert DOC.read_text() == batch_size_text(read_zoo(), json.loads((ROOT / "outputs" / "updates.json").read_text()))


def test_a_batchs_cost_is_the_median_of_its_turns_and_an_epoch_has_its_last_part_too():
    found = text(run("a", 128, 0.8))
    assert "on one core of Abacus 3, torch 2.9, load average at the start 0.25" in found
    assert "--repetitions 2 --out" in found
    assert "| 128 | 341 | 0.375 | 147 |\n| 4096 | 482 | 8.5 | 110 |\n" in found  # 391 and 13 updates
