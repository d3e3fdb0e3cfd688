"""The data are resident once a node: more ranks cost what their imports cost."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.timed

NUM_RANKS = 8
MiB = 2**20
IMPORTS = """
import sys, time
from mpi4py import MPI
import landscape.cli.experiment, landscape.cli.surface, landscape.sweep.run, landscape.store.surface_file
print("imported", flush=True)
time.sleep(600)
"""


def pss(number: int) -> int:
    """Return a process's proportional set size in bytes: its own pages, and its share of those that several map."""
    rows = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    return next(1024 * int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def python_of(numbers: list[int]) -> list[int]:
    """Return the interpreters among processes, the launcher's own left out."""
    return [number for number in numbers if "python" in Path(f"/proc/{number}/cmdline").read_text().split("\0")[0]]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no /proc/PID/smaps_rollup here")
def test_eight_ranks_on_cifar10_take_the_memory_of_one_and_of_their_imports(
    start, until, processes, kill_all, plot_surface, data_dir, tmp_path
):
    def total(num_ranks: int) -> int:
        """Return the memory of all ranks at work, each having seen all samples."""
        chosen = (
            "--model",
            "mlp",
            "--untrained",
            "1",
            "--dataset",
            "cifar10",
            "--num-samples",
            "all",
            "--device",
            "cpu",
        )
        places = ("--data-dir", data_dir, "--cache-dir", tmp_path / "cache", "--out", tmp_path / f"on{num_ranks}")
        process = start(plot_surface, *chosen, *places, ranks=num_ranks)
        file = tmp_path / f"on{num_ranks}.h5"
        until(lambda: file.exists() or process.poll() is not None, "the sweep", 300)
        assert process.poll() is None, process.communicate()
        ranks = python_of(processes(process))
        assert len(ranks) == num_ranks
        found = sum(map(pss, ranks))
        kill_all(process)
        return found

    def imports() -> int:
        """Return the memory of as many processes that only import what a rank does, all at once."""
        started = [start("-c", IMPORTS) for _ in range(NUM_RANKS)]
        for process in started:
            assert process.stdout.readline() == "imported\n"
        found = sum(pss(process.pid) for process in started)
        for process in started:
            kill_all(process)
        return found

    one, eight, imported = total(1), total(NUM_RANKS), imports()
    train_images = 50_000 * 3072
    said = f"one rank {one / MiB:.0f} MiB, {NUM_RANKS} ranks {eight / MiB:.0f} MiB, {NUM_RANKS} imports {imported / MiB:.0f} MiB"
    assert one > train_images, said  # else nobody has looked at the data
    assert eight <= one + imported, said
    assert eight + (NUM_RANKS - 1) * train_images > one + imported, f"a copy a rank would not be noticed: {said}"
