"""What optimizers do at a saddle: steps to leave it, first steps and growth, as closed forms have them."""

import math

import numpy as np
import pytest
import torch
from numpy.random import Generator, Philox

from landscape.grid import Grid
from landscape.race.courses import COURSES, Course
from landscape.race.optimizers import RACERS, chosen_racers, settings_of
from landscape.race.race import rate_of, run_race
from landscape.race.run import run_from

GRID = Grid(np.linspace(-1.5, 1.5, 4), np.linspace(-1.5, 2.0, 3))


@pytest.fixture(scope="module")
def at_the_saddle():
    """Every optimizer on x^2 - y^2 from (1, 1e-4), with the course's rates."""
    course = COURSES["saddle"]
    race = run_race(course, list(RACERS), course.starts, GRID, steps=120)
    return {run.optimizer: run for run in race.runs}


@pytest.mark.parametrize(
    "name, steps, first",
    [
        ("sgd", 51, 1.2e-4),
        ("momentum", 24, 1.2e-4),
        ("nesterov", 20, 1.38e-4),
        ("adagrad", 17, 0.10009995),
        ("rmsprop", 4, 0.3162777739),
        ("adadelta", 33, 2.99601e-4),
        ("adam", 11, 0.1000950002),
    ],
)
def test_steps_to_leave_the_saddle_and_the_first_of_them(name, steps, first, at_the_saddle):
    run = at_the_saddle[name]
    assert run.left_at == steps
    assert run.places[1, 1] == pytest.approx(first, rel=1e-6)
    assert (np.abs(run.places[:steps, 1]) < 1).all() and abs(run.places[steps, 1]) >= 1


@pytest.mark.parametrize("name, factor", [("sgd", 1.2), ("momentum", 1.5), ("nesterov", 1.608615)])
def test_the_way_down_grows_by_the_root_of_its_recursion(name, factor, at_the_saddle):
    """1 + 2 lr; the larger root of z^2 - 2.1 z + .9; of z^2 - 2.28 z + 1.08."""
    run = at_the_saddle[name]
    y = run.places[: run.last + 1, 1]
    assert y[-1] / y[-2] == pytest.approx(factor, rel=1e-6)


def test_steps_of_sgd_follow_the_logarithm(at_the_saddle):
    assert at_the_saddle["sgd"].left_at == math.ceil(math.log(1 / 1e-4) / math.log(1.2))


def test_speed_is_the_learning_rate_times_the_gradient(at_the_saddle):
    run = at_the_saddle["sgd"]
    known = slice(0, run.last)
    x, y = run.places[known].T
    assert run.gradient_norms[known] == pytest.approx(2 * np.hypot(x, y))
    assert run.step_lengths[known] == pytest.approx(0.1 * run.gradient_norms[known])
    assert run.losses[known] == pytest.approx(x**2 - y**2)
    assert run.saddle_distances[known] == pytest.approx(np.hypot(x, y))


def test_from_exactly_the_ridge_sgd_never_leaves_but_with_noise_it_does():
    race = run_race(COURSES["saddle"], ["sgd", "noisy-sgd"], [(1.0, 0.0)], GRID, steps=200, noise=0.01)
    still, noisy = race.runs
    assert (still.places[:, 1] == 0).all() and still.left_at is None and still.diverged_at is None
    assert still.saddle_distances[-1] == pytest.approx(0.8**200, rel=1e-9)
    assert noisy.left_at is not None and noisy.left_at < 60


def test_noise_is_a_start_of_its_own_and_the_same_whoever_races():
    options = {"steps": 30, "noise": 0.05}
    starts = [(1.0, 0.0), (1.0, 0.0)]
    together = run_race(COURSES["saddle"], ["adam", "noisy-sgd"], starts, GRID, seed=4, **options).runs[2:]
    alone = run_race(COURSES["saddle"], ["noisy-sgd"], starts[:1], GRID, seed=4, **options).runs
    other = run_race(COURSES["saddle"], ["noisy-sgd"], starts[:1], GRID, seed=5, **options).runs
    assert np.array_equal(together[0].places, alone[0].places)
    assert not np.array_equal(together[0].places, together[1].places)
    assert not np.array_equal(alone[0].places, other[0].places)


def test_noise_has_the_deviation_asked_for():
    """On a plane the gradient is (0, 0) everywhere, so that steps are the noise times the learning rate."""
    places, _, gradients, _ = run_from(
        lambda x, y: 0 * x + 0 * y,
        "noisy-sgd",
        (0.3, -0.2),
        rate=0.5,
        steps=2000,
        noise=Generator(Philox(3)),
        deviation=0.04,
    )
    assert (gradients == 0).all()
    assert np.diff(places, axis=0).std(0) == pytest.approx([0.02, 0.02], rel=0.06)  # 4 errors of 1 / sqrt(4000)


@pytest.mark.parametrize("start, end, loss", [((0.5, -0.5), (0, 0), 1.0), ((1e-3, 1e-3), (1, 1), 0.0)])
def test_gradient_descent_on_two_linear_layers_ends_at_the_saddle_or_in_the_valley(start, end, loss):
    places, losses, *_ = run_from(COURSES["product"].function, "sgd", start, rate=0.1, steps=200)
    assert places[200] == pytest.approx(end, abs=1e-15 if loss else 1e-12)
    assert losses[200] == pytest.approx(loss, abs=1e-28)


@pytest.mark.parametrize("name, most", [("sgd", 2.0), ("momentum", 3.8), ("nesterov", 3.8 / 2.8)])
def test_the_stiff_direction_bounds_the_learning_rate(name, most):
    """Rate times curvature 100 below 2; 2 (1 + mu); 2 (1 + mu) / (1 + 2 mu)."""
    for share, stays in ((0.97, True), (1.03, False)):
        rate = share * most / 100
        places, *_ = run_from(COURSES["valley"].function, name, (-0.7, 0.4), rate=rate, steps=400)
        across = places @ [-math.sin(math.pi / 6), math.cos(math.pi / 6)]
        assert (abs(across[-50:]).max() < abs(across[0])) == stays


def test_a_run_that_runs_off_says_when_and_what_follows_is_not_known():
    race = run_race(COURSES["saddle"], ["sgd"], [(1.0, 0.5)], GRID, steps=80)
    (run,) = race.runs
    limit = 1000 * math.hypot(3.0, 3.5)
    assert run.diverged_at == math.ceil(math.log(limit / 0.5) / math.log(1.2)) == run.last
    assert abs(run.places[run.last - 1, 1]) <= limit < abs(run.places[run.last, 1])
    for array in (run.places, run.losses, run.gradient_norms):
        assert np.isnan(array[run.last + 1 :]).all() and len(array) == 81
    assert np.isnan(run.step_lengths[run.last :]).all() and np.isfinite(run.step_lengths[: run.last]).all()


def test_a_function_that_is_not_finite_ends_a_run_there():
    """The first step of log(.3 - x), of .02 / .1, leads over its edge."""
    places, losses, _, ended = run_from(lambda x, y: (0.3 - x).log() + y, "sgd", (0.2, 0.1), rate=0.02, steps=9)
    assert ended == 1 and places[1] == pytest.approx([0.4, 0.08]) and np.isnan(losses[1])
    assert losses[0] == pytest.approx(math.log(0.1) + 0.1) and np.isnan(places[2:]).all()


def test_where_a_function_returns_a_constant_its_gradient_is_zero():
    places, losses, gradients, ended = run_from(
        lambda x, y: x**2 + y if x > 0.3 else torch.tensor(1.0), "sgd", (0.4, 0.1), rate=0.2, steps=4
    )
    assert ended is None and losses[1:].tolist() == [1.0] * 4 and (gradients[1:] == 0).all()
    assert places[1] == pytest.approx([0.24, -0.1]) and (places[2:] == places[1]).all()


def test_a_rate_is_ones_own_or_everybodys_or_the_courses():
    course = Course("c", "", COURSES["saddle"].function, (0, 1, 0, 1), ((0, 0),), {"": 0.2, "adam": 0.3})
    assert [rate_of(course, name, {}) for name in ("sgd", "adam")] == [0.2, 0.3]
    assert [rate_of(course, name, {"": 0.5}) for name in ("sgd", "adam")] == [0.5, 0.5]
    assert [rate_of(course, name, {"": 0.5, "sgd": 0.7}) for name in ("sgd", "adam")] == [0.7, 0.5]
    assert rate_of(Course("c", "", course.function, (0, 1, 0, 1), ()), "sgd", {}) == 0.01


def test_optimizers_are_named_once_each():
    assert chosen_racers(None) == tuple(RACERS) and chosen_racers("adam, sgd") == ("adam", "sgd")
    with pytest.raises(ValueError) as caught:
        chosen_racers("sgd,adamax")
    assert str(caught.value) == (
        "there is no optimizer 'adamax'; choose among sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, noisy-sgd"
    )
    with pytest.raises(ValueError) as caught:
        chosen_racers("sgd,adam,sgd")
    assert str(caught.value) == "each optimizer runs once from each start, but 'sgd,adam,sgd' names one twice"


def test_the_record_of_an_optimizer_is_torchs_own():
    assert settings_of("momentum", 0.3)["momentum"] == 0.9 and settings_of("nesterov", 0.3)["nesterov"] is True
    assert settings_of("adadelta", 1.0)["rho"] == 0.9 and settings_of("adam", 0.3)["lr"] == 0.3


def test_the_grid_holds_the_function_untransposed():
    race = run_race(COURSES["monkey"], ["sgd"], [(0.4, 0.1)], GRID, steps=2)
    x, y = np.meshgrid(GRID.x, GRID.y, indexing="ij")
    assert race.losses == pytest.approx(x**3 - 3 * x * y**2) and race.losses.shape == (4, 3)
    assert race.runs[0].left_at is None  # second derivatives show no way down
