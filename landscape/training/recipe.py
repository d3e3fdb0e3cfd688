"""The settings of one training run, and what is refused about them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise

OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "sam")
SCHEDULES = (
    "constant",
    "step",
    "exponential",
    "cosine",
    "cyclic",
    "one-cycle",
    "warm-restarts",
    "plateau",
)
PRECISIONS = ("float32", "bf16")
WATCHED = ("train", "test")
WITH_MOMENTUM = ("momentum", "nesterov")
USUAL_RATES = {"rmsprop": 0.001, "adagrad": 0.01, "adadelta": 1.0, "adam": 0.001, "adamw": 0.001}
USUAL_RATE = 0.05
# A setting that only some optimizers or schedules know: which, by its name.
BELONGS = {
    "base_optimizer": ("optimizer", ("sam",)),
    "rho": ("optimizer", ("sam",)),
    "milestones": ("schedule", ("step",)),
    "factor": ("schedule", ("step", "exponential", "plateau")),
    "lowest": ("schedule", ("cosine", "cyclic", "warm-restarts", "plateau")),
    "cycle_epochs": ("schedule", ("cyclic", "warm-restarts")),
    "cycle_growth": ("schedule", ("warm-restarts",)),
    "patience": ("schedule", ("plateau",)),
}
LEAST = {
    "epochs": 1,
    "batch_size": 1,
    "accumulate": 1,
    "num_train": 1,
    "accuracy_subset": 1,
    "cycle_epochs": 1,
    "cycle_growth": 1,
    "patience": 1,
    "early_stop": 1,
    "swa_from": 1,
    "swa_every": 1,
    "ranks": 1,
    "crop": 0,
    "subset_seed": 0,
    "seed": 0,
}
LARGEST_SEED = 2**64 - 1  # torch's


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: everything that decides where it ends.

    A setting left at None becomes the usual one of its optimizer or schedule; it stays None where it has no meaning.

    Attributes:
        source: Digest of the source of the model's classes; filled in by the run, as is `data`.
        data: Digest of the training samples.
        num_train: Size of a fixed stratified subset of the training images; None for all.
        subset_seed: Which subset, for `num_train` and for `accuracy_subset`.
        crop: Pixels by which a training image may be shifted, zeros coming in; 0 for none.
        flip: Whether a training image may be mirrored.
        accumulate: Parts into which a batch is cut, batch norm seeing one part at a time.
        ranks: Processes over which a batch is spread, batch norm seeing one process's part.
        until_train_accuracy: Stop once a fixed subset of training images, as they are, is classified so well.
        accuracy_subset: That subset's size; None for 10,000 or all there are.
        base_optimizer: What steps with the gradient that SAM found.
        learning_rate: The highest of the schedule.
        rho: SAM's radius (Foret et al. 2021, arXiv:2010.01412).
        lowest: The schedule's lowest rate as a fraction of the highest.
        factor: What a rate is multiplied by: at a milestone, each epoch (exponential), or at a plateau.
        milestones: Epochs after which the rate falls.
        cycle_epochs: Length of a cycle, of the first one with warm restarts; `cycle_growth` times as long each time.
        patience: Epochs without a lower watched loss that make a plateau.
        early_stop: Epochs without a lower watched loss, counted anew when a plateau lowers the rate, that end the run.
        watch: Whose loss is watched: "train" (as trained) or "test".
        swa_from: Stochastic weight averaging from the end of this epoch on, every `swa_every` epochs; None for none.
        ema: Decay of an exponential moving average of the weights, an update; None for none.
        precision: "float32", or "bf16" for autocast; weights are float32 either way.
        start: Digest of the weights that training starts from; empty for fresh ones.
    """

    model: str = "resnet20"
    model_arguments: dict[str, object] = field(default_factory=dict)
    dataset: str = "digits"
    data: str = ""
    num_train: int | None = None
    subset_seed: int = 0
    crop: int = 0
    flip: bool = False
    epochs: int = 30
    batch_size: int = 128
    accumulate: int = 1
    ranks: int = 1
    until_train_accuracy: float | None = None
    accuracy_subset: int | None = None
    optimizer: str = "nesterov"
    base_optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    rho: float | None = None
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    schedule: str = "one-cycle"
    lowest: float | None = None
    factor: float | None = None
    milestones: tuple[int, ...] | None = None
    cycle_epochs: int | None = None
    cycle_growth: int | None = None
    patience: int | None = None
    early_stop: int | None = None
    watch: str = "train"
    swa_from: int | None = None
    swa_every: int | None = None
    ema: float | None = None
    precision: str = "float32"
    seed: int = 1
    start: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        _require_choices(self)
        _require_belonging(self)
        for name, value in _usual(self).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        _require_ranges(self)

    @property
    def stepper(self) -> str:
        """The optimizer that moves the weights: SAM's base, or the optimizer itself."""
        return self.base_optimizer or ("momentum" if self.optimizer == "sam" else self.optimizer)

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def changes(ours: Recipe, theirs: Mapping[str, object]) -> str:
    """Say what differs between a recipe and another's record; empty where nothing does.

    A setting that an older record does not know had its usual value, and the model's source is then taken for the same.
    """
    mine, usual = json.loads(ours.as_json()), {entry.name: entry.default for entry in fields(Recipe)}
    now, then = mine.pop("source"), theirs.get("source")
    there = {key: theirs.get(key, usual[key]) for key in mine}
    differ = [f"{key} {there[key]!r} there, {mine[key]!r} now" for key in mine if there[key] != mine[key]]
    if now and then and now != then and there["model"] == mine["model"]:
        differ.append("the source of its model was another, which would have to be put back")
    return ", ".join(differ)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _require_choices(recipe: Recipe) -> None:
    choices = {
        "optimizer": OPTIMIZERS,
        "base_optimizer": (None, *OPTIMIZERS[:-1]),
        "schedule": SCHEDULES,
        "precision": PRECISIONS,
        "watch": WATCHED,
    }
    for name, known in choices.items():
        if getattr(recipe, name) not in known:
            listed = ", ".join(choice for choice in known if choice)
            raise ValueError(f"unknown {_words(name)} {getattr(recipe, name)!r}; choose one of {listed}")


def _require_belonging(recipe: Recipe) -> None:
    for name, (kind, owners) in BELONGS.items():
        if getattr(recipe, name) is not None and getattr(recipe, kind) not in owners:
            raise ValueError(
                f"{_words(name)} belongs to the {kind} {' or '.join(owners)}, not to {getattr(recipe, kind)}; leave it out"
            )
    if recipe.momentum is not None and recipe.stepper not in WITH_MOMENTUM:
        raise ValueError(
            f"momentum belongs to the optimizer momentum or nesterov, not to {recipe.stepper}; leave it out"
        )
    if recipe.accuracy_subset is not None and recipe.until_train_accuracy is None:
        raise ValueError("accuracy subset belongs to until train accuracy, which is not given; leave it out")
    if recipe.swa_every is not None and recipe.swa_from is None:
        raise ValueError("swa every belongs to swa, which is not asked for; leave it out")


def _usual(recipe: Recipe) -> dict[str, object]:
    """Return what settings left at None become."""
    found: dict[str, object] = {"learning_rate": USUAL_RATES.get(recipe.stepper, USUAL_RATE)}
    if recipe.stepper in WITH_MOMENTUM:
        found["momentum"] = 0.9
    if recipe.optimizer == "sam":
        found |= {"base_optimizer": "momentum", "rho": 0.05}
    if recipe.swa_from is not None:
        found["swa_every"] = 1
    third = max(1, recipe.epochs // 3)
    of_schedule = {
        "step": {"factor": 0.1, "milestones": _half_and_three_quarters(recipe.epochs)},
        "exponential": {"factor": 0.95},
        "cosine": {"lowest": 0.0},
        "cyclic": {"lowest": 0.1, "cycle_epochs": third},
        "warm-restarts": {"lowest": 0.0, "cycle_epochs": third, "cycle_growth": 2},
        "plateau": {"lowest": 0.001, "factor": 0.1, "patience": 5, "early_stop": 2 * (recipe.patience or 5)},
    }
    return found | of_schedule.get(recipe.schedule, {})


def _half_and_three_quarters(epochs: int) -> tuple[int, ...]:
    return tuple(sorted({max(1, epochs // 2), max(1, 3 * epochs // 4)}))


def _require_ranges(recipe: Recipe) -> None:
    for name, least in LEAST.items():
        value = getattr(recipe, name)
        if value is not None and value < least:
            raise ValueError(f"{_words(name)} must be {least} or more, not {value}")
    for name in ("seed", "subset_seed"):
        if getattr(recipe, name) > LARGEST_SEED:
            raise ValueError(f"{_words(name)} must be {LARGEST_SEED} or less, not {getattr(recipe, name)}")
    if not 0 < recipe.learning_rate < math.inf:
        raise ValueError(f"the learning rate must be above 0, not {recipe.learning_rate}")
    if not 0 <= recipe.weight_decay < math.inf:
        raise ValueError(f"weight decay must be 0 or more, not {recipe.weight_decay}")
    if recipe.rho is not None and not 0 < recipe.rho < math.inf:
        raise ValueError(f"rho must be above 0, not {recipe.rho}")
    for name in ("momentum", "label_smoothing", "lowest"):
        value = getattr(recipe, name)
        if value is not None and not 0 <= value < 1:
            raise ValueError(f"{_words(name)} must lie in [0, 1), not {value}")
    for name in ("factor", "ema"):
        value = getattr(recipe, name)
        if value is not None and not 0 < value < 1:
            raise ValueError(f"{_words(name)} must lie between 0 and 1, not {value}")
    accuracy = recipe.until_train_accuracy
    if accuracy is not None and not 0 < accuracy <= 1:
        raise ValueError(
            f"the train accuracy to train until must be a fraction in (0, 1], such as 0.99, not {accuracy}"
        )
    marks = recipe.milestones
    if marks is not None and (not marks or marks[0] < 1 or any(b <= a for a, b in pairwise(marks))):
        raise ValueError(
            f"milestones must be rising epochs from 1 on, such as 15,23, not {','.join(map(str, marks))!r}"
        )
    if recipe.swa_from is not None and recipe.epochs - recipe.swa_from < recipe.swa_every:
        raise ValueError(
            f"averaging from epoch {recipe.swa_from} on, every {recipe.swa_every}, finds fewer than two members in "
            f"{recipe.epochs} epochs; begin earlier"
        )
    if recipe.batch_size < recipe.accumulate * recipe.ranks:
        raise ValueError(
            f"a batch of {recipe.batch_size} can't be cut into {recipe.accumulate} parts on each of {recipe.ranks} ranks"
        )
