"""What a recorder of somebody's training tells of a path: how far it was after a step, and what a jump of the rate was."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

DROP, RESTART = "drop", "restart"


def epochs_at(step: int, ends: Sequence[int]) -> float:
    """Return how many epochs were done after a step: within an epoch a fraction, after the last by the last one's length.

    Args:
        ends: How many steps were done at the end of each epoch, one or more, rising.
    """
    knots = (0, *ends)
    number = min(bisect_right(knots, step), len(ends)) - 1
    return number + (step - knots[number]) / (knots[number + 1] - knots[number])


def is_turn(jump: Mapping[str, object], ends: Sequence[int]) -> bool:
    """Tell whether a jump of the rate is more than a smooth schedule's own.

    A schedule that moves once an epoch holds its rate for an epoch and falls; so a drop has held it for longer. Where
    epochs are not known, a drop at least halves it.

    Args:
        jump: "kind", "before", "after", and for how many steps the rate before had "held".
    """
    if jump["kind"] == RESTART:
        return True
    if not ends:
        return 2 * jump["after"] <= jump["before"]
    return jump["held"] > max(end - begin for begin, end in pairwise((0, *ends)))
