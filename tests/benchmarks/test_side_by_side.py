import os
from pathlib import Path

import pytest
import torch

from benchmarks.side_by_side import side_by_side

pytestmark = pytest.mark.timed


def about_this_process(wait, word):
    wait()
    return os.getpid(), word, torch.get_num_threads()


def first_to_come_fails(wait, folder):
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        wait()
    raise ArithmeticError("as the test asked for")


def test_two_fresh_processes_of_one_thread_each_give_their_answers():
    first, second = side_by_side(about_this_process, "word")
    assert first[1:] == second[1:] == ("word", 1)
    assert len({first[0], second[0], os.getpid()}) == 3


@pytest.mark.slow
def test_what_one_process_raises_is_raised_here_and_the_other_does_not_hang(tmp_path: Path):
    with pytest.raises(ArithmeticError, match="^as the test asked for$"):
        side_by_side(first_to_come_fails, tmp_path)
