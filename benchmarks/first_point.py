"""A program: `scripts/plot_surface.py`, which says on a line of its own when its first point is done.

usage: python -m benchmarks.first_point [options of the script]
"""

import runpy

from benchmarks.launching import ROOT

DONE = "the first point is done"


def announced(call):
    """Return a method that prints the line, and then does what it did."""

    def announcing(progress, num_done: int) -> None:
        print(DONE, flush=True)
        call(progress, num_done)

    return announcing


def main() -> None:
    from landscape.cli.progress import Progress  # the script would import it a little later

    Progress.__call__ = announced(Progress.__call__)
    runpy.run_path(str(ROOT / "scripts" / "plot_surface.py"), run_name="__main__")


if __name__ == "__main__":
    main()
