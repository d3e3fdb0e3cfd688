"""Where a point's time goes by torch's profiler: each path and precision, on one core."""

import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from torch.profiler import ProfilerActivity, profile

from benchmarks import subject
from benchmarks.options import Options
from benchmarks.points import tool_experiment
from benchmarks.table import Result, Row
from landscape.cli.program import keep_freed_memory, use_one_thread

# What an operator is counted as: the first of these that its name holds.
KINDS = {
    "reorder": "layout of weights",
    "conv": "convolutions",
    "batch_norm": "batch norm",
    "relu": "activations",
    "aten::add": "sums",
}
POINT = (0.2, -0.1)
WAYS = ((True, "float32"), (False, "float32"), (True, "bf16"), (False, "bf16"))


def measure(options: Options, *, network: str = subject.NETWORK, num_images: int = 400) -> Result:
    """Time a point and profile another, by the plain path and by the one that the tool chooses."""
    use_one_thread()
    keep_freed_memory()
    rows, raw = [], {}
    with tempfile.TemporaryDirectory() as name:
        what = subject.prepared(Path(name), options.data_dir, network=network, num_images=num_images)
        for is_plain, precision in WAYS:
            chosen = ("--precision", precision, *(("--plain",) if is_plain else ()))
            experiment = tool_experiment(what, *chosen)
            way = f"{experiment.origin.identity['path']} path, {precision}"
            seconds, shares = _seconds(experiment.measure, options.repetitions), _shares(experiment.measure)
            raw[way] = {"seconds": seconds, "shares": shares}
            rows.append(
                Row(
                    what=f"{way}, {what.words}, one core",
                    against="",
                    measured=f"{num_images / median(seconds):.0f} images/s",
                    ratio=", ".join(f"{kind} {share:.1%}" for kind, share in shares.items()),
                    reach="",
                    is_reached=None,
                )
            )
    return Result(tuple(rows), raw)


def _seconds(measure, repetitions: int) -> list[float]:
    measure(*POINT)
    seconds = []
    for _ in range(repetitions):
        began = time.perf_counter()
        measure(*POINT)
        seconds.append(time.perf_counter() - began)
    return seconds


def _shares(measure) -> dict[str, float]:
    """Return the share of the time within operators that each kind took, the largest first."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        measure(*POINT)
    total: Counter[str] = Counter()
    for event in profiler.key_averages():
        kind = next((kind for part, kind in KINDS.items() if part in event.key), "the rest")
        total[kind] += event.self_cpu_time_total
    return {kind: spent / total.total() for kind, spent in total.most_common()}
