"""Runs that say nothing, and the sentences with which they are refused."""

import pytest

from landscape.training.loop import train


def quiet(line: str) -> None:
    pass


def refusal(*arguments, **options) -> str:
    """Return the sentence with which a run is refused."""
    with pytest.raises((ValueError, OSError)) as caught:
        train(*arguments, say=quiet, **options)
    return str(caught.value)
