"""The learning pages, rebuilt at reduced size."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD_S = 1500  # on a machine that is busy; else a tenth of it


@dataclass(frozen=True)
class Pages:
    """Where the pages lie, and what their sources say."""

    folder: Path

    def told(self, name: str, pattern: str) -> tuple[float, ...]:
        """Return the numbers that a text names, by the groups of a pattern in which a space is any white space."""
        (source,) = (ROOT / "docs" / "learn").glob(f"*-{name}.md")
        text = " ".join(source.read_text(encoding="utf-8").split())
        found = re.search(pattern, text)
        assert found, f"{source.name} no longer says {pattern!r}"
        return tuple(float(group.replace(",", "")) for group in found.groups())


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Pages:
    """Build all pages by every text's own commands, and return where they lie."""
    folder = tmp_path_factory.mktemp("learn")
    script = ROOT / "scripts" / "build_learning_pages.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--into", str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=BUILD_S,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr[-800:]
    return Pages(folder / "outputs" / "learn")
