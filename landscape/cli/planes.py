"""From settings to a plane: its directions, what identifies them, and what is said of them."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from landscape.cli.settings import SurfaceSettings
from landscape.directions import (
    GENERATOR,
    DirectionReport,
    RandomRule,
    random_direction,
    report,
    stream_digests,
    toward,
)
from landscape.filters import filter_layouts
from landscape.plane import Plane
from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.weights import Weights, digest, weights_of


@dataclass(frozen=True, slots=True, eq=False)
class ChosenPlane:
    """A plane and what is recorded of it.

    Attributes:
        identity: By axis, what decides the direction.
        words: A sentence a direction.
        notes: Warnings for the user.
    """

    plane: Plane
    identity: dict[str, dict]
    words: list[str]
    report: DirectionReport
    notes: list[str]


def chosen_plane(settings: SurfaceSettings, rule: RandomRule, center: Weights, model: nn.Module) -> ChosenPlane:
    """Lay the plane through the center that the settings ask for.

    Raises:
        ValueError: The two directions lie along one line, or another checkpoint does not fit.
    """
    layouts = filter_layouts(model)
    directions, identity, words = [], {}, []
    for axis, other in zip(settings.dims, [*settings.toward, None, None]):
        if other is not None:
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
    return ChosenPlane(Plane(center, *directions), identity, words, summary, _notes(settings, rule, summary))


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
    return (
        f"{axis}: random Gaussian, seed {settings.seed}, {rule.normalization} normalization, "
        f"biases and norm parameters {left} ({GENERATOR})"
    )


def _notes(settings: SurfaceSettings, rule: RandomRule, summary: DirectionReport) -> list[str]:
    notes = []
    if summary.num_zero_filters and not settings.toward and rule.normalization == "filter":
        notes.append(
            f"{summary.num_zero_filters} of {summary.num_filters} filters are all zero, so that filter-normalized "
            "directions do not move them"
        )
    if summary.cosine is not None and abs(summary.cosine) > 1 - 1e-6:
        raise ValueError(
            "the two directions lie along one line, so that they span no plane; give --toward-y another checkpoint"
        )
    for name, norm in zip("xy", summary.norms, strict=False):
        if norm == 0:
            notes.append(f"the direction along {name} is zero, so that the surface is flat along it and shows nothing")
    return notes


def _weights_in(path: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    other = copy.deepcopy(model)
    load_into(other, read_checkpoint(path))
    return weights_of(other)
