"""`landscape train`: train a network whose loss can be looked at."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser, add_data_options, add_model_options, model_arguments
from landscape.sweep.world import Mistake, World

HELP = "train a network and save its weights; the same command goes on after a kill"


def train_command(arguments: Sequence[str], world: World, prog: str = "landscape train") -> None:
    """Run the command; see `landscape train --help`."""
    options = world.agreed(lambda: _parsed(arguments, prog))
    if options is None:
        return
    if world.size > 1:
        raise Mistake(
            f"training runs in one process, not in {world.size}; start it without mpirun", said=not world.is_first
        )
    world.agreed(lambda: _train(options))


def _parsed(arguments: Sequence[str], prog: str) -> argparse.Namespace | None:
    parser = Parser(prog=prog, description=HELP)
    add_model_options(parser, "vgg56")
    add_data_options(parser, "digits")
    run = parser.add_argument_group("recipe")
    run.add_argument("--out", type=Path, help="name of the run: OUT.safetensors (default: outputs/MODEL-DATASET)")
    run.add_argument(
        "--from", dest="start", type=Path, metavar="CHECKPOINT", help="start from these weights (or a run's .state.pt)"
    )
    run.add_argument("--epochs", type=int, default=30)
    run.add_argument("--batch-size", type=int, default=128)
    run.add_argument("--learning-rate", type=float, default=0.05, help="the schedule's highest (default: 0.05)")
    run.add_argument("--momentum", type=float, default=0.9, help="Nesterov's (default: 0.9)")
    run.add_argument("--weight-decay", type=float, default=5e-4)
    run.add_argument("--schedule", default="one-cycle", help="constant, cosine or one-cycle (default)")
    run.add_argument(
        "--crop", type=int, default=0, metavar="PIXELS", help="shift training images by up to so much (default: 0)"
    )
    run.add_argument("--flip", action="store_true", help="mirror half of the training images")
    run.add_argument("--precision", default="float32", help="float32, or bf16 for autocast")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument(
        "--threads", type=int, default=1, help="torch threads; another number changes last digits (default: 1)"
    )
    run.add_argument(
        "--stop-after", type=int, metavar="EPOCHS", help="leave after so many epochs; the same command goes on"
    )
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # --help
        return None
    if options.threads < 1:
        raise ValueError(f"--threads must be 1 or more, not {options.threads}")
    return options


def _train(options: argparse.Namespace) -> None:
    import torch

    from landscape.problem.checkpoints import read_checkpoint
    from landscape.problem.datasets import open_dataset
    from landscape.training.loop import train
    from landscape.training.recipe import Recipe

    torch.set_num_threads(options.threads)
    recipe = Recipe(
        model=options.model,
        model_arguments=model_arguments(options.model_arg),
        dataset=options.dataset,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        schedule=options.schedule,
        crop=options.crop,
        flip=options.flip,
        precision=options.precision,
        seed=options.seed,
    )
    dataset = open_dataset(
        options.dataset, data_dir=options.data_dir, cache_dir=options.cache_dir, download=options.download
    )
    out = options.out or Path("outputs") / f"{options.model}-{options.dataset}".replace("/", "_").replace(":", "_")
    start = read_checkpoint(options.start) if options.start else None
    train(recipe, dataset, out, start=start, say=lambda line: print(line, flush=True), stop_after=options.stop_after)
