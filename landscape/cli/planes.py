"""From settings to a plane: its directions, what identifies them, and what is said of them."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from landscape.cli.settings import SurfaceSettings
from landscape.directions import (
    GENERATOR,
    DirectionReport,
    RandomRule,
    in_order,
    random_direction,
    random_directions,
    report,
    stream_digests,
    stream_of_plane,
    toward,
)
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.store.curvature_file import read_curvature
from landscape.store.direction_file import GROUPS, read_direction_file
from landscape.store.eigenvector_file import eigenvectors_beside, read_eigenvectors
from landscape.weights import Weights, digest, weights_of


@dataclass(frozen=True, slots=True, eq=False)
class ChosenPlane:
    """A plane, or the first of several, and what is recorded of it.

    Attributes:
        plane_of: A plane's place -> the plane, made anew.
        fresh_plane_of: A number -> a plane of random directions that are none of these planes'.
        identity: By axis, what decides the direction.
        words: A sentence a direction.
        cosines: Between the directions of each plane; of several planes only.
        notes: Warnings for the user.
    """

    plane: Plane
    plane_of: Callable[[int], Plane]
    fresh_plane_of: Callable[[int], Plane]
    identity: dict[str, dict]
    words: list[str]
    report: DirectionReport
    cosines: list[float | None]
    notes: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class GivenDirection:
    """A direction that comes from a file, as it is.

    Attributes:
        tensors: By the model's names.
        identity: What decides it.
        words: What is said of it.
    """

    tensors: Weights
    identity: dict
    words: str


def given_directions(settings: SurfaceSettings, model: nn.Module) -> dict[str, GivenDirection]:
    """Return, by axis, the directions of --direction-file or of eigenvectors; without either, none.

    Raises:
        OSError, ValueError: The file can't be read, or does not fit the model.
    """
    if settings.curvature_file is not None:
        return eigenvector_directions(settings, model)
    if settings.direction_file is None:
        return {}
    arrays = read_direction_file(settings.direction_file, settings.dims)
    center, states = weights_of(model), model.state_dict()
    found = {}
    for axis in settings.dims:
        tensors = in_order(arrays[axis], center, states, f"{GROUPS[axis]} of {settings.direction_file}")
        words = f"from {settings.direction_file}, as they are (sha256 {digest(tensors)[:12]})"
        found[axis] = GivenDirection(tensors, {"file": digest(tensors)}, words)
    return found


def eigenvector_directions(settings: SurfaceSettings, model: nn.Module) -> dict[str, GivenDirection]:
    """Return, by axis, unit eigenvectors of a curvature record, of zeros where the record left parameters out.

    Raises:
        OSError: Record or eigenvectors can't be read.
        ValueError: They were measured at other weights, or are not as many.
    """
    record = read_curvature(settings.curvature_file)
    if record.origin.identity.get("checkpoint") != digest(model.state_dict()):
        raise ValueError(
            f"the eigenvectors of {settings.curvature_file} were found at other weights than these; "
            "run `landscape curvature` on this checkpoint"
        )
    vectors = read_eigenvectors(eigenvectors_beside(settings.curvature_file), record)
    center, found = weights_of(model), {}
    for axis, number in zip(settings.dims, settings.eigenvectors):
        pair = vectors.pair(number)
        if pair is None:
            raise ValueError(
                f"{settings.curvature_file} has {vectors.num_largest} largest and "
                f"{len(vectors.values) - vectors.num_largest} smallest eigenvalues, none of number {number}"
            )
        moved = vectors.direction(pair)
        tensors = {  # in float64, as they were found; the problem's precision is given to them with the plane
            name: moved.get(name, torch.zeros_like(weight, dtype=torch.double)) for name, weight in center.items()
        }
        data = next(iter(record.origin.record.get("data", {}).values()), "unknown samples")
        sure = "" if record.arrays["eigenvalue_converged"][pair] else ", not converged"
        words = (
            f"eigenvector of unit length of the Hessian's eigenvalue {vectors.values[pair]:.4g}{sure} "
            f"(number {number}; {data}), as it is"
        )
        found[axis] = GivenDirection(tensors, {"eigenvector": number, "direction": digest(tensors)}, words)
    return found


def moves_biases_or_norms(given: Mapping[str, GivenDirection], model: nn.Module) -> bool:
    """Tell whether given directions move what random ones leave alone by default."""
    layouts = filter_layouts(model)
    return any(
        layouts[name].is_bias_or_norm and bool(tensor.any())
        for direction in given.values()
        for name, tensor in direction.tensors.items()
    )


def chosen_plane(
    settings: SurfaceSettings, rule: RandomRule, center: Weights, model: nn.Module, given: Mapping[str, GivenDirection]
) -> ChosenPlane:
    """Lay the plane through the center that the settings ask for.

    Args:
        given: What `given_directions` returned.

    Raises:
        ValueError: The two directions lie along one line, or another checkpoint does not fit.
    """
    layouts = filter_layouts(model)
    directions, identity, words = [], {}, []
    for axis, other in zip(settings.dims, [*settings.toward, None, None]):
        if axis in given:
            tensors = given[axis].tensors
            directions.append({name: tensor.to(center[name]) for name, tensor in tensors.items()})
            identity[axis] = given[axis].identity
            words.append(f"{axis}: {given[axis].words}")
        elif other is not None:
            there = _weights_in(other, model)
            directions.append(
                toward(center, {name: there[name].to(center[name].device) for name in center}, str(other))
            )
            identity[axis] = {"toward": digest(there)}
            words.append(f"{axis}: toward {other} at 1, every parameter moves (sha256 {digest(there)[:12]})")
        else:
            directions.append(random_direction(center, layouts, seed=settings.seed, axis=axis, rule=rule))
            identity[axis] = _random_identity(settings, rule, center, axis)
            words.append(_random_words(settings, rule, axis))
    summary = report(center, directions, layouts)
    plane = Plane(center, *directions)

    def drawn(stream: str) -> Plane:
        axes = settings.dims
        return Plane(
            center, *random_directions(center, layouts, seed=settings.seed, axes=axes, rule=rule, stream=stream)
        )

    def plane_of(number: int) -> Plane:
        return plane if number == 0 else drawn(stream_of_plane(number))

    def fresh_plane_of(number: int) -> Plane:
        return drawn(f"fresh plane {number + 1}")

    several = range(settings.num_planes or 0)
    cosines = [plane_of(number).cosine for number in several]
    return ChosenPlane(
        plane, plane_of, fresh_plane_of, identity, words, summary, cosines, _notes(settings, rule, summary)
    )


def _random_identity(settings: SurfaceSettings, rule: RandomRule, center: Weights, axis: str) -> dict:
    return {
        "generator": GENERATOR,
        "seed": settings.seed,
        "normalization": rule.normalization,
        "biases": rule.biases,
        "tensors": stream_digests(center, settings.seed, axis),
    }


def _random_words(settings: SurfaceSettings, rule: RandomRule, axis: str) -> str:
    left = "left alone" if rule.biases == "fixed" else "moved too"
    several = f", {settings.num_planes} independent ones" if settings.num_planes else ""
    return (
        f"{axis}: random Gaussian{several}, seed {settings.seed}, {rule.normalization} normalization, "
        f"biases and norm parameters {left} ({GENERATOR})"
    )


def _notes(settings: SurfaceSettings, rule: RandomRule, summary: DirectionReport) -> list[str]:
    notes = []
    if summary.num_zero_filters and settings.has_random_directions and rule.normalization == "filter":
        notes.append(
            f"{summary.num_zero_filters} of {summary.num_filters} filters are all zero, so that filter-normalized "
            "directions do not move them"
        )
    if summary.cosine is not None and abs(summary.cosine) > 1 - 1e-6:
        instead = "--x without --y samples it" if settings.direction_file else "give --toward-y another checkpoint"
        raise ValueError(f"the two directions lie along one line, so that they span no plane; {instead}")
    for name, norm in zip("xy", summary.norms, strict=False):
        if norm == 0:
            notes.append(f"the direction along {name} is zero, so that the surface is flat along it and shows nothing")
    return notes


def _weights_in(path: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    other = copy.deepcopy(model)
    load_into(other, read_checkpoint(path))
    return weights_of(other)
