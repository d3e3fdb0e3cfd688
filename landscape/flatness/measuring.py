"""Takes the trials of a comparison's measures; each is computed whole by one rank, so that ranks change no bit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landscape.curvature.eigenpairs import extreme_eigenpairs
from landscape.curvature.in_plane import flat_directions
from landscape.curvature.objective import Objective
from landscape.filters import FilterLayout
from landscape.flatness.ascent import ball_sharpness
from landscape.flatness.average import rise_of_pair
from landscape.flatness.excursion import center_loss, drawn, excursion
from landscape.flatness.fisher import fisher_rao_norm, fisher_sums
from landscape.flatness.keskar import keskar_sharpness
from landscape.flatness.relative import relative_flatness
from landscape.flatness.scales import filter_deviations, filter_lengths, magnitudes, ones
from landscape.flatness.suite import SuiteSettings
from landscape.plane import Plane
from landscape.problem.problem import Problem
from landscape.sweep.world import Mistake


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What a network is measured by.

    Attributes:
        objective: The mean loss of all samples, with stored norm statistics.
        problem: The same samples, by batches.
        split: Whose samples.
        filters: How each parameter's filters lie.
        line_of: A number -> the line of filter-normalized directions that a surface of lines has there.
    """

    objective: Objective
    problem: Problem
    split: str
    filters: Mapping[str, FilterLayout]
    line_of: Callable[[int], Plane]


def last_weight(filters: Mapping[str, FilterLayout]) -> str | None:
    """Return the last parameter that is a layer's weight; None where there is none."""
    return next((name for name in reversed(filters) if not filters[name].is_bias_or_norm), None)


def measured_trials(
    surroundings: Callable[[], Surroundings], plan: Sequence[str], settings: SuiteSettings
) -> Callable[[int], Mapping[str, float]]:
    """Return the function from a trial's number to its value, error and whether it converged.

    Args:
        surroundings: Makes them, when the first trial is taken.
        plan: By trial, its measure's key.

    Returns:
        {"value": ..., "error": nan where there is none, "converged": 1, 0, or nan where that is no question}. A measure that
        can't be taken here, such as one whose search meets a slope that is not finite, is nan and has not converged.
    """
    made: list[_Trials] = []

    def measured(number: int) -> dict[str, float]:
        made.extend([] if made else [_Trials(surroundings(), settings)])
        key = plan[number]
        try:
            value, error, converged = getattr(made[0], key)(number - plan.index(key))
        except (ValueError, Mistake):
            value, error, converged = np.nan, np.nan, 0.0
        return {"value": float(value), "error": float(error), "converged": float(converged)}

    return measured


class _Trials:
    """One function a measure, named by its key: a trial's number within it -> (value, error, converged)."""

    def __init__(self, around: Surroundings, settings: SuiteSettings) -> None:
        self._around, self._objective, self._settings = around, around.objective, settings
        self._layout = around.objective.layout
        self._weights = {name: around.problem.center[name] for name in self._layout.shapes}
        self._center: float | None = None

    def largest_eigenvalue(self, _: int) -> tuple[float, float, float]:
        found = extreme_eigenpairs(
            self._objective.products,
            self._objective.dim,
            num_largest=1,
            num_smallest=0,
            draw=lambda number: drawn(self._layout, self._settings.seed, "eigenvalue", number),
            max_products=self._settings.max_products,
        )
        return found.values[0], found.residuals[0], found.converged[0]

    def relative(self, _: int) -> tuple[float, float, float]:
        name = last_weight(self._around.filters)
        assert name is not None
        found = relative_flatness(
            self._objective,
            name,
            self._around.filters[name],
            num_probes=self._settings.num_probes,
            seed=self._settings.seed,
        )
        return found.value, found.standard_error, np.nan

    def tau(self, number: int) -> tuple[float, float, float]:
        direction = flat_directions(self._around.line_of(number), self._layout)
        return float((direction * self._objective.products(direction)).sum()), np.nan, np.nan

    def trace(self, number: int) -> tuple[float, float, float]:
        signs = np.where(drawn(self._layout, self._settings.seed, "trace", number) < 0, -1.0, 1.0)
        return float(signs @ self._objective.products(signs)), np.nan, np.nan

    def average(self, number: int) -> tuple[float, float, float]:
        scale = filter_deviations(self._layout, self._weights, self._around.filters)
        return self._rise(scale, self._settings.sigma_filter, number), np.nan, np.nan

    def lpf(self, number: int) -> tuple[float, float, float]:
        return self._rise(ones(self._layout), self._settings.sigma, number), np.nan, np.nan

    def sam(self, _: int) -> tuple[float, float, float]:
        return self._ball(ones(self._layout), self._settings.rho)

    def asam(self, _: int) -> tuple[float, float, float]:
        return self._ball(magnitudes(self._layout, self._weights), self._settings.rho_adaptive)

    def asam_filter(self, _: int) -> tuple[float, float, float]:
        scale = filter_lengths(self._layout, self._weights, self._around.filters)
        return self._ball(scale, self._settings.rho_filter)

    def keskar(self, _: int) -> tuple[float, float, float]:
        settings = self._settings
        found = keskar_sharpness(self._objective, eps=settings.box, num_steps=settings.num_steps, seed=settings.seed)
        return found.value, np.nan, found.has_converged

    def fisher_rao(self, _: int) -> tuple[float, float, float]:
        problem = self._around.problem
        found = fisher_rao_norm([fisher_sums(problem, problem.batches[self._around.split], self._around.filters)])
        return found.value, found.standard_error, np.nan

    def _rise(self, scale: np.ndarray, sigma: float, number: int) -> float:
        with excursion(self._objective):
            if self._center is None:
                self._center = center_loss(self._objective)
            return rise_of_pair(
                self._objective, scale, sigma=sigma, seed=self._settings.seed, number=number, center=self._center
            )

    def _ball(self, scale: np.ndarray, rho: float) -> tuple[float, float, float]:
        settings = self._settings
        found = ball_sharpness(self._objective, scale, rho=rho, num_steps=settings.num_steps, seed=settings.seed)
        return found.value, np.nan, found.has_converged
