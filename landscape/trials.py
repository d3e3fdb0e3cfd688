"""Measurements known by number alone, which a sweep takes in place of a grid."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trials:
    """Numbered measurements; a measure is called with the number, from 0 on.

    Attributes:
        what: What one of them is, for messages.
    """

    num: int
    what: str = "trial"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.num,)

    @property
    def num_points(self) -> int:
        return self.num

    def indices(self) -> Iterator[tuple[int, ...]]:
        return ((number,) for number in range(self.num))

    def place(self, index: tuple[int, ...]) -> tuple[int, ...]:
        return index

    def words(self, index: tuple[int, ...]) -> str:
        return f"{self.what} {index[0] + 1}"
