"""`landscape train`: train a network whose loss can be looked at."""

import argparse
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser, add_data_options, add_model_options, model_arguments
from landscape.cli.program import keep_freed_memory
from landscape.sweep.run import Stopped
from landscape.sweep.world import Mistake, World

HELP = "train a network on the CPU and save its weights; the same command goes on after a kill"
DESCRIPTION = (
    f"{HELP}. There is no training on GPUs here: for large networks see 'On the CPU' in docs/training.md, "
    "and record your own training by the recorders in docs/trajectory.md."
)
THREADS_A_CORE = 4  # more only wait for each other
# Options whose names and values are those of `Recipe`.
SETTINGS = (
    "dataset",
    "num_train",
    "subset_seed",
    "crop",
    "flip",
    "epochs",
    "batch_size",
    "accumulate",
    "until_train_accuracy",
    "accuracy_subset",
    "optimizer",
    "base_optimizer",
    "learning_rate",
    "momentum",
    "rho",
    "weight_decay",
    "label_smoothing",
    "schedule",
    "lowest",
    "factor",
    "milestones",
    "cycle_epochs",
    "cycle_growth",
    "patience",
    "early_stop",
    "watch",
    "swa_from",
    "swa_every",
    "ema",
    "precision",
    "seed",
)


def train_command(arguments: Sequence[str], world: World, prog: str = "landscape train") -> None:
    """Run the command; see `landscape train --help`."""
    options = world.agreed(lambda: _parsed(arguments, prog))
    if options is None:
        return
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # C++ warns of a setting that is meant; see `ranks`
    import torch

    from landscape.training.loop import TrainingFailed
    from landscape.training.ranks import TorchWorld, join_ranks

    torch.set_num_threads(options.threads)
    keep_freed_memory(all_of_it=True)
    ranks = join_ranks(world)
    run = ranks.together(lambda: _prepared(options, ranks, f"{prog} {shlex.join(arguments)}"))
    ranks.agreed(run.claim)
    try:
        run.go()
    except TrainingFailed as failed:
        if ranks.is_first:
            raise Stopped(str(failed)) from failed
        raise Mistake(str(failed), status=1, said=True) from failed
    if isinstance(ranks, TorchWorld):
        ranks.leave()


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `landscape train`."""
    add_model_options(parser, "resnet20")
    add_data_options(parser, "digits")
    samples = parser.add_argument_group("samples")
    samples.add_argument(
        "--num-train", type=int, metavar="N", help="a fixed stratified subset of the training images (default: all)"
    )
    samples.add_argument("--subset-seed", type=int, default=0, help="which subset (default: 0)")
    samples.add_argument(
        "--crop", type=int, default=0, metavar="PIXELS", help="shift training images by up to so much (default: 0)"
    )
    samples.add_argument("--flip", action="store_true", help="mirror half of the training images")
    length = parser.add_argument_group("length")
    length.add_argument("--epochs", type=int, default=30, help="at most (default: 30)")
    length.add_argument("--batch-size", type=int, default=128, help="samples an update (default: 128)")
    length.add_argument(
        "--accumulate",
        type=int,
        default=1,
        metavar="K",
        help="cut a batch into K parts, batch norm seeing one at a time (default: 1)",
    )
    length.add_argument(
        "--until-train-accuracy",
        type=float,
        metavar="A",
        help="stop once a fixed subset of training images is classified so well, such as 0.99",
    )
    length.add_argument(
        "--accuracy-subset", type=int, metavar="N", help="size of that subset (default: 10000, or all if fewer)"
    )
    length.add_argument(
        "--early-stop",
        type=int,
        metavar="EPOCHS",
        help="stop after so many epochs without a lower watched loss (default: never; twice the patience with plateau)",
    )
    length.add_argument(
        "--watch", default="train", help="whose loss is watched: train (as trained) or test (default: train)"
    )
    step = parser.add_argument_group("optimizer")
    step.add_argument(
        "--optimizer",
        default="nesterov",
        help="sgd, momentum, nesterov, rmsprop, adagrad, adadelta, adam, adamw or sam (default: nesterov)",
    )
    step.add_argument("--base-optimizer", help="what steps with SAM's gradient (default: momentum)")
    step.add_argument("--rho", type=float, help="SAM's radius (default: 0.05)")
    step.add_argument(
        "--learning-rate",
        type=float,
        help="the schedule's highest (default: 0.05; adadelta 1, adagrad 0.01, rmsprop, adam and adamw 0.001)",
    )
    step.add_argument("--momentum", type=float, help="of momentum and nesterov (default: 0.9)")
    step.add_argument("--weight-decay", type=float, default=5e-4, help="(default: 5e-4)")
    step.add_argument("--label-smoothing", type=float, default=0.0, help="(default: 0)")
    rate = parser.add_argument_group("schedule")
    rate.add_argument(
        "--schedule",
        default="one-cycle",
        help="constant, step, exponential, cosine, cyclic, one-cycle (default), warm-restarts or plateau",
    )
    rate.add_argument(
        "--lowest",
        type=float,
        metavar="FRACTION",
        help="lowest rate over highest (default: 0 for cosine and warm-restarts, 0.1 cyclic, 0.001 plateau)",
    )
    rate.add_argument(
        "--factor",
        type=float,
        help="what the rate is multiplied by: at a milestone or a plateau (default: 0.1), or each epoch (exponential; default: 0.95)",
    )
    rate.add_argument(
        "--milestones",
        metavar="EPOCHS",
        help="where step falls, such as 15,23 (default: after half and three quarters)",
    )
    rate.add_argument(
        "--cycle-epochs",
        type=int,
        metavar="N",
        help="length of a cycle, with warm-restarts of the first (default: a third of --epochs)",
    )
    rate.add_argument(
        "--cycle-growth", type=int, metavar="K", help="each warm restart's cycle is K times the last (default: 2)"
    )
    rate.add_argument(
        "--patience",
        type=int,
        metavar="EPOCHS",
        help="epochs without a lower watched loss that make a plateau (default: 5)",
    )
    average = parser.add_argument_group("averages")
    average.add_argument(
        "--swa",
        action="store_true",
        help="average weights of late epochs: OUT-swa.safetensors, and the ensemble beside it",
    )
    average.add_argument(
        "--swa-from",
        type=int,
        metavar="EPOCH",
        help="end of the first epoch averaged (default: three quarters of --epochs)",
    )
    average.add_argument("--swa-every", type=int, metavar="K", help="average every K epochs (default: 1)")
    average.add_argument(
        "--ema",
        type=float,
        metavar="DECAY",
        help="moving average of the weights over updates, such as 0.999: OUT-ema.safetensors",
    )
    run = parser.add_argument_group("run")
    run.add_argument(
        "--out",
        type=Path,
        help="name of the run: OUT.safetensors, OUT.run.h5, OUT.run.html (default: outputs/MODEL-DATASET)",
    )
    run.add_argument(
        "--from", dest="start", type=Path, metavar="CHECKPOINT", help="start from these weights (or a run's .state.pt)"
    )
    run.add_argument(
        "--checkpoint-every", metavar="K", help="keep weights every K epochs, or Kstep updates, in OUT-checkpoints/"
    )
    run.add_argument(
        "--overwrite", action="store_true", help="begin anew where --out holds another run, or this one finished"
    )
    run.add_argument("--precision", default="float32", help="float32, or bf16 for autocast")
    run.add_argument("--seed", type=int, default=1, help="of fresh weights, order and augmentation (default: 1)")
    run.add_argument(
        "--threads",
        type=int,
        default=1,
        help="torch threads a process; another number changes last digits (default: 1)",
    )
    run.add_argument(
        "--stop-after", type=int, metavar="EPOCHS", help="leave after so many epochs; the same command goes on"
    )


def _parsed(arguments: Sequence[str], prog: str) -> argparse.Namespace | None:
    parser = Parser(prog=prog, description=DESCRIPTION)
    add_train_options(parser)
    options = parser.options_of(arguments)
    if options is None:
        return None
    for name in ("threads", "stop_after"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {value}")
    most = THREADS_A_CORE * (os.cpu_count() or 1)
    if options.threads > most:
        raise ValueError(f"--threads must be {most} or fewer on this machine, not {options.threads}; give its cores")
    if options.milestones is not None:
        options.milestones = _epochs(options.milestones)
    if options.swa and options.swa_from is None:
        options.swa_from = max(1, 3 * options.epochs // 4)
    return options


def _prepared(options: argparse.Namespace, ranks: World, command: str):
    """Return the run that the options ask for; all that can be wrong about them is found here."""
    from landscape.problem.checkpoints import read_checkpoint
    from landscape.problem.datasets import open_dataset
    from landscape.training.files import CheckpointRule
    from landscape.training.loop import Run
    from landscape.training.recipe import Recipe

    settings = {name: getattr(options, name) for name in SETTINGS}
    recipe = Recipe(
        model=options.model, model_arguments=model_arguments(options.model_arg), ranks=ranks.size, **settings
    )
    rule = CheckpointRule.from_text(options.checkpoint_every) if options.checkpoint_every else None
    start = read_checkpoint(options.start) if options.start else None
    dataset = open_dataset(
        options.dataset, data_dir=options.data_dir, cache_dir=options.cache_dir, download=options.download
    )
    out = options.out or Path("outputs") / f"{options.model}-{options.dataset}".replace("/", "_").replace(":", "_")
    return Run(
        recipe,
        dataset,
        out,
        start=start,
        say=lambda line: print(line, flush=True),
        stop_after=options.stop_after,
        checkpoints=rule,
        overwrite=options.overwrite,
        command=command,
        world=ranks,
    )


def _epochs(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"--milestones must be epochs separated by commas, such as 15,23, not {text!r}") from None
