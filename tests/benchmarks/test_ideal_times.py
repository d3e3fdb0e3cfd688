import heapq

import numpy as np
import pytest

from benchmarks.sleeping_points import MEAN_S, SLOW_RANK, SLOWER, TIMES, ideal_s, seconds_of


def one_after_the_other(seconds: np.ndarray, slowness: list[float]) -> float:
    """Return the end of a schedule that gives each free rank the next point at once, whichever rank it is."""
    free = [(0.0, rank) for rank in range(len(slowness))]
    for took_s in seconds:
        at, rank = heapq.heappop(free)
        heapq.heappush(free, (at + took_s * slowness[rank], rank))
    return max(at for at, _ in free)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("times", TIMES)
def test_no_schedule_betters_the_ideal_and_a_greedy_one_comes_near(times, seed):
    slowness = [SLOWER if times == "slow-rank" and rank == SLOW_RANK else 1.0 for rank in range(8)]
    ideal = ideal_s(times, 1300, seed, 8)
    found = one_after_the_other(seconds_of(times, 1300, seed), slowness)
    assert ideal <= found < 1.1 * ideal


def test_the_ideal_has_its_closed_form():
    assert ideal_s("equal", 1300, 0, 8) == pytest.approx(1300 * MEAN_S / 8)
    assert ideal_s("log-normal", 1300, 7, 8) == pytest.approx(1300 * MEAN_S / 8)
    assert ideal_s("slow-rank", 1300, 0, 8) == pytest.approx(1300 * MEAN_S / 7.25)
    assert ideal_s("log-normal", 10, 0, 8) == seconds_of("log-normal", 10, 0).max() > 10 * MEAN_S / 8


def test_log_normal_times_are_the_seeds_and_as_spread_as_they_should_be():
    first, again, other = (seconds_of("log-normal", 1300, seed) for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).all()
    assert first.mean() == pytest.approx(MEAN_S) and np.log(first).std() == pytest.approx(1, abs=0.1)
