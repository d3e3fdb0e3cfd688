"""A finished run's weights put into the zoo, with what the run recorded of itself."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from landscape.problem.checkpoints import Checkpoint, load_into, read_checkpoint
from landscape.problem.datasets import Dataset
from landscape.problem.models import build_model
from landscape.problem.zoo import ZooNetwork, file_digest, read_zoo
from landscape.run_record import RunRecord
from landscape.store.run_file import read_run
from landscape.store.whole_file import write_whole
from landscape.training.recipe import Recipe
from landscape.training.records import is_short_of
from landscape.training.scores import score


def add_to_zoo(
    weights: Path,
    name: str,
    manifest: Path,
    dataset: Dataset,
    *,
    about: str,
    run: Path | None = None,
    commands: Sequence[str] = (),
) -> ZooNetwork:
    """Copy a run's weights beside the manifest and enter them, in the place of an entry of the same name.

    Args:
        weights: What `landscape train` wrote: last weights, averaged ones, or a checkpoint on the way.
        dataset: What they were trained on; they are scored on it where their file has no scores.
        run: The run's OUT.run.h5; None where it has none.
        commands: What made them, if not just the command that the run recorded.

    Raises:
        ValueError, OSError: A file is missing, or is no weights of a run, or `run` is another run's.
    """
    checkpoint = read_checkpoint(weights)
    recipe = checkpoint.recorded("recipe")
    if not isinstance(recipe, dict):
        raise ValueError(f"{weights} does not say how it was trained; give a file that `landscape train` wrote")
    record = read_run(run) if run is not None else None
    if record is not None and (differ := _differing(recipe, record.origin.identity.get("recipe", {}))):
        raise ValueError(f"{run} is not of the run that made {weights} (other {differ}); give that run's .run.h5")
    if not commands and record is None:
        raise ValueError("say how these weights were made: give the run's .run.h5, or the commands")
    scores = _scores(checkpoint, dataset)
    entry = ZooNetwork(
        name=name,
        about=about,
        sha256=file_digest(weights),
        size=weights.stat().st_size,
        model=checkpoint.recorded("model"),
        model_arguments=checkpoint.recorded("model_arguments") or {},
        dataset=checkpoint.recorded("dataset"),
        commands=tuple(commands) or (_command(record),),
        recipe=recipe,
        scores=scores,
        under_trained=is_short_of(recipe, scores),
        wall_s=checkpoint.recorded("train_seconds"),
    )
    epochs, updates = _length(checkpoint, -(-_num_trained_on(recipe, dataset) // recipe["batch_size"]), record)
    entry = replace(entry, epochs=epochs, updates=updates)
    if record is not None and epochs:
        entry = replace(
            entry,
            wall_s=_rounded(record.columns["epoch_s"][: entry.epochs].sum()),
            update_s=_rounded(record.columns["update_s"][: entry.epochs].mean()),
            threads=record.origin.circumstance.get("threads"),
        )
    networks = read_zoo(manifest) if manifest.exists() else {}
    target = manifest.with_name(f"{name}.safetensors")
    if weights.resolve() != target.resolve():
        write_whole(target, weights.read_bytes())
    networks[name] = entry
    write_zoo(networks, manifest)
    return entry


def write_zoo(networks: Mapping[str, ZooNetwork], manifest: Path) -> None:
    """Write a manifest that `read_zoo` reads, whole.

    Raises:
        OSError: It can't be written.
    """
    text = json.dumps([asdict(network) for network in networks.values()], indent=1) + "\n"
    write_whole(manifest, text.encode())


def _command(record: RunRecord) -> str:
    """Return the recorded command as a user of the installed tool types it."""
    words = shlex.split(str(record.origin.record["command"]))
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return shlex.join(["landscape", "train", *words[first:]])


def _scores(checkpoint: Checkpoint, dataset: Dataset) -> dict[str, float]:
    names = [f"{split}_{key}" for split in ("train", "test") for key in ("loss", "accuracy")]
    found = {name: checkpoint.recorded(name) for name in names}
    if None in found.values():
        model = build_model(
            checkpoint.recorded("model"),
            checkpoint.recorded("model_arguments") or {},
            from_data=dataset.model_arguments,
        )
        load_into(model, checkpoint)
        for split in ("train", "test"):
            measured = score(model, dataset.split(split), dataset)
            found |= {f"{split}_loss": measured.loss, f"{split}_accuracy": measured.accuracy}
    more = {key: value for key in checkpoint.metadata if key.startswith(("subset_", "ensemble_"))
            if isinstance(value := checkpoint.recorded(key), (int, float))}  # fmt: skip
    return {**found, **more}


def _differing(recipe: Mapping[str, object], other: Mapping[str, object]) -> str:
    """Return the names of what differs; a setting that an older record does not know had its usual value."""
    usual = {entry.name: entry.default for entry in fields(Recipe)}
    ours, theirs = usual | dict(recipe), usual | dict(other)
    return ", ".join(sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name)))


def _length(checkpoint: Checkpoint, updates_an_epoch: int, record: RunRecord | None) -> tuple[int, int]:
    """Return after how many epochs, and updates, weights were taken; a recipe alone knows only how many there may be."""
    if (step := checkpoint.recorded("step")) is not None:
        return step // updates_an_epoch, step
    told = (checkpoint.recorded("epochs"), checkpoint.recorded("epoch"), record.num_epochs if record else None)
    epochs = next((number for number in told if number is not None), checkpoint.recorded("recipe")["epochs"])
    return epochs, epochs * updates_an_epoch


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.4g}")


def _num_trained_on(recipe: dict, dataset: Dataset) -> int:
    return recipe.get("num_train") or len(dataset.split("train"))
