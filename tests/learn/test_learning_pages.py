"""The figure that each learning page's text names, by its data; all of them rebuilt at reduced size."""

import base64
import gzip
import json
import re

import numpy as np
import pytest
from asking import VIOLATIONS, assert_quiet, axe, of
from browser import Click, Within, visit

from landscape.curvature.random_matrices import known_shares
from landscape.figures.comparison_words import moved_measures, sentences
from landscape.figures.random_matrices_page import DRAWN
from landscape.flatness.account import findings_of, scores_of, votes_of
from landscape.flatness.scatter import scatter_of
from landscape.gradient_noise import GradientNoise
from landscape.problem.zoo import read_zoo
from landscape.store.comparison_file import read_comparison
from landscape.store.race_file import read_race
from landscape.store.run_file import read_run
from landscape.store.surface_file import read_surface
from landscape.store.weights_file import read_metadata
from landscape.training.batch_sizes import PUBLISHED

pytestmark = pytest.mark.learning


def runs_of(pages, name: str) -> dict:
    return {run.optimizer: run for run in read_race(pages.folder / f"{name}.h5").runs}


def test_the_saddle_is_left_by_sgd_after_51_steps_and_by_adam_after_11(pages):
    race, runs = read_race(pages.folder / "saddle.h5"), runs_of(pages, "saddle")
    assert race.starts.tolist() == [[1, 1e-4]] and len(runs) == 8
    told = pages.told("slow-at-a-saddle", r"SGD needs (\d+) .*?, momentum (\d+), Adam (\d+) and RMSprop (\d+)\.")
    assert told == tuple(runs[name].left_at for name in ("sgd", "momentum", "adam", "rmsprop")) == (51, 24, 11, 4)
    way = runs["sgd"]
    factors = pages.told("slow-at-a-saddle", r"multiplies x by ([\d.]+) and y by ([\d.]+)\.")
    assert way.places[1:] / way.places[:-1] == pytest.approx(np.broadcast_to(factors, (way.num_steps, 2)))
    step, gradient = pages.told("slow-at-a-saddle", r"after (\d+) steps .*? from 2 to ([\d.]+)\.")
    assert way.gradient_norms[int(step)] == pytest.approx(gradient, abs=5e-4)
    assert way.gradient_norms.argmin() == step and (way.places[int(step)] < 0.01).all()
    assert way.step_lengths == pytest.approx(way.rate * way.gradient_norms[:-1])  # speed: rate times gradient
    assert pages.told("slow-at-a-saddle", r"= ([\d.]+), so") == (round(np.log(1e4) / np.log(1.2), 1),)


def test_the_camel_has_minima_saddles_and_maxima_by_the_signs_of_their_eigenvalues(pages):
    points = read_race(pages.folder / "camel.h5").points
    signs = [tuple(np.sign(point.eigenvalues)) for point in points]
    told = pages.told(
        "minimum-or-saddle", r"has (\d+) critical points here: (\d+) minima, (\d+) saddles and (\d+) maxima"
    )
    assert told == (len(points), signs.count((1, 1)), signs.count((-1, 1)), signs.count((-1, -1))) == (15, 6, 7, 2)
    middle = min(points, key=lambda point: np.linalg.norm(point.place))
    assert middle.eigenvalues == pytest.approx([-np.sqrt(65), np.sqrt(65)])


def test_the_share_of_minima_among_random_matrices_falls_with_their_size(pages):
    content = carried(pages.folder / "random-minima.html")
    drawn = next(trace for trace in content["compared"][0]["figures"][0]["figure"]["data"] if trace["name"] == DRAWN)
    shares, known = np.array(drawn["y"]), known_shares()
    low, high = shares - drawn["error_y"]["arrayminus"], shares + drawn["error_y"]["array"]
    assert len(shares) >= 4 and (np.diff(shares) < 0).all() and (high[1:] < low[:-1]).all()
    per_cent = pages.told("minimum-or-saddle", r"one half .*? with one row, ([\d.]+) % with two, ([\d.]+) % with three")
    assert per_cent == tuple(round(100 * known[n], 1) for n in (2, 3))
    assert (shares[:3] == pytest.approx(list(known.values()), rel=0.1)) and shares[3] < 0.01


def test_the_valley_is_stiff_has_no_negative_eigenvalue_and_makes_sgd_zig_zag(pages):
    race, way = read_race(pages.folder / "valley.h5"), runs_of(pages, "valley")["sgd"]
    (point,) = race.points
    assert tuple(point.eigenvalues) == pytest.approx(
        pages.told("stiff-is-not-a-saddle", r"eigenvalues (\d+) and (\d+):")
    )
    assert point.eigenvalues[1] / point.eigenvalues[0] == pytest.approx(100)
    along, across = (way.places @ point.eigenvectors).T
    (turned,) = pages.told("stiff-is-not-a-saddle", r"At 0.015 the factor is −([\d.]+):")
    assert across[1:20] / across[:19] == pytest.approx(-turned)
    slow, halving = pages.told(
        "stiff-is-not-a-saddle", r"Along the valley the factor is ([\d.]+), and halving the way takes (\d+)"
    )
    assert along[1:] / along[:-1] == pytest.approx(slow)
    assert abs(along[int(halving)] / along[0]) <= 0.5 < abs(along[int(halving) - 1] / along[0])
    assert abs(across[10] / across[0]) == pytest.approx(1e-3, rel=0.03)


def test_surfaces_of_batches_differ_and_their_minima_draw_together_with_the_size(pages):
    surface = read_surface(pages.folder / "one-or-all.h5")
    batches = surface.batches
    assert batches.sizes == (1, 4, 16, 64) and all(len(batches.losses[size]) == 30 for size in batches.sizes)
    apart = [np.abs(batches.losses[size] - batches.whole).mean() for size in batches.sizes]
    scatters = [scatter_of(batches, surface.grid, size) for size in batches.sizes]
    assert (np.diff(apart) < 0).all() and min(apart) > 0
    assert (np.diff([scatter.deviation for scatter in scatters], axis=0) < 0).all()
    on_frame, num = pages.told("one-example-or-all", r"(\d+) of the (\d+) on its edge")
    assert scatters[0].share_on_frame * num == pytest.approx(on_frame, abs=1.5)
    gradient = batches.findings["gradient"]
    noise = GradientNoise(gradient["mean_square"], gradient["trace"], 500)
    length, one, *rest = pages.told(
        "one-example-or-all",
        r"a length of ([\d.]+)\. .*? off by ([\d.]+) .*?, a batch of 4 by ([\d.]+), of 16 by ([\d.]+), of 64 by ([\d.]+):",
    )
    assert noise.norm == pytest.approx(length, rel=0.02)
    assert [noise.spread(size) for size in batches.sizes] == pytest.approx([one, *rest], rel=0.02)
    assert noise.spread(16) / noise.spread(64) == pytest.approx(2, rel=0.1) and noise.spread(64) / noise.norm > 2.5


def test_small_and_large_batches_are_trained_alike_and_the_zoo_says_what_the_text_does(pages):
    small, large = (read_run(pages.folder / f"{name}-batch.run.h5") for name in ("small", "large"))
    for run in (small, large):
        assert run.columns["subset_accuracy"][-1] >= 0.995 and not run.origin.record.get("under_trained")
    epochs, updates = pages.told("batch-size", r"small batches needed (\d+) epochs, which are (\d+) updates")
    assert small.num_epochs == pytest.approx(epochs, abs=1) and updates == 45 * epochs
    epochs, updates = pages.told("batch-size", r"large ones (\d+) epochs, though only (\d+) updates")
    assert large.num_epochs == pytest.approx(epochs, abs=4) and updates == 3 * epochs
    assert 3 * large.num_epochs < 45 * small.num_epochs
    apart = small.columns["test_accuracy"][-1] - large.columns["test_accuracy"][-1]
    assert abs(apart) < 3 * np.sqrt(2 * 0.97 * 0.03 / 359)
    zoo = read_zoo()
    ends = [zoo[f"resnet20-cifar10-small-wd{more}"].scores["test_accuracy"] for more in ("", "-seed2", "-seed3")]
    per_cent = pages.told("batch-size", r"ends at ([\d.]+) % .*? and at ([\d.]+) % with 4,096")
    large_one = zoo["resnet20-cifar10-large-wd"].scores["test_accuracy"]
    assert per_cent == tuple(round(100 * value, 1) for value in (np.mean(ends), large_one))
    differences = [small - large for small, large in PUBLISHED.values()]
    least, most = pages.told("batch-size", r"Published pairs differ by ([\d.]+) to ([\d.]+) points")
    assert (round(min(differences), 1), round(max(differences), 1)) == (least, most)


def test_momentum_is_sooner_at_the_bottom_of_the_valley_and_swings(pages):
    runs = runs_of(pages, "momentum")
    told = pages.told("momentum", r"stays below ([\d.]+), SGD takes (\d+) steps and momentum (\d+)\.")
    reached = [int(np.flatnonzero(runs[name].losses >= told[0])[-1]) + 1 for name in ("sgd", "momentum")]
    assert tuple(reached) == told[1:]
    assert (np.diff(runs["sgd"].losses) < 0).all() and (np.diff(runs["momentum"].losses) > 0).any()
    factor, shrinks = pages.told("momentum", r"by ([\d.]+) at each step, .*? by √0.9, or ([\d.]+), a step")
    assert factor == 1 - 0.015 and shrinks == round(np.sqrt(0.9), 3)
    swung = np.log(np.linalg.norm(runs["momentum"].places, axis=1))
    fall = np.polyfit(np.arange(50, 301), swung[50:301], 1)[0]
    assert np.exp(fall) == pytest.approx(np.sqrt(0.9), abs=0.003)
    roots = {name: np.abs(np.roots(coefficients)).max() for name, coefficients in polynomials(1.5, 0.9).items()}
    assert roots["momentum"] == pytest.approx(np.sqrt(0.9)) and roots["nesterov"] > 1
    limits = dict(
        zip(("nesterov", "momentum"), pages.told("momentum", r"= ([\d.]+) for rate .*? of momentum ([\d.]+)\."))
    )
    for name, limit in limits.items():
        below, above = (np.abs(np.roots(polynomials(limit * by, 0.9)[name])).max() for by in (0.99, 1.01))
        assert below < 1 < above


def polynomials(stiffness: float, share: float) -> dict[str, list[float]]:
    """Return what a direction's steps obey, by rate times curvature: its largest root is their factor."""
    return {
        "momentum": [1, -(1 + share - stiffness), share],
        "nesterov": [1, -(1 - stiffness) * (1 + share), (1 - stiffness) * share],
    }


def test_a_rate_that_falls_goes_below_the_plateau_and_restarts_come_when_the_text_says(pages):
    constant, plateau, restarts = (
        read_run(pages.folder / f"{name}.run.h5") for name in ("constant", "plateau", "restarts")
    )
    assert set(constant.columns["learning_rate"]) == {0.3}
    rates, losses = plateau.columns["first_learning_rate"], plateau.columns["train_loss"]
    fallen = int(np.flatnonzero(np.diff(rates) < 0)[0]) + 1
    assert rates[fallen] == pytest.approx(rates[fallen - 1] / 10) and rates[0] == 0.3
    before, after, end = pages.told("schedules", r"drops from ([\d.]+) to below ([\d.]+) within .*? near ([\d.]+):")
    assert losses[fallen - 1] == pytest.approx(before, rel=0.3) and losses[fallen] < after * 1.15
    assert losses[-1] == pytest.approx(end, rel=0.15)
    (floor,) = pages.told("schedules", r"stays near ([\d.]+) for")
    assert constant.columns["train_loss"][14:].mean() == pytest.approx(floor, rel=0.15)
    assert losses[-1] < constant.columns["train_loss"][14:].min()
    first, rose = restarts.columns["first_learning_rate"], restarts.columns["train_loss"]
    cycles = pages.told("schedules", r"restarts come after epochs (\d+) and (\d+)\.")
    assert tuple(np.flatnonzero(first == 0.3)) == (0, *cycles) == (0, 4, 12)
    assert all(rose[int(end)] > rose[int(end) - 1] for end in cycles) and rose[-1] < rose[11] < rose[3]


def test_the_average_lies_lower_than_each_of_its_members(pages):
    surface = read_surface(pages.folder / "averaging-path.h5")
    points = surface.origin.record["path"]["points"]
    members, averages = points[:-1], points[-1:]
    (num,) = pages.told("averaging", r"after each epoch, (\d+) times")
    losses = [point["metrics"]["train_loss"] for point in members]
    assert len(losses) == num and averages[0]["metrics"]["train_loss"] < min(losses)
    (near,) = pages.told("averaging", r"nearest point in the plane has only ([\d.]+)\.")
    last = members[-1]
    assert (
        last["in_plane"]["train_loss"] == pytest.approx(near, rel=0.15) and near < 0.8 * last["metrics"]["train_loss"]
    )
    scores = [read_metadata(pages.folder / f"averaging{end}.safetensors") for end in ("-swa", "")]
    told = pages.told(
        "averaging", r"a loss of ([\d.]+), and the last weights ([\d.]+); .*? it is ([\d.]+) against ([\d.]+)\."
    )
    found = [float(score[name]) for name in ("train_loss", "test_loss") for score in scores]
    assert found == pytest.approx(told, rel=0.3) and found[0] < found[1] and found[2] < found[3]


def test_rescaled_copies_move_the_measures_that_the_text_says_and_no_verdict_is_drawn_beyond_the_errors(pages):
    comparison = read_comparison(pages.folder / "flat-and-sharp.h5")
    findings = {network.name: findings_of(comparison, network) for network in comparison.networks}
    small, large, *copies = comparison.names
    scores = {network.name: scores_of(network)["test"].loss for network in comparison.networks}
    assert [scores[name] for name in copies] == pytest.approx([scores[small]] * 2, rel=1e-5)
    layers, neurons = (set(moved_measures(findings[small], findings[name])[1]) for name in copies)
    assert layers == {"flat_area", "half_width", "tau", "average", "asam"} and neurons == {"asam"}
    for key in ("flat_area", "half_width", "tau", "average", "trace"):
        assert findings[small][key].error > 0, key
    votes = votes_of(findings[small], findings[large])
    for key in (*votes.first, *votes.second):
        one, other = findings[small][key], findings[large][key]
        assert abs(one.value - other.value) > np.hypot(one.error, other.error)
    said = " ".join(sentences(comparison))
    assert "No measure of flatness ranks how networks generalize reliably" in said and "is flatter" not in said


def test_index_and_pages_open_in_a_browser_with_their_figure_and_nothing_keeps_people_out(pages):
    links = "Array.from(document.querySelectorAll('a'), a => a.getAttribute('href'))"
    index = visit(pages.folder / "index.html", [links, axe(), VIOLATIONS, Click(of(".card")), "location.pathname"])
    assert_quiet(index)
    assert len(index.answers[0]) == 9 and index.answers[2] == []
    assert index.answers[3].endswith("/01-slow-at-a-saddle.html")
    for page in pages.folder.glob("0*.html"):
        near = [link for link in re.findall(r'(?:href|src)="([^"]+)"', page.read_text()) if "://" not in link]
        assert len(near) >= 4 and all(
            (pages.folder / link.partition("#")[0]).is_file() for link in near if link != "data:,"
        )
    drawn = "document.querySelectorAll('[data-panel=contour] .contourlayer path, svg.overlay circle.head').length"
    lesson = visit(pages.folder / "01-slow-at-a-saddle.html", [Within(drawn), axe(), VIOLATIONS], size=(1300, 1800))
    assert_quiet(lesson)
    assert lesson.answers[0] > 8 and lesson.answers[2] == []
    narrow = "document.documentElement.scrollWidth"
    assert visit(pages.folder / "02-minimum-or-saddle.html", [narrow], size=(390, 844)).answers[0] <= 390


def carried(page) -> dict:
    packed = re.search(r'id="page-data">([^<]*)<', page.read_text())[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))
