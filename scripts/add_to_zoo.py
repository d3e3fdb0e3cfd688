"""Put a finished run of `landscape train` into the zoo, `models/weights/`: the weights' file, and its row of the manifest."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.problem.checkpoints import read_checkpoint
    from landscape.problem.datasets import open_dataset
    from landscape.training.zoo_entry import add_to_zoo

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="OUT.safetensors, OUT-swa.safetensors, or one of OUT-checkpoints/")
    parser.add_argument("--name", required=True, help="its name in the zoo")
    parser.add_argument("--about", required=True, help="what it is there to be compared with")
    parser.add_argument("--run", type=Path, metavar="OUT.run.h5", help="the run's records")
    parser.add_argument("--command", action="append", default=[], help="what made it, if not just the recorded command")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where the data set's files lie")
    options = parser.parse_args()
    try:
        dataset = open_dataset(
            read_checkpoint(options.weights).recorded("dataset") or "digits", data_dir=options.data_dir
        )
        manifest = ROOT / "models" / "weights" / "manifest.json"
        entry = add_to_zoo(
            options.weights, options.name, manifest, dataset,
            about=options.about, run=options.run, commands=options.command,
        )  # fmt: skip
    except (ValueError, OSError) as error:
        sys.exit(f"add_to_zoo.py: {error}")
    print(f"zoo:{entry.name}: {entry.scores}")


if __name__ == "__main__":
    main()
