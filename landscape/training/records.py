"""What a run writes about itself: its file of columns and its page."""

import json
import platform
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from landscape.origin import Origin
from landscape.run_record import RunRecord, columns_of
from landscape.store.run_file import write_run
from landscape.training.files import RunFiles
from landscape.training.recipe import Recipe
from landscape.training.updates import has_batch_norm

REACHED = "train accuracy reached"


def circumstance() -> dict[str, object]:
    """Return what may change last digits."""
    return {"torch": str(torch.__version__), "threads": torch.get_num_threads(), "machine": platform.machine()}


def batch_norm_words(recipe: Recipe, model: nn.Module) -> str:
    """Say what batch norm's statistics are taken over."""
    if not has_batch_norm(model):
        return "none"
    num_parts = recipe.accumulate * recipe.ranks
    if num_parts == 1:
        return f"whole batches of {recipe.batch_size}"
    ways = [f"{recipe.accumulate} parts accumulated"] if recipe.accumulate > 1 else []
    ways += [f"{recipe.ranks} ranks, running statistics averaged over them"] if recipe.ranks > 1 else []
    return f"ghost batch norm: {recipe.batch_size // num_parts} of {recipe.batch_size} at a time ({'; '.join(ways)})"


def is_under_trained(recipe: Recipe, ended: str) -> bool:
    """Tell whether a run that was to reach a training accuracy ended without it."""
    return recipe.until_train_accuracy is not None and ended not in ("", REACHED)


def is_short_of(recipe: Mapping[str, object], scores: Mapping[str, float]) -> bool:
    """Tell whether weights classify fewer training images rightly than their run was to reach.

    Args:
        recipe: By name; that of the run.
        scores: Of the weights: subset_accuracy, on the fixed images that the run was measured on, or train_accuracy.
    """
    asked = recipe.get("until_train_accuracy")
    return asked is not None and scores.get("subset_accuracy", scores["train_accuracy"]) < asked


def write_records(
    files: RunFiles,
    recipe: Recipe,
    model: nn.Module,
    told: tuple[Sequence[Mapping[str, float]], str],
    record: Mapping[str, object],
    *,
    with_page: bool,
) -> None:
    """Write the file of columns, and the page if asked.

    Args:
        told: One row an epoch, and why the run ended (empty while it goes on).
        record: What else is known: command, notes, scores.

    Raises:
        OSError: They can't be written.
    """
    rows, ended = told
    columns = {name: column for name, column in columns_of(rows).items() if name != "epoch"}
    known = {
        "ended": ended or "not yet",
        "under_trained": is_under_trained(recipe, ended),
        "batch_norm": batch_norm_words(recipe, model),
        "num_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": sum(row["epoch_s"] for row in rows),
        **record,
    }
    run = RunRecord(columns, Origin({"recipe": json.loads(recipe.as_json())}, circumstance(), known))
    write_run(run, files.record)
    if with_page:
        from landscape.figures.run_page import write_run_page

        write_run_page({files.out.name: run}, files.page)
