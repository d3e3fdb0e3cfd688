"""From settings to what is measured between networks: problem, geometry, and the origins of lines and plane."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

import numpy as np

from landscape.cli.between_settings import LETTERS, BetweenSettings
from landscape.cli.choices import recorded_accuracies
from landscape.cli.networks import Networks
from landscape.cli.run_samples import RunSamples, chosen_indices, samples_of_run
from landscape.cli.subject import Subject, chosen_subject, circumstance_of
from landscape.origin import Origin
from landscape.problem.mixtures import MixtureMeasure
from landscape.problem.problem import Problem
from landscape.triangle import Triangle, axes_around, place_of, shares_on_line, triangle_of

PATH = "mixtures"  # changes where the same settings would give other numbers


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the networks lie.

    Attributes:
        distances: L2, by pair, in the lines' order.
        triangle: Of the plane; None for no plane.
        places: Of each network in the plane: (alpha, beta, L2 distance from the plane).
        note: Why there is no plane though there might be one; empty else.
    """

    distances: tuple[float, ...]
    triangle: Triangle | None = None
    places: tuple[tuple[float, float, float], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class BetweenExperiment:
    """Everything that a rank computes with, and what is recorded of it.

    Attributes:
        measure: (alpha, beta, line) -> metrics; at 0, 0 those of the first network.
        origin: Of lines and plane, without what only one of them has.
        recorded: Accuracy by split that the first network's checkpoint claims over its whole splits.
        num_in_split: Samples in the whole of each split.
        notes: Sentences for the user.
    """

    settings: BetweenSettings
    problem: Problem
    networks: Networks
    measure: Callable[..., Mapping[str, float]]
    origin: Origin
    name: str
    recorded: dict[str, float]
    num_in_split: dict[str, int]
    num_samples: dict[str, int]
    notes: tuple[str, ...]

    def plane_measure(self, triangle: Triangle) -> MixtureMeasure:
        """Return the measure of points in the plane through the three corners."""
        corners = self.settings.corners
        return MixtureMeasure(
            self.problem, lambda _: tuple(self.networks.state(place) for place in corners), triangle.shares
        )

    def geometry(self) -> Geometry:
        """Measure where the networks lie.

        Raises:
            ValueError: The plane that was asked for is none.
        """
        distances = []
        for first, second in self.settings.pairs:
            ours, theirs = self.networks.parameters(first), self.networks.parameters(second)
            distances.append(float(sum(((ours[name] - theirs[name]) ** 2).sum() for name in ours)) ** 0.5)
        if self.settings.corners is None:
            return Geometry(tuple(distances))
        corners = tuple(self.networks.parameters(place) for place in self.settings.corners)
        triangle = triangle_of(*corners)
        if triangle is None:
            letters = ", ".join(LETTERS[place] for place in self.settings.corners)
            why = f"the networks {letters} lie along one line, so that they span no plane"
            if self.settings.is_plane_asked_for:
                raise ValueError(f"{why}; choose others with --plane, or give --plane none")
            return Geometry(tuple(distances), note=f"{why}; --plane chooses others")
        places = []
        for number in range(len(self.networks.names)):
            if number in self.settings.corners:
                places.append((*triangle.corners[self.settings.corners.index(number)], 0.0))
            else:
                places.append(place_of(self.networks.parameters(number), triangle, corners))
        return Geometry(tuple(distances), triangle, tuple(places))

    def line_origin(self, geometry: Geometry) -> Origin:
        """Return the origin of the lines."""
        axis = self.settings.x
        grid = f"{axis[0]:g}:{axis[-1]:g}:{len(axis)} {sha256(axis.tobytes()).hexdigest()[:12]}"
        lines = [
            {"ends": [LETTERS[first], LETTERS[second]], "distance": distance}
            for (first, second), distance in zip(self.settings.pairs, geometry.distances)
        ]
        words = [f"{line['ends'][0]} at 0, {line['ends'][1]} at 1, {line['distance']:.4g} apart (L2)" for line in lines]
        return self._origin({"grid": {"x": grid}}, {"lines": lines, "directions": words})

    def plane_origin(self, geometry: Geometry) -> Origin:
        """Return the origin of the plane."""
        settings, triangle = self.settings, geometry.triangle
        first, second, third = (LETTERS[place] for place in settings.corners)
        identity = {
            "plane": {
                "corners": [first, second, third],
                "points": settings.plane_points,
                "margin": settings.margin,
            }
        }
        marks = [
            {"letter": network["letter"], "name": network["name"], "x": x, "y": y, "off": off}
            for network, (x, y, off) in zip(self.origin.record["networks"], geometry.places)
        ]
        words = [
            f"x: from {first} at 0 toward {second} at 1, {triangle.side:.4g} apart (L2)",
            f"y: at right angles to x, in the same unit; {third} lies at ({triangle.x:.4g}, {triangle.y:.4g})",
        ]
        return self._origin(identity, {"marks": marks, "triangle": asdict(triangle), "directions": words})

    def plane_axes(self, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
        """Return the plane's coordinates: all networks' places are among them."""
        places = [(x, y) for x, y, _ in geometry.places]
        return axes_around(places, self.settings.plane_points, self.settings.margin)

    def _origin(self, identity: dict, record: dict) -> Origin:
        return self.origin.with_identity(identity).with_record(record)


def build_between(settings: BetweenSettings, device: str = "cpu") -> BetweenExperiment:
    """Build model, data, problem and records.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    subject = chosen_subject(settings, device)
    dataset, model = subject.dataset, subject.model
    networks = Networks(settings.networks, model)
    indices = chosen_indices(settings, subject, settings.norm_stats)
    samples = samples_of_run(settings, subject, indices, device, norm_stats=settings.norm_stats)
    problem = samples.problem
    pairs = settings.pairs
    measure = MixtureMeasure(
        problem, lambda line: tuple(networks.state(place) for place in pairs[line]), shares_on_line
    )
    identity = {
        **{name: value for name, value in subject.identity(settings).items() if name != "checkpoint"},
        "networks": dict(zip(LETTERS, networks.digests)),
        **samples.identity,
        "norm_stats": "mixed" if settings.norm_stats == "stored" else settings.norm_stats,
        "path": PATH,
    }
    num_samples = {split: len(indices[split]) for split in settings.splits}
    return BetweenExperiment(
        settings=settings,
        problem=problem,
        networks=networks,
        measure=measure,
        origin=Origin(identity, circumstance_of(device), _record(settings, subject, networks, samples, num_samples)),
        name=f"{subject.name}-between",
        recorded=recorded_accuracies(subject.checkpoint, subject.dataset_spec),
        num_in_split={split: len(dataset.split(split)) for split in settings.splits},
        num_samples=num_samples,
        notes=(*networks.notes,),
    )


def _record(
    settings: BetweenSettings, subject: Subject, networks: Networks, samples: RunSamples, num_samples: dict[str, int]
) -> dict:
    named = zip(LETTERS, networks.names, networks.words, networks.digests)
    return {
        **{name: value for name, value in subject.record(settings).items() if name != "checkpoint"},
        "networks": [
            {"letter": letter, "name": name, "words": words, "sha256": found} for letter, name, words, found in named
        ],
        **samples.record,
        "num_samples": num_samples,
    }
