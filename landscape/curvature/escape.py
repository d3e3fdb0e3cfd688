"""Leaving a saddle: the loss along the most negative eigenvector, measured, beside what gradient and eigenvalue predict."""

from dataclasses import dataclass

import numpy as np

NUM_STEPS = 41
GROWTH = 2.0
MOST_DOUBLINGS, MOST_HALVINGS = 12, 8
FIRST_SHARE = 1e-3  # of the weights' length: the first step tried


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """The loss along one direction.

    Attributes:
        steps: (steps,) lengths, ascending, in units of the weights; 0 in the middle.
        losses: (steps,) measured.
        predicted: (steps,) loss + slope t + eigenvalue t^2 / 2.
        slope: Gradient times direction.
        eigenvalue: The curvature along it.
    """

    steps: np.ndarray
    losses: np.ndarray
    predicted: np.ndarray
    slope: float
    eigenvalue: float


def escape_curve(objective, vector: np.ndarray, eigenvalue: float, gradient: np.ndarray) -> Escape:
    """Measure the loss along a unit vector, to both sides, as far as it goes on falling on the better one.

    The length begins at a thousandth of the weights'; it is halved until the loss falls on either side, and then doubled until
    on neither side it is lower than at half of it. The objective is left where it stood.
    """
    slope, here, stand = float(gradient @ vector), objective.value(), objective.offset

    def value(step: float) -> float:
        objective.move_to(step * vector if stand is None else stand + step * vector)
        return objective.value()

    def lower_of(length: float) -> float:
        return float(np.fmin(value(length), value(-length)))  # nan on one side does not hide a fall on the other

    reach = FIRST_SHARE * max(1.0, float(np.linalg.norm(objective.weights)))
    lowest = lower_of(reach)
    for _ in range(MOST_HALVINGS):  # a narrow saddle is stepped over
        if lowest < here:
            break
        reach /= GROWTH
        lowest = lower_of(reach)
    for _ in range(MOST_DOUBLINGS if lowest < here else 0):
        found = lower_of(reach * GROWTH)
        reach *= GROWTH
        if not found < lowest:
            break
        lowest = found
    steps = np.linspace(-reach, reach, NUM_STEPS)
    losses = np.array([here if step == 0 else value(step) for step in steps])
    objective.move_to(stand)
    return Escape(steps, losses, here + slope * steps + eigenvalue / 2 * steps**2, slope, eigenvalue)
