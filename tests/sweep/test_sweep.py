"""The sweep's laws, over threads that stand in for ranks: messages are pickled, as MPI's are."""

import math
import pickle
import queue
import threading
import time
from collections import Counter

import numpy as np
import pytest

from landscape.grid import Grid
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import NOT_DONE, Surface, empty_surface
from landscape.sweep import run as sweep_run
from landscape.sweep.askers import brute_force
from landscape.sweep.run import PointFailed, Stop, Stopped, sweep
from landscape.sweep.world import World

GRID = Grid(np.linspace(-0.7, 1.1, 5), np.linspace(-0.3, 0.8, 4))
LINE = Grid(np.linspace(-0.4, 1.3, 7))
HALF_A_MINUTE_S = 30


class ThreadWorld(World):
    """One rank among threads of this process."""

    def __init__(self, rank: int, boxes: list[queue.SimpleQueue]) -> None:
        self.rank, self.size, self._boxes = rank, len(boxes), boxes

    def send(self, message: object, rank: int) -> None:
        self._boxes[rank].put((self.rank, pickle.dumps(message)))

    def poll(self) -> tuple[int, object] | None:
        try:
            source, message = self._boxes[self.rank].get_nowait()
        except queue.Empty:
            return None
        return source, pickle.loads(message)


def swept(measures, surface: Surface, *, stops=None, **options) -> Surface:
    """Sweep with one rank a measure; rank 0 in this thread."""
    boxes = [queue.SimpleQueue() for _ in measures]
    stops = stops or [Stop() for _ in measures]
    first, *others = [ThreadWorld(rank, boxes) for rank in range(len(measures))]
    threads = []
    for world, measure, stop in zip(others, measures[1:], stops[1:]):
        keywords = {"world": world, "stop": stop, "idle": options.get("idle", frozenset())}
        threads.append(threading.Thread(target=sweep, args=(measure, None), kwargs=keywords, daemon=True))
    for thread in threads:
        thread.start()
    try:
        return sweep(measures[0], surface, world=first, stop=stops[0], **options)
    finally:
        for thread in threads:
            thread.join(2)
            assert not thread.is_alive(), "a rank did not leave with rank 0"


def slanted(alpha: float, beta: float) -> dict[str, float]:
    return {"loss": alpha + 10 * beta}


def blank(grid: Grid = GRID) -> Surface:
    return empty_surface(grid, ["loss"])


def everywhere(function, grid: Grid) -> np.ndarray:
    """Compute a measure's loss at every point of a grid, the plain way."""
    values = [function(float(a), float(b))["loss"] for a in grid.x for b in (grid.y if grid.y is not None else [0.0])]
    return np.reshape(values, grid.shape)


class Calls:
    """A measure that notes its calls, and waits before it answers."""

    def __init__(self, function=slanted, delay_s=0.0) -> None:
        self.function, self.delay_s, self.points = function, delay_s, []

    def __call__(self, alpha: float, beta: float) -> dict[str, float]:
        self.points.append((alpha, beta))
        time.sleep(self.delay_s() if callable(self.delay_s) else self.delay_s)
        return self.function(alpha, beta)


@pytest.fixture
def endless():
    """A measure that takes 30 s a point, or until the test is over."""
    over = threading.Event()

    def measure(alpha: float, beta: float) -> dict[str, float]:
        over.wait(HALF_A_MINUTE_S)
        return slanted(alpha, beta)

    yield measure
    over.set()


@pytest.mark.parametrize("num_ranks", [1, 2, 5])
@pytest.mark.parametrize("grid", [GRID, LINE], ids=["plane", "line"])
def test_every_point_is_measured_exactly_once_and_put_at_its_own_index(grid, num_ranks):
    calls = [Calls() for _ in range(num_ranks)]
    surface = swept(calls, blank(grid))
    wanted = [grid.point(index) for index in grid.indices()]
    assert Counter(point for part in calls for point in part.points) == Counter(wanted)
    assert surface.is_complete and surface.values["loss"].tobytes() == everywhere(slanted, grid).tobytes()


def test_more_ranks_than_points_measure_each_point_once():
    grid = Grid(np.array([-0.2, 0.5]), np.array([0.1, 0.2, 0.9]))
    calls = [Calls() for _ in range(9)]
    surface = swept(calls, blank(grid))
    assert sum(len(part.points) for part in calls) == 6
    assert np.array_equal(surface.values["loss"], everywhere(slanted, grid))


def test_each_metric_goes_to_its_own_array():
    surface = sweep(lambda a, b: {"second": a, "first": b}, empty_surface(GRID, ["first", "second"]))
    assert np.array_equal(surface.values["first"], np.tile(GRID.y, (5, 1)))
    assert np.array_equal(surface.values["second"], np.tile(GRID.x[:, None], (1, 4)))


def test_the_order_of_arrival_changes_no_bit():
    def curved(a, b):
        return {"loss": math.sin(3 * a) * math.exp(b) + 10 * b}

    random = np.random.default_rng(3)
    calls = [Calls(curved, lambda: random.uniform(0, 0.02)) for _ in range(4)]
    seen = []
    surface = swept(calls, blank(), progress=seen.append)
    assert seen == list(range(1, 21))
    assert surface.values["loss"].tobytes() == everywhere(curved, GRID).tobytes()


def test_ranks_that_are_free_sooner_get_more_points():
    calls = [Calls(delay_s=0.01), Calls(delay_s=0.01), Calls(delay_s=0.1)]
    swept(calls, blank(Grid(np.linspace(-1, 0.5, 10), np.linspace(0, 2, 5))))
    fast, other, slow = (len(part.points) for part in calls)
    assert fast + other + slow == 50 and slow <= 8 and min(fast, other) > slow


def test_idle_ranks_get_no_points():
    calls = [Calls(), Calls(), Calls(), Calls()]
    surface = swept(calls, blank(), idle=frozenset({1, 3}))
    assert surface.is_complete and not calls[1].points and not calls[3].points
    assert len(calls[0].points) + len(calls[2].points) == 20


SPECIAL = (0.0, -7.5, math.nan, math.inf, -math.inf, -0.0, 3.25)


def special(alpha: float, beta: float) -> dict[str, float]:
    """Return the odd values in turn over the points of GRID."""
    place = int(np.argmin(np.abs(GRID.x - alpha))) * 4 + int(np.argmin(np.abs(GRID.y - beta)))
    return {"loss": SPECIAL[place % len(SPECIAL)]}


@pytest.mark.parametrize("num_ranks", [1, 3])
def test_zero_negative_nan_and_inf_are_results_that_a_resumed_run_does_not_measure_again(tmp_path, num_ranks):
    stops = [Stop() for _ in range(num_ranks)]
    path = tmp_path / "s.h5"

    def stop_soon(num_done: int) -> None:
        if num_done == 11:
            stops[0].request("enough")

    first = [Calls(special, 0.002) for _ in range(num_ranks)]
    with pytest.raises(Stopped, match="^enough$"):
        swept(first, blank(), stops=stops, save=lambda surface: write_surface(surface, path), progress=stop_soon)
    half = read_surface(path)
    assert 11 <= half.num_done < 20
    second = [Calls(special) for _ in range(num_ranks)]
    whole = swept(second, half, save=lambda surface: write_surface(surface, path))
    left = [GRID.point(index) for index in GRID.indices() if half.done[index] == NOT_DONE]
    assert Counter(point for part in second for point in part.points) == Counter(left)
    assert whole.values["loss"].tobytes() == read_surface(path).values["loss"].tobytes()
    assert whole.values["loss"].tobytes() == everywhere(special, GRID).tobytes()


def test_a_complete_surface_asks_for_nothing():
    calls = Calls()
    surface = sweep(calls, sweep(slanted, blank()))
    assert surface.is_complete and not calls.points


@pytest.mark.parametrize("num_ranks", [1, 3])
def test_an_asker_of_several_rounds_sees_whole_rounds_only(num_ranks):
    seen = []

    def in_rounds(surface: Surface):
        seen.append((surface.num_done, np.array(surface.values["loss"])))
        left = brute_force(surface)
        return left[: {0: 7, 7: 3}.get(surface.num_done, len(left))]

    random = np.random.default_rng(1)
    calls = [Calls(delay_s=lambda: random.uniform(0, 0.01)) for _ in range(num_ranks)]
    surface = swept(calls, blank(), ask=in_rounds)
    truth = everywhere(slanted, GRID).ravel()
    assert [num_done for num_done, _ in seen] == [0, 7, 10, 20]
    for num_done, loss in seen:
        assert np.array_equal(loss.ravel()[:num_done], truth[:num_done]) and np.isnan(loss.ravel()[num_done:]).all()
    assert surface.is_complete


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
