"""The file of eigenvectors beside a curvature record: safetensors, one tensor a pair and parameter, tied to the record by a digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np
import torch

from landscape.curvature_record import CurvatureRecord
from landscape.store.weights_file import read_weights, write_weights

FORMAT = "landscape eigenvectors 1"


@dataclass(frozen=True, slots=True, eq=False)
class Eigenvectors:
    """Unit vectors by pair.

    Attributes:
        matrix: (dim, pairs) float64.
        values: (pairs,) eigenvalues, the largest first.
        shapes: Parameter -> shape, in the order of the matrix's rows.
        num_largest: How many of the pairs are the largest.
    """

    matrix: np.ndarray
    values: np.ndarray
    shapes: Mapping[str, tuple[int, ...]]
    num_largest: int

    def pair(self, number: int) -> int | None:
        """Return the place of the number-th largest eigenvalue, or of the -number-th smallest; None where it was not found."""
        num_smallest = len(self.values) - self.num_largest
        if 1 <= number <= self.num_largest:
            return number - 1
        return len(self.values) + number if 1 <= -number <= num_smallest else None

    def direction(self, pair: int) -> dict[str, torch.Tensor]:
        """Return a pair's vector by parameter name."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            part = self.matrix[start : start + prod(shape), pair]
            found[name] = torch.from_numpy(np.ascontiguousarray(part)).reshape(shape)
            start += prod(shape)
        return found


def eigenvectors_beside(record_file: Path) -> Path:
    """Return where the eigenvectors of a record's file lie."""
    return record_file.with_name(record_file.name.removesuffix(".h5") + ".vectors.safetensors")


def write_eigenvectors(
    path: Path, matrix: np.ndarray, shapes: Mapping[str, tuple[int, ...]], record: CurvatureRecord
) -> None:
    """Write the vectors that belong to a record.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    values = record.arrays["eigenvalue"]
    vectors = Eigenvectors(matrix, values, shapes, 0)
    tensors = {
        f"{pair}.{name}": tensor for pair in range(matrix.shape[1]) for name, tensor in vectors.direction(pair).items()
    }
    metadata = {
        "format": FORMAT,
        "record": _tie(record),
        "shapes": json.dumps(shapes),
        "values": json.dumps(values.tolist()),
        "sha256": _digest(matrix),
    }
    write_weights(path, tensors, metadata)


def read_eigenvectors(path: Path, record: CurvatureRecord) -> Eigenvectors:
    """Read the vectors that belong to a record.

    Raises:
        OSError: There is no file, it is damaged, or belongs to another record.
    """
    if not path.is_file():
        raise OSError(f"there is no file of eigenvectors {path}; `landscape curvature --overwrite` makes it again")
    tensors, metadata = read_weights(path)
    if metadata.get("format") != FORMAT:
        raise OSError(f"{path} holds no eigenvectors; it was left as it is")
    if "eigenvalue" not in record.arrays or metadata.get("record") != _tie(record):
        raise OSError(
            f"the eigenvectors in {path} belong to another analysis; `landscape curvature --overwrite` makes both again"
        )
    values = record.arrays["eigenvalue"]
    try:
        shapes = {name: tuple(shape) for name, shape in json.loads(metadata["shapes"]).items()}
        columns = [[tensors[f"{pair}.{name}"].numpy().reshape(-1) for name in shapes] for pair in range(len(values))]
        matrix = np.stack([np.concatenate(column) for column in columns], 1)
        if metadata["sha256"] != _digest(matrix):
            raise ValueError("other numbers than were written")
    except (KeyError, ValueError) as error:
        raise OSError(f"{path} is damaged; `landscape curvature --overwrite` makes it again") from error
    return Eigenvectors(matrix, values, shapes, int(record.findings.get("num_largest") or 0))


def _digest(matrix: np.ndarray) -> str:
    return sha256(np.ascontiguousarray(matrix).tobytes()).hexdigest()


def _tie(record: CurvatureRecord) -> str:
    """Return what only this record's vectors have: the digest of its identity and eigenvalues."""
    text = json.dumps(record.origin.identity, sort_keys=True, default=str).encode()
    return sha256(text + record.arrays["eigenvalue"].tobytes()).hexdigest()
