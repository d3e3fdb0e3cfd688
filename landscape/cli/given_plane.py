"""The plane of a file that is there already, laid again from its records: a surface's, or another path's principal one."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from landscape.cli.networks import Networks
from landscape.cli.path_files import ways_of
from landscape.cli.planes import chosen_plane, given_directions
from landscape.directions import RandomRule
from landscape.origin import Origin
from landscape.path.checkpoints import checkpoints_of
from landscape.path.principal import principal
from landscape.plane import Plane
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.zoo import PREFIX
from landscape.store.surface_file import read_surface
from landscape.weights import digest, weights_of

PRINCIPAL = "principal, "  # how the plane of a path's own checkpoints is identified


@dataclass(frozen=True, slots=True, eq=False)
class GivenPlane:
    """A plane that a file told of.

    Attributes:
        plane: In float64.
        name: The file's.
        identity: What decides the plane, wherever its files lie.
        words: Whose directions they are, and a sentence on each.
    """

    plane: Plane
    name: str
    identity: Mapping[str, object]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedDirections:
    """What a surface's records say of its directions, as `SurfaceSettings` would."""

    seed: int
    toward: tuple[Path, ...]
    direction_file: Path | None
    curvature_file: Path | None
    eigenvectors: tuple[int, ...]
    has_random_directions: bool
    dims: tuple[str, ...] = ("x", "y")
    num_planes: None = None


def direction_files(settings) -> dict[str, object]:
    """Return which files a surface's directions come from, to be kept in its records; nothing of random ones."""
    found = {
        "toward": [str(path) for path in settings.toward],
        "direction_file": settings.direction_file and str(settings.direction_file),
        "curvature_file": settings.curvature_file and str(settings.curvature_file),
    }
    return {name: value for name, value in found.items() if value}


def plane_of_file(path: Path, model: nn.Module, files: Sequence[Path], num_trained_on: int) -> GivenPlane:
    """Lay the plane of a file again, and check by digests that it is the same.

    Args:
        model: Of the architecture that the plane's weights must have.
        files: Checkpoints among which the plane's center is looked for, where it is not at its recorded place.
        num_trained_on: As in `ways_of`.

    Raises:
        OSError: The file can't be read.
        ValueError: It holds no plane, or one of another network, or what it was made from is not there any more.
    """
    surface = read_surface(path)
    if surface.grid.y is None:
        raise ValueError(f"{path} holds a line, and --plane needs a plane; give a file with two directions")
    origin = surface.origin
    if str(origin.identity.get("plane", "")).startswith(PRINCIPAL):
        return _principal_of(path, origin, model, num_trained_on)
    if "path" in origin.record:
        raise ValueError(
            f"{path} shows a path in the plane of {origin.record['path']['plane']['name']}; give that file"
        )
    if set(origin.identity.get("directions") or ()) != {"x", "y"} or "checkpoint" not in origin.identity:
        raise ValueError(
            f"{path} does not tell which plane it lies in; give a file of `landscape surface` or `landscape trajectory`"
        )
    return _sampled_in(path, origin, model, files)


def _sampled_in(path: Path, origin: Origin, model: nn.Module, files: Sequence[Path]) -> GivenPlane:
    recorded = origin.identity["directions"]
    _require_same_names(path, recorded, model)
    at = _center_in(copy.deepcopy(model), path, origin, files)
    rule, settings = _directions_of(path, origin)
    center = {name: tensor.double() for name, tensor in weights_of(at).items()}
    laid = chosen_plane(settings, rule, center, at, given_directions(settings, at))
    ours = laid.identity
    if any(ours[axis].get(key) != value for axis in recorded for key, value in recorded[axis].items()):
        raise ValueError(
            f"the directions of {path} would be others now than those that it was sampled along, since files or streams "
            "of random numbers have changed; sample it anew"
        )
    identity = {"center": origin.identity["checkpoint"], "directions": dict(recorded)}
    words = (f"those of {path}, around {origin.record.get('checkpoint', 'weights in memory')}", *laid.words)
    return GivenPlane(laid.plane, path.name, identity, words)


def _directions_of(path: Path, origin: Origin) -> tuple[RandomRule, RecordedDirections]:
    """Return how a surface's directions were made.

    Raises:
        ValueError: They came from files that it doesn't name.
    """
    recorded, files = origin.identity["directions"], origin.record.get("direction_files") or {}
    drawn = [made for made in recorded.values() if "generator" in made]
    if len(drawn) < 2 and not files:
        raise ValueError(f"{path} does not tell which files its directions came from; sample it anew")
    rule = RandomRule(drawn[0]["normalization"], drawn[0]["biases"]) if drawn else RandomRule()
    settings = RecordedDirections(
        seed=drawn[0]["seed"] if drawn else 0,
        toward=tuple(Path(place) for place in files.get("toward", ())),
        direction_file=_path(files.get("direction_file")),
        curvature_file=_path(files.get("curvature_file")),
        eigenvectors=tuple(made.get("eigenvector", 0) for made in recorded.values()),
        has_random_directions=len(drawn) == 2,
    )
    return rule, settings


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _center_in(model: nn.Module, path: Path, origin: Origin, files: Sequence[Path]) -> nn.Module:
    """Return a model that holds the weights which a plane goes through: those at the recorded place, or else of one of the files."""
    words = str(origin.record.get("checkpoint", ""))
    recorded = [Path(words)] if words.startswith(PREFIX) or Path(words).is_file() else []
    for file in dict.fromkeys((*recorded, *files)):
        try:
            load_into(model, read_checkpoint(file))
        except ValueError as error:
            raise ValueError(f"{path} lies in a plane of another network than these checkpoints: {error}") from error
        if digest(model.state_dict()) == origin.identity["checkpoint"]:
            return model
    raise ValueError(
        f"the weights that the plane of {path} goes through are neither at their place ({words or 'not recorded'}) nor among the "
        f"checkpoints (sha256 {str(origin.identity['checkpoint'])[:12]}); put them back there"
    )


def _require_same_names(path: Path, recorded: Mapping, model: nn.Module) -> None:
    ours = {name for name, _ in model.named_parameters()}
    for made in recorded.values():
        theirs = set(made.get("tensors") or ours)
        if theirs != ours:
            wrong = [f"missing {name}" for name in sorted(ours - theirs)]
            wrong += [f"unexpected {name}" for name in sorted(theirs - ours)]
            more = f"; and {len(wrong) - 4} more" if len(wrong) > 4 else ""
            raise ValueError(
                f"{path} lies in a plane of another network than these checkpoints: {'; '.join(wrong[:4])}{more}"
            )


def _principal_of(path: Path, origin: Origin, model: nn.Module, num_trained_on: int) -> GivenPlane:
    """Find another path's principal plane again, from its checkpoints."""
    given = origin.record.get("given")
    if not given:
        raise ValueError(f"{path} does not tell where its checkpoints lie; run `landscape trajectory` on them anew")
    kind = origin.identity["plane"].removeprefix(PRINCIPAL)
    try:
        files = [file for way in ways_of([Path(text) for text in given], num_trained_on) for file in way.files]
        networks = Networks(tuple(files), model, what="paths and planes", may_equal=True)
    except (ValueError, OSError) as error:
        raise type(error)(f"the plane of {path} can't be laid again: {error}") from error
    if networks.digests != origin.identity["checkpoints"]:
        raise ValueError(
            f"the checkpoints of {path} ({', '.join(given[:3])}) are others now than when its plane was found; run "
            "`landscape trajectory` on them anew"
        )
    found = principal(checkpoints_of(networks.names, networks.parameters), kind)
    identity = {"checkpoints": networks.digests, "principal": kind}
    words = tuple(
        f"{axis}: principal direction {number} of the {len(files)} checkpoints of {path} ({kind}), of unit length"
        for axis, number in zip("xy", (1, 2))
    )
    return GivenPlane(found.plane, path.name, identity, words)
