"""From settings to what a path needs: its networks, their principal plane, problem, and the origins of path and surface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from landscape.cli.choices import recorded_accuracies
from landscape.cli.given_plane import PRINCIPAL, GivenPlane, plane_of_file
from landscape.cli.networks import Networks
from landscape.cli.path_files import Way, ways_of
from landscape.cli.run_samples import chosen_indices, samples_of_run
from landscape.cli.subject import chosen_subject, circumstance_of
from landscape.cli.trajectory_settings import TrajectorySettings
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.path.checkpoints import checkpoints_of
from landscape.path.extent import axes_holding
from landscape.path.principal import Principal, principal
from landscape.path.projection import Projection, held_share, projected
from landscape.path.random_walk import CENTERED, random_walk_share
from landscape.plane import Plane
from landscape.problem.along_path import AlongPath
from landscape.problem.problem import Problem

PATH = "along a path"  # changes where the same settings would give other numbers
NUM_SHARES = 3  # shown beside a random walk's


@dataclass(frozen=True, slots=True, eq=False)
class PathGeometry:
    """Where the networks lie.

    Attributes:
        principal: Directions of the checkpoints; seen from their mean where a plane is given.
        plane: Given, or the principal one.
        projection: Everybody's place in the plane, averages last.
    """

    principal: Principal
    plane: Plane
    projection: Projection


@dataclass(frozen=True, slots=True, eq=False)
class TrajectoryExperiment:
    """Everything that a rank computes with, and what is recorded of it.

    Attributes:
        ways: Of the checkpoints.
        networks: Checkpoints way after way, and then the averages.
        num_checkpoints: Without averages.
        given: The plane that is taken in place of the principal one; None where that is taken.
        measure: (0, 0) -> metrics of the last checkpoint.
        origin: Of path and surface, without what only one of them has.
        recorded: Accuracy by split that the last checkpoint claims over its whole splits.
        num_in_split: Samples in the whole of each split.
        notes: Sentences for the user.
    """

    settings: TrajectorySettings
    problem: Problem
    ways: tuple[Way, ...]
    networks: Networks
    num_checkpoints: int
    given: GivenPlane | None
    measure: Callable[[float, float], Mapping[str, float]]
    origin: Origin
    name: str
    recorded: dict[str, float]
    num_in_split: dict[str, int]
    num_samples: dict[str, int]
    notes: tuple[str, ...]

    def geometry(self) -> PathGeometry:
        """Find the principal plane of the checkpoints, and all networks' places in it or in the given one.

        Raises:
            ValueError: They span no plane of their own and none is given, or one is not finite.
        """
        names = self.networks.names
        kind = CENTERED if self.given else self.settings.origin
        found = principal(checkpoints_of(names[: self.num_checkpoints], self._weights), kind)
        plane = self.given.plane if self.given else found.plane
        return PathGeometry(found, plane, projected(checkpoints_of(names, self._weights), plane))

    def along(self, geometry: PathGeometry) -> AlongPath:
        """Return the measure of checkpoints, and of points of the plane."""
        return AlongPath(self.problem, self.networks.state, geometry.plane, geometry.projection.places)

    def path_grid(self) -> Grid:
        """Return the networks' numbers as coordinates, once for themselves and once for their places in the plane."""
        return Grid(np.arange(len(self.networks.names), dtype=float), num_planes=2)

    def surface_grid(self, geometry: PathGeometry) -> Grid:
        """Return a frame around all networks' places."""
        lengths = np.sqrt(np.diag(geometry.plane.gram)) if self.given else (1.0, 1.0)
        return Grid(*axes_holding(geometry.projection.places, self.settings.points, self.settings.margin, lengths))

    def path_origin(self) -> Origin:
        """Return the origin of what is measured at the checkpoints."""
        return self._origin({"beside": "the plane"}, {})

    def surface_origin(self, geometry: PathGeometry) -> Origin:
        """Return the origin of the surface."""
        settings, found = self.settings, geometry.principal
        path = {
            "origin": found.kind,
            "singular_values": found.singular_values.tolist(),
            "shares": found.shares.tolist(),
            "ways": [_way_record(way, first) for way, first in zip(self.ways, self._firsts())],
            "points": [
                {"name": name, "x": float(x), "y": float(y), "off": float(off), "from_center": float(far)}
                for name, (x, y), off, far in zip(
                    self.networks.names,
                    geometry.projection.places,
                    geometry.projection.distances,
                    geometry.projection.from_center,
                )
            ],
            "averages": self._averages(),
            **({"plane": self._held(geometry)} if self.given else {}),
        }
        words = list(self.given.words) if self.given else self._words(found)
        frame = {"points": settings.points, "margin": settings.margin}
        return self._origin({"frame": frame}, {"path": path, "directions": words})

    def _words(self, found: Principal) -> list[str]:
        return [
            f"{axis}: principal direction {number} of {self.num_checkpoints} checkpoints ({found.kind}), of unit length: "
            f"{share:.1%} of their squared distances{_beside_walk(found.kind, number, len(self.ways))}"
            for axis, number, share in zip("xy", (1, 2), found.shares)
        ]

    def _held(self, geometry: PathGeometry) -> dict:
        """Return what is recorded of a given plane: how much of the path it holds, and how its directions lie."""
        gram = geometry.plane.gram
        places = geometry.projection.places[: self.num_checkpoints]
        return {
            "name": self.given.name,
            "held": held_share(places, gram, geometry.principal.singular_values),
            "num_weights": sum(tensor.numel() for tensor in geometry.plane.center.values()),
            "lengths": np.sqrt(np.diag(gram)).tolist(),
            "cosine": geometry.plane.cosine,
        }

    def _weights(self, number: int):
        state = self.networks.state(number)
        return {name: state[name] for name in self.problem.parameters}

    def _firsts(self) -> list[int]:
        return [0, *accumulate(len(way.files) for way in self.ways)][:-1]

    def _averages(self) -> list[dict]:
        found = [(place, kind) for place, way in enumerate(self.ways) for kind in way.averages]
        return [
            {"way": place, "kind": kind, "point": self.num_checkpoints + number}
            for number, (place, kind) in enumerate(found)
        ]

    def _origin(self, identity: dict, record: dict) -> Origin:
        return self.origin.with_identity(identity).with_record(record)


def build_trajectory(settings: TrajectorySettings, device: str = "cpu") -> TrajectoryExperiment:
    """Build model, data, problem and records.

    Raises:
        ValueError, OSError: A user's mistake, in one sentence.
    """
    subject = chosen_subject(settings, device)
    dataset, model = subject.dataset, subject.model
    num_trained_on = len(dataset.split("train")) if "train" in dataset.splits else 0
    ways = ways_of(settings.given, num_trained_on)
    paths = [path for way in ways for path in way.files]
    averages = [path for way in ways for path in way.averages.values()]
    networks = Networks((*paths, *averages), model, what="paths", may_equal=True, reference=subject.checkpoint)
    indices = chosen_indices(settings, subject, settings.norm_stats)
    samples = samples_of_run(settings, subject, indices, device, norm_stats=settings.norm_stats)
    problem = samples.problem
    given = settings.plane and plane_of_file(settings.plane, model, paths, num_trained_on)
    identity = {
        **{name: value for name, value in subject.identity(settings).items() if name != "checkpoint"},
        "checkpoints": networks.digests[: len(paths)],
        "averages": networks.digests[len(paths) :],
        "plane": given.identity if given else f"{PRINCIPAL}{settings.origin}",
        **samples.identity,
        "path": PATH,
    }
    record = {
        **{name: value for name, value in subject.record(settings).items() if name != "checkpoint"},
        **samples.record,
        "given": [str(path) for path in settings.given],
    }
    return TrajectoryExperiment(
        settings=settings,
        problem=problem,
        ways=ways,
        networks=networks,
        num_checkpoints=len(paths),
        given=given,
        measure=lambda _alpha, _beta: problem.measure(problem.center),
        origin=Origin(identity, circumstance_of(device), record),
        name=f"{subject.name}-trajectory",
        recorded=recorded_accuracies(subject.checkpoint, subject.dataset_spec),
        num_in_split={split: len(dataset.split(split)) for split in settings.splits},
        num_samples={split: len(indices[split]) for split in settings.splits},
        notes=tuple(networks.notes),
    )


def _way_record(way: Way, first: int) -> dict:
    """Return what is kept of a way: its epochs, or its steps, by the name of what is counted."""
    done = {"epochs": None} if way.done is None else {f"{way.unit}s": list(way.done)}
    turns = [{"kind": turn.kind, way.unit: turn.done, "before": turn.before, "after": turn.after} for turn in way.turns]
    return {"name": way.name, "first": first, "num": len(way.files), **done, "turns": turns}


def _beside_walk(origin: str, number: int, num_ways: int) -> str:
    """Say what a random walk would have; nothing of several runs, which no one walk is like."""
    return f" (a random walk's {random_walk_share(origin, number):.1%})" if num_ways == 1 else ""
