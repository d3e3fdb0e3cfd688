"""Write a small surface file, and a larger one in its place that a limit on file sizes forbids; print what is said.

usage: limited_write.py FILE.h5
"""

import resource
import sys
from pathlib import Path

import numpy as np

from landscape.grid import Grid
from landscape.store.surface_file import write_surface
from landscape.surface import Surface, empty_surface


def main() -> None:
    path = Path(sys.argv[1])
    write_surface(empty_surface(Grid(np.array([-0.5, 2.0])), ["train_loss"]), path)
    limit = path.stat().st_size + 10_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    grid = Grid(np.linspace(-1, 2, 120), np.linspace(-0.5, 1, 100))
    try:
        write_surface(
            Surface(grid, {"train_loss": np.random.default_rng(2).random(grid.shape)}, np.ones(grid.shape)), path
        )
    except OSError as error:
        print(error)


if __name__ == "__main__":
    main()
