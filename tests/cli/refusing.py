"""Programs that must refuse."""

import pytest

ALONE_AND_TOGETHER = pytest.mark.parametrize("ranks", [None, 3])


def refused(run, *python, **options) -> str:
    """Run a program that must refuse, and return its one sentence: once on stderr, no traceback, status 2."""
    ended = run(*python, **options)
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    assert ended.stderr.startswith("landscape: ") and ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.removeprefix("landscape: ").rstrip("\n")
