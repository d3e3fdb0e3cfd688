"""Which rank computes on which device: one rank a GPU, by the GPU's own identity, the rest idle."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visible:
    """What one rank sees: its host, and the identities of its GPUs in the order of their numbers."""

    host: str
    gpus: tuple[str, ...]


def assign_gpus(ranks: Sequence[Visible]) -> list[int | None]:
    """Return, a rank, the number of its GPU as that rank counts; None for a rank that finds all taken.

    A scheduler may show each rank only its own GPU, as number 0, or the same ones to all; identities tell.
    """
    taken: set[tuple[str, str]] = set()
    found: list[int | None] = []
    for visible in ranks:
        free = (number for number, gpu in enumerate(visible.gpus) if (visible.host, gpu) not in taken)
        number = next(free, None)
        if number is not None:
            taken.add((visible.host, visible.gpus[number]))
        found.append(number)
    return found
