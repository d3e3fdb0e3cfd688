"""Curvatures measured at a center, against dense Hessians in float64 of networks with convolutions and batch norm."""

import numpy as np
import pytest
import torch
from measured_networks import Subject, batches, network_of, reordered, rescaled
from torch import nn

from landscape.belief.fresh import estimate
from landscape.belief.measuring import derivatives_with_lengths, second_derivatives
from landscape.plane import Plane


def dense_hessian(network: nn.Module) -> np.ndarray:
    """Differentiate the mean over all samples at once, number by number."""
    network = network.eval()
    names, tensors = zip(*network.named_parameters())
    shapes = [tensor.shape for tensor in tensors]
    inputs, targets = (torch.cat(parts) for parts in zip(*batches()))

    def loss(vector):
        parts = vector.split([shape.numel() for shape in shapes])
        named = {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes)}
        return nn.functional.cross_entropy(torch.func.functional_call(network, named, (inputs,)), targets)

    return torch.func.hessian(loss)(torch.cat([tensor.detach().reshape(-1) for tensor in tensors])).numpy()


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors.values()])


@pytest.fixture(scope="module")
def smooth() -> Subject:
    return Subject(network_of(nn.Tanh))


@pytest.fixture(scope="module")
def hessian() -> np.ndarray:
    return dense_hessian(network_of(nn.Tanh))


@pytest.fixture(scope="module")
def found(smooth) -> list[dict]:
    measure = smooth.fresh()
    return [measure(number) for number in range(40)]


def along(found: list[dict], *names: str) -> np.ndarray:
    return np.array([[trial[name] for name in names] for trial in found])


def parting(found: list[dict]) -> float:
    """Return how far a second difference lies from d'Hd at most, as a share of the mean |d'Hd|: some d'Hd are near zero."""
    curvatures = along(found, "hessian_uu", "hessian_vv")
    return np.abs(along(found, "difference_u", "difference_v") - curvatures).max() / np.abs(curvatures).mean()


def test_products_equal_those_of_the_dense_hessian(smooth, hessian, found):
    for number in (0, 7):
        u, v = flat(smooth.plane_of(number).u), flat(smooth.plane_of(number).v)
        wanted = [u @ hessian @ u, u @ hessian @ v, v @ hessian @ v]
        names = ("hessian_uu", "hessian_uv", "hessian_vv")
        np.testing.assert_allclose([found[number][name] for name in names], wanted, rtol=1e-10)


def test_second_differences_of_a_smooth_network_are_its_curvatures(found):
    assert parting(found) < 1e-5


def test_with_kinks_the_two_part_ways(found):
    measure = Subject(network_of(nn.ReLU)).fresh()
    assert parting([measure(number) for number in range(10)]) > 100 * parting(found)


def test_the_mean_over_fresh_directions_is_the_trace_of_sh(hessian, found):
    network, scale, first = network_of(nn.Tanh), np.zeros(len(hessian)), 0
    for name, tensor in network.named_parameters():
        if name in ("conv.weight", "hidden.weight", "scores.weight"):
            rows = tensor.detach().numpy().reshape(len(tensor), -1)
            squares = np.repeat((rows**2).mean(1), rows.shape[1])
            scale[first : first + tensor.numel()] = squares
        first += tensor.numel()
    tau = estimate(along(found, "hessian_uu", "hessian_vv").ravel())
    assert tau.num == 80 and abs(tau.mean - scale @ np.diag(hessian)) < 4 * tau.error
    crossed = estimate(along(found, "hessian_uv").ravel())
    assert abs(crossed.mean) < 4 * crossed.error


def test_planes_differ_from_each_other_and_from_their_own_second_direction(found):
    numbers = along(found, "hessian_uu", "hessian_vv").ravel()
    assert len(set(numbers)) == len(numbers)


def test_a_trial_does_not_depend_on_those_before_it(smooth, found):
    assert smooth.fresh()(5) == found[5]


def test_without_products_the_differences_are_the_same_and_the_rest_is_not_known(smooth, found):
    alone = smooth.fresh(with_products=False)(3)
    assert all(alone[name] == found[3][name] for name in ("difference_u", "difference_v"))
    assert all(np.isnan(alone[name]) for name in ("hessian_uu", "hessian_uv", "hessian_vv"))


def test_a_line_has_its_one_direction(smooth, found):
    line = Subject(network_of(nn.Tanh), axes="x")
    on_line = line.fresh()(2)
    for name in ("difference_u", "hessian_uu"):
        assert on_line[name] == pytest.approx(found[2][name], rel=1e-12)
    assert all(np.isnan(on_line[name]) for name in ("difference_v", "hessian_uv", "hessian_vv"))
    own = derivatives_with_lengths(line.plane_of, line.objective)(2)
    u = flat(line.plane_of(2).u)
    assert own["gram_uu"] == pytest.approx(u @ u) and np.isnan([own["gram_uv"], own["gram_vv"]]).all()


def test_own_planes_have_products_and_the_inner_products_of_their_directions(smooth, hessian):
    plane = smooth.plane_of(1)
    leaning = {name: 2 * tensor + 0.5 * plane.u[name] for name, tensor in plane.v.items()}
    own = derivatives_with_lengths(lambda _: Plane(plane.center, plane.u, leaning), smooth.objective)(0)
    directions = np.stack([flat(plane.u), flat(leaning)], 1)
    entries = ((0, 0), (0, 1), (1, 1))
    for kind, whole in (("hessian", directions.T @ hessian @ directions), ("gram", directions.T @ directions)):
        got = [own[f"{kind}_{entry}"] for entry in ("uu", "uv", "vv")]
        np.testing.assert_allclose(got, [whole[entry] for entry in entries], rtol=1e-10)


def test_rescaling_normalized_filters_changes_the_hessian_and_no_fresh_plane():
    network = network_of(nn.Tanh, eps=1e-30)
    other = rescaled(network)
    one, two = Subject(network), Subject(other)
    assert one.center == pytest.approx(two.center, rel=1e-12)
    ends = [np.linalg.eigvalsh(dense_hessian(each))[-1] for each in (network, other)]
    assert abs(ends[1] / ends[0] - 1) > 0.1
    measures = [subject.fresh() for subject in (one, two)]
    names = ("hessian_uu", "hessian_uv", "hessian_vv")
    for number in range(4):
        ours, theirs = (along([measure(number)], *names) for measure in measures)
        np.testing.assert_allclose(theirs, ours, rtol=1e-9)
        ours, theirs = (along([measure(number)], "difference_u", "difference_v") for measure in measures)
        np.testing.assert_allclose(theirs, ours, rtol=1e-7)  # a loss's rounding of 1e-16 over a step's square of 1e-6


def test_permuting_hidden_units_along_with_the_directions_changes_nothing():
    network, permuted = network_of(nn.GELU), network_of(nn.GELU)
    order = torch.tensor([3, 0, 4, 1, 2])
    permuted.load_state_dict(reordered(network.state_dict(), order))
    one, other = Subject(network), Subject(permuted)

    def plane_of(number: int) -> Plane:
        plane = one.plane_of(number)
        return Plane(other.problem.center, reordered(plane.u, order), reordered(plane.v, order))

    for number in range(3):
        ours = second_derivatives(one.objective(), one.plane_of(number))
        theirs = second_derivatives(other.objective(), plane_of(number))
        np.testing.assert_allclose(list(theirs.values()), list(ours.values()), rtol=1e-10)
    ours, theirs = one.fresh()(0), other.fresh(plane_of=plane_of)(0)
    assert [theirs[name] for name in ours] == pytest.approx([ours[name] for name in ours], rel=1e-7)
