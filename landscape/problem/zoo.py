"""The zoo: trained networks that come with the tool, by name, and what their manifest says of each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from landscape.problem.models import own_models_folder

PREFIX = "zoo:"


@dataclass(frozen=True, slots=True)
class ZooNetwork:
    """One trained network of the zoo.

    Attributes:
        about: What it is there to be compared with.
        sha256: Of its file, `NAME.safetensors` beside the manifest.
        commands: What made it, in order; a later one starts from an earlier one's weights.
        recipe: The last command's settings, `landscape.training.recipe.Recipe`.
        scores: train_loss (nats a sample), train_accuracy, test_loss and so on, over all samples, in float32.
        under_trained: Whether it was to reach a training accuracy and did not.
        epochs: Of the last command.
        updates: Likewise.
        wall_s: Seconds of the last command's training, scores after each epoch included; None where they were not recorded.
        update_s: Mean seconds an update of the last command; None where they were not recorded.
        threads: Torch threads that these seconds were measured with; None where not recorded.
    """

    name: str
    about: str
    sha256: str
    size: int
    model: str
    dataset: str
    commands: tuple[str, ...]
    recipe: Mapping[str, object]
    scores: Mapping[str, float]
    model_arguments: Mapping[str, object] = field(default_factory=dict)
    under_trained: bool = False
    epochs: int = 0
    updates: int = 0
    wall_s: float | None = None
    update_s: float | None = None
    threads: int | None = None

    @property
    def seed(self) -> int:
        return self.recipe["seed"]


def manifest_path() -> Path:
    return own_models_folder() / "weights" / "manifest.json"


def read_zoo(manifest: Path | None = None) -> dict[str, ZooNetwork]:
    """Return the zoo's networks by name, in the manifest's order; `landscape.training.zoo_entry` writes it.

    Raises:
        OSError: The manifest is missing or damaged.
    """
    manifest = manifest or manifest_path()
    try:
        rows = json.loads(manifest.read_text())
        networks = [ZooNetwork(**{**row, "commands": tuple(row["commands"])}) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise OSError(f"the zoo's manifest {manifest} is damaged ({error}); install the tool again") from error
    return {network.name: network for network in networks}


def zoo_file(name: str, manifest: Path | None = None) -> Path:
    """Return the file of a network's weights after checking its digest.

    Raises:
        ValueError: The zoo has no network of this name; the message lists those it has.
        OSError: The file is missing, or is not the one that the manifest describes.
    """
    manifest = manifest or manifest_path()
    networks = read_zoo(manifest)
    name = name.removeprefix(PREFIX)
    if name not in networks:
        raise ValueError(f"the zoo has no network {name!r}; choose one of {', '.join(networks)}")
    path = manifest.with_name(f"{name}.safetensors")
    if not path.is_file():
        raise OSError(f"the zoo's file {path} is missing; install the tool again")
    if file_digest(path) != networks[name].sha256:
        raise OSError(f"the zoo's file {path} is not the one that its manifest describes; install the tool again")
    return path


def file_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
