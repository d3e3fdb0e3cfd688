"""Write docs/small-and-large-batches.md from the zoo's manifest."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from landscape.problem.zoo import read_zoo  # noqa: E402 - the line above makes it importable from a bare checkout
from landscape.training.batch_sizes import batch_size_text  # noqa: E402

if __name__ == "__main__":
    (ROOT / "docs" / "small-and-large-batches.md").write_text(batch_size_text(read_zoo()))
