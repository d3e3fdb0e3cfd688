"""The options of `landscape train`, in their groups."""

import argparse
from pathlib import Path

from landscape.cli.arguments import add_data_options, add_model_options


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
