"""The check before the first point: every rank measures the center, and all must agree."""

import math
import time
from collections.abc import Mapping

from landscape.problem.factories import is_ours, words_of
from landscape.sweep.world import Mistake, World

AGREEMENT = 1e-5
HALF_A_POINT = 0.005


def preflight(experiment, world: World, is_idle: bool = False) -> tuple[dict[str, float], float, list[str]]:
    """Measure the center on all ranks.

    Returns:
        The center's metrics, the seconds of a point with all ranks at work, and warnings; the same on every rank.

    Raises:
        Mistake: The measure fails, differs between two runs on one rank, or between ranks.
    """
    center = world.agreed(lambda: _measured(experiment))
    began = time.perf_counter()
    again = None if is_idle else _answer(experiment)
    point_s = time.perf_counter() - began
    outcomes = world.collect((again, point_s))
    verdict = world.agreed(lambda: _compared(experiment, center, outcomes))
    return center, *verdict


def _answer(experiment) -> dict[str, float] | str:
    """Return the center's metrics, or a sentence on why there are none."""
    try:
        return _measured(experiment)
    except Mistake as mistake:
        return str(mistake)


def _measured(experiment) -> dict[str, float]:
    try:
        return experiment.measure(0.0, 0.0)
    except Exception as error:
        if isinstance(error, ValueError) and is_ours(error):
            raise Mistake(str(error)) from error
        raise Mistake(f"model, loss and data do not work together: {words_of(error)}") from error


def _compared(experiment, center: Mapping[str, float], outcomes) -> tuple[float, list[str]]:
    for rank, (found, _) in enumerate(outcomes):
        if found is None:
            continue
        if isinstance(found, str):
            raise Mistake(f"rank {rank} can't measure the center: {found}")
        if rank == 0 and not same(found, center, 0.0):
            raise Mistake(
                f"the model is random: two measurements of the center differ ({_pair(center, found)}); "
                "turn its noise off in evaluation mode"
            )
        if not same(found, center, AGREEMENT):
            raise Mistake(f"ranks disagree about the center: {_pair(center, found)} on rank 0 and rank {rank}")
    notes = []
    if not all(found is None or same(found, center, 0.0) for found, _ in outcomes):
        notes.append("ranks agree about the center only to rounding; their processors differ, and so will last digits")
    bad = [name.replace("_", " ") for name, value in center.items() if not math.isfinite(value)]
    if bad:
        notes.append(f"{' and '.join(bad)} at the center is not finite; check the checkpoint, and --mean and --std")
    notes += recorded_notes(experiment, center)
    return max(took for _, took in outcomes), notes


def recorded_notes(experiment, center: Mapping[str, float]) -> list[str]:
    """Warn where the center's accuracy is over half a point from the checkpoint's own, sampling error allowed for."""
    notes: list[str] = []
    if experiment.problem.norm_stats == "reestimated" and experiment.problem.num_norms:
        return notes  # other statistics than those that the accuracy was recorded with
    for split, recorded in experiment.recorded.items():
        found = center.get(f"{split}_accuracy")
        if found is None:
            continue
        taken, whole = experiment.num_samples[split], experiment.num_in_split[split]
        share = (whole - taken) / max(whole - 1, 1)
        allowed = HALF_A_POINT + 4 * math.sqrt(max(recorded * (1 - recorded), 1 / taken / 4) / taken * share)
        if abs(found - recorded) > allowed:
            notes.append(
                f"{split} accuracy at the center is {found:.2%}, but the checkpoint records {recorded:.2%}; "
                "check data set, --mean and --std"
            )
    return notes


def same(first: Mapping[str, float], second: Mapping[str, float], tolerance: float) -> bool:
    """Tell whether two measurements agree; nan agrees with nan."""
    return first.keys() == second.keys() and all(
        first[name] == second[name]
        or (math.isnan(first[name]) and math.isnan(second[name]))
        or math.isfinite(first[name] - second[name])
        and abs(first[name] - second[name]) <= tolerance * max(abs(first[name]), abs(second[name]))
        for name in first
    )


def _pair(first: Mapping[str, float], second: Mapping[str, float]) -> str:
    name = next((name for name in first if first[name] != second.get(name)), "names of metrics")
    return f"{name} {first.get(name)!r} and {second.get(name)!r}"
