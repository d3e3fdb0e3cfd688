"""`landscape train`: train a network whose loss can be looked at."""

import argparse
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from landscape.cli.arguments import Parser, model_arguments
from landscape.cli.program import keep_freed_memory
from landscape.cli.saying import say, saying
from landscape.cli.train_options import add_train_options
from landscape.sweep.run import Stopped
from landscape.sweep.world import Mistake, World

HELP = "train a network on the CPU and save its weights; the same command goes on after a kill"
DESCRIPTION = (
    f"{HELP}. There is no training on GPUs here: for large networks see 'On the CPU' in docs/training.md, "
    "and record your own training by the recorders in docs/trajectory.md."
)
THREADS_A_CORE = 4  # more only wait for each other
LONGEST_NAME = 200  # bytes; file systems take 255, endings and temporary names included
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
    run, warnings = ranks.together(lambda: _prepared(options, ranks, f"{prog} {shlex.join(arguments)}"))
    ranks.agreed(run.claim)
    for warning in warnings:
        saying(ranks)(f"warning: {warning}")
    try:
        run.go()
    except KeyboardInterrupt:
        if not ranks.is_first:
            raise
        raise Stopped(_kept(_out(options))) from None
    except TrainingFailed as failed:
        if ranks.is_first:
            raise Stopped(str(failed)) from failed
        raise Mistake(str(failed), status=1, said=True) from failed
    if isinstance(ranks, TorchWorld):
        ranks.leave()


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
    """Return the run that the options ask for, and warnings; all that can be wrong about them is found here."""
    from landscape.problem.checkpoints import read_checkpoint
    from landscape.problem.datasets import open_dataset
    from landscape.training.contradictions import contradictions
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
    out = _out(options)
    if len(os.fsencode(out.name)) > LONGEST_NAME:
        raise ValueError(
            f"--out's name must have {LONGEST_NAME} letters or fewer, since endings are added to it, "
            f"not {len(os.fsencode(out.name))}; choose a shorter one"
        )
    run = Run(
        recipe,
        dataset,
        out,
        start=start,
        say=say,
        stop_after=options.stop_after,
        checkpoints=rule,
        overwrite=options.overwrite,
        command=command,
        world=ranks,
    )
    return run, contradictions(recipe)


def _out(options: argparse.Namespace) -> Path:
    """Return the run's name."""
    return options.out or Path("outputs") / f"{options.model}-{options.dataset}".replace("/", "_").replace(":", "_")


def _kept(out: Path) -> str:
    """Say what a stopped run leaves."""
    from landscape.training.files import RunFiles

    if RunFiles(out).state.exists():
        return "stopped; what was done up to the last finished epoch is kept, and the same command goes on"
    return "stopped before an epoch was finished, so that nothing is kept; the same command begins again"


def _epochs(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"--milestones must be epochs separated by commas, such as 15,23, not {text!r}") from None
