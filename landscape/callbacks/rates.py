"""One learning rate after the other, and where it jumps."""

from dataclasses import dataclass

from landscape.training.recorded import DROP, RESTART

BEYOND = 1.25  # a rise that begins a schedule anew, over the fall before it; where a smooth one turns they are alike


@dataclass(frozen=True, slots=True)
class Rates:
    """What is remembered of the rates so far.

    Attributes:
        rate: The last one; None before the first.
        held: For how many steps it has been the same.
        change: The last change of it.
    """

    rate: float | None = None
    held: int = 0
    change: float = 0.0

    def then(self, rate: float, step: int) -> tuple["Rates", dict | None]:
        """Return what is remembered after the rate of a step, and the jump that leads to it, if it is one.

        A fall may be a jump where the rate had stood still; which is known when the epochs are (`is_turn`). A rise is
        one where it is larger than the fall before it.
        """
        if self.rate is None or rate == self.rate:
            return Rates(rate, self.held + 1, self.change), None
        change, jump = rate - self.rate, None
        is_restart = self.change < 0 and change > -BEYOND * self.change
        if is_restart or (change < 0 and self.held > 1):
            kind = RESTART if is_restart else DROP
            jump = {"kind": kind, "step": step - 1, "before": self.rate, "after": rate, "held": self.held}
        return Rates(rate, 1, change), jump
