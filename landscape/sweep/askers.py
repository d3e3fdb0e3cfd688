"""Askers decide which points come next. They see the surface so far and nothing of time, ranks or order of arrival."""

from collections.abc import Callable, Sequence

from landscape.surface import NOT_DONE, Surface

Index = tuple[int, ...]
Asker = Callable[[Surface], Sequence[Index]]


def brute_force(surface: Surface) -> Sequence[Index]:
    """Ask for every point that is not done, all in one round."""
    return [index for index in surface.grid.indices() if surface.done[index] == NOT_DONE]
