"""What `python -m benchmarks` was asked for, handed to each benchmark."""

from dataclasses import dataclass
from pathlib import Path

NUM_REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """Settings that benchmarks share.

    Attributes:
        data_dir: Where CIFAR-10 lies; random images stand in for it where it does not.
        repetitions: How often each measurement is repeated.
    """

    data_dir: Path = Path("data")
    repetitions: int = NUM_REPETITIONS
