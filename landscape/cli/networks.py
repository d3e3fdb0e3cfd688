"""Several networks of one architecture, read from their files as they are needed."""

import copy
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from landscape.figures.page import names_of
from landscape.problem.checkpoints import Checkpoint, load_into, read_checkpoint
from landscape.problem.mixtures import state_of
from landscape.problem.zoo import PREFIX
from landscape.weights import digest, weights_of


class Networks:
    """The networks of a run; few of them are in memory at a time.

    Args:
        model: Of their architecture.
        what: Whose networks must be of one architecture, for messages.
        may_equal: Whether two of them may hold the same weights.
        reference: What the others are compared with; the first of them if None.

    Attributes:
        digests: Of each one's parameters and norm statistics.
        notes: Sentences for the user.

    Raises:
        ValueError, OSError: One can't be read, does not fit the model, or equals another.
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        model: nn.Module,
        *,
        what: str = "lines",
        may_equal: bool = False,
        reference: Checkpoint | None = None,
    ) -> None:
        self._paths, self._model = paths, copy.deepcopy(model)
        self.names = names_of_networks(paths)
        self.digests: list[str] = []
        self.words: list[str] = []
        self.notes: list[str] = []
        first, seen = reference, []
        for path in paths:
            checkpoint = read_checkpoint(path)
            first = first or checkpoint
            _require_one_architecture(first, checkpoint, what)
            self.notes += load_into(self._model, checkpoint)
            weights = digest(weights_of(self._model))
            if weights in seen and not may_equal:
                twin = paths[seen.index(weights)]
                raise ValueError(f"{twin} and {path} hold the same weights, so that there is no line between them")
            seen.append(weights)
            self.digests.append(digest(state_of(self._model)))
            self.words.append(checkpoint.words)
            self.notes += _differing(first, checkpoint)

    def state(self, place: int) -> dict[str, Tensor]:
        """Return one network's parameters and norm statistics.

        Raises:
            ValueError: Its file is another by now.
        """
        load_into(self._model, read_checkpoint(self._paths[place]))
        found = state_of(self._model)
        if digest(found) != self.digests[place]:
            raise ValueError(f"{self._paths[place]} has changed since the run began; begin anew with --overwrite")
        return found

    def parameters(self, place: int) -> dict[str, Tensor]:
        """Return one network's parameters in float64."""
        found = self.state(place)
        return {name: found[name].double() for name, _ in self._model.named_parameters()}


def _require_one_architecture(first: Checkpoint, other: Checkpoint, what: str) -> None:
    """Refuse what the files themselves call another model; what they don't tell, loading finds."""
    ours, theirs = first.recorded("model"), other.recorded("model")
    if ours is not None and theirs is not None and ours != theirs:
        raise ValueError(
            f"{what} need networks of one architecture, but {first.words} is a {ours} and {other.words} a {theirs}"
        )


def _differing(first: Checkpoint, other: Checkpoint) -> list[str]:
    keys = [key for key in ("dataset", "mean", "std") if first.recorded(key) != other.recorded(key)]
    if first is other or not keys or any(one.recorded(key) is None for one in (first, other) for key in keys):
        return []
    return [f"{other.words} was trained with another {' and '.join(keys)} than {first.words}, whose are used for all"]


def names_of_networks(paths: Sequence[Path]) -> list[str]:
    """Return a name a network, each another: its file's, or as much of its path as tells it from the others."""
    return names_of([Path(str(path).removeprefix(PREFIX)) for path in paths])
