"""Which rank computes on which device: so many ranks a GPU, by the GPU's own identity, the rest idle."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visible:
    """What one rank sees: its host, and the identities of its GPUs in the order of their numbers."""

    host: str
    gpus: tuple[str, ...]


def assign_gpus(ranks: Sequence[Visible], ranks_per_gpu: int = 1) -> list[int | None]:
    """Return, a rank, the number of its GPU as that rank counts; None for a rank that finds all taken.

    A scheduler may show each rank only its own GPU, as number 0, or the same ones to all; identities tell. Each GPU gets
    one rank before any gets a second.
    """
    taken: Counter[tuple[str, str]] = Counter()
    found: list[int | None] = []
    for visible in ranks:
        loads = [(taken[visible.host, gpu], number) for number, gpu in enumerate(visible.gpus)]
        load, number = min(loads, default=(ranks_per_gpu, None))
        if load >= ranks_per_gpu:
            number = None
        else:
            taken[visible.host, visible.gpus[number]] += 1
        found.append(number)
    return found
