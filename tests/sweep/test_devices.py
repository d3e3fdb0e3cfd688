"""Which rank gets which GPU."""

import pytest

from landscape.sweep.devices import Visible, assign_gpus


@pytest.mark.parametrize(
    "ranks, numbers",
    [
        pytest.param([("a", "pqr")] * 3, [0, 1, 2], id="all see all of one host"),
        pytest.param([("a", "pqr"), ("a", "rqp"), ("a", "qpr")], [0, 0, 0], id="each in an order of its own"),
        pytest.param([("a", "p"), ("a", "q"), ("a", "r")], [0, 0, 0], id="each sees its own as number 0"),
        pytest.param([("a", "p"), ("b", "p"), ("a", "p")], [0, 0, None], id="one identity on two hosts is two GPUs"),
        pytest.param([("a", "pq")] * 5, [0, 1, None, None, None], id="more ranks than GPUs"),
        pytest.param([("a", "pq"), ("b", ""), ("a", "pq")], [0, None, 1], id="a host without any"),
        pytest.param([("a", "qp"), ("a", "q"), ("a", "pq")], [0, None, 0], id="first come, first served"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_each_gpu_goes_to_one_rank_by_its_identity_and_the_rest_stay_idle(ranks, numbers):
    assert assign_gpus([Visible(host, tuple(gpus)) for host, gpus in ranks]) == numbers


def test_no_gpu_is_given_twice_and_none_is_left_while_a_rank_that_sees_it_is_idle():
    ranks = [Visible(f"host{rank % 3}", tuple("stuv"[: 1 + rank % 4])) for rank in range(20)]
    numbers = assign_gpus(ranks)
    given = [(seen.host, seen.gpus[number]) for seen, number in zip(ranks, numbers) if number is not None]
    assert len(given) == len(set(given))
    for seen, number in zip(ranks, numbers):
        assert number is not None or {(seen.host, gpu) for gpu in seen.gpus} <= set(given)


@pytest.mark.parametrize(
    "ranks, numbers",
    [
        pytest.param([("a", "pq")] * 5, [0, 1, 0, 1, None], id="each GPU gets one before any gets a second"),
        pytest.param([("a", "p"), ("a", "p"), ("b", "p"), ("a", "p")], [0, 0, 0, None], id="two hosts"),
    ],
)
def test_two_ranks_may_share_a_gpu(ranks, numbers):
    assert assign_gpus([Visible(host, tuple(gpus)) for host, gpus in ranks], 2) == numbers
