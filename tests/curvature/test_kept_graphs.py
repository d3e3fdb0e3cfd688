"""Graphs that are kept from product to product change nothing but the time, and are let go when they are of no more use."""

import numpy as np
import pytest
import torch
from objectives import classes, convolutions, split, sums_of, vectors

from landscape.curvature import memory, sums


def passes(ours, monkeypatch) -> list[int]:
    """Return a list that grows by one number with each pass through the model: the batch's samples."""
    seen, before = [], ours._loss_sum

    def noted(batch):
        seen.append(len(batch[0]))
        return before(batch)

    monkeypatch.setattr(ours, "_loss_sum", noted)
    return seen


def with_room_for(num: int, monkeypatch, **options):
    """Return sums that find memory for the graphs of so many batches, and a list of passes."""
    free = iter([1000, *([601] * num), *([600] * 1000)])
    monkeypatch.setattr(sums, "available_bytes", lambda device: next(free))
    ours = sums_of(convolutions(), split(classes(2, 6, 6)), **options)
    return ours, passes(ours, monkeypatch)


@pytest.mark.parametrize("num", [0, 1, 2, 3])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_kept_graphs_give_the_same_bits_as_none(num, precision, monkeypatch):
    given = vectors(sums_of(convolutions(), []).layout.dim)
    none = with_room_for(0, monkeypatch, precision=precision)[0].product_sums(given)
    ours, seen = with_room_for(num, monkeypatch, precision=precision)
    first, second = ours.product_sums(given[:, :2]), ours.product_sums(given[:, 2:])
    assert (np.hstack([first, second]) == none).all()
    assert seen == [4, 1, 2, *[4, 1, 2][num:]]


def test_what_is_kept_is_let_go_by_a_move_and_at_the_end(monkeypatch):
    for leave in (lambda ours: ours.move_to(None), lambda ours: ours.close()):
        ours, seen = with_room_for(3, monkeypatch)
        given = vectors(ours.layout.dim)
        before = ours.product_sums(given)
        leave(ours)
        assert not ours._kept
        assert (ours.product_sums(given) == before).all() and seen == [4, 1, 2, 4, 1, 2]


def test_ranks_of_one_host_keep_no_more_than_their_part(monkeypatch):
    """Of 1,000 free bytes one rank may take 400, and one of four 100."""
    for ranks, left, num_kept in [(1, 601, 3), (1, 600, 0), (4, 901, 3), (4, 900, 0)]:
        free = iter([1000, *([left] * 9)])
        monkeypatch.setattr(sums, "available_bytes", lambda device: next(free))
        ours = sums_of(convolutions(), split(classes(2, 6, 6)), shares_host_with=ranks)
        ours.product_sums(vectors(ours.layout.dim))
        assert len(ours._kept) == num_kept


def test_a_system_that_does_not_say_how_much_is_free_keeps_nothing(monkeypatch):
    monkeypatch.setattr(sums, "available_bytes", lambda device: 0)
    ours = sums_of(convolutions(), split(classes(2, 6, 6)))
    ours.product_sums(vectors(ours.layout.dim))
    assert not ours._kept


def test_the_least_of_what_the_kernel_and_the_groups_leave_is_available(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    alone = memory.available_bytes(torch.device("cpu"))
    assert alone > 0
    monkeypatch.setattr(memory, "_left_in_groups", lambda: [alone * 3, 12345])
    assert memory.available_bytes(torch.device("cpu")) == 12345


def test_each_group_leaves_its_limit_less_what_is_used_but_for_files_that_can_be_read_again(monkeypatch, tmp_path):
    own, listed = tmp_path / "own", tmp_path / "cgroup"
    listed.write_text("12:cpu:/\n0::/job/step\n")
    groups = [
        ("job/step", "900", "850", "anon 810\ninactive_file 30\n"),
        ("job", "max", "5000", ""),
        (".", "700", "800", ""),
    ]
    for group, limit, used, stat in groups:
        folder = own / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(stat)
    monkeypatch.setattr(memory, "CGROUPS", own)
    monkeypatch.setattr(memory, "OWN_GROUP", listed)
    assert memory._left_in_groups() == [80, 0]


def test_what_the_host_has_no_room_for_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 3_000_000_000)
    memory.require_bytes(2_999_999_999, "a dense Hessian")
    sentence = "too little memory: a dense Hessian takes about 4.5 GB, and 3 GB are free; choose fewer by --parameters"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        memory.require_bytes(4_500_000_000, "a dense Hessian")
    monkeypatch.setattr(memory, "available_bytes", lambda device: 0)  # the system does not say
    memory.require_bytes(4_500_000_000, "a dense Hessian")
