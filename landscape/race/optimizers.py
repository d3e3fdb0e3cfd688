"""The optimizers that race: torch's own, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import SGD, Adadelta, Adagrad, Adam, Optimizer, RMSprop

MOMENTUM = 0.9
RATE = 0.01  # where neither the user nor the course says another


@dataclass(frozen=True, slots=True)
class Racer:
    """An optimizer.

    Attributes:
        label: Its name for the reader.
        build: (place to move, learning rate) -> torch's optimizer.
        is_noisy: Whether it sees gradients with noise.
    """

    label: str
    build: Callable[[list[Tensor], float], Optimizer]
    is_noisy: bool = False


RACERS = {
    "sgd": Racer("SGD", lambda place, rate: SGD(place, lr=rate)),
    "momentum": Racer("momentum", lambda place, rate: SGD(place, lr=rate, momentum=MOMENTUM)),
    "nesterov": Racer("Nesterov", lambda place, rate: SGD(place, lr=rate, momentum=MOMENTUM, nesterov=True)),
    "adagrad": Racer("Adagrad", lambda place, rate: Adagrad(place, lr=rate)),
    "adadelta": Racer("Adadelta", lambda place, rate: Adadelta(place, lr=rate, rho=0.9, eps=1e-6)),
    "rmsprop": Racer("RMSprop", lambda place, rate: RMSprop(place, lr=rate, alpha=0.9)),
    "adam": Racer("Adam", lambda place, rate: Adam(place, lr=rate)),
    "noisy-sgd": Racer("SGD with noise", lambda place, rate: SGD(place, lr=rate), is_noisy=True),
}


def chosen_racers(text: str | None) -> tuple[str, ...]:
    """Return names from a text such as "sgd,adam"; all for None.

    Raises:
        ValueError: A name is unknown, or given twice.
    """
    names = tuple(RACERS) if text is None else tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in RACERS:
            raise ValueError(f"there is no optimizer {name!r}; choose among {', '.join(RACERS)}")
    if len(set(names)) < len(names):
        raise ValueError(f"each optimizer runs once from each start, but {text!r} names one twice")
    return names


def settings_of(name: str, rate: float) -> dict[str, object]:
    """Return what torch's optimizer says of itself, for the record."""
    optimizer = RACERS[name].build([torch.zeros(2, requires_grad=True)], rate)
    return {key: value for key, value in optimizer.defaults.items() if isinstance(value, (int, float, bool))}
