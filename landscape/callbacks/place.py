"""What stands where a recorder is to write: nothing, a path to go on with, or somebody else's, which is left alone."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from landscape.callbacks.account import Account
from landscape.callbacks.rates import Rates
from landscape.run_record import RECORDER, RunRecord
from landscape.store.run_file import read_run
from landscape.store.weights_file import read_metadata, read_weights
from landscape.training.files import RunFiles
from landscape.training.kept import EPOCH, KEPT

RATES = "learning_rates"  # the key of a checkpoint's metadata with what is remembered of the rate


def account_at(
    files: RunFiles,
    identity: Mapping[str, object],
    start: tuple[int, float],
    weights: tuple[Mapping[str, Tensor], Collection[str]],
    *,
    overwrite: bool,
) -> Account:
    """Return the account to go on with, an empty one where nothing stands, and remove what will be recorded anew.

    Args:
        identity: Of the recorder: its unit, and the network's names and shapes.
        start: How many steps and epochs, the last a fraction, were done; both 0 for a training that begins.
        weights: All tensors now, and the names of those that are parameters.
        overwrite: Remove another path of a recorder where the training begins.

    Raises:
        ValueError: What stands there belongs to another run; it is untouched.
        OSError: It can't be read.
    """
    step, epochs = start
    found = _kept(files)
    if not files.record.exists() and not found:
        account = Account(identity["unit"], step or int(epochs))
        account.pass_over(_ends_before(step, epochs))
        return account
    record = _record_of_a_recorder(files)
    if not any(start) and overwrite:
        for path in (*found, files.record, files.page):
            path.unlink(missing_ok=True)
        return Account(identity["unit"])
    if not any(start):
        raise ValueError(
            f"{files.out} holds the path of another run, or of this one begun before; choose another out, go on from a checkpoint of "
            "the training (a loop of your own says its start_step), or give overwrite=True to lose the path"
        )
    _require_same(files, identity, record)
    step = step or _step_after(files, record, int(epochs))
    account = Account.until(record, step, _rates_before(found, step, record))
    account.pass_over(_ends_before(step, epochs, tuple(account.ends)))
    _require_same_weights(files, account, weights)
    for path, (unit, number) in found.items():
        if number > (len(account.ends) if unit == EPOCH else step):
            path.unlink()
    return account


def _kept(files: RunFiles) -> dict[Path, tuple[str, int]]:
    """Return the checkpoints that are there, each with its unit and number."""
    matches = {path: KEPT.fullmatch(path.name) for path in sorted(files.checkpoints.glob("*.safetensors"))}
    return {path: (match.group(1), int(match.group(2))) for path, match in matches.items() if match}


def _record_of_a_recorder(files: RunFiles) -> RunRecord:
    if not files.record.exists():
        raise ValueError(
            f"{files.checkpoints} holds checkpoints of a run that {files.record} is gone of; choose another out"
        )
    record = read_run(files.record)
    if RECORDER not in record.origin.identity:
        raise ValueError(f"{files.out} is a run of `landscape train`; choose another out")
    return record


def _require_same(files: RunFiles, identity: Mapping[str, object], record: RunRecord) -> None:
    theirs = record.origin.identity[RECORDER]
    if theirs["network"] != identity["network"]:
        raise ValueError(f"{files.out} holds the path of another network, of other names or shapes; choose another out")
    if theirs["unit"] != identity["unit"]:
        raise ValueError(
            f"{files.out} holds a path recorded every few {theirs['unit']}s, not {identity['unit']}s; go on with "
            f"every_{theirs['unit']}s, or choose another out"
        )


def _step_after(files: RunFiles, record: RunRecord, epochs: int) -> int:
    ends = record.origin.record["ends"]
    if epochs > len(ends):
        raise ValueError(f"{files.out} came to epoch {len(ends)}, not to {epochs}; give the start_epoch of the weights")
    return ends[epochs - 1]


def _ends_before(step: int, epochs: float, known: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the ends of epochs after the known ones that nobody recorded: of equal length, of one step where steps aren't known."""
    begun, missing = (known or (0,))[-1], int(epochs + 1e-6) - len(known)
    length = (step or int(epochs)) - begun
    if length < missing:
        return ()
    return tuple(begun + round(length * number / (epochs - len(known))) for number in range(1, missing + 1))


def _rates_before(found: Collection[Path], step: int, record: RunRecord) -> Rates:
    """Return what is remembered of the rate at a step, by the last checkpoint, the rows since then and the jumps around it."""
    told = [(int(metadata["step"]), metadata[RATES]) for metadata in map(read_metadata, found) if RATES in metadata]
    number, text = max(((at, text) for at, text in told if at <= step), default=(step, "{}"))
    rates = Rates(**json.loads(text))
    for end, told in _rates_told(record):
        if number < end <= step:
            number, rates = end, rates.over(told, end - number)
    for jump in record.origin.record["jumps"]:
        if number <= jump["step"] < step:
            number, rates = jump["step"], Rates(jump["after"], 0, jump["after"] - jump["before"])
        if number < step <= jump["step"] < step + jump["held"]:
            number, rates = step, Rates(jump["before"], step + jump["held"] - jump["step"], rates.change)
    return replace(rates, unseen=rates.unseen + step - number)


def _rates_told(record: RunRecord) -> list[tuple[int, tuple[float, float, float]]]:
    """Return, for each row with rates, how many steps were done at its end, and its first rate, their mean and the last."""
    columns = [record.columns.get(f"{which}learning_rate") for which in ("first_", "", "last_")]
    if any(column is None for column in columns):
        return []
    ends = record.columns["steps"] if record.steps is None else record.steps
    rows = zip(ends.astype(int).tolist(), *(column.tolist() for column in columns))
    return [(end, rates) for end, *rates in rows if all(map(math.isfinite, rates))]


def _require_same_weights(
    files: RunFiles, account: Account, weights: tuple[Mapping[str, Tensor], Collection[str]]
) -> None:
    """Check that what was kept after this step is what the model holds: else two trainings would make one path."""
    kept = [files.checkpoint("step", account.step)]
    kept += [files.checkpoint(EPOCH, len(account.ends))] if account.ends[-1:] == [account.step] else []
    tensors, parameters = weights
    for path in kept:
        if path.exists():
            theirs, _ = read_weights(path)
            if any(not torch.equal(theirs[name], tensors[name].detach().cpu()) for name in parameters):
                raise ValueError(
                    f"{path} holds other weights than the model after step {account.step}, so that they are no one path; load "
                    "the weights of that step before the recorder is made, give their start_step, or choose another out"
                )
