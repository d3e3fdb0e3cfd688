"""Write docs/small-and-large-batches.md from the zoo's manifest and outputs/updates.json, which `python -m benchmarks updates` wrote."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


if __name__ == "__main__":
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.problem.zoo import read_zoo
    from landscape.training.batch_sizes import batch_size_text

    timed = json.loads((ROOT / "outputs" / "updates.json").read_text())
    (ROOT / "docs" / "small-and-large-batches.md").write_text(batch_size_text(read_zoo(), timed))
