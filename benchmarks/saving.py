"""What a run spends beside its points: writing the file every few seconds, progress, and the page at its end."""

import json
import tempfile
from pathlib import Path

from benchmarks.launching import output_of
from benchmarks.options import Options
from benchmarks.table import Result, Row

REACH = 0.01
NUM_POINTS_A_SIDE = 51
NETWORK = ("--model", "mlp", "--model-arg", "hidden=640,640", "--untrained", "0", "--num-samples", "all")


def measure(_options: Options, *, side: int = NUM_POINTS_A_SIDE, network: tuple[str, ...] = NETWORK) -> Result:
    """Run the real command, one process and about a minute long, with a clock around what is not measuring points.

    The page is drawn once, after the last point: a longer run pays no more for it, so it stands in a row of its own.
    One run is enough; it holds dozens of saves and thousands of steps of the bar.
    """
    spans = _run(side, network)
    seconds = {name: [ended - began for began, ended in found] for name, found in spans.items()}
    writing_s, progress_s, run_s = (sum(seconds[name]) for name in ("write_surface", "__call__", "sweep"))
    page_s = spans["run_surface"][0][1] - spans["sweep"][0][1]
    share = (writing_s + progress_s) / run_s
    run_words = f"the run, {run_s:.1f} s"
    rows = (
        Row(
            what=f"file writing and progress during a run of {side} x {side} points",
            against=run_words,
            measured=f"{len(seconds['write_surface'])} writes {writing_s:.2f} s, progress {progress_s:.2f} s",
            ratio=_per_cent(share),
            reach="under 1 %",
            is_reached=share < REACH,
        ),
        Row(
            what="its page, drawn once, after the last point",
            against=run_words,
            measured=f"{page_s:.2f} s",
            ratio=_per_cent(page_s / run_s),
            reach="",
            is_reached=None,
        ),
    )
    return Result(rows, {"seconds": seconds, "page_s": page_s})


def _run(side: int, network: tuple[str, ...]) -> dict[str, list[tuple[float, float]]]:
    """Return when each call of a clocked function began and ended, by the function's name."""
    axis = f"-1:1:{side}"
    with tempfile.TemporaryDirectory() as folder:
        grid = ("--x", axis, "--y", axis, "--out", Path(folder) / "surface")
        said = output_of("-m", "benchmarks.clocked_run", *network, *grid)
    return json.loads(said.splitlines()[-1])


def _per_cent(share: float) -> str:
    return f"{100 * share:.2f} %"
