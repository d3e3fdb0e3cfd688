"""One optimizer's way over a function of two weights, with what is to be seen at each step."""

from dataclasses import dataclass

import numpy as np
import torch

from landscape.grid import frozen_array
from landscape.race.courses import Function, Place
from landscape.race.critical import CriticalPoint
from landscape.race.optimizers import RACERS

FAR = 1000.0  # frames' diagonals from the frame's middle: who is there won't come back


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What an optimizer did; arrays end in nan from where it ran off.

    Attributes:
        optimizer: A key of `RACERS`.
        rate: Its learning rate.
        start: Which start it began at, counted from 0.
        places: (steps + 1, 2), the start first.
        losses, gradient_norms: (steps + 1,) at the places; the gradient is the function's own, without noise.
        step_lengths: (steps,) from each place to the next.
        saddle_distances: (steps + 1,) to the nearest saddle; nan where there is none.
        diverged_at: The step after which it was too far away or not finite; None if it never was. Its last place is kept
            if it is finite.
        left_at: The first step after which it lies further than the course's distance from the saddle that is nearest to
            its start, along the way down there; None if it never does, began there, or there is no saddle.
    """

    optimizer: str
    rate: float
    start: int
    places: np.ndarray
    losses: np.ndarray
    gradient_norms: np.ndarray
    step_lengths: np.ndarray
    saddle_distances: np.ndarray
    diverged_at: int | None = None
    left_at: int | None = None

    def __post_init__(self) -> None:
        for name in ("places", "losses", "gradient_norms", "step_lengths", "saddle_distances"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))

    @property
    def num_steps(self) -> int:
        return len(self.step_lengths)

    @property
    def last(self) -> int:
        """The last step whose place is known."""
        return int(np.flatnonzero(np.isfinite(self.places).all(1))[-1])


def run_from(
    function: Function,
    optimizer: str,
    start: Place,
    *,
    rate: float,
    steps: int,
    noise: np.random.Generator | None = None,
    deviation: float = 0.0,
    limit: float = np.inf,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int | None]:
    """Let torch's optimizer go from a start, and return places, losses, gradients and the step at which it ran off.

    Args:
        noise: What a noisy optimizer's gradient errors are drawn from, normal with this deviation in both weights.
        limit: A weight of this size or more counts as having run off.
    """
    place = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    stepper = RACERS[optimizer].build([place], rate)
    places, gradients = np.full((2, steps + 1, 2), np.nan)
    losses = np.full(steps + 1, np.nan)
    for step in range(steps + 1):
        stepper.zero_grad()
        loss = function(place[0], place[1]) + 0 * place.sum()  # the same, with a gradient though it be constant here
        loss.backward()
        places[step], losses[step], gradients[step] = place.detach().numpy(), loss.item(), place.grad.numpy()
        known = np.isfinite([*places[step], losses[step], *gradients[step]]).all()
        if not known or np.abs(places[step]).max() > limit:
            return places, losses, gradients, step
        if RACERS[optimizer].is_noisy and noise is not None:
            place.grad += deviation * torch.from_numpy(noise.standard_normal(2))
        if step < steps:
            stepper.step()
    return places, losses, gradients, None


def distances_to(saddles: list[CriticalPoint], places: np.ndarray) -> np.ndarray:
    """Return the distance from each place, (n, 2), to the nearest saddle; nan where there is none."""
    if not saddles:
        return np.full(len(places), np.nan)
    return np.min([np.linalg.norm(places - saddle.place, axis=1) for saddle in saddles], axis=0)


def step_of_leaving(saddle: CriticalPoint | None, places: np.ndarray, distance: float) -> int | None:
    """Return the first step after which a way lies so far from a saddle along its smallest eigenvalue's direction.

    None for one that never does, or that began there.
    """
    if saddle is None:
        return None
    along = np.abs((places - saddle.place) @ saddle.eigenvectors[:, 0])
    beyond = np.flatnonzero(along >= distance)
    return int(beyond[0]) if len(beyond) and beyond[0] > 0 else None
