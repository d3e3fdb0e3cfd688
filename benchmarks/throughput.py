"""Images a second of the whole tool on two ranks, against the usual way, and how far their losses lie apart."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import median

from benchmarks import subject
from benchmarks.comparison import largest_relative_deviation, log_deviations, ratio_of_medians, ratio_words
from benchmarks.launching import ProgramFailed, output_of
from benchmarks.options import Options
from benchmarks.subject import Subject
from benchmarks.table import Result, Row
from landscape.store.surface_file import read_surface

NUM_RANKS = 2
AXES = ("-1:1:4", "-1:1:3")  # 12 points, a multiple of the ranks
REACH = {"float32": (2.0, 2.5), "bf16": (3.4, 4.5)}
LOSS_REACH = 1e-5
REFUSED = "--precision must be one of"


@dataclass(frozen=True, slots=True)
class Runs:
    """Every repetition of one way to compute the same points; each attribute holds one value a repetition.

    Attributes:
        rates: Images a second.
        losses: At each point, in the grid's order.
    """

    rates: list[float] = field(default_factory=list)
    losses: list[list[float]] = field(default_factory=list)

    def add(self, found: Mapping, num_images: int) -> None:
        self.rates.append(num_images * len(found["losses"]) / found["seconds"])
        self.losses.append(found["losses"])


def measure(
    options: Options,
    *,
    network: str = subject.NETWORK,
    num_images: int = subject.NUM_IMAGES,
    axes: tuple[str, str] = AXES,
) -> Result:
    """Let the usual way and the tool at each precision take turns, and compare their medians.

    The tool's seconds are those of its sweep, as its file records them; the usual way's those of the same points.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        what = subject.prepared(folder, options.data_dir, network=network, num_images=num_images)
        usual, tool, refused = Runs(), {precision: Runs() for precision in REACH}, {}
        for _ in range(options.repetitions):
            usual.add(_usual_way(what, axes), num_images)
            for precision in [name for name in REACH if name not in refused]:
                try:
                    tool[precision].add(_tool(what, axes, precision, folder / precision), num_images)
                except ProgramFailed as failed:
                    if REFUSED not in failed.said:
                        raise
                    refused[precision] = failed.said.strip()
    rows = [row for precision in REACH for row in _rows(what, precision, usual, tool[precision], refused)]
    raw = {
        "subject": what.words,
        "axes": axes,
        "usual way": {"images/s": usual.rates, "losses": usual.losses},
        "tool": {name: {"images/s": runs.rates, "losses": runs.losses} for name, runs in tool.items()},
        "refused": refused,
    }
    return Result(tuple(rows), raw)


def _usual_way(what: Subject, axes: tuple[str, str]) -> dict:
    given = ("--model", what.network, "--checkpoint", what.checkpoint, "--images", what.images)
    return json.loads(output_of("-m", "benchmarks.usual_way", *given, f"--x={axes[0]}", f"--y={axes[1]}"))


def _tool(what: Subject, axes: tuple[str, str], precision: str, out: Path) -> dict:
    """Run the tool as a user does, and return the seconds of its sweep and its losses."""
    plane = ("--x", axes[0], "--y", axes[1], "--precision", precision, "--out", out, "--overwrite")
    output_of("scripts/plot_surface.py", *what.arguments, *plane, ranks=NUM_RANKS)
    surface = read_surface(out.with_name(f"{out.name}.h5"))
    assert surface.is_complete
    return {"seconds": surface.origin.record["seconds"], "losses": surface.values["train_loss"].ravel().tolist()}


def _rows(what: Subject, precision: str, usual: Runs, tool: Runs, refused: Mapping[str, str]) -> list[Row]:
    reach, aim = REACH[precision]
    asked = f"{reach:g}x, aim {aim:g}x"
    title = f"images/s, {what.words}, {precision}, {NUM_RANKS} ranks"
    against = f"the usual way, {median(usual.rates):,.0f}"
    if precision in refused:
        return [Row(title, against, "not available", "", asked, False)]
    ratio = ratio_of_medians(tool.rates, usual.rates)
    words = ratio_words(tool.rates, usual.rates)
    return [
        Row(title, against, f"{median(tool.rates):,.0f}", words, asked, ratio >= reach),
        _loss_row(precision, usual, tool),
    ]


def _loss_row(precision: str, usual: Runs, tool: Runs) -> Row:
    found, wanted = (list(chain.from_iterable(runs.losses)) for runs in (tool, usual))
    if precision == "float32":
        deviation = largest_relative_deviation(found, wanted)
        title = "its losses: largest relative deviation over the points"
        return Row(title, "the usual way", f"{deviation:.1e}", "", f"{LOSS_REACH:g}", deviation <= LOSS_REACH)
    deviations = log_deviations(found, wanted)
    title = "its losses: deviation of log loss over the points"
    return Row(title, "the usual way", f"median {median(deviations):.1e}, most {max(deviations):.1e}", "", "", None)
