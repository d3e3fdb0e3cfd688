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
        change: The last change of it, of one step.
        unseen: How many steps since then nobody told of, where a training goes on.
    """

    rate: float | None = None
    held: int = 0
    change: float = 0.0
    unseen: int = 0

    def then(self, rate: float, step: int) -> tuple["Rates", dict | None]:
        """Return what is remembered after the rate of a step, and the jump that leads to it, if it is one.

        A fall may be a jump where the rate had stood still; which is known when the epochs are (`is_turn`). A rise is
        one where it is larger than the fall before it. Over steps that nobody told of, a rate that is the same has held;
        one that rose may have risen smoothly, and one that fell may have begun to fall with the first of them.
        """
        if self.rate is None:
            return Rates(rate, 1), None
        if rate == self.rate:
            return Rates(rate, self.held + self.unseen + 1, self.change), None
        change, jump = (rate - self.rate) / (self.unseen + 1), None
        is_restart = not self.unseen and self.change < 0 and change > -BEYOND * self.change
        if is_restart or (change < 0 and self.held > 1):
            kind = RESTART if is_restart else DROP
            jump = {"kind": kind, "step": step - 1, "before": self.rate, "after": rate, "held": self.held}
        return Rates(rate, 1, change), jump

    def over(self, rates: tuple[float, float, float], num_steps: int) -> "Rates":
        """Return what is remembered after steps of which the first rate, the mean and the last are known."""
        first, mean, last = rates
        if not first == mean == last:
            return Rates(last, 1, (last - first) / max(num_steps - 1, 1))
        if last == self.rate:
            return Rates(last, self.held + self.unseen + num_steps, self.change)
        return Rates(last, num_steps, 0.0 if self.rate is None else last - self.rate)
