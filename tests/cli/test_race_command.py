"""`landscape race` as its users meet it: what it says, writes and refuses."""

import re
from pathlib import Path

import numpy as np
import pytest

from landscape.cli.arguments import Parser
from landscape.cli.page import page_command
from landscape.cli.race import race_command
from landscape.cli.race_settings import add_race_options, rates_from
from landscape.figures.race_page import race_page_html
from landscape.store.race_file import read_race
from landscape.sweep.world import Mistake, World

SMALL = ["--x", "-1.5:1.5:7", "--y", "-1.5:2:6"]

pytestmark = pytest.mark.usefixtures("here")


def raced(*arguments: str) -> None:
    race_command([*arguments, "--out", "out/mine"], World())


LEFT = {
    "SGD": "51",
    "momentum": "24",
    "Nesterov": "20",
    "Adagrad": "17",
    "RMSprop": "4",
    "Adadelta": "33",
    "Adam": "11",
}


def assert_tells_the_table(printed: str) -> None:
    """Steps to |y| >= 1 on x^2 - y^2 from (1, 1e-4), and everything once."""
    left = dict(re.findall(r"^(\w+) +learning rate [\d.]+; left the saddle at step (\d+);", printed, re.M))
    assert left == LEFT and printed.startswith("saddle at (0, 0), loss 0, eigenvalues -2, 2\n")
    assert printed.endswith("race: out/mine.h5\npage: out/mine.html\n") and printed.count("race:") == 1


def test_the_table_of_optimizers_at_a_saddle(here, capsys):
    raced(*SMALL, "--steps", "55")
    assert_tells_the_table(capsys.readouterr().out)
    race = read_race(here / "out/mine.h5")
    assert len(race.runs) == 8 and race.losses.shape == (7, 6)
    assert race.origin.identity["optimizers"]["nesterov"]["nesterov"] is True
    assert (here / "out/mine.html").read_text() == race_page_html(race)


@pytest.mark.slow
def test_of_two_ranks_one_races(run, here):
    script = Path(__file__).parents[2] / "scripts" / "race_optimizers.py"
    done = run(str(script), *SMALL, "--steps", "55", "--out", "out/mine", ranks=2, cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert_tells_the_table(done.stdout)
    assert sorted(path.name for path in (here / "out").iterdir()) == ["mine.h5", "mine.html"]


def test_rates_starts_and_noise_are_as_asked(here):
    options = ["--optimizers", "adam,noisy-sgd", "--start", "-0.5,0.25", "--start", "1,0", "--steps", "3"]
    raced("product", *SMALL, *options, "--learning-rate", "0.2", "--learning-rate", "adam=0.3", "--noise", "0")
    race = read_race(here / "out/mine.h5")
    assert [(run.optimizer, run.rate, run.start) for run in race.runs] == [
        ("adam", 0.3, 0),
        ("adam", 0.3, 1),
        ("noisy-sgd", 0.2, 0),
        ("noisy-sgd", 0.2, 1),
    ]
    x, y = -0.5, 0.25
    step = 0.2 * 2 * (1 - x * y) * np.array([y, x])  # downhill is along (y, x)
    assert race.runs[2].places[1] == pytest.approx(np.array([x, y]) + step)
    assert race.starts.tolist() == [[-0.5, 0.25], [1, 0]]


def test_a_users_function_races_and_its_page_can_be_drawn_again(here, capsys):
    (here / "mine.py").write_text("def bowl(x, y): return 3 * (x - 0.5)**2 + y**2\n")
    raced("mine.py:bowl", "--x", "-1:2:7", "--y", "-1:1:6", "--steps", "4", "--optimizers", "sgd")
    (point,) = read_race(here / "out/mine.h5").points
    assert point.kind == "minimum" and point.place == pytest.approx([0.5, 0])
    page = (here / "out/mine.html").read_text()
    page_command(["out/mine.h5", "--out", "again.html"], World())
    assert (here / "again.html").read_text() == page
    with pytest.raises(Mistake, match="^--sequence is for surfaces; a race plays its steps without it$"):
        page_command(["out/mine.h5", "--sequence"], World())
    with pytest.raises(
        Mistake, match="^a race has a page of its own, but out/mine.h5 came with 1 more; draw it alone$"
    ):
        page_command(["out/mine.h5", "out/mine.h5"], World())


def test_optimizers_race_in_the_plane_of_a_zoo_network(here):
    """From its weights, at (0, 0), nothing is steep; elsewhere speed is the learning rate times the gradient."""
    options = ["--x", "-0.5:0.7:3", "--y", "-0.5:0.5:3", "--num-samples", "30", "--steps", "6"]
    raced("zoo:mlp-digits", *options, "--optimizers", "sgd", "--start", "0.3,0.2", "--start", "0,0")
    race = read_race(here / "out/mine.h5")
    run, still = race.runs
    assert race.axes == ("α", "β") and race.name == "mlp-digits" and run.losses[6] < run.losses[0]
    assert run.step_lengths == pytest.approx(run.rate * run.gradient_norms[:6])
    assert still.gradient_norms[0] < 0.2 * run.gradient_norms[0] and still.losses[0] < 0.1
    with pytest.raises(Mistake, match="network"):
        raced("zoo:mlp-digits", *options, "--optimizers", "sgd", "--start", "0.3,0.2", "--directions-seed", "1")


def test_the_same_race_may_run_again_and_another_asks_first(here):
    raced(*SMALL, "--steps", "3", "--optimizers", "sgd")
    raced(*SMALL, "--steps", "3", "--optimizers", "sgd")
    wanted = "out/mine.h5 holds another run (steps: 3 in the file, 4 now); choose another --out, or --overwrite to begin anew"
    with pytest.raises(Mistake) as caught:
        raced(*SMALL, "--steps", "4", "--optimizers", "sgd")
    assert str(caught.value) == wanted
    raced(*SMALL, "--steps", "4", "--optimizers", "sgd", "--overwrite")
    assert read_race(here / "out/mine.h5").runs[0].num_steps == 4


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["hill"], "there is no surface 'hill'; choose one of saddle, monkey, product, beale, rosenbrock, camel, himmelblau, "
            "rastrigin, valley, or give path/file.py:f, a function of torch (x, y)"),
        (["none.py:f"], "the surface 'none.py:f': there is no file none.py"),
        (["--start", "1"], "--start must be two finite numbers, such as 1,0.0001, not '1'"),
        (["--start", "1,nan"], "--start must be two finite numbers, such as 1,0.0001, not '1,nan'"),
        (["--start", "a,b"], "--start must be numbers separated by commas, such as 0.5,0.5,0.5, not 'a,b'"),
        (["--steps", "0"], "--steps must be 1 to 20000, not 0"),
        (["--noise", "-1"], "--noise must be 0 or more, not -1"),
        (["--seed", "-1"], "--seed must be 0 or more, and below 2^63, not -1"),
        (["--start", "9,0.5"], "the start 9,0.5 lies outside the frame, -1.5 to 1.5 and -1.5 to 2; give another --start, or --x and --y"),
        (["--x", "-1:1:999", "--y", "-1:1:999"], "a race is drawn over 250000 points at most, but --x and --y ask for 998001; give fewer"),
        (["zoo:mlp-digits", "--directions-seed", "-1"], "--directions-seed must be 0 or more, not -1"),
        (["--x", "1:0:5"], "--x must be MIN:MAX:NUM, such as -1:1:25, with MIN below MAX and both finite, not '1:0:5'"),
        (["--learning-rate", "0"], "--learning-rate must be a positive number, or NAME=NUMBER such as adam=0.01, not '0'"),
        (["--learning-rate", "adam=x"], "--learning-rate must be a positive number, or NAME=NUMBER such as adam=0.01, not 'adam=x'"),
        (["--optimizers", "sgd", "--learning-rate", "adam=1"], "--learning-rate adam=1: 'adam' does not race; those that do are sgd"),
        ([part for k in range(9) for part in ("--start", f"{k},1")], "a race has 64 runs at most, but 8 optimizers from 9 starts are 72"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_nothing_is_written(arguments, sentence, here):
    with pytest.raises(Mistake) as caught:
        raced(*arguments)
    assert str(caught.value) == sentence and not list(here.rglob("*.h5"))


def test_a_function_that_is_not_finite_at_the_start_is_said(here):
    (here / "mine.py").write_text("def hole(x, y): return (x - 0.5).log() + y**2\n")
    with pytest.raises(Mistake) as caught:
        raced("mine.py:hole", "--start", "1,0", "--start", "0,1")
    assert str(caught.value) == "the surface 'hole' is nan at the start 0,1; give a --start where it is finite"
    assert not list(here.rglob("*.h5"))


def test_a_file_that_is_no_race_is_left_as_it_is(here):
    (here / "out").mkdir()
    (here / "out/mine.h5").write_text("mine")
    with pytest.raises(Mistake) as caught:
        raced(*SMALL, "--overwrite")
    assert str(caught.value).endswith("it was left as it is") and (here / "out/mine.h5").read_text() == "mine"


def test_the_last_of_several_rates_counts():
    assert rates_from(["0.1", "adam=0.2", "0.3"], ["sgd", "adam"]) == {"": 0.3, "adam": 0.2}


def test_the_options_change_only_on_purpose():
    add_race_options(parser := Parser())
    printed = parser.format_help()
    wanted = (
        "--help --optimizers --start --learning-rate --steps --noise --seed --x --y --out --overwrite "
        "--directions-seed --num-samples --data-dir"
    )
    assert set(re.findall(r"(?<![\w`])--[a-z-]+", printed)) == set(wanted.split())
