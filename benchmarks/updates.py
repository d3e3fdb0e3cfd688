"""What a batch size costs: images a second, seconds an update and an epoch of ResNet-20 on CIFAR-10's size, bfloat16, one core."""

import time
from statistics import median

import numpy as np
import torch

from benchmarks.comparison import ratio_words
from benchmarks.options import Options
from benchmarks.table import Result, Row
from landscape.cli.program import keep_freed_memory, use_one_thread
from landscape.problem.models import build_model
from landscape.training.optimizers import optimizer_of
from landscape.training.recipe import Recipe
from landscape.training.updates import Tally, Updater

BATCH_SIZES = (128, 1024, 4096)
NUM_IN_EPOCH = 50_000
IMAGES_A_TURN = 8192


def measure(
    options: Options, *, model: str = "resnet20", batch_sizes=BATCH_SIZES, images: int = IMAGES_A_TURN
) -> Result:
    """Time updates of each batch size in turn, the first size being the baseline of the others."""
    use_one_thread()
    keep_freed_memory(all_of_it=True)
    turns = {size: _turn(model, size, max(1, images // size)) for size in batch_sizes}
    for turn in turns.values():
        turn()
    seconds: dict[int, list[float]] = {size: [] for size in batch_sizes}
    for _ in range(options.repetitions):
        for size, turn in turns.items():
            seconds[size].append(turn())
    first = batch_sizes[0]
    rows = []
    for size, found in seconds.items():
        update_s = median(found)
        epoch_s = update_s * -(-NUM_IN_EPOCH // size)
        speeds = {place: [place / second for second in seconds[place]] for place in (first, size)}
        rows.append(
            Row(
                what=f"{model}, batches of {size}, bf16, one core",
                against=f"batches of {first}: {first / median(seconds[first]):.0f} images/s",
                measured=f"{size / update_s:.0f} images/s, {update_s:.3g} s an update, {epoch_s:.0f} s an epoch",
                ratio=ratio_words(speeds[size], speeds[first]),
                reach="",
                is_reached=None,
            )
        )
    return Result(tuple(rows), {f"seconds an update of {size}": found for size, found in seconds.items()})


def _turn(name: str, size: int, num_updates: int):
    """Return a function that makes updates and returns the mean seconds of one."""
    recipe = Recipe(model=name, dataset="cifar10", batch_size=size, precision="bf16", learning_rate=1e-3)
    torch.manual_seed(0)
    model = build_model(name, {}).to(memory_format=torch.channels_last).train()
    random = np.random.default_rng(0)
    inputs = torch.from_numpy(random.standard_normal((size, 3, 32, 32), np.float32)).contiguous(
        memory_format=torch.channels_last
    )
    targets = torch.from_numpy(random.integers(0, 10, size))
    update = Updater(recipe, model, optimizer_of(recipe, model.parameters()))

    def turn() -> float:
        began = time.perf_counter()
        for _ in range(num_updates):
            update(inputs, targets, size, Tally())
        return (time.perf_counter() - began) / num_updates

    return turn
