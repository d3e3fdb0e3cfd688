"""What tests of commands share."""

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
