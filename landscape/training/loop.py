"""The training loop: resumable at every epoch, to the same bits as an uninterrupted run."""

import json
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional

from landscape.problem.checkpoints import Checkpoint, load_into
from landscape.problem.datasets import Dataset, Samples
from landscape.problem.models import build_model
from landscape.training.batches import normalized, padded_images, training_batches
from landscape.training.recipe import Recipe
from landscape.weights import digest

EVALUATION_BATCH = 250


@dataclass(frozen=True, slots=True)
class Score:
    """Mean cross entropy in nats a sample, and the fraction classified rightly."""

    loss: float
    accuracy: float


def train(
    recipe: Recipe,
    dataset: Dataset,
    out: Path,
    *,
    start: Checkpoint | None = None,
    say: Callable[[str], None] = print,
    stop_after: int | None = None,
) -> Path:
    """Train by a recipe, going on from `out`'s last finished epoch where there is one.

    Args:
        out: The run's name; `out.state.pt` is written at the end of each epoch, `out.safetensors` at that of the last.
        start: Weights to start from instead of fresh ones.
        stop_after: Leave after this many epochs altogether, as a kill would, with the state kept.

    Returns:
        The path of the weights, or of the state where the run was left early.

    Raises:
        ValueError: `out`'s state belongs to another recipe, or the data can't be trained on.
    """
    samples = dataset.split("train")
    if not samples.are_classes or samples.inputs.ndim != 4:
        raise ValueError(f"training here takes images with class labels; {dataset.name} has other samples")
    torch.manual_seed(recipe.seed)
    model = build_model(recipe.model, recipe.model_arguments, from_data=dataset.model_arguments)
    if start is not None:
        load_into(model, start)
        recipe = replace(recipe, start=digest(model.state_dict()))
    model.to(memory_format=torch.channels_last)
    steps_an_epoch = -(-len(samples) // recipe.batch_size)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov and recipe.momentum > 0,
        weight_decay=recipe.weight_decay,
    )
    scheduler = schedule_of(recipe, optimizer, recipe.epochs * steps_an_epoch)
    state_path = out.with_name(out.name + ".state.pt")
    out.parent.mkdir(parents=True, exist_ok=True)
    epoch, history, seconds = _resume(state_path, recipe, model, optimizer, scheduler)
    if epoch:
        say(f"going on after epoch {epoch} of {recipe.epochs} ({state_path})")
    images = padded_images(samples, recipe.crop)
    while epoch < recipe.epochs:
        began = time.perf_counter()
        loss, accuracy = _one_epoch(recipe, model, optimizer, scheduler, images, samples, dataset, epoch)
        epoch += 1
        row = {"epoch": epoch, "train_loss": loss, "train_accuracy": accuracy}
        line = f"epoch {epoch}/{recipe.epochs}: train loss {loss:.4f}, accuracy {accuracy:.2%} (as trained)"
        if "test" in dataset.splits:
            test = score(model, dataset.splits["test"], dataset, recipe.precision)
            row |= {"test_loss": test.loss, "test_accuracy": test.accuracy}
            line += f"; test {test.loss:.4f}, {test.accuracy:.2%}"
        history.append(row)
        took = time.perf_counter() - began
        seconds += took
        _save_state(state_path, recipe, model, optimizer, scheduler, epoch, history, seconds)
        say(f"{line}; {took:.1f} s, {(recipe.epochs - epoch) * seconds / epoch / 60:.1f} min left")
        if stop_after is not None and epoch >= stop_after and epoch < recipe.epochs:
            return state_path
    return _finish(recipe, dataset, model, out, history, seconds, say)


def schedule_of(
    recipe: Recipe, optimizer: torch.optim.Optimizer, num_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Return torch's scheduler, stepped once an update."""
    schedulers = torch.optim.lr_scheduler
    if recipe.schedule == "constant":
        return schedulers.ConstantLR(optimizer, factor=1.0, total_iters=1)
    if recipe.schedule == "cosine":
        return schedulers.CosineAnnealingLR(optimizer, num_steps)
    return schedulers.OneCycleLR(optimizer, recipe.learning_rate, total_steps=num_steps, cycle_momentum=False)


def score(model: nn.Module, samples: Samples, dataset: Dataset, precision: str = "float32") -> Score:
    """Measure mean loss and accuracy over all samples with the stored statistics of the norms."""
    model.eval()
    images = padded_images(samples, 0)
    total, right = 0.0, 0
    for start in range(0, len(images), EVALUATION_BATCH):
        inputs = normalized(images[start : start + EVALUATION_BATCH], dataset)
        targets = torch.from_numpy(samples.targets[start : start + EVALUATION_BATCH].astype(np.int64))
        with torch.inference_mode(), _autocast(precision):
            scores = model(inputs).float()
        total += functional.cross_entropy(scores, targets, reduction="sum").double().item()
        right += int((scores.argmax(1) == targets).sum())
    return Score(total / len(images), right / len(images))


def _autocast(precision: str):
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def _one_epoch(recipe, model, optimizer, scheduler, images, samples, dataset, epoch) -> tuple[float, float]:
    model.train()
    # Dropout draws from torch's own generator, which must stand at the same place in a run that was left.
    torch.manual_seed(int(np.random.SeedSequence((recipe.seed, epoch)).generate_state(1)[0]))
    total, right = 0.0, 0
    batches = training_batches(
        images,
        samples.targets,
        dataset,
        batch_size=recipe.batch_size,
        crop=recipe.crop,
        flip=recipe.flip,
        seed=(recipe.seed, epoch),
    )
    for inputs, targets in batches:
        with _autocast(recipe.precision):
            scores = model(inputs)
            loss = functional.cross_entropy(scores.float(), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(targets)
        right += int((scores.argmax(1) == targets).sum())
    return total / len(images), right / len(images)


def _save_state(path, recipe, model, optimizer, scheduler, epoch, history, seconds) -> None:
    state = {
        "recipe": recipe.as_json(),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": {
            key: value for key, value in scheduler.state_dict().items() if isinstance(value, (int, float, bool, list))
        },
        "epoch": epoch,
        "history": history,
        "seconds": seconds,
    }
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    os.replace(part, path)


def _resume(path: Path, recipe: Recipe, model, optimizer, scheduler) -> tuple[int, list, float]:
    if not path.exists():
        return 0, [], 0.0
    state = torch.load(path, weights_only=True)
    if state["recipe"] != recipe.as_json():
        theirs, ours = json.loads(state["recipe"]), json.loads(recipe.as_json())
        changed = ", ".join(
            f"{key} {theirs.get(key)!r} there, {ours[key]!r} now" for key in ours if theirs.get(key) != ours[key]
        )
        raise ValueError(f"{path} belongs to another run ({changed}); choose another --out or remove it")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    return state["epoch"], state["history"], state["seconds"]


def _finish(recipe, dataset, model, out, history, seconds, say) -> Path:
    scores = {name: score(model, samples, dataset) for name, samples in dataset.splits.items()}
    metadata = {
        "format": "landscape checkpoint 1",
        "model": recipe.model,
        "model_arguments": json.dumps(recipe.model_arguments),
        "dataset": recipe.dataset,
        "mean": json.dumps(dataset.mean),
        "std": json.dumps(dataset.std),
        "recipe": recipe.as_json(),
        "train_seconds": f"{seconds:.0f}",
        "torch": torch.__version__,
        "history": json.dumps(history),
    }
    for name, found in scores.items():
        metadata |= {f"{name}_loss": repr(found.loss), f"{name}_accuracy": repr(found.accuracy)}
        say(f"{name}: loss {found.loss:.4f}, accuracy {found.accuracy:.2%} over {len(dataset.splits[name])} samples")
    path = out.with_name(out.name + ".safetensors")
    part = path.with_name(path.name + ".part")
    tensors = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    part.write_bytes(save(tensors, metadata=metadata))
    os.replace(part, path)
    say(f"weights in {path}")
    return path
