"""A network of a comparison: its name, where its weights lie, and whether it is a rescaled copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Network:
    """A network to be compared.

    Attributes:
        rescaled: Of a rescaled copy: `of` which, `kind`, `num_changed`, `difference` of the scores; empty else.
    """

    name: str
    checkpoint: Path
    rescaled: Mapping[str, object] = field(default_factory=dict)
