"""Checkpoints with their own statistics, and beside them points of the plane with the statistics that belong to it."""

import pytest
import torch
from test_mixtures import NETWORKS, STATES, network, own, problem

from landscape.plane import Plane
from landscape.problem.along_path import CHECKPOINT, IN_PLANE, AlongPath
from landscape.weights import weights_of

CENTER, FIRST, SECOND = (weights_of(network(seed)) for seed in (7, 8, 9))
PLANE = Plane(CENTER, FIRST, SECOND)
PLACES = [(0.3, -0.2), (-0.1, 0.05)]


def along(**options) -> AlongPath:
    return AlongPath(problem(network(7), **options), STATES.__getitem__, PLANE, PLACES)


@pytest.mark.parametrize("options", [{}, {"norm_stats": "reestimated"}])
def test_a_checkpoint_is_measured_as_it_is_to_the_bit(options):
    measure = along(**options)
    for number, model in ((0, NETWORKS[0]), (1, NETWORKS[1]), (0, NETWORKS[0])):
        assert measure(float(number), 0.0, CHECKPOINT) == own(model, **options)
        measure(float(number), 0.0, IN_PLANE)  # leaves nothing behind


@pytest.mark.parametrize("options", [{}, {"norm_stats": "reestimated"}])
def test_beside_it_stands_its_place_in_the_plane_with_the_planes_statistics(options):
    measure = along(**options)
    for number, place in enumerate(PLACES):
        model = network(7)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(PLANE.tensor_at(name, *place))
        measure(float(number), 0.0, CHECKPOINT)
        assert measure(float(number), 0.0, IN_PLANE) == measure.in_plane(*place) == own(model, **options)
