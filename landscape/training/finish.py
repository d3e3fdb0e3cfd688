"""The end of a run: averages with batch norm re-estimated, last scores, and the files of weights, the run's own last of all."""

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.datasets import Dataset, Samples
from landscape.store.weights_file import write_weights
from landscape.training.averages import FEWEST, is_member
from landscape.training.batches import training_batches
from landscape.training.files import RunFiles, weights_metadata
from landscape.training.learner import Learner
from landscape.training.recipe import Recipe
from landscape.training.records import batch_norm_words, is_short_of, is_under_trained
from landscape.training.scores import ensemble_score, require_numbers, score

Scores = dict[str, dict[str, float]]


class MemberLost(Exception):
    """A checkpoint that an ensemble needs is gone or damaged."""


def finish(
    recipe: Recipe,
    data: tuple[Dataset, Samples | None, np.ndarray],
    learner: Learner,
    files: RunFiles,
    num_epochs: int,
    *,
    say: Callable[[str], None],
) -> tuple[Scores, list[str]]:
    """Measure in float32 over all samples, and write the averages' files.

    Args:
        data: The data set, the images of the accuracy to reach, and the padded training images.
        num_epochs: That were trained.

    Returns:
        By "weights", "swa", "ema" and "ensemble": train_loss, test_accuracy and so on; and sentences on what was left out.

    Raises:
        FloatingPointError: The run diverged; nothing was written.
        OSError: A file can't be written.
    """
    (dataset, subset, images), model = data, learner.model
    splits = dict(dataset.splits) | ({"subset": subset} if subset is not None else {})
    scores: Scores = {"weights": _measured(model, splits, dataset)}
    members = [files.checkpoint("epoch", n) for n in range(1, num_epochs + 1) if is_member(recipe, n)]
    notes = _words_on_few(recipe, len(members), num_epochs)
    require_numbers(scores["weights"])
    _tell("", scores["weights"], splits, say)
    for name, network in learner.averages.networks(lambda: _batches(recipe, dataset, images)):
        scores[name] = _measured(network, splits, dataset)
        _tell(f"{name} ", scores[name], splits, say)
        more = {"average": name, "epochs": str(num_epochs), **_texts(scores[name])}
        if subset is not None:
            more |= {"under_trained": json.dumps(is_short_of(asdict(recipe), scores[name]))}
        if name == "swa":
            more |= {"members": json.dumps([path.name for path in members])}
            try:
                scores["ensemble"] = _ensemble(model, members, splits, dataset)
            except MemberLost as lost:  # all but the ensemble does without it
                notes.append(f"the ensemble is left out: {lost}")
            else:
                _tell(f"ensemble of {len(members)} ", scores["ensemble"], splits, say)
                more |= {f"ensemble_{key}": value for key, value in _texts(scores["ensemble"]).items()}
        metadata = weights_metadata(recipe, dataset, **more)
        write_weights(files.average(name), network.state_dict(), metadata)
        say(f"{name} weights in {files.average(name)}")
    for note in notes:
        say(note)
    return scores, notes


def write_last(
    recipe: Recipe,
    dataset: Dataset,
    model: nn.Module,
    files: RunFiles,
    told: tuple[Sequence[Mapping[str, float]], str],
    *,
    scores: Mapping[str, float],
    say: Callable[[str], None],
) -> None:
    """Write the run's weights; a run is finished where they are, so that all else must have been written before.

    Args:
        told: One row an epoch, and why the run ended.
        scores: Of the weights.

    Raises:
        OSError: They can't be written.
    """
    rows, ended = told
    seconds = sum(row["epoch_s"] for row in rows)
    label = {"under_trained": json.dumps(is_under_trained(recipe, ended))} if recipe.until_train_accuracy else {}
    metadata = weights_metadata(
        recipe,
        dataset,
        train_seconds=f"{seconds:.0f}",
        epochs=str(len(rows)),
        ended=ended,
        batch_norm=batch_norm_words(recipe, model),
        history=json.dumps([_untimed(row) for row in rows]),
        **label,
        **_texts(scores),
    )
    write_weights(files.weights, model.state_dict(), metadata)
    if is_under_trained(recipe, ended):
        say(f"under-trained: {recipe.until_train_accuracy:.2%} train accuracy was not reached ({ended})")
    say(f"weights in {files.weights}")


def _untimed(row: Mapping[str, float]) -> dict[str, float]:
    """Leave out what differs between two runs of one recipe."""
    return {name: value for name, value in row.items() if not name.endswith("_s")}


def _words_on_few(recipe: Recipe, num_members: int, num_epochs: int) -> list[str]:
    """Say that there is no average where the run ended before it had members enough."""
    if recipe.swa_from is None or num_members >= FEWEST:
        return []
    have = "one member" if num_members else "no member"
    return [
        f"swa and its ensemble are left out: averaging from epoch {recipe.swa_from} on had {have} when the run ended "
        f"after epoch {num_epochs}"
    ]


def _measured(network: nn.Module, splits: Mapping[str, Samples], dataset: Dataset) -> dict[str, float]:
    found = {name: score(network, samples, dataset) for name, samples in splits.items()}
    return {f"{name}_{key}": getattr(one, key) for name, one in found.items() for key in ("loss", "accuracy")}


def _texts(scores: Mapping[str, float]) -> dict[str, str]:
    """Return scores as they are read again, inf as the number that it is."""
    return {name: json.dumps(value) for name, value in scores.items()}


def _tell(what: str, scores: Mapping[str, float], splits: Mapping[str, Samples], say: Callable[[str], None]) -> None:
    for name, samples in splits.items():
        loss, accuracy = scores[f"{name}_loss"], scores[f"{name}_accuracy"]
        say(f"{what}{name}: loss {loss:.4f}, accuracy {accuracy:.2%} over {len(samples)} samples")


def _batches(recipe: Recipe, dataset: Dataset, images: np.ndarray):
    """Return training batches of one more epoch, as batch norm saw them, for the statistics of averaged weights."""
    torch.manual_seed(int(np.random.SeedSequence((recipe.seed, recipe.epochs)).generate_state(1)[0]))
    return without_single(
        training_batches(
            images,
            dataset.split("train").targets,
            dataset,
            batch_size=max(2, recipe.batch_size // (recipe.accumulate * recipe.ranks)),
            crop=recipe.crop,
            flip=recipe.flip,
            seed=(recipe.seed, recipe.epochs),
        )
    )


def without_single(batches: Iterable[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches, a last one of one sample, over which batch norm has no variance, joined to the one before."""
    before = None
    for batch in batches:
        if before is not None and len(batch[1]) == 1:
            batch = tuple(torch.cat(pair) for pair in zip(before, batch))
        elif before is not None:
            yield before
        before = batch
    if before is not None:
        yield before


def _ensemble(
    model: nn.Module, members: Sequence[Path], splits: Mapping[str, Samples], dataset: Dataset
) -> dict[str, float]:
    spare = copy.deepcopy(model)

    def loaded(path: Path) -> nn.Module:
        if not path.is_file():
            raise MemberLost(f"its member {path} is gone")
        try:
            load_into(spare, read_checkpoint(path))
        except (OSError, ValueError) as error:
            raise MemberLost(str(error)) from error
        return spare

    turns = [lambda path=path: loaded(path) for path in members]
    found = {name: ensemble_score(turns, samples, dataset) for name, samples in splits.items()}
    return {f"{name}_{key}": getattr(one, key) for name, one in found.items() for key in ("loss", "accuracy")}
