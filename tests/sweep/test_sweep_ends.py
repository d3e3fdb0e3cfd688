"""How a sweep ends: a point that fails, a request to stop, a save that fails; what was done is kept."""

import threading
import time

import numpy as np
import pytest
from thread_ranks import GRID, Calls, blank, everywhere, slanted, swept

from landscape.sweep import run as sweep_run
from landscape.sweep.run import PointFailed, Stop, Stopped, sweep

pytestmark = pytest.mark.timed

HALF_A_MINUTE_S = 30


@pytest.fixture
def endless():
    """A measure that takes 30 s a point, or until the test is over."""
    over = threading.Event()

    def measure(alpha: float, beta: float) -> dict[str, float]:
        over.wait(HALF_A_MINUTE_S)
        return slanted(alpha, beta)

    yield measure
    over.set()


@pytest.mark.parametrize("failing_rank", [0, 2])
def test_a_failing_point_names_its_coordinates_and_rank_and_keeps_what_was_done(failing_rank):
    def failing(alpha, beta):
        if len(calls[failing_rank].points) == 4:
            raise ZeroDivisionError("here")
        return slanted(alpha, beta)

    saved = []
    calls = [Calls(failing, 0.001) if rank == failing_rank else Calls(delay_s=0.02) for rank in range(3)]
    with pytest.raises(PointFailed) as caught:
        swept(calls, blank(), save=saved.append)
    alpha, beta = calls[failing_rank].points[3]
    first, second, *_, last = str(caught.value).rstrip().split("\n")
    assert first == f"the point alpha = {alpha:g}, beta = {beta:g} failed on rank {failing_rank}"
    assert second == "Traceback (most recent call last):" and last == "ZeroDivisionError: here"
    done = saved[-1].done == 1
    assert 3 <= done.sum() < 20
    assert np.array_equal(saved[-1].values["loss"][done], everywhere(slanted, GRID)[done])


@pytest.mark.parametrize("num_ranks", [1, 3])
def test_a_stop_on_rank_0_ends_the_sweep_within_2_s_while_a_point_takes_30(endless, num_ranks):
    stops = [Stop() for _ in range(num_ranks)]
    threading.Timer(0.3, stops[0].request, ["stopped by the test"]).start()
    began = time.monotonic()
    with pytest.raises(Stopped, match="^stopped by the test$"):
        swept([endless] * num_ranks, blank(), stops=stops)
    assert time.monotonic() - began < 2


def test_a_stop_on_another_rank_ends_the_sweep_within_2_s_while_a_point_takes_30(endless):
    stops = [Stop() for _ in range(3)]
    threading.Timer(0.3, stops[2].request, ["stopped by the test"]).start()
    began = time.monotonic()
    with pytest.raises(Stopped, match="^stopped by the test$"):
        swept([endless] * 3, blank(), stops=stops)
    assert time.monotonic() - began < 2


def test_the_first_reason_to_stop_is_the_one_that_is_told():
    stop = Stop()
    stop.request("first")
    stop.request("second")
    assert stop.reason == "first"


def failing_at(number: int, error: BaseException):
    counted = iter(range(1000))

    def call(*_):
        if next(counted) == number:
            raise error

    return call


def stopping_at(number: int, stop: Stop):
    return lambda num_done: stop.request("enough") if num_done == number else None


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(lambda stop: ({}, None), id="complete"),
        pytest.param(lambda stop: ({"progress": stopping_at(6, stop)}, Stopped), id="stopped"),
        pytest.param(lambda stop: ({"progress": failing_at(6, KeyError("x"))}, KeyError), id="broken"),
        pytest.param(
            lambda stop: ({"progress": failing_at(6, KeyboardInterrupt())}, KeyboardInterrupt), id="interrupted"
        ),
    ],
)
def test_what_is_done_is_saved_at_the_end_however_it_comes(ending):
    stop, saved = Stop(), []
    options, error = ending(stop)
    calls = Calls(delay_s=0.001)
    if error is None:
        swept([calls], blank(), stops=[stop], save=saved.append, **options)
    else:
        with pytest.raises(error):
            swept([calls], blank(), stops=[stop], save=saved.append, **options)
    done = saved[-1].num_done
    assert done == 20 if error is None else 6 <= done < 20
    assert np.array_equal(saved[-1].values["loss"].ravel()[:done], everywhere(slanted, GRID).ravel()[:done])


def test_what_is_done_is_saved_every_few_seconds_and_not_every_point(monkeypatch):
    monkeypatch.setattr(sweep_run, "SAVE_EVERY_S", 0.05)
    saved = []
    sweep(Calls(delay_s=0.02), blank(), save=saved.append)
    counts = [surface.num_done for surface in saved]
    assert counts == sorted(counts) and counts[-1] == 20 and 3 <= len(counts) <= 12


def test_a_save_that_fails_stops_the_sweep_with_one_sentence():
    def save(surface):
        raise OSError("s.h5 can't be written (no space left on device)")

    wanted = "^stopped, since what was done could not be saved: s.h5 can't be written \\(no space left on device\\)$"
    with pytest.raises(Stopped, match=wanted):
        sweep(slanted, blank(), save=save)
