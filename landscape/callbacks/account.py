"""What a recorder was told: rows of numbers, the epochs' ends, the jumps of the rate; and the run's file that says so."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from torch import Tensor

from landscape.callbacks.rates import Rates
from landscape.origin import Origin
from landscape.run_record import RECORDER, RunRecord, columns_of
from landscape.training.kept import STEP
from landscape.training.records import circumstance

ENDED, NOT_YET = "closed by the training", "not yet"


class Account:
    """Rows, one an epoch, or one a span between kept checkpoints.

    Args:
        unit: Of a row: "epoch" or "step".
        ends: How many steps were done at the end of each epoch so far; its rows are known, or empty.
        rates: What is remembered of the learning rate.

    Attributes:
        step: How many are done.
    """

    def __init__(
        self,
        unit: str,
        step: int = 0,
        ends: tuple[int, ...] = (),
        *,
        rows: tuple[Mapping[str, float], ...] = (),
        jumps: tuple[Mapping[str, object], ...] = (),
        rates: Rates = Rates(),
    ) -> None:
        self.unit, self.step, self.ends, self.rates = unit, step, list(ends), rates
        self._rows, self._jumps = [dict(row) for row in rows], list(jumps)
        self._losses: list[Tensor | float] = []
        self._used: list[float] = []

    @classmethod
    def until(cls, record: RunRecord, step: int, rates: Rates) -> "Account":
        """Return what a run's file tells of its way up to a step; what lies behind it will be told anew."""
        known = record.origin.record
        unit = record.axis[0]
        done = record.axis[1] if unit == STEP else record.columns["steps"]
        rows = [
            {"steps": end, **{name: float(column[number]) for name, column in record.columns.items()}}
            for number, end in enumerate(done.tolist())
            if end <= step
        ]
        ends = tuple(end for end in known["ends"] if end <= step)
        jumps = tuple(jump for jump in known["jumps"] if jump["step"] < step)
        return cls(unit, step, ends, rows=tuple(rows), jumps=jumps, rates=rates)

    def tell(self, step: int, loss: Tensor | float | None, rate: float | None) -> None:
        """Take in the loss of a step, and the rate that it was taken with."""
        self.step = step
        if loss is not None:
            self._losses.append(loss.detach().clone() if isinstance(loss, Tensor) else float(loss))
        if rate is None:
            return
        self._used.append(float(rate))
        self.rates, jump = self.rates.then(float(rate), step)
        self._jumps += [jump] if jump else []

    def add_row(self) -> None:
        """End a row: means of the losses and rates told since the last one."""
        row = {"steps": float(self.step)}
        if self._losses:  # asked for once a row: each asking makes an accelerator wait
            row["train_loss"] = sum(float(loss) for loss in self._losses) / len(self._losses)
        if used := self._used:
            rate = used[0] if len(set(used)) == 1 else fmean(used)
            row |= {"learning_rate": rate, "first_learning_rate": used[0], "last_learning_rate": used[-1]}
        self._rows.append(row)
        self._losses, self._used = [], []

    def end_epoch(self) -> None:
        """Note that an epoch ends with this step."""
        self.ends.append(self.step)
        if self.unit != STEP:
            self.add_row()

    def pass_over(self, ends: Sequence[int]) -> None:
        """Note epochs that ended with these steps, of which nobody told."""
        here = self.step
        for self.step in ends:
            self.end_epoch()
        self.step = here

    def record(self, identity: Mapping[str, object], every: int, is_closed: bool) -> RunRecord:
        """Return what was told, for the run's file."""
        columns = columns_of(self._rows)
        if not self._rows:
            columns = {"steps": columns_of([{"steps": 0.0}])["steps"][:0]}
        steps = columns.pop("steps") if self.unit == STEP else None
        known = {"ends": self.ends, "jumps": self._jumps, "every": every, "ended": ENDED if is_closed else NOT_YET}
        return RunRecord(columns, Origin({RECORDER: dict(identity)}, circumstance(), known), steps)
