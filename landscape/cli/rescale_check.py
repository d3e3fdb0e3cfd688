"""`--rescale-check`: copies of a network whose weights are rescaled and whose function is not, to be measured like any other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from landscape.cli.choices import chosen_subset
from landscape.cli.compare_settings import CompareSettings
from landscape.cli.compared_network import Network
from landscape.cli.subject import Subject, chosen_subject
from landscape.problem.rescaling import KINDS, Rescaled, largest_difference, rescaled
from landscape.store.weights_file import read_metadata, write_weights

BATCH_SIZE = 250
MARK = "rescaled_from"  # of a copy's metadata: a file without it is somebody's own


class Copies:
    """The first network's rescaled copies: files beside the result, under other names until the run is agreed on.

    Args:
        out: The comparison's file.
    """

    def __init__(self, settings: CompareSettings, out: Path) -> None:
        self._settings, self._out = settings, out
        self._partial: dict[Path, Path] = {}

    def made(self, first: Network, say: Callable[[str], None]) -> list[Network]:
        """Return the copies that --rescale-check asks for, written where nobody's file lies.

        Raises:
            ValueError, OSError: Nothing of the network can be rescaled, or a copy's place is taken.
        """
        if not self._settings.rescale_check:
            return []
        settings, out = self._settings, self._out
        for kind in KINDS:
            _require_ours(_place(out, kind))
        subject = chosen_subject(settings.planes_of(first.checkpoint), "cpu")
        model, split = subject.model.eval(), settings.splits[0]
        indices = chosen_subset(settings, subject.dataset, split)
        batches = subject.batches(split, indices, BATCH_SIZE)
        sample = next(iter(subject.batches(split, indices[:2], 2)))[0]
        found, refusals = [], []
        for kind in KINDS:
            try:
                copy = rescaled(model, sample, kind, settings.seed)
            except ValueError as error:
                refusals.append(str(error))
                say(f"warning: {error}")
                continue
            difference = largest_difference(model, copy.model, batches)
            share = difference.largest / difference.largest_score if difference.largest_score else difference.largest
            words = {"of": first.name, "kind": kind, "num_changed": copy.num_changed, "difference": share}
            found.append(Network(f"{first.name}, {kind} rescaled", self._written(subject, first, copy, kind), words))
        if not found:
            raise ValueError(f"{first.name} can't be rescaled: {'; '.join(refusals)}; leave --rescale-check out")
        return found

    def kept(self, networks: Sequence[Network]) -> list[Network]:
        """Give the copies their own names, and return the networks with them."""
        places = dict(self._partial)
        for partial, place in places.items():
            partial.replace(place)
        self._partial.clear()
        return [replace(each, checkpoint=places.get(each.checkpoint, each.checkpoint)) for each in networks]

    def remove(self) -> None:
        """Remove the copies of a run that did not come about."""
        for partial in self._partial:
            partial.unlink(missing_ok=True)

    def _written(self, subject: Subject, first: Network, copy: Rescaled, kind: str) -> Path:
        """Write a copy with what its checkpoint says of itself, scores aside."""
        place = _place(self._out, kind)
        partial = place.with_name(f".{place.name}.partial")
        metadata = dict(subject.checkpoint.metadata) if subject.checkpoint else {}
        metadata = {name: text for name, text in metadata.items() if not name.endswith(("_accuracy", "_loss"))}
        self._partial[partial] = place
        write_weights(partial, copy.model.state_dict(), {**metadata, "rescaled": kind, MARK: first.name})
        return partial


def _place(out: Path, kind: str) -> Path:
    return out.with_name(f"{out.name.removesuffix('.h5')}-{kind}.safetensors")


def _require_ours(path: Path) -> None:
    """Refuse to write over what is no copy of ours.

    Raises:
        OSError: Such a file lies there.
    """
    if path.exists() and MARK not in read_metadata(path):
        raise OSError(
            f"{path} is no rescaled copy of a comparison, and one is to be written there; choose another --out"
        )
