"""How a run ends: whenever it is killed, the same command leads to the same files, and weights mean that all of them are there."""

import os
import shutil

import pytest
import torch

from landscape.store.run_file import read_run
from landscape.store.weights_file import read_weights
from landscape.training.loop import TrainingFailed, train


class Killed(BaseException):
    """What no code here catches, as a kill is not caught."""


def quiet(line: str) -> None:
    pass


@pytest.fixture
def stopped(monkeypatch):
    """Return a function that calls another, killed before it writes its file of a given number; returns the files' names."""
    rename = os.replace

    def call(at: int, what) -> list[str]:
        names = []

        def watched(part, path):
            names.append(path.name)
            if len(names) == at:
                raise Killed
            rename(part, path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", watched)
            try:
                what()
            except Killed:
                pass
        return names

    return call


def content_of(folder) -> dict[str, object]:
    """Return what each file holds; the order of a file of weights' metadata is left to chance by who writes it."""
    found = {}
    for path in folder.rglob("*.*"):
        of_weights = path.suffix == ".safetensors"
        found[path.relative_to(folder).as_posix()] = read_weights(path) if of_weights else path.read_bytes()
    return found


def differing(one: dict[str, object], other: dict[str, object]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if not is_same(one[name], other[name])]


def is_same(one, other) -> bool:
    if isinstance(one, bytes):
        return one == other
    (tensors, said), (others, also_said) = one, other
    return said == also_said and all(torch.equal(tensors[name], others[name]) for name in tensors)


LAST = ["run-swa.safetensors", "run-ema.safetensors", "run.run.h5", "run.run.html", "run.safetensors"]


def test_a_run_killed_before_each_of_its_last_writes_ends_with_the_files_of_one_that_was_not(
    tmp_path, recipe, few_digits, stopped
):
    settings = recipe(epochs=2, swa_from=1, ema=0.9, schedule="constant")

    def go_on(folder) -> None:
        train(settings, few_digits(), folder / "run", say=quiet)

    killed = tmp_path / "killed"
    train(settings, few_digits(), killed / "run", say=quiet, stop_after=1)
    names = stopped(4, lambda: go_on(killed))  # after the last epoch's checkpoint, state and columns
    assert names == ["epoch-0002.safetensors", "run.state.pt", "run.run.h5", LAST[0]]
    whole = shutil.copytree(killed, tmp_path / "whole")
    assert stopped(0, lambda: go_on(whole)) == LAST
    for number in range(1, len(LAST) + 1):
        assert stopped(number, lambda: go_on(killed)) == LAST[:number]
        assert not (killed / "run.safetensors").exists()
    go_on(killed)
    assert differing(content_of(whole), content_of(killed)) == []


def test_a_page_that_can_not_be_written_leaves_the_run_to_be_finished(tmp_path, recipe, few_digits):
    out, page = tmp_path / "run", tmp_path / "run.run.html"
    page.mkdir()
    for _ in range(2):
        with pytest.raises(TrainingFailed, match=r"training stopped after epoch 1: .*run\.run\.html can't be written"):
            train(recipe(epochs=1), few_digits(), out, say=quiet)
        assert not (tmp_path / "run.safetensors").exists()
    page.rmdir()
    path = train(recipe(epochs=1), few_digits(), out, say=quiet)
    assert path.exists() and page.is_file() and "weights" in read_run(tmp_path / "run.run.h5").origin.record["scores"]
