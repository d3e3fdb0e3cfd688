"""What all measures share: ranks find the same, and the objective stands at its center again, whatever happened."""

import re

import numpy as np
import pytest
from objectives import classes, convolutions, objective_of, split
from quadratics import Quadratic
from rank_threads import alone, over_ranks

from landscape.curvature.layout import layout_of
from landscape.filters import filter_layouts
from landscape.flatness.ascent import ball_sharpness
from landscape.flatness.average import average_sharpness
from landscape.flatness.excursion import drawn
from landscape.flatness.keskar import keskar_sharpness
from landscape.flatness.relative import relative_flatness
from landscape.flatness.scales import filter_deviations
from landscape.problem.losses import MEAN_REFUSED, cross_entropy
from landscape.sweep.world import Mistake
from landscape.weights import weights_of

BATCHES = split(classes(2, 6, 6, num=9), (4, 1, 2, 2))


def scale_of(objective) -> np.ndarray:
    model = convolutions()
    return filter_deviations(objective.layout, weights_of(model), filter_layouts(model))


MEASURES = {
    "average": lambda objective: average_sharpness(objective, scale_of(objective), sigma=0.2, num_pairs=3).sharpness,
    "ball": lambda objective: ball_sharpness(objective, scale_of(objective), rho=0.2, num_steps=4).value,
    "box": lambda objective: keskar_sharpness(objective, num_steps=3).value,
    "relative": lambda objective: (
        relative_flatness(objective, "3.weight", filter_layouts(convolutions())["3.weight"], num_probes=3).value
    ),
}


@pytest.mark.parametrize("name", MEASURES)
def test_any_number_of_ranks_finds_the_same(name):
    wanted = alone(MEASURES[name], convolutions, BATCHES)
    found = over_ranks(MEASURES[name], convolutions, [BATCHES[2:], [], BATCHES[:2]])
    assert abs(wanted) > 1e-4 and found == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("away", [False, True], ids=["at the center", "away"])
@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_begins_and_ends_at_the_center(name, away):
    objective = objective_of(convolutions(), BATCHES)
    center, wanted = objective.value(), MEASURES[name](objective_of(convolutions(), BATCHES))
    if away:
        objective.move_to(np.full(objective.dim, 0.1))
    assert MEASURES[name](objective) == wanted
    assert objective.offset is None and objective.value() == center


class FailingOnce:
    """Cross entropy that is a bare mean at its call of a number."""

    def __init__(self, call: int) -> None:
        self.left = call

    def __call__(self, model, batch):
        self.left -= 1
        found = cross_entropy(model, batch)
        return found["loss"][0] / 3 if self.left == -1 else found


@pytest.mark.parametrize("ranks", [1, 3])
@pytest.mark.parametrize("name", ["average", "ball", "box"])
def test_a_measure_that_fails_on_its_way_leaves_the_objective_at_the_center(name, ranks):
    shares = {1: [BATCHES], 3: [BATCHES[2:], [], BATCHES[:2]]}[ranks]
    call = 4 * len(shares[-1])  # the fifth pass: after three values at the center and one step or gradient
    losses = [cross_entropy] * (ranks - 1) + [FailingOnce(call)]

    def ask(objective):
        center = objective.value()
        with pytest.raises(Mistake, match=f"^{re.escape(MEAN_REFUSED)}$"):
            MEASURES[name](objective)
        assert objective.offset is None and objective.value() == center
        return True

    assert over_ranks(ask, convolutions, shares, losses)


def test_draws_are_those_of_a_parameters_name_whatever_else_is_chosen():
    model = Quadratic(np.eye(13), 0.0)
    every, some = layout_of(weights_of(model)), layout_of(weights_of(model), ["second"])
    assert np.array_equal(drawn(every, 3, "average", 5)[7:], drawn(some, 3, "average", 5))
    others = [drawn(every, 3, "average", 6), drawn(every, 4, "average", 5), drawn(every, 3, "ascent", 5)]
    assert all(abs(np.corrcoef(drawn(every, 3, "average", 5), other)[0, 1]) < 0.9 for other in others)
