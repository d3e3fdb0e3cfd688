"""How much of a sampled loss is rounding, by the precision of its run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a mean over samples may be off by: a share of it, and an amount where it is near zero.

    Attributes:
        floor: In nats a sample: where a network is sure of its answers, log(1 + tiny) keeps the rounding of the 1.
    """

    share: float
    floor: float

    def of(self, loss: float) -> float:
        return max(self.share * abs(loss), self.floor)


# Set by convex models, in which whatever lies above a chord is rounding. Softmax regressions with losses from 2e-7 to 9 were
# found to lie above by up to 3e-8 in float32 (5e-9 of a loss of 2e-7), and by up to 0.015 of the loss in bf16 (4e-8 of 2e-7).
BY_PRECISION = {
    "float64": Rounding(1e-12, 1e-15),
    "float32": Rounding(1e-6, 1e-7),
    "tf32": Rounding(5e-3, 2e-3),
    "bf16": Rounding(2e-2, 1e-2),
}
FLOAT32 = BY_PRECISION["float32"]


def rounding_of(precision: str) -> Rounding:
    """Return the rounding of a precision; of one that is not known, the largest."""
    return BY_PRECISION.get(precision, BY_PRECISION["bf16"])
