"""`--rescale-check`: copies of a network whose weights are rescaled and whose function is not, to be measured like any other."""

from collections.abc import Callable
from pathlib import Path

from landscape.cli.choices import chosen_subset
from landscape.cli.compare_plan import Network
from landscape.cli.compare_settings import CompareSettings
from landscape.cli.networks import names_of_networks
from landscape.cli.subject import Subject, chosen_subject
from landscape.problem.rescaling import KINDS, Rescaled, largest_difference, rescaled
from landscape.store.weights_file import write_weights

BATCH_SIZE = 250


def with_rescaled(settings: CompareSettings, out: Path, say: Callable[[str], None]) -> list[Network]:
    """Return the networks by name; with --rescale-check also the first one's rescaled copies, written beside the result.

    Raises:
        ValueError, OSError: Nothing of the first network can be rescaled, or a copy can't be written.
    """
    names = names_of_networks(settings.checkpoints)
    networks = [Network(name=name, checkpoint=path) for name, path in zip(names, settings.checkpoints)]
    return [*networks, *_copies(settings, networks[0], out, say)] if settings.rescale_check else networks


def _copies(settings: CompareSettings, first: Network, out: Path, say: Callable[[str], None]) -> list[Network]:
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
        path = first.checkpoint if settings.dry_run else _written(subject, first, copy, kind, out)
        words = {"of": first.name, "kind": kind, "num_changed": copy.num_changed, "difference": share}
        found.append(Network(name=f"{first.name}, {kind} rescaled", checkpoint=path, rescaled=words))
    if not found:
        raise ValueError(f"{first.name} can't be rescaled: {'; '.join(refusals)}; leave --rescale-check out")
    return found


def _written(subject: Subject, first: Network, copy: Rescaled, kind: str, out: Path) -> Path:
    """Write a copy beside the result, with what its checkpoint says of itself."""
    path = out.with_name(f"{out.name.removesuffix('.h5')}-{kind}.safetensors")
    metadata = dict(subject.checkpoint.metadata) if subject.checkpoint else {}
    metadata = {name: text for name, text in metadata.items() if not name.endswith(("_accuracy", "_loss"))}
    write_weights(path, copy.model.state_dict(), {**metadata, "rescaled": kind, "rescaled_from": first.name})
    return path
