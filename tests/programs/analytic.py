"""`landscape surface` with a formula in the place of model and data; launcher, sweep, store and page are the real ones.

usage: analytic.py [own options] -- [options of landscape surface]
"""

import argparse
import math
import os
import sys
import time
import types

from landscape.cli.program import run_program
from landscape.cli.surface import surface_command
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.sweep import run as sweep_run
from landscape.sweep.world import launch_of


def formula(alpha: float, beta: float) -> dict[str, float]:
    """Return an asymmetric loss that is negative, nan and inf at places, and an accuracy."""
    loss = alpha + 10 * beta + math.sin(5 * alpha * beta)
    if beta > 0.75:
        loss = math.nan
    elif alpha > 1:
        loss = math.inf
    return {"train_loss": loss, "train_accuracy": 1 / (2 + alpha**2 + 3 * beta**2)}


class Experiment:
    """What `landscape.cli.experiment.build_experiment` gives, without torch."""

    name, notes = "analytic", ()
    recorded, num_in_split, num_samples = {}, {}, {}
    problem = types.SimpleNamespace(norm_stats="stored", num_norms=0)

    def __init__(self, own: argparse.Namespace, grid: Grid) -> None:
        self._own = own
        self._rank = (launch := launch_of()) and launch.rank or 0
        self._num_measured = 0
        axes = {name: getattr(grid, name).tolist() for name in grid.dims}
        self.origin = Origin({"formula": "a + 10 b", "grid": axes}, {"device": "cpu"}, {"command": "analytic.py"})

    def measure(self, alpha: float, beta: float) -> dict[str, float]:
        own, self._num_measured = self._own, self._num_measured + 1
        num_points = self._num_measured - (2 if self._rank == 0 else 1)
        if num_points > 0:  # before, the command checks the center
            self._note(f"point {alpha!r} {beta!r}")
            if own.fail_rank == self._rank and num_points == 4:
                self._note("raised")
                raise ArithmeticError("as the test asked for")
            time.sleep(own.slow_s if self._rank == own.slow_rank else own.delay_s)
        return formula(alpha, beta)

    def _note(self, words: str) -> None:
        if self._own.log:
            line = f"{time.monotonic()} {os.getpid()} {self._rank} {words}\n"
            log = os.open(self._own.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(log, line.encode())
            os.close(log)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", help="a line a point: time, process, rank, coordinates")
    parser.add_argument("--delay-s", type=float, default=0.0)
    parser.add_argument("--slow-rank", type=int)
    parser.add_argument("--slow-s", type=float, default=0.0)
    parser.add_argument("--fail-rank", type=int, help="this rank fails at its fourth point")
    parser.add_argument("--save-every-s", type=float, default=sweep_run.SAVE_EVERY_S)
    parser.add_argument("rest", nargs="*")
    own = parser.parse_args()
    sweep_run.SAVE_EVERY_S = own.save_every_s
    experiment, choices = types.ModuleType("landscape.cli.experiment"), types.ModuleType("landscape.cli.choices")
    experiment.build_experiment = lambda settings, device: Experiment(own, Grid(settings.x, settings.y))
    choices.chosen_device = lambda text: "cpu"
    sys.modules |= {"landscape.cli.experiment": experiment, "landscape.cli.choices": choices}
    sys.exit(run_program(surface_command, [*own.rest, "--belief", "off"]))  # a formula has no samples and no directions


if __name__ == "__main__":
    main()
