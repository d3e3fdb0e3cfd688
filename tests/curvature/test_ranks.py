"""Ranks share the samples, and their sums are the whole: whatever their number, and whatever goes wrong on one."""

import re

import numpy as np
import pytest
from objectives import classes, convolutions, split, tanh_network, vectors
from rank_threads import alone, over_ranks

from landscape.problem.losses import MEAN_REFUSED, cross_entropy
from landscape.sweep.world import Mistake

SAMPLES = classes(2, 6, 6, num=9)
# Which batches each rank has: unequal numbers, unequal sizes, a rank that has none.
BATCHES = split(SAMPLES, (4, 1, 2, 2))
SHARES = {
    1: [BATCHES],
    2: [BATCHES[:1], BATCHES[1:]],
    3: [BATCHES[2:], [], BATCHES[:2]],
}


def everything(objective) -> dict[str, np.ndarray]:
    """Ask for all that an objective gives, where it stands and elsewhere."""
    given = vectors(objective.dim, 2)
    gradient = objective.gradient()
    found = {
        "value": objective.value(),
        "gradient": gradient.vector,
        "gradient's norm": gradient.norm,
        "standard error": gradient.standard_error,
        "excess": gradient.excess,
        "products": objective.products(given),
    }
    objective.move_to(0.2 * given[:, 0])
    found |= {"value elsewhere": objective.value(), "products elsewhere": objective.products(given[:, 0])}
    objective.move_to(None)
    found |= {"value again": objective.value(), "samples": objective.num_samples}
    return {name: np.asarray(value) for name, value in found.items()}


@pytest.mark.parametrize("precision, tolerance", [("float64", 1e-10), ("float32", 1e-5)])
@pytest.mark.parametrize("num_ranks", SHARES)
def test_any_number_of_ranks_finds_the_same(num_ranks, precision, tolerance):
    options = {"precision": precision, "weight_decay": 0.1}
    wanted = alone(everything, convolutions, BATCHES, **options)
    found = over_ranks(everything, convolutions, SHARES[num_ranks], **options)
    assert wanted["samples"] == 9
    for name, value in wanted.items():
        assert np.abs(found[name] - value).max() <= tolerance * np.abs(value).max(), name


def test_the_same_ranks_find_the_same_bits():
    first, second = (over_ranks(everything, convolutions, SHARES[3]) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


class Failing:
    """Cross entropy that is something else at one of its calls, counted from 0."""

    def __init__(self, call: int, answer) -> None:
        self.left, self.answer = call, answer

    def __call__(self, model, batch):
        self.left -= 1
        return self.answer(model, batch) if self.left == -1 else cross_entropy(model, batch)


def bare_mean(model, batch):
    return cross_entropy(model, batch)["loss"][0] / 3


TWO = [BATCHES[:1], [BATCHES[3]]]


@pytest.mark.parametrize("failing", [0, 1])
@pytest.mark.parametrize("call", [0, 1, 2], ids=["at once", "at the gradient", "at a product"])
def test_a_mistake_on_any_rank_reaches_rank_0_and_all_can_leave(failing, call):
    losses = [cross_entropy, cross_entropy]
    losses[failing] = Failing(call, bare_mean)

    def ask(objective):
        objective.gradient()
        objective.products(np.ones(objective.dim))
        raise AssertionError("nothing was said of the mistake")

    with pytest.raises(Mistake, match=f"^{re.escape(MEAN_REFUSED)}$"):
        over_ranks(ask, convolutions, TWO, losses)


def test_of_several_mistakes_the_first_ranks_is_told():
    def named(word):
        return Failing(0, lambda model, batch: {f"not a name: {word}": model(batch[0]).sum(1)})

    sentence = "the loss's names must be letters, digits and underscores, not 'not a name: one'"
    with pytest.raises(Mistake, match=f"^{sentence}$"):
        over_ranks(
            lambda objective: None, tanh_network, [split(classes(3))] * 3, [cross_entropy, named("one"), named("two")]
        )


def test_after_a_mistake_the_objective_can_still_be_asked():
    """Every rank has answered before the mistake is raised, so that no answer is taken for another question's."""

    def ask(objective):
        with pytest.raises(Mistake):
            objective.value()
        return objective.value(), objective.gradient().norm

    wanted = over_ranks(lambda objective: (objective.value(), objective.gradient().norm), convolutions, TWO)
    assert over_ranks(ask, convolutions, TWO, [cross_entropy, Failing(1, bare_mean)]) == wanted


def test_samples_that_no_rank_has_are_missed_at_once():
    with pytest.raises(Mistake, match="^the loss counted no sample, so that there is nothing to differentiate$"):
        over_ranks(lambda objective: None, tanh_network, [[], []])
