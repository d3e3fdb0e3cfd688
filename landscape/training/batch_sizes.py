"""Small against large batches: what the zoo's runs ended at, beside what was published, as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median, stdev

from landscape.problem.zoo import ZooNetwork

# Keskar et al. 2017, arXiv:1609.04836, table 2: test accuracies in per cent, batches of 256 against a tenth of the data.
PUBLISHED = {
    "F1": (98.03, 97.81),
    "F2": (64.02, 59.45),
    "C1": (80.04, 77.26),
    "C2": (89.24, 87.26),
    "C3": (49.58, 46.45),
    "C4": (63.08, 57.81),
}
LARGE = 1024
NUM_IMAGES = 50_000
# What all runs of the study have in common, beside network, data and the accuracy to reach.
STUDY = {
    "optimizer": "nesterov",
    "schedule": "one-cycle",
    "crop": 0,
    "flip": False,
    "accumulate": 1,
    "ranks": 1,
    "start": "",
}

HEAD = """# Small against large batches

Batches of 128 against 4,096, from the same initialization where the seed is the same, trained until 99 % of a fixed subset of 10,000 training images are
classified rightly, with and without weight decay: ResNet-20 on CIFAR-10, Nesterov momentum 0.9, one-cycle schedule, no augmentation.
`python scripts/small_and_large.py` writes this page from the zoo's manifest and `outputs/updates.json`; `landscape zoo NAME` tells the commands of a run.
A run that ended without that accuracy is under-trained: it is not a minimum to compare, sharp or flat.
"""


TIMES = """## What a batch costs

Batches side by side, in turn, on one core of {machine}: `python -m benchmarks updates --repetitions {num} --out outputs/updates.json`. The figures are
medians; an epoch has 50,000 images. (The seconds of the runs above were taken while other work went on, and compare nothing.)
"""


def batch_size_text(zoo: Mapping[str, ZooNetwork], timed: Mapping) -> str:
    """Return the page: a row a run, what the runs say together, the published pairs, what a batch costs.

    Args:
        timed: What `python -m benchmarks updates` wrote.
    """
    runs = [network for network in zoo.values() if _is_one(network)]
    return "\n".join([HEAD, _runs_table(runs), _findings(runs), _published_table(), _times_table(timed)])


def _times_table(timed: Mapping) -> str:
    seconds = {int(name.rpartition(" ")[2]): found for name, found in timed["benchmarks"]["updates"]["raw"].items()}
    described = timed["machine"]
    machine = (
        f"{described['cpu']}, torch {described['torch']}, load average at the start {described['load_average'][0]}"
    )
    rows = [
        TIMES.format(machine=machine, num=len(next(iter(seconds.values())))),
        "| batch | images a second | seconds an update | seconds an epoch |",
        "|---|---|---|---|",
    ]
    for size, found in sorted(seconds.items()):
        update_s = median(found)
        rows.append(f"| {size} | {size / update_s:.0f} | {update_s:.3g} | {update_s * -(-NUM_IMAGES // size):.0f} |")
    return "\n".join(rows) + "\n"


def _is_one(network: ZooNetwork) -> bool:
    """Tell whether a network is the last weights of a run of this study, and no average or member of one."""
    recipe = network.recipe
    study = network.dataset == "cifar10" and network.model == "resnet20" and recipe.get("until_train_accuracy") == 0.99
    return bool(study and not recipe.get("swa_from") and all(recipe[name] == value for name, value in STUDY.items()))


def _runs_table(runs: Sequence[ZooNetwork]) -> str:
    rows = [
        "| run | batch | weight decay | seed | epochs | updates | train accuracy, 50,000 images | test accuracy | test loss | ended |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in sorted(runs, key=lambda run: (run.recipe["batch_size"], -run.recipe["weight_decay"], run.seed)):
        recipe, scores = run.recipe, run.scores
        rows.append(
            f"| {run.name} | {recipe['batch_size']} | {recipe['weight_decay']:g} | {run.seed} | {run.epochs} | {run.updates} | "
            f"{scores['train_accuracy']:.2%} | {scores['test_accuracy']:.2%} | {scores['test_loss']:.3f} | "
            f"{'**under-trained**' if run.under_trained else 'at 99 %'} |"
        )
    return "\n".join(rows) + "\n"


def _findings(runs: Sequence[ZooNetwork]) -> str:
    """Say, for each weight decay, how small and large ended; never more than the runs carry."""
    lines = []
    for decay in sorted({run.recipe["weight_decay"] for run in runs}, reverse=True):
        small, large = (
            [
                run
                for run in runs
                if run.recipe["weight_decay"] == decay and (run.recipe["batch_size"] >= LARGE) == is_large
            ]
            for is_large in (False, True)
        )
        lines.append(f"- Weight decay {decay:g}: {_pair_words(small, large)}")
    return "\n".join(lines) + "\n"


def _pair_words(small: Sequence[ZooNetwork], large: Sequence[ZooNetwork]) -> str:
    done = [[run.scores["test_accuracy"] for run in side if not run.under_trained] for side in (small, large)]
    if not all(done):
        missing = " and ".join(name for name, side in zip(("small", "large"), done) if not side)
        return f"no run with {missing} batches reached 99 % here, so there is no pair to compare."
    means = [fmean(side) for side in done]
    spread = (
        f"; two seeds differ by {100 * stdev(done[0]) * 2**0.5:.2f} points (root mean square)"
        if len(done[0]) > 1
        else "; one seed, so no spread is known"
    )
    more, less = ("small", "large") if means[0] >= means[1] else ("large", "small")
    return (
        f"small batches end at {means[0]:.2%} test accuracy ({len(done[0])} run{'s' * (len(done[0]) > 1)}), large ones at {means[1]:.2%} ({len(done[1])}): "
        f"{more} batches are {100 * abs(means[0] - means[1]):.2f} points above {less} ones{spread}."
    )


def _published_table() -> str:
    rows = [
        "## Beside what was published\n",
        "Test accuracy of small (256) and large batches (a tenth of the training data), mean of five runs",
        "([Keskar et al. 2017](https://arxiv.org/abs/1609.04836), table 2):\n",
        "| network | small | large | difference |",
        "|---|---|---|---|",
    ]
    rows += [
        f"| {name} | {small:.2f} % | {large:.2f} % | {small - large:.2f} |"
        for name, (small, large) in PUBLISHED.items()
    ]
    return "\n".join(rows) + "\n"
