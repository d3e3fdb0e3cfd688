"""The sweep's laws, over threads that stand in for ranks: messages are pickled, as MPI's are."""

import math
from collections import Counter

import numpy as np
import pytest
from thread_ranks import GRID, LINE, Calls, blank, everywhere, slanted, swept

from landscape.grid import Grid
from landscape.store.surface_file import read_surface, write_surface
from landscape.surface import NOT_DONE, Surface, empty_surface
from landscape.sweep.askers import brute_force
from landscape.sweep.run import Stop, Stopped, sweep

pytestmark = pytest.mark.timed


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
