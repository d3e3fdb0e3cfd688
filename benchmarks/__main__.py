"""`python -m benchmarks`: run them all, or those named; print one table, and keep every repetition as JSON."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.machine import description, words
from benchmarks.options import NUM_REPETITIONS, Options
from benchmarks.table import Result, markdown

NAMES = (
    "throughput",
    "floor",
    "overhead",
    "scheduling",
    "saving",
    "startup",
    "operators",
    "updates",
    "pages",
    "products",
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parsed(arguments)
    names = options.names or list(NAMES)
    out = options.out or Path("outputs") / "bench" / f"{'-'.join(options.names) or 'bench'}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    machine = description()
    results: dict[str, Result] = {}
    try:
        for name in names:
            results[name] = _run(name, Options(options.data_dir, options.repetitions))
            _write(out, machine, results)
    finally:  # what was measured before a failure is shown with it
        print(f"{words(machine)}\n\n{markdown(row for result in results.values() for row in result.rows)}")
    print(f"\nevery repetition: {out}")


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where CIFAR-10 lies (default: data)")
    parser.add_argument("--repetitions", type=int, default=NUM_REPETITIONS, help="how often (default: 5)")
    parser.add_argument("--out", type=Path, help="the JSON file (default: outputs/bench/bench.json)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose among {', '.join(NAMES)}")
    if options.repetitions < 1:
        parser.error(f"--repetitions must be 1 or more, not {options.repetitions}")
    return options


def _run(name: str, options: Options) -> Result:
    print(f"{name} ...", file=sys.stderr, flush=True)
    began = time.perf_counter()
    result = import_module(f"benchmarks.{name}").measure(options)
    print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return result


def _write(out: Path, machine: dict, results: dict[str, Result]) -> None:
    found = {
        name: {"rows": [asdict(row) for row in result.rows], "raw": result.raw} for name, result in results.items()
    }
    out.write_text(json.dumps({"machine": machine, "benchmarks": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
