"""The settings of one training run."""

import json
from dataclasses import asdict, dataclass, field

SCHEDULES = ("constant", "cosine", "one-cycle")
PRECISIONS = ("float32", "bf16")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: everything that decides where it ends.

    Attributes:
        learning_rate: The highest of the schedule.
        crop: Pixels by which a training image may be shifted, zeros coming in; 0 for none.
        flip: Whether a training image may be mirrored.
        precision: "float32", or "bf16" for autocast; weights are float32 either way.
        start: Digest of the weights that training starts from; empty for fresh ones.
    """

    model: str = "vgg56"
    model_arguments: dict[str, object] = field(default_factory=dict)
    dataset: str = "digits"
    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 0.05
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: str = "one-cycle"
    crop: int = 0
    flip: bool = False
    precision: str = "float32"
    seed: int = 1
    start: str = ""

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("batch_size", 1), ("crop", 0), ("seed", 0)):
            if getattr(self, name) < low:
                raise ValueError(f"{name.replace('_', ' ')} must be {low} or more, not {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"the learning rate must be above 0, not {self.learning_rate}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), not {self.momentum}")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight decay must be 0 or more, not {self.weight_decay}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"unknown schedule {self.schedule!r}; choose one of {', '.join(SCHEDULES)}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"unknown precision {self.precision!r}; choose one of {', '.join(PRECISIONS)}")

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)
