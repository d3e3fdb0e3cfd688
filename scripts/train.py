"""`landscape train` as a script."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from landscape.cli.main import script  # noqa: E402 - the line above makes it importable from a bare checkout

if __name__ == "__main__":
    script("train", "train.py")
