"""Several networks looked at alike: planes, lines and measures of each, by the same rules, seeds and samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from landscape.origin import Origin
from landscape.surface import Surface


@dataclass(frozen=True, slots=True, eq=False)
class ComparedNetwork:
    """One network's part of a comparison.

    Attributes:
        planes: Several planes of its own directions, [plane, x, y].
        lines: Several lines of other directions, [plane, x].
        measures: Over `Trials`: value, error (nan where there is none) and converged (1, 0; nan where that is no question)
            of each trial of the comparison's plan.
        scores: Over `Trials`: loss, accuracy and number of samples at the center, one trial a split of `SCORED`.
    """

    name: str
    planes: Surface
    lines: Surface
    measures: Surface
    scores: Surface

    @property
    def parts(self) -> Mapping[str, Surface]:
        return {name: getattr(self, name) for name in PARTS}

    @property
    def is_complete(self) -> bool:
        return all(part.is_complete for part in self.parts.values())


PARTS = ("scores", "planes", "lines", "measures")
SCORED = ("train", "test")
TRIAL_VALUES = ("value", "error", "converged")
SCORE_VALUES = ("loss", "accuracy", "num_samples")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Networks side by side; all over the same coordinates.

    Attributes:
        plan: By trial of the networks' measures, the measure's key; a measure may have several trials.
        origin: Identity of every network and of the rules; the record has, by network, why a measure is absent.
    """

    networks: tuple[ComparedNetwork, ...]
    plan: tuple[str, ...]
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        first = self.networks[0]
        for network in self.networks:
            for name, part in network.parts.items():
                like = first.parts[name]
                if part.grid.shape != like.grid.shape or list(part.values) != list(like.values):
                    raise ValueError(
                        f"the {name} of {network.name} are not those of {first.name}: others, or elsewhere"
                    )
            if network.measures.grid.shape != (len(self.plan),):
                raise ValueError(
                    f"{network.name} has {network.measures.grid.num_points} measurements, but {len(self.plan)} are planned"
                )

    @property
    def is_complete(self) -> bool:
        return all(network.is_complete for network in self.networks)

    @property
    def names(self) -> list[str]:
        return [network.name for network in self.networks]
