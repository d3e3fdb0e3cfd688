"""Where the numbers of a surface came from: enough to make them again, and to tell whether a run is the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Value = str | int | float | bool | None | list | dict


@dataclass(frozen=True, slots=True)
class Origin:
    """JSON-like records of a run.

    Attributes:
        identity: What decides the numbers (digests, seeds, rules, batch size); a run resumes only where all are equal.
        circumstance: What should not, but may (device kind, torch version).
        record: What can't (paths, command, ranks, times), kept for the reader.
    """

    identity: Mapping[str, Value] = field(default_factory=dict)
    circumstance: Mapping[str, Value] = field(default_factory=dict)
    record: Mapping[str, Value] = field(default_factory=dict)

    def with_record(self, more: Mapping[str, Value]) -> "Origin":
        """Return the origin with more, or other, values in its record."""
        return replace(self, record={**self.record, **more})

    def with_identity(self, more: Mapping[str, Value]) -> "Origin":
        """Return the origin with more, or other, values in its identity."""
        return replace(self, identity={**self.identity, **more})


def differences(ours: Mapping[str, Value], theirs: Mapping[str, Value]) -> list[str]:
    """List, one phrase a key, where two records differ; of a record within one, the first two."""
    phrases = []
    for key in sorted(set(ours) | set(theirs)):
        mine, other, words = ours.get(key), theirs.get(key), key.replace("_", " ")
        if isinstance(mine, Mapping) and isinstance(other, Mapping):
            within = differences(mine, other)
            phrases += [f"{words} {phrase}" for phrase in within[:2]]
            phrases += [f"{len(within) - 2} more of {words}"] if len(within) > 2 else []
        elif mine != other:
            phrases.append(f"{words}: {_short(other)} in the file, {_short(mine)} now")
    return phrases


def _short(value: Value) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:16]}..."
