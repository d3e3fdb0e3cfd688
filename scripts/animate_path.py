"""`landscape animate` as a script."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
sys.path.insert(0, ROOT)

from landscape.cli.main import script  # noqa: E402 - the line above makes it importable from a bare checkout

sys.path.remove(ROOT)  # so that a user's own `models` is not hidden by the folder beside this one

if __name__ == "__main__":
    script("animate", "animate_path.py")
